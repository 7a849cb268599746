//! What a [`Live`](super::Live) connection tells.

use crate::{DisconnectReason, Error, ServerMessage};
use futures_util::Stream;
use parlor_protocol::{
    ApiError, ErrorType,
    ids::{Epoch, RoomId},
    members::{Passage, Stay},
    messages::Message,
    text::ClientMessageId,
    time::Timestamp,
    timeline::{Happening, TimelineEvent, Who},
};
use serde::{Deserialize, Serialize};
use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::sync::broadcast::Receiver;
use tokio_stream::wrappers::{BroadcastStream, errors::BroadcastStreamRecvError};

/// A position in a room's timeline. Keep the last one to go on from there later.
///
/// ```
/// use parlor_client::live::Mark;
///
/// let kept = r#"{"epoch":"018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90","seq":41}"#;
/// let mark: Mark = serde_json::from_str(kept)?;
/// // One entry later:
/// let next = Mark { seq: mark.seq + 1, ..mark };
/// assert_eq!(serde_json::to_string(&next)?, kept.replace("41", "42"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mark {
    /// The history that `seq` counts in.
    pub epoch: Epoch,
    /// The last entry that was seen; 0 before the first.
    pub seq: i64,
}

/// One thing that happened. More kinds will come.
///
/// ```
/// use parlor_client::{live::{ConnectionState, Event}, protocol::timeline::Happening};
///
/// /// What a log says of it, if anything.
/// fn line(event: &Event) -> Option<String> {
///     match event {
///         Event::Entry(entry) => match &entry.happening {
///             Happening::Message { message } => Some(format!("{}: {}", message.username, message.content)),
///             _ => None,
///         },
///         Event::Connection(ConnectionState::Offline { reason, .. }) => Some(format!("offline: {reason}")),
///         Event::Missed(events) => Some(format!("{events} events went by: load the rooms anew")),
///         _ => None,
///     }
/// }
///
/// assert_eq!(line(&Event::Missed(7)).as_deref(), Some("7 events went by: load the rooms anew"));
/// assert_eq!(line(&Event::Connection(ConnectionState::Online)), None);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The connection came or went.
    Connection(ConnectionState),
    /// The next entry of a followed room: each one once, in the order of `seq`, without a gap.
    Entry(Box<TimelineEvent>),
    /// A followed room goes on at `to`, and what came between was not told: the server's history is another one, or more
    /// was missed than [`LiveBuilder::longest_gap`](super::LiveBuilder::longest_gap). Load the room anew.
    ///
    /// It may concern only who has just begun to [follow](super::Room::follow) it since a mark before what was told, and all others
    /// hear it too: who knows the room up to `to`, in that history, has missed nothing.
    Resync {
        /// Which room.
        room_id: RoomId,
        /// Up to where entries were told.
        from: Mark,
        /// After where they go on.
        to: Mark,
    },
    /// A room is followed no longer, and not because the caller said so.
    Unfollowed {
        /// Which room.
        room_id: RoomId,
        /// Why.
        why: Unfollowed,
    },
    /// A message waits to be sent: show it as on its way.
    Queued(Box<Queued>),
    /// A queued message is stored on the server. Its [`Event::Entry`] comes as well, before or after this.
    Sent(Box<Message>),
    /// A queued message was refused for good, and is queued no longer.
    SendFailed {
        /// What was to be sent.
        message: Box<Queued>,
        /// Why it was not.
        error: Error,
    },
    /// A queued message was taken back, and is queued no longer.
    TakenBack(Box<Queued>),
    /// What is no entry of a timeline: typing, presence, read cursors, failures.
    Signal(ServerMessage),
    /// This subscriber did not take what came, and so many events were dropped for it. Entries may be among them.
    Missed(u64),
}

/// A message that is not stored on the server yet.
///
/// ```
/// use parlor_client::live::Queued;
///
/// let message = Queued {
///     room_id: "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90".parse()?,
///     content: "Build 7 has passed".to_owned(),
///     client_message_id: "build-7".parse()?,
///     queued_at: None,
/// };
/// let kept = serde_json::to_string(&message)?;
/// assert!(kept.contains(r#""clientMessageId":"build-7""#));
/// assert_eq!(serde_json::from_str::<Queued>(&kept)?, message);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Queued {
    /// Where to.
    pub room_id: RoomId,
    /// What it says.
    pub content: String,
    /// What makes all tries one message.
    pub client_message_id: ClientMessageId,
    /// When it was queued, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queued_at: Option<Timestamp>,
}

