//! The built server as a process of its own, which can be killed and started again on its data.

use crate::{
    databases::{Database, Kind, StoredMessage, stored_messages},
    documented::Verdict,
    server::{Address, SECRET},
    soon,
};
use parlor_server::store::DatabaseUrl;
use std::{
    fs::OpenOptions,
    net::{SocketAddr, TcpListener},
    ops::Deref,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tempfile::{NamedTempFile, TempDir};
use tokio::process::{Child, Command};

/// How long a start may take, beside others that are busy.
const START: Duration = Duration::from_secs(30);

/// A server process. It is killed when it is dropped, and its data goes with it.
pub struct ServerProcess {
    address: Address,
    child: Child,
    data: TempDir,
    log: NamedTempFile,
    settings: Vec<(String, String)>,
    database: Option<Database>,
    _verdict: Verdict,
}

impl Deref for ServerProcess {
    type Target = Address;
    fn deref(&self) -> &Address {
        &self.address
    }
}

impl ServerProcess {
    /// Starts it on a free port and empty data, with these variables beside, such as `("PARLOR_LIMIT_MESSAGE", "off")`.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let socket = free_port();
        let database = database().await;
        let of_database = database.iter().flat_map(|database| {
            [("PARLOR_DATABASE_URL", database.url.as_str()), ("PARLOR_JWT_SECRET", SECRET)]
        });
        // The test's own come last, and win.
        let settings = of_database.chain(settings.iter().copied());
        let settings: Vec<_> = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let log = NamedTempFile::new().unwrap();
        let child = spawn(socket, data.path(), &log, &settings);
        let address = Address::new(socket);
        let verdict = address.verdict();
        let mut process = Self { address, child, data, log, settings, database, _verdict: verdict };
        process.is_ready().await;
        process
    }

    /// The data folder.
    pub fn data_dir(&self) -> &Path {
        self.data.path()
    }

    /// Where its data is.
    pub fn database(&self) -> DatabaseUrl {
        self.database.as_ref().map_or_else(
            || DatabaseUrl::Sqlite(self.data_dir().join("parlor.db")),
            |database| database.url.parse().unwrap(),
        )
    }

    /// The messages in its database, in order. It must not run.
    pub async fn stored_messages(&self) -> Vec<StoredMessage> {
        stored_messages(&self.database()).await
    }

    /// All that it has printed, in all its lives.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Kills it as `kill -9` does.
    pub async fn kill(&mut self) {
        soon("the process to die", self.child.kill()).await.unwrap();
    }

    /// Asks it to stop, as an operator or a platform does, and waits until it has.
    pub async fn terminate(&mut self) -> ExitStatus {
        let pid = self.pid().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status().await.unwrap();
        assert!(asked.success());
        crate::within(Duration::from_secs(20), "the process to end", self.child.wait()).await.unwrap()
    }

    /// Starts it again on the same data and port.
    pub async fn start_again(&mut self) {
        self.child = spawn(self.address.socket, self.data.path(), &self.log, &self.settings);
        self.is_ready().await;
    }

    async fn is_ready(&mut self) {
        let url = format!("{}/health/ready", self.address.url());
        let ready = async {
            loop {
                if let Some(status) = self.child.try_wait().unwrap() {
                    return Err(status);
                }
                match reqwest::get(&url).await {
                    Ok(response) if response.status().is_success() => return Ok(()),
                    // There is no event to wait for before the port is open.
                    _ => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        };
        match tokio::time::timeout(START, ready).await {
            Ok(Ok(())) => {}
            Ok(Err(status)) => panic!("the server went with {status} before it was ready:\n{}", self.log()),
            Err(late) => panic!("the server was not ready within {START:?} ({late}):\n{}", self.log()),
        }
    }
}

/// A server database, if that is wanted; SQLite's is a file in the data folder.
pub(crate) async fn database() -> Option<Database> {
    match Kind::wanted() {
        Kind::Sqlite => None,
        kind => Some(Database::make(kind).await),
    }
}

fn spawn(socket: SocketAddr, data: &Path, log: &NamedTempFile, settings: &[(String, String)]) -> Child {
    let log = OpenOptions::new().append(true).open(log.path()).unwrap();
    command()
        .env("PARLOR_LISTEN", socket.to_string())
        .env("PARLOR_DATA_DIR", data)
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap_or_else(|cause| panic!("{}: {cause}", binary().display()))
}

/// The server's command without settings from outside; it dies when it is dropped.
#[allow(clippy::disallowed_methods, reason = "the one place of the tests that asks which settings there are")]
pub fn command() -> Command {
    let mut command = Command::new(binary());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PARLOR_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// `PARLOR_TEST_SERVER_BIN`, or the `parlor-server` that was built beside this test.
#[allow(clippy::disallowed_methods, reason = "the one setting of the tests themselves")]
pub fn binary() -> PathBuf {
    std::env::var_os("PARLOR_TEST_SERVER_BIN").map_or_else(|| built("parlor-server"), PathBuf::from)
}

/// A program of the project that was built beside this test.
pub fn built(program: &str) -> PathBuf {
    let this = std::env::current_exe().unwrap();
    let folder = this.ancestors().find(|folder| folder.join(program).is_file());
    folder.unwrap_or_else(|| panic!("{program} is not built: cargo build --workspace")).join(program)
}

fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
