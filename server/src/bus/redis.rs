//! Posts over Redis: `PUBLISH` and `SUBSCRIBE` on one channel.

use super::letters::Post;
use futures_util::StreamExt as _;
use redis::{
    AsyncCommands as _, Client,
    aio::{MultiplexedConnection, PubSub},
};

pub(super) struct Redis {
    client: Client,
    channel: String,
}

impl Redis {
    pub(super) fn new(url: &str, channel: String) -> Result<Self, String> {
        let client = Client::open(url).map_err(|error| format!("PARLOR_BUS can't be used: {error}"))?;
        Ok(Self { client, channel })
    }

    pub(super) async fn open(&self) -> Result<(Mouth, Ear), String> {
        let mut pubsub = self.client.get_async_pubsub().await.map_err(words)?;
        pubsub.subscribe(&self.channel).await.map_err(words)?;
        let connection = self.client.get_multiplexed_async_connection().await.map_err(words)?;
        Ok((Mouth { connection, channel: self.channel.clone() }, Ear { pubsub }))
    }
}

pub(super) struct Mouth {
    connection: MultiplexedConnection,
    channel: String,
}

impl Mouth {
    pub(super) async fn say(&mut self, post: &Post) -> Result<(), String> {
        let text = serde_json::to_string(post).map_err(|error| error.to_string())?;
        self.connection.publish(&self.channel, text).await.map_err(words)
    }
}

pub(super) struct Ear {
    pubsub: PubSub,
}

impl Ear {
    /// The next post. Safe to cancel.
    pub(super) async fn hear(&mut self) -> Result<String, String> {
        let message = self.pubsub.on_message().next().await.ok_or("the connection has ended")?;
        message.get_payload().map_err(words)
    }
}

fn words(error: redis::RedisError) -> String {
    error.to_string()
}
