//! What the handles of a live connection ask of the task behind it.

use super::Mark;
use crate::Error;
use parlor_protocol::ids::RoomId;
use tokio::sync::oneshot;

/// On whose behalf a room is followed: [`Room::follow`](super::Room::follow), or one of the timelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Follower {
    Caller,
    #[cfg(feature = "timeline")]
    Timeline(uuid::Uuid),
}

/// What the handles ask.
pub(super) enum Command {
    Follow {
        room_id: RoomId,
        follower: Follower,
        since: Option<Mark>,
        done: oneshot::Sender<Result<Mark, Error>>,
    },
    Unfollow {
        room_id: RoomId,
        follower: Follower,
        done: oneshot::Sender<()>,
    },
    ReconnectNow,
    Stop,
}
