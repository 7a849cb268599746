//! A server, a bad network before it, and people who are signed in in their terminals.

use crate::tmux::Terminal;
use parlor_tests::{Person, ServerProcess, people::PASSWORD, proxy::FaultProxy};
use std::{io::Write as _, ops::Deref};

/// Where a test plays. Of one that fails, the server's log is shown.
pub(crate) struct Stage {
    pub(crate) server: ServerProcess,
    pub(crate) proxy: FaultProxy,
}

impl Deref for Stage {
    type Target = ServerProcess;
    fn deref(&self) -> &ServerProcess {
        &self.server
    }
}

impl Stage {
    /// A server without the limits that stand in a test's way.
    pub(crate) async fn open() -> Self {
        Self::open_with(&[]).await
    }

    /// The same with further settings of the server.
    pub(crate) async fn open_with(settings: &[(&str, &str)]) -> Self {
        let limits =
            ["MESSAGE", "REGISTER", "LOGIN", "LOGIN_ADDRESS", "EVENTS", "SOCKETS_PER_USER", "ROOMS_CREATED"];
        let limits = limits.map(|limit| format!("PARLOR_LIMIT_{limit}"));
        let mut set: Vec<_> = limits.iter().map(|limit| (limit.as_str(), "off")).collect();
        set.extend(settings);
        let server = ServerProcess::start(&set).await;
        let proxy = FaultProxy::start(server.socket).await;
        Self { server, proxy }
    }

    /// Where a terminal finds the server, through the network that may be bad.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.proxy.address())
    }

    /// A person's terminal with the chat open in it, and connected.
    pub(crate) async fn chats(&self, name: &'static str, size: (u16, u16), person: &Person) -> Terminal {
        let terminal = Terminal::open(name, size.0, size.1).await;
        self.signs_in(&terminal, person).await;
        terminal.enters("parlor").await;
        terminal.shows("● ONLINE").await;
        terminal
    }

    /// Signs somebody in in a terminal, through the network.
    pub(crate) async fn signs_in(&self, terminal: &Terminal, person: &Person) {
        let (email, url) = (&person.user.email, self.url());
        terminal.enters(&format!("parlor login --email {email} --server {url}")).await;
        terminal.shows("(?m)^password:$").await;
        terminal.enters(PASSWORD).await;
        terminal.shows(r"(?m)signed in to .*\n(.*\n)*\$$").await;
        terminal.enters("clear").await;
        terminal.shows(r"^\$\n").await;
    }
}

impl Terminal {
    /// Goes to a room by its name, in the chat.
    pub(crate) async fn goes_to(&self, room: &str) {
        self.presses(&["C-k"]).await;
        self.shows("Go to a room").await;
        self.types(room).await;
        self.shows(&format!("▌#{room}")).await;
        self.presses(&["Enter"]).await;
        // The first line has the name of the room.
        self.shows(&format!(r"^.*[│ ] ?#{room} ")).await;
        self.hides("Go to a room|Loading").await;
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if std::thread::panicking() {
            writeln!(std::io::stderr(), "--- the server's log\n{}---", self.server.log()).ok();
        }
    }
}
