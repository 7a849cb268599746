//! One connection of the many: what is under way on it, and how it ends.

use super::followed::CaughtUp;
use crate::{Client, DisconnectReason, Emitter, Error, Socket};
use futures_util::{FutureExt as _, future::BoxFuture, stream::FuturesUnordered};
use parlor_protocol::{
    ids::RoomId,
    sessions::{Authenticate, AuthenticateEvent},
};
use std::time::Duration;
use tokio::{sync::oneshot, time::Instant};

/// Between two renewals.
const SOONEST: Duration = Duration::from_secs(1);

/// After a renewal that failed for now.
const RENEW_AGAIN: Duration = Duration::from_secs(10);

/// How a connection, or a pause, ended.
pub(super) enum End {
    Stop,
    SignedOut,
    /// Try again; after this long, if the server said so.
    Lost {
        reason: String,
        come_back_in: Option<Duration>,
    },
}

impl End {
    /// What who still sends over the connection is told of it.
    pub(super) fn reason(&self) -> DisconnectReason {
        match self {
            Self::Lost { reason, .. } => DisconnectReason::Lost(reason.clone()),
            Self::Stop | Self::SignedOut => DisconnectReason::ByClient,
        }
    }
}

/// Something that was under way while the connection is served.
pub(super) enum Done {
    CaughtUp { room_id: RoomId, turn: u64, outcome: Result<CaughtUp, Error> },
    Renewed(Result<(), Error>),
    Left(oneshot::Sender<()>),
}

/// What is under way on one connection, and goes with it.
pub(super) struct Connection {
    pub(super) emitter: Emitter,
    pub(super) tasks: FuturesUnordered<BoxFuture<'static, Done>>,
    pub(super) come_back_in: Option<Duration>,
    /// When to renew its token.
    pub(super) renewal: Option<Instant>,
}

impl Connection {
    pub(super) fn new(socket: &Socket, client: &Client) -> Self {
        let mut connection = Self {
            emitter: socket.emitter(),
            tasks: FuturesUnordered::new(),
            come_back_in: None,
            renewal: None,
        };
        connection.renew_in_time(client);
        connection
    }

    /// Sets when its token is renewed next.
    pub(super) fn renew_in_time(&mut self, client: &Client) {
        self.renewal = client.renew_in().map(|left| Instant::now() + left);
    }

    /// Sets when it is renewed after it has been: not at once, even if the token is still the old one because there was no newer.
    pub(super) fn renewed(&mut self, client: &Client) {
        self.renewal = client.renew_in().map(|left| Instant::now() + left.max(SOONEST));
    }

    /// Sets that its token is tried to be renewed again, after it could not be; unless it was only asked whether it lives.
    pub(super) fn renew_again(&mut self, client: &Client) {
        self.renewal = client.inner.manner.renews.then(|| Instant::now() + RENEW_AGAIN);
    }

    /// Renews its token.
    pub(super) fn renew(&mut self, client: Client) {
        self.renewal = None;
        self.tasks.push(renew(client, self.emitter.clone()).map(Done::Renewed).boxed());
    }

    pub(super) fn ended(&self, reason: &DisconnectReason) -> End {
        End::Lost { reason: reason.to_string(), come_back_in: self.come_back_in }
    }
}

/// Renews the token of the socket.
async fn renew(client: Client, emitter: Emitter) -> Result<(), Error> {
    let token = client.fresh_token().await?;
    emitter.emit::<AuthenticateEvent>(Authenticate { token }).await.map(drop)
}

pub(super) fn lost_by(error: &Error) -> End {
    match error {
        Error::SignedOut => End::SignedOut,
        error => End::Lost { reason: error.to_string(), come_back_in: error.retry_after() },
    }
}
