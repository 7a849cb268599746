//! The server under load: its own process, pinned to a core, watched through `/proc`.

use crate::http::Http;
use std::{
    env, fs, io,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// A tick of `/proc/<pid>/stat`: Linux counts in hundredths of a second for programs, whatever the kernel's own clock does.
const TICK: f64 = 0.01;

/// Limits that would measure themselves instead of the server.
const OFF: [&str; 11] = [
    "MESSAGE",
    "REGISTER",
    "LOGIN",
    "LOGIN_ADDRESS",
    "EVENTS",
    "CONNECTIONS",
    "CONNECTIONS_PER_ADDRESS",
    "SOCKETS_PER_USER",
    "ROOMS_CREATED",
    "MEMBERSHIPS",
    "ROOM_MEMBERS",
];

/// A running server.
pub(crate) struct Server {
    process: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// From its start to the first good answer of `/health/ready`.
    pub(crate) ready_after: Duration,
}

/// A data folder, in which a server can be started again and again.
pub(crate) struct Home {
    folder: TempDir,
    binary: PathBuf,
    core: usize,
}

impl Home {
    /// A new data folder for the server beside this program.
    pub(crate) fn new(core: usize) -> io::Result<Self> {
        let binary = env::current_exe()?.with_file_name("parlor-server");
        Ok(Self { folder: tempfile::tempdir()?, binary, core })
    }

    /// Starts the server and waits until it is ready.
    pub(crate) async fn start(&self) -> io::Result<Server> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new("taskset");
        command.arg("-c").arg(self.core.to_string()).arg(&self.binary);
        command.env_clear().env("PATH", "/usr/bin:/bin").current_dir(self.folder.path());
        command
            .env("PARLOR_LISTEN", address.to_string())
            .env("PARLOR_DATA_DIR", self.folder.path())
            .env("PARLOR_LOG", "warn");
        for limit in OFF {
            command.env(format!("PARLOR_LIMIT_{limit}"), "off");
        }
        let log = fs::File::create(self.folder.path().join("log"))?;
        let started = Instant::now();
        let process = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        let mut server = Server { process, address, ready_after: Duration::ZERO };
        while !server.is_ready().await {
            if started.elapsed() > Duration::from_secs(20) || server.process.try_wait()?.is_some() {
                let said = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                return Err(io::Error::other(format!("the server does not start:\n{said}")));
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.ready_after = started.elapsed();
        Ok(server)
    }
}

impl Server {
    async fn is_ready(&self) -> bool {
        let Ok(mut http) = Http::open(self.address).await else { return false };
        http.get("/health/ready", "").await.is_ok_and(|status| status == 200)
    }

    /// The time that its threads have run, in seconds.
    pub(crate) fn cpu(&self) -> io::Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        // The name in parentheses may hold blanks; after it, user and system time are the 12th and 13th field.
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks: f64 = after_name
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<f64>().ok())
            .sum();
        Ok(ticks * TICK)
    }

    /// Its resident memory, in KiB.
    pub(crate) fn resident(&self) -> io::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
        line.split_whitespace()
            .nth(1)
            .and_then(|kib| kib.parse().ok())
            .ok_or_else(|| io::Error::other("no VmRSS"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // `taskset` has become the server, so that this ends it, and not a parent of it.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
