//! The connection to the other nodes: made again and again, and never in anybody's way. What is lost while there is none is found
//! by the poll of the database.

use super::{
    Bus,
    letters::{Letter, Post},
    postgres, redis,
};
use crate::config::{BusUrl, DatabaseUrl};
use std::{fmt, time::Duration};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, interval, sleep, timeout},
};
use uuid::Uuid;

/// So many letters wait at most.
const MOST_WAITING: usize = 8192;

/// So many letters leave together.
const AT_ONCE: usize = 256;

/// A connection that is not made, or a letter that is not taken, within so long is given up.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often one gives a sign of life to oneself, and how long one waits for it.
const SIGN_EVERY: Duration = Duration::from_secs(1);
const SILENCE: Duration = Duration::from_secs(3);

/// Between two tries to connect.
const REST: Duration = Duration::from_millis(500);

/// What carries posts.
enum Carrier {
    Redis(Box<redis::Redis>),
    Postgres(postgres::Postgres),
}

/// A node's connection to the others, yet to be run.
pub struct Relay {
    carrier: Carrier,
    node: Uuid,
    waiting: mpsc::Receiver<Letter>,
    up: watch::Sender<bool>,
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay").field("node", &self.node).finish_non_exhaustive()
    }
}

impl Relay {
    /// A bus that tells other nodes, and what has to be run for that. The nodes of one database have one `epoch`.
    ///
    /// # Errors
    /// Why the URL can't be used, for the operator.
    pub fn new(url: &BusUrl, epoch: Uuid, database: &DatabaseUrl) -> Result<(Bus, Self), String> {
        let channel = format!("parlor_{}", epoch.simple());
        let carrier = match url {
            BusUrl::Redis(url) => Carrier::Redis(Box::new(redis::Redis::new(url, channel)?)),
            BusUrl::Postgres => Carrier::Postgres(postgres::Postgres::new(database, channel)?),
        };
        let (away, waiting) = mpsc::channel(MOST_WAITING);
        let node = Uuid::now_v7();
        let relay = Self { carrier, node, waiting, up: watch::Sender::new(false) };
        Ok((Bus { node: Some(node), away: Some(away), ..Bus::default() }, relay))
    }

    /// Whether the other nodes can be told, now and later.
    pub fn up(&self) -> watch::Receiver<bool> {
        self.up.subscribe()
    }

    /// Connects once, and lets go again.
    ///
    /// # Errors
    /// Why the other nodes could not be told.
    pub async fn reach(&self) -> Result<(), String> {
        let opened = match &self.carrier {
            Carrier::Redis(redis) => timeout(PATIENCE, redis.open()).await.map(|it| it.map(drop)),
            Carrier::Postgres(server) => timeout(PATIENCE, server.open()).await.map(|it| it.map(drop)),
        };
        opened.map_err(|_| "no connection in time".to_owned())?
    }

    /// Carries letters until the process ends.
    pub async fn run(mut self, bus: Bus) {
        let mut told = false;
        loop {
            let why = match self.converse(&bus).await {
                Ok(never) => match never {},
                Err(why) => why,
            };
            bus.others.can_be_heard(false);
            if self.up.send_replace(false) || !told {
                told = true;
                tracing::warn!(why, "other nodes can't be told; they look into the database every second");
            }
            // What is old by the time that they can be told is of no use to them.
            let forget = async { while self.waiting.recv().await.is_some() {} };
            timeout(REST, forget).await.ok();
            sleep(Duration::ZERO).await;
        }
    }

    /// One connection, until it is lost.
    async fn converse(&mut self, bus: &Bus) -> Result<std::convert::Infallible, String> {
        let opened = match &self.carrier {
            Carrier::Redis(redis) => timeout(PATIENCE, redis.open()).await.map(|it| it.map(Line::Redis)),
            Carrier::Postgres(server) => {
                timeout(PATIENCE, server.open()).await.map(|it| it.map(Line::Postgres))
            }
        };
        let (mut mouth, mut ear) = opened.map_err(|_| "no connection in time".to_owned())??.split();
        let (node, waiting, up) = (self.node, &mut self.waiting, &self.up);
        let speak = async {
            let mut signs = interval(SIGN_EVERY);
            let mut letters = Vec::with_capacity(AT_ONCE);
            loop {
                tokio::select! {
                    _ = waiting.recv_many(&mut letters, AT_ONCE) => {}
                    _ = signs.tick() => {}
                }
                let post = Post { from: node, letters: std::mem::take(&mut letters) };
                timeout(PATIENCE, mouth.say(post)).await.map_err(|_| "no answer in time".to_owned())??;
            }
        };
        let listen = async {
            let mut since = Instant::now();
            loop {
                let left = (since + SILENCE).saturating_duration_since(Instant::now());
                let post = timeout(left, ear.hear()).await.map_err(|_| "nothing is heard".to_owned())??;
                let Some(post) = read(&post) else { continue };
                if post.from == node {
                    since = Instant::now();
                    bus.others.can_be_heard(true);
                    if !up.send_replace(true) {
                        tracing::info!("other nodes can be told");
                    }
                } else {
                    bus.others.heard(post.from);
                    post.letters.into_iter().for_each(|letter| bus.hear(letter));
                }
            }
        };
        tokio::select! {
            ended = speak => ended,
            ended = listen => ended,
        }
    }
}

fn read(text: &str) -> Option<Post> {
    Post::read(text).inspect_err(|error| tracing::warn!(%error, "what another node says can't be read")).ok()
}

/// An open connection.
enum Line {
    Redis((redis::Mouth, redis::Ear)),
    Postgres((postgres::Mouth, postgres::Ear)),
}

impl Line {
    fn split(self) -> (Mouth, Ear) {
        match self {
            Self::Redis((mouth, ear)) => (Mouth::Redis(mouth), Ear::Redis(ear)),
            Self::Postgres((mouth, ear)) => (Mouth::Postgres(mouth), Ear::Postgres(ear)),
        }
    }
}

enum Mouth {
    Redis(redis::Mouth),
    Postgres(postgres::Mouth),
}

impl Mouth {
    async fn say(&mut self, post: Post) -> Result<(), String> {
        match self {
            Self::Redis(mouth) => mouth.say(&post).await,
            Self::Postgres(mouth) => mouth.say(post).await,
        }
    }
}

enum Ear {
    Redis(redis::Ear),
    Postgres(postgres::Ear),
}

impl Ear {
    async fn hear(&mut self) -> Result<String, String> {
        match self {
            Self::Redis(ear) => ear.hear().await,
            Self::Postgres(ear) => ear.hear().await,
        }
    }
}
