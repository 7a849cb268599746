//! The composition root: builds the parts, joins them, and takes them down in order.

mod drain;

use crate::{
    bus::{Bus, Relay},
    clock::Clock,
    config::{Config, ConfigError, DatabaseUrl, Limits, reachable},
    demo,
    domain::{
        Domain, limits::Throttles, outbox, passwords::Passwords, presence, rooms, sessions, tokens::Tokens,
    },
    http::{
        self,
        front::Front,
        listener::{self, Closing, ConnRef, Connections, Joined, ListenerSettings},
    },
    observe::{Metrics, serve_metrics},
    realtime::{Realtime, Transport},
    store::{self, OpenError, Store, StoreSettings},
};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

/// The first look at who is online at other nodes is given up after so long.
const LOOK: Duration = Duration::from_secs(3);

/// How often open connections and sockets are counted.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// Why the server did not start: one readable sentence.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting is wrong, or the data folder can't be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database can't be used.
    #[error("{0}")]
    Database(#[from] OpenError),
    /// The address is taken, or not ours.
    #[error("can't listen on {address}: {cause}; choose another with {setting}")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// Why it can't.
        cause: io::Error,
        /// What sets the address.
        setting: &'static str,
    },
    /// The nodes can't be joined.
    #[error("{0}")]
    Bus(String),
    /// The demo's folder can't be made.
    #[error("can't make a temporary folder for the demo: {0}; TMPDIR names another place")]
    DemoFolder(io::Error),
    /// Something that should not fail did.
    #[error("{0}")]
    Defect(String),
}

/// A running server. [`Server::stop`] takes it down in order; dropping it leaves it running, but for a demo, which loses its database.
pub struct Server {
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    domain: Arc<Domain>,
    realtime: Realtime,
    connections: Connections,
    closing: Closing,
    accepting: JoinHandle<()>,
    /// Stops everything else.
    stopping: CancellationToken,
    tasks: TaskTracker,
    /// Goes, with the database in it, when this is dropped.
    _demo: Option<TempDir>,
}

impl Server {
    /// Starts a server; when this returns, it answers.
    pub async fn start(mut config: Config) -> Result<Self, StartError> {
        config.check()?;
        let demo = config.demo.then(TempDir::new).transpose().map_err(StartError::DemoFolder)?;
        if let Some(folder) = &demo {
            folder.path().clone_into(&mut config.data_dir);
            config.demo = false;
        }
        let prepared = config.prepare()?;
        for warning in &prepared.warnings {
            tracing::warn!("{warning}");
        }
        let opened = StoreSettings { url: config.database(), accept_data_loss: config.accept_data_loss };
        let store = Store::open(&opened).await?;
        let listener = listen(config.listen, "PARLOR_LISTEN").await?;
        let address = local(&listener)?;
        let metrics_listener = match config.metrics_listen {
            Some(wanted) => Some(listen(wanted, "PARLOR_METRICS_LISTEN").await?),
            None => None,
        };
        let metrics_address = metrics_listener.as_ref().map(local).transpose()?;
        let metrics = if config.metrics_listen.is_some() { Metrics::on() } else { Metrics::off() };
        let secret = prepared.jwt_secret.expose().as_bytes();
        let (bus, relay) = match &config.bus {
            None if matches!(config.database(), DatabaseUrl::Sqlite(_)) => (Bus::default(), None),
            None => (Bus::alone(Uuid::now_v7()), None),
            Some(url) => {
                let (bus, relay) =
                    Relay::new(url, store.epoch(), &config.database()).map_err(StartError::Bus)?;
                (bus, Some(relay))
            }
        };
        let original_cost = original_cost(&store).await?;
        let domain = |limits: &Limits, metrics: &Metrics| {
            let passwords = Passwords::new().map_err(|error| StartError::Defect(format!("{error:?}")))?;
            let passwords = passwords.beside_original(original_cost);
            Ok::<_, StartError>(Arc::new(Domain {
                store: store.clone(),
                bus: bus.clone(),
                clock: Clock::default(),
                limits: Throttles::new(limits, &bus),
                tokens: Tokens::new(secret, config.token_lifetime, config.refresh_lifetime)
                    .map_err(|error| StartError::Defect(format!("{error:?}")))?,
                passwords,
                presence: presence::Presence::default(),
                outbox: outbox::Outbox::default(),
                metrics: metrics.clone(),
                public_url: public_url(&config, address),
            }))
        };
        if demo.is_some() {
            // What people may do is not what has happened before: no limit, and nothing counted.
            fill_demo(domain(&Limits::off(), &Metrics::off())?).await?;
        }
        let domain = domain(&config.limits, &metrics)?;

        let (io, engine) = listener::sockets(&config.deadlines);
        let connections = Connections::default();
        let transport = transport(engine.clone(), connections.clone());
        let realtime = Realtime::start(domain.clone(), io, transport, &config.limits);

        if bus.node().is_some() {
            // Who is online elsewhere is known before anybody comes here, to whom it would be news.
            match timeout(LOOK, presence::look(&domain)).await {
                Ok(Ok(())) => {}
                looked => tracing::warn!(?looked, "who is online at other nodes is not known yet"),
            }
        }

        let (stopping, tasks) = (CancellationToken::new(), TaskTracker::new());
        let run = |work: futures_util::future::BoxFuture<'static, ()>| {
            tasks.spawn(stopping.clone().run_until_cancelled_owned(work));
        };
        run(Box::pin(outbox::run(domain.clone())));
        run(Box::pin(presence::run(domain.clone())));
        run(Box::pin(sessions::purge(domain.clone())));
        run(Box::pin(rooms::clear_deleted(domain.clone())));
        run(Box::pin(realtime.clone().watch_expiry()));
        let up = relay.as_ref().map(Relay::up);
        if let Some(relay) = relay {
            run(Box::pin(relay.run(bus)));
        }
        run(Box::pin(realtime.clone().watch_others()));
        run(Box::pin(count(domain.clone(), realtime.clone(), connections.clone(), up)));
        if let Some(listener) = metrics_listener {
            run(Box::pin(serve_metrics(listener, metrics, stopping.clone())));
        }

