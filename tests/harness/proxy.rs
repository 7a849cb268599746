//! A bad network: a TCP proxy that delays, throttles, stalls, loses, resets, or cuts after so many bytes.

use std::{
    future::pending,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, tcp},
    sync::watch,
    time::sleep,
};

/// How the network behaves now; a change takes effect on connections that are open.
#[derive(Clone, Copy, Debug, Default)]
pub struct Network {
    /// How long each chunk is held back, in each direction.
    pub latency: Duration,
    /// How many bytes a second pass, in each direction; without bound when `None`.
    pub bytes_per_second: Option<u32>,
    /// Nothing passes from the server to the client.
    pub stalled: bool,
    /// Every connection is reset when this changes.
    resets: u64,
    /// What is sent goes nowhere, and nobody is told.
    silent: bool,
    /// Every connection is silent for good when this changes.
    silences: u64,
    /// All fall silent once a client has sent these on one connection, in turn.
    last_words: &'static [&'static str],
}

impl Network {
    fn fall_silent(&mut self) {
        self.silent = true;
        self.silences += 1;
        self.last_words = &[];
    }
}

/// A proxy in front of a server.
pub struct FaultProxy {
    address: SocketAddr,
    server: watch::Sender<SocketAddr>,
    network: watch::Sender<Network>,
    bytes_left: Arc<AtomicU64>,
}

impl FaultProxy {
    /// A proxy in front of `server`, which lets everything through.
    pub async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let network = watch::Sender::new(Network::default());
        let bytes_left = Arc::new(AtomicU64::new(u64::MAX));
        let server = watch::Sender::new(server);
        let (way, rules, left) = (server.subscribe(), network.clone(), bytes_left.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, *way.borrow(), rules.clone(), left.clone()));
            }
        });
        Self { address, server, network, bytes_left }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Leads connections that are made from now on to another server.
    pub fn lead_to(&self, server: SocketAddr) {
        self.server.send_replace(server);
    }

    /// Changes how the network behaves.
    pub fn change(&self, change: impl FnOnce(&mut Network)) {
        self.network.send_modify(change);
    }

    /// Resets every connection.
    pub fn reset(&self) {
        self.change(|network| network.resets += 1);
    }

    /// Loses whatever is sent, in both directions, as when a cable is pulled or a router forgets: no connection is refused or ends, and
    /// one that there is by now, or is made meanwhile, stays silent for good.
    pub fn fall_silent(&self) {
        self.change(Network::fall_silent);
    }

    /// Falls silent as soon as one client has sent all of these, in turn and each in one piece. The last of them still arrives, so that
    /// nobody is told what becomes of it.
    pub fn fall_silent_after(&self, last_words: &'static [&'static str]) {
        self.change(|network| network.last_words = last_words);
    }

    /// Waits until it has fallen silent.
    pub async fn silence(&self) {
        self.network.subscribe().wait_for(|network| network.silent).await.unwrap();
    }

    /// Resets the connections once so many more bytes have passed, in both directions together.
    pub fn cut_after(&self, bytes: u64) {
        self.bytes_left.store(bytes, Ordering::SeqCst);
    }

    /// Lets everything through again, but for connections that have fallen silent.
    pub fn heal(&self) {
        self.bytes_left.store(u64::MAX, Ordering::SeqCst);
        self.change(|network| {
            *network = Network { resets: network.resets, silences: network.silences, ..Network::default() }
        });
    }
}

async fn carry(client: TcpStream, server: SocketAddr, rules: watch::Sender<Network>, left: Arc<AtomicU64>) {
    let found = *rules.borrow();
    if found.silent {
        return pending().await;
    }
    let Ok(server) = TcpStream::connect(server).await else { return };
    for stream in [&client, &server] {
        stream.set_nodelay(true).unwrap();
        // With this, dropping a stream resets it.
        stream.set_zero_linger().unwrap();
    }
    let mut resets = rules.subscribe();
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = pass(from_client, to_server, &rules, found, &left, false) => {}
        () = pass(from_server, to_client, &rules, found, &left, true) => {}
        _ = resets.wait_for(|now| now.resets != found.resets) => {}
    }
}

async fn pass(
    mut from: tcp::OwnedReadHalf,
    mut to: tcp::OwnedWriteHalf,
    network: &watch::Sender<Network>,
    found: Network,
    left: &AtomicU64,
    to_client: bool,
) {
    let mut chunk = vec![0; 16 * 1024];
    let mut rules = network.subscribe();
    let mut said = 0;
    loop {
        if to_client && rules.wait_for(|network| !network.stalled).await.is_err() {
            return;
        }
        let read = from.read(&mut chunk).await;
        let now = *rules.borrow();
        if now.silences != found.silences {
            // Not even an end is told.
            return pending().await;
        }
        let Ok(read @ 1..) = read else { return };
        let bytes = u32::try_from(read).unwrap_or(u32::MAX);
        let pace = now.bytes_per_second.map(|rate| Duration::from_secs(1) * bytes / rate.max(1));
        sleep(now.latency + pace.unwrap_or_default()).await;
        let before = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            Some(if left == u64::MAX { left } else { left.saturating_sub(read as u64) })
        });
        let passes = usize::try_from(before.unwrap_or_else(|left| left)).unwrap_or(usize::MAX).min(read);
        if now.last_words.is_empty() {
            said = 0;
        }
        while !to_client && said < now.last_words.len() && holds(&chunk[..passes], now.last_words[said]) {
            said += 1;
            if said == now.last_words.len() {
                // Before they are there: the answer is lost for certain.
                network.send_modify(Network::fall_silent);
            }
        }
        if to.write_all(&chunk[..passes]).await.is_err() || passes < read {
            return;
        }
    }
}

fn holds(chunk: &[u8], words: &str) -> bool {
    chunk.windows(words.len()).any(|part| part == words.as_bytes())
}