impl Queued {
    /// Whether it was queued longer ago than `age`, as far as that is known.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # parlor_tests::docs::with_offline(async |live, room_id| {
    /// let pending = live.room(room_id).send("Hello!").queue().await?;
    /// assert!(!pending.message().is_older_than(Duration::from_secs(60), live.client().now()));
    /// # Ok(()) });
    /// ```
    pub fn is_older_than(&self, age: Duration, now: Timestamp) -> bool {
        let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        self.queued_at.is_some_and(|at| now.as_millis().saturating_sub(at.as_millis()) > age)
    }
}

/// Why a room is followed no longer.
///
/// ```
/// use parlor_client::{live::Unfollowed, protocol::{ApiError, ErrorType}};
///
/// fn words(why: &Unfollowed) -> String {
///     match why {
///         Unfollowed::NoMember => "you are no member any more".to_owned(),
///         Unfollowed::Deleted => "the room was deleted".to_owned(),
///         Unfollowed::Refused(refusal) => refusal.message.clone(),
///         _ => "it is over".to_owned(),
///     }
/// }
///
/// let refusal = ApiError::new(ErrorType::NotAuthorized, "You are not a member of this room");
/// assert_eq!(words(&Unfollowed::Refused(refusal)), "You are not a member of this room");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unfollowed {
    /// The membership has ended.
    NoMember,
    /// The room was deleted.
    Deleted,
    /// The server refuses it.
    Refused(ApiError),
}

impl Unfollowed {
    /// With what fails whatever needs the room.
    pub(crate) fn error(self) -> Error {
        let refusal = match self {
            Self::NoMember => ApiError::new(ErrorType::NotAuthorized, "The membership has ended"),
            Self::Deleted => ApiError::new(ErrorType::NotFound, "The room was deleted"),
            Self::Refused(refusal) => refusal,
        };
        Error::Api { error: refusal, request_id: None }
    }
}

/// How the connection is.
///
/// ```
/// use parlor_client::live::ConnectionState;
/// use std::time::Duration;
///
/// /// What stands above a chat while it is not connected.
/// fn banner(state: &ConnectionState) -> Option<String> {
///     match state {
///         ConnectionState::Online => None,
///         ConnectionState::Offline { attempt, retry_in, reason } => {
///             Some(format!("try {attempt}: {reason}; the next one in {} s", retry_in.as_secs()))
///         }
///         state if state.is_over() => Some("over".to_owned()),
///         _ => Some("connecting".to_owned()),
///     }
/// }
///
/// let offline = ConnectionState::Offline { attempt: 2, retry_in: Duration::from_secs(1), reason: "no route".to_owned() };
/// assert_eq!(banner(&offline).as_deref(), Some("try 2: no route; the next one in 1 s"));
/// assert_eq!(banner(&ConnectionState::Stopped).as_deref(), Some("over"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionState {
    /// It is being made, for the so many-th time since it last held; 1 is the first.
    Connecting {
        /// Which try this is.
        attempt: u32,
    },
    /// It is accepted, and what was missed is being fetched.
    CatchingUp,
    /// Entries come as they happen.
    Online,
    /// There is none; the next try comes by itself.
    Offline {
        /// Which try was the last.
        attempt: u32,
        /// How long until the next.
        retry_in: Duration,
        /// What went wrong, for people.
        reason: String,
    },
    /// The session has ended. It does not come back.
    SignedOut,
    /// Nobody needs it any more.
    Stopped,
}

impl ConnectionState {
    /// Whether it will not change any more.
    ///
    /// ```
    /// use parlor_client::live::ConnectionState;
    /// use std::time::Duration;
    ///
    /// # parlor_tests::docs::with_live(async |live, room_id| {
    /// let mut connection = live.connection();
    /// live.shutdown(Duration::from_secs(5)).await;
    /// let last = connection.wait_for(|state| state.is_over()).await?;
    /// assert_eq!(*last, ConnectionState::Stopped);
    /// # Ok(()) });
    /// ```
    pub fn is_over(&self) -> bool {
        matches!(self, Self::SignedOut | Self::Stopped)
    }

