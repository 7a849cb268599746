//! A server in this process, on a free port, with an empty database, and without limits unless a test wants some.

use crate::{
    Person, Reply,
    databases::Database,
    documented::{Verdict, Witness},
    process, soon,
};
use futures_util::{StreamExt as _, future::join_all, stream};
use parlor_client::Client;
use parlor_server::{
    Server,
    config::{Config, Limits},
};
use reqwest::Method;
use std::{
    net::SocketAddr,
    ops::Deref,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};
use tempfile::TempDir;

/// The secret of every test server, so that tests can forge tokens.
pub const SECRET: &str = "7Qm2pXv9Jt4LrW8sZc5NbE1yHk6GdFuA0TiVoRxq";

/// Where a server listens, and what one can do there without an account.
#[derive(Clone, Debug)]
pub struct Address {
    /// Its socket address.
    pub socket: SocketAddr,
    /// A client that is signed in to nothing. One for all: making one takes tens of milliseconds.
    pub client: Client,
    http: reqwest::Client,
    witness: Witness,
}

impl Address {
    /// The server that listens there.
    pub fn new(socket: SocketAddr) -> Self {
        let witness = Witness::default();
        Self { socket, client: client(socket, &witness), http: reqwest::Client::new(), witness }
    }

    /// A client that comes to this server by another way, such as a proxy, signed in to nothing.
    pub fn client_by(&self, way: SocketAddr) -> Client {
        client(way, &self.witness)
    }

    /// What the test has to answer for when it ends.
    pub fn verdict(&self) -> Verdict {
        Verdict(self.witness.clone())
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.socket)
    }

    /// A request to this path (from the host on, such as `/api/v1/rooms`) without a token.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url()))
    }

    /// The answer to a `GET` without a token.
    pub async fn get(&self, path: &str) -> Reply {
        Reply::to(self.request(Method::GET, path)).await
    }

    /// The answer to a `POST` of this body without a token.
    pub async fn post(&self, path: &str, body: &serde_json::Value) -> Reply {
        Reply::to(self.request(Method::POST, path).json(body)).await
    }

    /// New accounts with these names, signed in. The e-mail address is `<name>@example.com`.
    pub async fn people<const N: usize>(&self, names: [&str; N]) -> [Person; N] {
        let people = join_all(names.map(|name| Person::register(self.clone(), name))).await;
        people.try_into().unwrap_or_else(|_| panic!("one person a name"))
    }

    /// So many new accounts. A few at a time: the server hashes so many passwords at once, and no more.
    pub async fn crowd(&self, count: usize) -> Vec<Person> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let first = NEXT.fetch_add(count, Ordering::Relaxed);
        let names = (first..first + count).map(|n| format!("crowd{n}"));
        stream::iter(names)
            .map(async |name| Person::register(self.clone(), &name).await)
            .buffered(8)
            .collect()
            .await
    }
}

fn client(way: SocketAddr, witness: &Witness) -> Client {
    let witness = witness.clone();
    // What a test asks is asked once: it looks at each answer of the server.
    let client = Client::builder(&format!("http://{way}")).renews(false).retries(0);
    client.watched(move |wire| witness.sees(wire)).build().unwrap()
}

/// A server in this process. It goes when it is dropped, its data with it.
pub struct TestServer {
    address: Address,
    server: Option<Server>,
    data: TempDir,
    config: Config,
    _database: Option<Database>,
    _verdict: Verdict,
}

impl Deref for TestServer {
    type Target = Address;
    fn deref(&self) -> &Address {
        &self.address
    }
}

impl TestServer {
    /// A server without limits.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// A server with the default limits.
    pub async fn start_with_limits() -> Self {
        Self::start_with(|config| config.limits = Limits::default()).await
    }

    /// A server whose settings were changed first.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut config = Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data_dir: data.path().to_owned(),
            jwt_secret: Some(SECRET.to_owned()),
            limits: Limits::off(),
            ..Config::default()
        };
        let database = process::database().await;
        config.database_url = database.as_ref().map(|database| database.url.parse().unwrap());
        change(&mut config);
        let server = start(&config).await;
        let address = Address::new(server.address());
        let verdict = address.verdict();
        Self { address, server: Some(server), data, config, _database: database, _verdict: verdict }
    }

    /// The server itself.
    pub fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    /// The data folder.
    pub fn data_dir(&self) -> &Path {
        self.data.path()
    }

    /// Turns the server's clock forwards (or, when negative, backwards).
    pub fn turn_clock(&self, seconds: i64) {
        self.server().clock().turn(seconds * 1000);
    }

    /// Stops it in order, and starts it again on the same data and port.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.config.listen = self.address.socket;
        self.server = Some(start(&self.config).await);
    }

    /// Stops it in order.
    pub async fn stop(&mut self) {
        let server = self.server.take().unwrap();
        crate::within(std::time::Duration::from_secs(20), "the server to stop", server.stop()).await;
    }
}

async fn start(config: &Config) -> Server {
    match soon("the server to start", Box::pin(Server::start(config.clone()))).await {
        Ok(server) => server,
        Err(cause) => panic!("the server does not start: {cause}"),
    }
}
