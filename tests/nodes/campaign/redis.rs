//! A Redis server of a test's own, which it can kill, stop and start again. It is always found at one address.

use parlor_tests::{proxy::FaultProxy, soon};
use std::{
    net::{SocketAddr, TcpListener},
    process::Stdio,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::sleep,
};
use uuid::Uuid;

/// It goes when this is dropped.
pub(crate) struct Redis {
    folder: TempDir,
    password: String,
    server: Child,
    /// It stays when the server goes. A server that comes back has a port of its own: meanwhile somebody else may have got the last one.
    way: FaultProxy,
}

impl Redis {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let password = Uuid::now_v7().simple().to_string();
        let (server, address) = serve(&folder, &password).await;
        Self { folder, password, server, way: FaultProxy::start(address).await }
    }

    /// What `PARLOR_BUS` has to be.
    pub(crate) fn url(&self) -> String {
        format!("redis://:{}@{}", self.password, self.way.address())
    }

    /// Kills it as `kill -9` does.
    pub(crate) async fn kill(&mut self) {
        soon("Redis to die", self.server.kill()).await.unwrap();
    }

    /// Starts it again, with nothing of what it knew.
    pub(crate) async fn start_again(&mut self) {
        let (server, address) = serve(&self.folder, &self.password).await;
        self.server = server;
        self.way.lead_to(address);
    }

    /// It keeps its connections, and does nothing.
    pub(crate) async fn stop(&self) {
        self.signal("-STOP").await;
    }

    /// It goes on.
    pub(crate) async fn go_on(&self) {
        self.signal("-CONT").await;
    }

    async fn signal(&self, signal: &str) {
        let pid = self.server.id().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().await.unwrap().success());
    }
}

/// A server on a free port, once it can be connected to.
async fn serve(folder: &TempDir, password: &str) -> (Child, SocketAddr) {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = format!(
        "bind 127.0.0.1\nport {}\ndir {}\nsave \"\"\nappendonly no\nrequirepass {password}\n",
        address.port(),
        folder.path().display()
    );
    // In a file, since everybody can read what a program is called with.
    let file = folder.path().join("redis.conf");
    std::fs::write(&file, settings).unwrap();
    let mut server = Command::new("redis-server");
    server.arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let mut server = server.spawn().unwrap_or_else(|cause| panic!("redis-server: {cause}"));
    let answers = async {
        while TcpStream::connect(address).await.is_err() {
            assert!(server.try_wait().unwrap().is_none(), "Redis has ended");
            // There is no event to wait for before the port is open.
            sleep(Duration::from_millis(10)).await;
        }
    };
    soon("Redis to answer", answers).await;
    (server, address)
}