    /// With what fails whatever it would still be needed for, when it is over.
    pub(super) fn end(&self) -> Error {
        match self {
            Self::SignedOut => Error::SignedOut,
            _ => Error::Disconnected(DisconnectReason::ByClient),
        }
    }

    /// With what fails whatever needs it now, when there is none.
    pub(super) fn lack(&self) -> Error {
        match self {
            Self::Offline { reason, .. } => Error::Unreachable(reason.clone()),
            state if state.is_over() => state.end(),
            _ => Error::Unreachable("the connection is still being made".to_owned()),
        }
    }
}

/// The events of a [`Live`](super::Live) connection, from the moment on at which this was made.
///
/// It is a [`Stream`]. It ends after [`ConnectionState::SignedOut`] or [`ConnectionState::Stopped`].
///
/// ```
/// use futures_util::StreamExt as _;
/// use parlor_client::live::Event;
///
/// # parlor_tests::docs::with_live(async |live, room_id| {
/// let mut stored = std::pin::pin!(live.events().filter_map(async |event| match event {
///     Event::Sent(message) => Some(message.content),
///     _ => None,
/// }));
/// live.room(room_id).send("Hello!").queue().await?;
/// assert_eq!(stored.next().await.as_deref(), Some("Hello!"));
/// # Ok(()) });
/// ```
#[derive(Debug)]
pub struct Events {
    stream: BroadcastStream<Event>,
    /// How the connection ended, if it had ended before this was made.
    ended: Option<ConnectionState>,
    over: bool,
}

impl Events {
    /// `now` is looked at after `receiver` was made: an end is in one of them.
    pub(super) fn new(receiver: Receiver<Event>, now: ConnectionState) -> Self {
        let ended = now.is_over().then_some(now);
        Self { stream: BroadcastStream::new(receiver), ended, over: false }
    }

    /// The next event; `None` when there are no more.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # parlor_tests::docs::with_live(async |live, room_id| {
    /// let mut events = live.events();
    /// live.shutdown(Duration::from_secs(5)).await;
    /// while let Some(event) = events.next().await {
    ///     println!("{event:?}");
    /// }
    /// # Ok(()) });
    /// ```
    pub async fn next(&mut self) -> Option<Event> {
        futures_util::StreamExt::next(self).await
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        if self.over {
            return Poll::Ready(None);
        }
        if let Some(ended) = self.ended.take() {
            self.over = true;
            return Poll::Ready(Some(Event::Connection(ended)));
        }
        Pin::new(&mut self.stream).poll_next(cx).map(|event| match event? {
            Ok(event) => {
                self.over = matches!(&event, Event::Connection(state) if state.is_over());
                Some(event)
            }
            Err(BroadcastStreamRecvError::Lagged(missed)) => Some(Event::Missed(missed)),
        })
    }
}

/// The timeline's entry that a message of the server is, if it is one.
pub(super) fn entry(message: ServerMessage) -> Result<TimelineEvent, ServerMessage> {
    let (seq, room_id, timestamp, happening) = match message {
        ServerMessage::ReceiveMessage(message) => {
            (message.seq, message.room_id, message.created_at, Happening::Message { message })
        }
        ServerMessage::RoomUpdated(update) => {
            let room = Box::new(update.room);
            (update.seq, update.room_id, update.timestamp, Happening::RoomUpdated { room })
        }
        ServerMessage::UserJoined(passage) => match permanent(&passage) {
            Some((seq, who)) => (seq, passage.room_id, passage.timestamp, Happening::MemberJoined(who)),
            None => return Err(ServerMessage::UserJoined(passage)),
        },
        ServerMessage::UserLeft(passage) => match permanent(&passage) {
            Some((seq, who)) => (seq, passage.room_id, passage.timestamp, Happening::MemberLeft(who)),
            None => return Err(ServerMessage::UserLeft(passage)),
        },
        other => return Err(other),
    };
    Ok(TimelineEvent { seq, room_id, timestamp, happening })
}

fn permanent(passage: &Passage) -> Option<(i64, Who)> {
    let seq = passage.seq.filter(|_| passage.stay == Stay::Permanent)?;
    Some((seq, Who { user_id: passage.user_id, username: passage.username.clone() }))
}
