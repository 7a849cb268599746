//! People, rooms and history to try the server out with, in a database that goes when the server does.

use crate::domain::{
    Caller, Domain, Error, invites, members,
    messages::{self, Draft},
    receipts, rooms,
    sessions::{self, Origin},
};
use parlor_protocol::{
    ids::RoomId, invites::NewInvite, receipts::ReadMark, rooms::NewRoom, sessions::NewAccount,
};
use std::str::FromStr;

/// Who is there; each signs in with `<name>@example.com`.
pub const PEOPLE: [&str; 4] = ["ada", "bob", "carol", "dan"];

/// Everyone's password.
pub const PASSWORD: &str = "let me look around";

/// Who says what in a public room, by their place in [`PEOPLE`].
const GENERAL: [(usize, &str); 12] = [
    (0, "Good morning! The new release goes out at 17:00."),
    (1, "Morning. Which node had the slow disk?"),
    (0, "node-3. It has been swapped already."),
    (2, "I moved 4.1 million rows last night 🎉"),
    (3, "Without a single error?"),
    (2, "Without a single one."),
    (1, "Then I can close the ticket."),
    (3, "Please leave the graph open until tomorrow."),
    (0, "Agreed. I'll write it up."),
    (1, "Ça marche."),
    (2, "Lunch at the usual place?"),
    (3, "12:30. I'll get us a table."),
];

const RANDOM: [(usize, &str); 5] = [
    (1, "Has anybody seen my blue mug?"),
    (0, "It was in the meeting room on Friday."),
    (2, "It had coffee in it on Friday."),
    (1, "It has a plant in it now."),
    (0, "A good mug finds its calling."),
];

const BOARD: [(usize, &str); 3] =
    [(2, "Nobody outside sees this room."), (0, "Not even in the list of rooms?"), (2, "Not even there.")];

/// Fills an empty database; `domain` must not limit how much a person says.
pub async fn fill(domain: &Domain) -> Result<(), Error> {
    let mut people = Vec::new();
    for name in PEOPLE {
        let email = format!("{name}@example.com");
        let new = NewAccount { username: given(name)?, email: given(&email)?, password: given(PASSWORD)? };
        let signed_in = sessions::register(domain, Origin { address: None, user_agent: None }, new).await?;
        let known = sessions::authenticate(domain, &signed_in.token).await?;
        people.push(known.caller);
    }
    let [ada, bob, carol, dan] = people.as_slice() else { return Ok(()) };
    let general = room(domain, ada, "General", "What concerns everybody", false).await?;
    for person in [bob, carol, dan] {
        members::join(domain, person, general).await?;
    }
    talk(domain, &people, general, &GENERAL).await?;
    let random = room(domain, bob, "Random", "What concerns nobody", false).await?;
    for person in [ada, carol] {
        members::join(domain, person, random).await?;
    }
    talk(domain, &people, random, &RANDOM).await?;
    let board = room(domain, carol, "Board", "By invitation only", true).await?;
    let open = NewInvite { expires_in_seconds: None, max_uses: None };
    if let Some(code) = invites::create(domain, carol, board, open).await?.invite.invite_code {
        invites::join(domain, ada, None, code).await?;
    }
    talk(domain, &people, board, &BOARD).await?;
    for (reader, room) in [(bob, general), (ada, random)] {
        receipts::mark_read(domain, reader, room, ReadMark { message_id: None, seq: None }).await?;
    }
    // They are not signed in: whoever tries the server out is.
    for person in &people {
        sessions::log_out(domain, person).await?;
    }
    Ok(())
}

async fn room(
    domain: &Domain,
    owner: &Caller,
    name: &str,
    about: &str,
    is_private: bool,
) -> Result<RoomId, Error> {
    let new = NewRoom { name: given(name)?, description: Some(given(about)?), is_private: Some(is_private) };
    Ok(rooms::create(domain, owner, new).await?.id)
}

async fn talk(
    domain: &Domain,
    people: &[Caller],
    room: RoomId,
    lines: &[(usize, &str)],
) -> Result<(), Error> {
    for (who, line) in lines {
        let draft = Draft { room, content: given(line)?, client_message_id: None };
        messages::send(domain, &people[*who], draft).await?;
    }
    Ok(())
}

/// A text of ours; one that its type refuses is a defect.
fn given<T: FromStr<Err = &'static str>>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|refusal| Error::Defect(format!("{text:?} {refusal}")))
}
