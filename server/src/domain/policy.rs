//! Who may do what in a room: one table, for REST and sockets alike.
//!
//! A room that the caller may not know of is a room that does not exist. Sockets are told less: see [`as_on_sockets`].

use super::{Caller, Error};
use crate::store::{
    self,
    rooms::{RoomRow, StandingRow},
};
use parlor_protocol::{ids::RoomId, rooms::Role};

const NO_ROOM: &str = "There is no such room, or one sees it only by an invite";
const NO_MEMBER: &str = "You are not a member of this room; join it first";

/// What someone wants to do with a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// See it and its members.
    See,
    /// Read and write in it.
    TakePart,
    /// Become a member without an invite.
    Join,
    /// End one's own membership.
    Leave,
    /// Change, delete, and look after its members and invites.
    Own,
    /// Invite people.
    Invite,
}

/// How a caller stands to a room that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footing {
    /// Whether only invited people see it.
    pub private: bool,
    /// What the caller is there; `None` for a stranger.
    pub role: Option<Role>,
}

impl Footing {
    /// How the caller for whom `room` was read stands to it.
    pub fn of(room: &RoomRow) -> Self {
        Self { private: room.is_private, role: room.role.map(role) }
    }
}

/// A stored role.
pub fn role(number: i64) -> Role {
    if number == 1 { Role::Owner } else { Role::Member }
}

/// Whether `act` is allowed; `None` stands for a room that does not exist.
pub fn check(act: Act, footing: Option<Footing>) -> Result<(), Error> {
    let Some(Footing { private, role }) = footing else { return Err(Error::NotFound(NO_ROOM)) };
    match (act, role) {
        (_, None) if private => Err(Error::NotFound(NO_ROOM)),
        (Act::Join, None) | (Act::See, _) => Ok(()),
        (Act::Join, Some(_)) => Err(member_already()),
        (Act::Leave, None) => Err(nothing_to_leave()),
        (_, None) => Err(Error::Forbidden(NO_MEMBER)),
        (Act::Leave, Some(Role::Owner)) => {
            Err(Error::Forbidden("The owner can't leave the room, only delete it"))
        }
        (Act::Invite, Some(Role::Owner)) if !private => {
            Err(Error::Forbidden("Only private rooms have invites; anybody can join this one"))
        }
        (Act::Own | Act::Invite, Some(Role::Member)) => {
            Err(Error::Forbidden("Only the room's owner may do this; ask them to"))
        }
        (Act::Leave, Some(Role::Member))
        | (Act::TakePart, Some(_))
        | (Act::Own | Act::Invite, Some(Role::Owner)) => Ok(()),
    }
}

/// The room, if the caller may do this in it.
pub async fn may(tx: &mut store::Tx, caller: &Caller, room: RoomId, act: Act) -> Result<RoomRow, Error> {
    let found = store::rooms::get(tx, caller.user.0, room.0).await?;
    check(act, found.as_ref().map(Footing::of))?;
    found.ok_or(Error::NotFound(NO_ROOM))
}

/// How the caller stands to the room, if they are a member of it.
pub async fn member(tx: &mut store::Tx, caller: &Caller, room: RoomId) -> Result<StandingRow, Error> {
    let found = store::rooms::standing(tx, caller.user.0, room.0).await?;
    let footing = found.map(|row| Footing { private: row.is_private, role: row.role.map(role) });
    check(Act::TakePart, footing)?;
    found.ok_or(Error::NotFound(NO_ROOM))
}

/// What a stranger is told who wants to take part; `visible` says whether the room exists and is public.
pub fn no_member(visible: bool) -> Error {
    if visible { Error::Forbidden(NO_MEMBER) } else { no_room() }
}

/// What someone is told who names a room that does not exist, for them.
pub fn no_room() -> Error {
    Error::NotFound(NO_ROOM)
}

/// What a member is told who wants to become one.
pub fn member_already() -> Error {
    Error::Conflict("You are already a member of this room; there is nothing left to do")
}

/// What someone is told who wants to leave a room that they are not in.
pub fn nothing_to_leave() -> Error {
    Error::NotFound("You are not a member of this room, so there is nothing to leave")
}

/// `error` as it is told on a socket: there, every room that one isn't in, unknown ones too, is one and the same.
pub fn as_on_sockets(error: Error) -> Error {
    match error {
        Error::NotFound(NO_ROOM) => Error::Forbidden(NO_MEMBER),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    enum Answer {
        Yes,
        Forbidden,
        NotFound,
        Conflict,
    }

    fn answer(act: Act, footing: Option<Footing>) -> Answer {
        match check(act, footing) {
            Ok(()) => Answer::Yes,
            Err(Error::Forbidden(_)) => Answer::Forbidden,
            Err(Error::NotFound(_)) => Answer::NotFound,
            Err(Error::Conflict(_)) => Answer::Conflict,
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn everybody_may_do_what_the_table_says() {
        use Answer::{Conflict as C, Forbidden as F, NotFound as N, Yes as Y};
        #[rustfmt::skip]
        let table = [
            //               no room  public:  stranger member owner   private:  stranger member owner
            (Act::See,           N,           [Y,       Y,     Y],               [N,       Y,     Y]),
            (Act::TakePart,      N,           [F,       Y,     Y],               [N,       Y,     Y]),
            (Act::Join,          N,           [Y,       C,     C],               [N,       C,     C]),
            (Act::Leave,         N,           [N,       Y,     F],               [N,       Y,     F]),
            (Act::Own,           N,           [F,       F,     Y],               [N,       F,     Y]),
            (Act::Invite,        N,           [F,       F,     F],               [N,       F,     Y]),
        ];
        let roles = [None, Some(Role::Member), Some(Role::Owner)];
        for (act, nowhere, public, private) in table {
            assert_eq!(answer(act, None), nowhere, "{act:?} where there is no room");
            for (private, row) in [(false, public), (true, private)] {
                for (role, expected) in roles.into_iter().zip(row) {
                    let footing = Footing { private, role };
                    assert_eq!(answer(act, Some(footing)), expected, "{act:?} as {footing:?}");
                }
            }
        }
    }

    #[test]
    fn a_socket_does_not_tell_a_hidden_room_from_an_unknown_one_or_a_public_one() {
        let stranger = |private| Some(Footing { private, role: None });
        let told: Vec<String> = [None, stranger(true), stranger(false)]
            .map(|footing| check(Act::TakePart, footing).map_err(as_on_sockets))
            .iter()
            .map(|told| format!("{told:?}"))
            .collect();
        assert!(told.iter().all(|one| *one == told[0] && one.contains("Forbidden")), "{told:?}");
        assert!(matches!(as_on_sockets(Error::NotFound("There is no such message")), Error::NotFound(_)));
    }
}
