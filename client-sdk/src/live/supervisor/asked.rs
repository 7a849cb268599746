//! What the handles of a live connection ask, and what is done about it.

use super::Supervisor;
use crate::live::{
    Event, Mark,
    command::{Command, Follower},
    connection::{Connection, Done},
    followed::Followed,
};
use futures_util::FutureExt as _;
use parlor_protocol::{
    ids::RoomId,
    subscriptions::{LeaveRoomEvent, LeaveRoomPayload},
};

impl Supervisor {
    /// Hears a command without a connection; whether it is the end.
    pub(super) fn hear(&mut self, command: Option<Command>) -> bool {
        match command {
            None | Some(Command::Stop) => return true,
            Some(Command::ReconnectNow) => {}
            Some(Command::Follow { room_id, follower, since, done }) => {
                self.follows(room_id, follower, since).waiting.push(done);
            }
            Some(Command::Unfollow { room_id, follower, done }) => {
                self.forgets(room_id, follower);
                // Nobody may wait.
                done.send(()).ok();
            }
        }
        false
    }

    /// Does what the handles ask, with a connection; whether it is the end.
    pub(super) fn obey(&mut self, command: Option<Command>, connection: &mut Connection) -> bool {
        match command {
            Some(Command::Follow { room_id, follower, since, done }) => {
                let before = self.rooms.get(&room_id);
                let (is_live, mark) = before.map_or((false, None), |room| (room.is_live(), room.mark));
                let room = self.follows(room_id, follower, since);
                if let Some(mark) = mark.filter(|_| is_live) {
                    // Nobody may wait.
                    done.send(Ok(mark)).ok();
                    return false;
                }
                room.waiting.push(done);
                // A subscription that is under way may not go back far enough.
                if room.waiting.len() == 1 || room.mark != mark {
                    self.subscribe(room_id, connection);
                }
            }
            // It may have gone without a word, with the network.
            Some(Command::ReconnectNow) => connection.renew(self.client.clone()),
            Some(Command::Unfollow { room_id, follower, done }) => {
                if !self.forgets(room_id, follower) {
                    // Nobody may wait.
                    done.send(()).ok();
                    return false;
                }
                let emitter = connection.emitter.clone();
                let leaving = async move {
                    // Whatever the server says, nothing of the room is told any more.
                    emitter.emit::<LeaveRoomEvent>(LeaveRoomPayload { room_id }).await.ok();
                    Done::Left(done)
                };
                connection.tasks.push(leaving.boxed());
            }
            other => return self.hear(other),
        }
        false
    }

    /// Somebody follows a room.
    fn follows(&mut self, room_id: RoomId, follower: Follower, since: Option<Mark>) -> &mut Followed {
        let before = self.rooms.entry(room_id).or_default().follow_for(follower, since);
        if let Some((from, to)) = before {
            self.tell(Event::Resync { room_id, from, to });
        }
        self.rooms.entry(room_id).or_default()
    }

    /// Forgets a follower; whether it was the room's last.
    fn forgets(&mut self, room_id: RoomId, follower: Follower) -> bool {
        let Some(room) = self.rooms.get_mut(&room_id) else { return false };
        room.followers.remove(&follower);
        let is_last = room.followers.is_empty();
        if is_last {
            self.rooms.remove(&room_id);
        }
        is_last
    }
}