        let settings = ListenerSettings::from(&config);
        let rest = http::router(domain.clone(), &prepared.served);
        let front = Front::new(rest, engine, connections.clone(), &settings, domain.metrics.clone());
        let closing = Closing::default();
        let accepting = tokio::spawn(listener::serve(listener, settings, front, closing.clone()));
        Ok(Self {
            address,
            metrics_address,
            domain,
            realtime,
            connections,
            closing,
            accepting,
            stopping,
            tasks,
            _demo: demo,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the operator reads its metrics.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// Its clock; tests turn it.
    pub fn clock(&self) -> &Clock {
        &self.domain.clock
    }

    /// Its rules, for those who embed it.
    pub fn domain(&self) -> &Arc<Domain> {
        &self.domain
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Of what cost hashes of the original server may be among the accounts.
async fn original_cost(store: &Store) -> Result<Option<u32>, StartError> {
    let kept = async { store::history::original_cost(&mut store.read().await?).await };
    Ok(kept.await.map_err(OpenError::from)?)
}

async fn listen(address: SocketAddr, setting: &'static str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|cause| StartError::Listen { address, cause, setting })
}

fn local(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|error| StartError::Defect(error.to_string()))
}

/// Keeps the figures of what is open up to date. To be run once.
async fn count(
    domain: Arc<Domain>,
    realtime: Realtime,
    connections: Connections,
    up: Option<watch::Receiver<bool>>,
) {
    let mut tick = tokio::time::interval(COUNT_EVERY);
    loop {
        tick.tick().await;
        let counts = connections.counts();
        domain.metrics.open(counts.open, realtime.sockets.count());
        domain.metrics.nodes(domain.presence.nodes());
        if let Some(up) = &up {
            domain.metrics.bus(*up.borrow() && !domain.bus.is_apart());
        }
        for (reason, total) in
            [("cap", counts.refused), ("write_deadline", counts.stuck), ("no_request", counts.late)]
        {
            domain.metrics.cut(reason, total);
        }
    }
}

/// Fills the demo's empty database.
async fn fill_demo(domain: Arc<Domain>) -> Result<(), StartError> {
    let writing = tokio::spawn(outbox::run(domain.clone()));
    let filled = demo::fill(&domain).await;
    writing.abort();
    filled.map_err(|error| StartError::Defect(format!("can't fill the demo's database: {error:?}")))
}

fn public_url(config: &Config, address: SocketAddr) -> String {
    let url = config.public_url.clone().unwrap_or_else(|| format!("http://{}", reachable(address)));
    url.trim_end_matches('/').to_owned()
}

/// What the listener does for sockets.
fn transport(engine: listener::Engine, connections: Connections) -> Transport {
    let bound = connections.clone();
    Transport {
        bind: Box::new(move |socket| {
            if let Some(connection) = socket.req_parts().extensions.get::<ConnRef>() {
                bound.bind(socket.id, connection);
            }
        }),
        joins_first: Box::new(|socket| {
            socket.req_parts().extensions.get::<Joined>().is_none_or(Joined::first)
        }),
        cut: Box::new(move |sid| {
            let (handles, engine) = (connections.take(sid), engine.clone());
            Box::new(move || {
                for handle in handles {
                    handle.kill();
                }
                // A polling session has no connection of its own; for a WebSocket this does nothing.
                tokio::spawn(listener::kick(engine, sid));
            })
        }),
    }
}
