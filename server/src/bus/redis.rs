//! Posts over Redis: `PUBLISH` and `SUBSCRIBE` on one channel.

use super::letters::Post;
use crate::config::RedisUrl;
use futures_util::StreamExt as _;
use redis::{
    AsyncCommands as _, Client, ClientTlsConfig, TlsCertificates,
    aio::{MultiplexedConnection, PubSub},
};
use std::{fs, path::Path};

/// How the sections of a PEM file begin that are of use.
const CERTIFICATE: &[&str] = &["CERTIFICATE"];
const KEY: &[&str] = &["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"];

pub(super) struct Redis {
    client: Client,
    channel: String,
}

impl Redis {
    /// Reads the certificates' files, if the URL names any.
    pub(super) fn new(url: &RedisUrl, channel: String) -> Result<Self, String> {
        let client = client(url).map_err(|why| format!("PARLOR_BUS can't be used: {why}"))?;
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

fn client(url: &RedisUrl) -> Result<Client, String> {
    if url.authorities.is_none() && url.certificate.is_none() {
        return Client::open(&*url.place).map_err(words);
    }
    let root_cert = url.authorities.as_deref().map(|file| pem(file, CERTIFICATE)).transpose()?;
    let client_tls = match &url.certificate {
        Some((certificate, key)) => {
            Some(ClientTlsConfig { client_cert: pem(certificate, CERTIFICATE)?, client_key: pem(key, KEY)? })
        }
        None => None,
    };
    Client::build_with_tls(&*url.place, TlsCertificates { client_tls, root_cert }).map_err(words)
}

/// A file that has such a section (RFC 7468): without one, nothing would be trusted, and nothing said.
fn pem(file: &Path, sections: &[&str]) -> Result<Vec<u8>, String> {
    let shown = file.display();
    let text = fs::read_to_string(file).map_err(|error| format!("{shown} can't be read: {error}"))?;
    let begins =
        |line: &str| sections.iter().any(|name| line.trim_end() == format!("-----BEGIN {name}-----"));
    if text.lines().any(begins) {
        return Ok(text.into_bytes());
    }
    let hint = if text.contains("ENCRYPTED") {
        "; an encrypted key is of no use, since nobody is there to open it"
    } else {
        ""
    };
    Err(format!("{shown} has no {} in PEM form{hint}", sections.first().unwrap_or(&"")))
}

fn words(error: redis::RedisError) -> String {
    error.to_string()
}
