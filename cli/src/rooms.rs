//! `rooms`, and finding the room that somebody names.

use crate::{Account, Failure, Output, safe_text::safe_line};
use parlor_client::protocol::{
    Nothing,
    ids::RoomId,
    members::JoinRoom,
    page::PageLimit,
    rooms::{CreateRoom, ListRooms, NewRoom, Room, RoomPath, RoomSearch},
    text::{RoomName, SearchText},
};

/// Prints every room that the account sees.
pub(crate) async fn list(account: &Account, output: Output) -> Result<(), Failure> {
    let mut search = RoomSearch { q: None, cursor: None, limit: PageLimit::new(200) };
    loop {
        let page = account.call::<ListRooms>(Nothing, search.clone(), Nothing).await?;
        for room in &page.data {
            output.show(room, in_words)?;
        }
        let Some(cursor) = page.next_cursor else { return Ok(()) };
        search.cursor = Some(cursor);
    }
}

/// Makes a room, and prints its id.
pub(crate) async fn create(account: &Account, room: NewRoom, output: Output) -> Result<(), Failure> {
    let room = account.call::<CreateRoom>(Nothing, Nothing, room).await?;
    output.show(&room, |room| room.id.to_string())
}

/// Becomes a member of a public room, and prints its id.
pub(crate) async fn join(account: &Account, room: &str, output: Output) -> Result<(), Failure> {
    let room_id = find(account, room, |room| room.membership.is_none()).await?;
    let joined = account.call::<JoinRoom>(RoomPath { room_id }, Nothing, Nothing).await?;
    output.show(&joined.room, |room| room.id.to_string())
}

/// The room with this id or name. Of several with the same name it is the only one that is `likely`.
pub(crate) async fn find(
    account: &Account,
    named: &str,
    likely: fn(&Room) -> bool,
) -> Result<RoomId, Failure> {
    if let Ok(id) = named.parse() {
        return Ok(id);
    }
    let wrong = |refusal| Failure::Usage(format!("the room's name {refusal}"));
    let name: RoomName = named.parse().map_err(wrong)?;
    let q: SearchText = name.as_str().parse().map_err(wrong)?;
    let mut search = RoomSearch { q: Some(q), cursor: None, limit: PageLimit::new(200) };
    let mut found = Vec::new();
    loop {
        let page = account.call::<ListRooms>(Nothing, search.clone(), Nothing).await?;
        found.extend(page.data.into_iter().filter(|room| room.name == name.as_str()));
        let Some(cursor) = page.next_cursor else { break };
        search.cursor = Some(cursor);
    }
    let mut best: Vec<&Room> = found.iter().filter(|room| likely(room)).collect();
    if best.is_empty() {
        best = found.iter().collect();
    }
    match best.as_slice() {
        [] => Err(Failure::Refused(format!("there is no room named {name} that you can see"))),
        [only] => Ok(only.id),
        several => {
            let lines: Vec<_> = several.iter().map(|room| in_words(room)).collect();
            let lines = lines.join("\n  ");
            Err(Failure::Usage(format!("several rooms are named {name}; say which by its id:\n  {lines}")))
        }
    }
}

fn in_words(room: &Room) -> String {
    let standing = match &room.membership {
        Some(membership) => format!("{} unread", membership.unread_count),
        None => "not joined".to_owned(),
    };
    let private = if room.is_private { " (private)" } else { "" };
    format!("{}  {standing:>10}  {}{private}", room.id, safe_line(&room.name))
}
