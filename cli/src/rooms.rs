//! `rooms`, and finding the room that somebody names.

use crate::{
    Account, Failure, Output,
    arguments::{Invitation, RoomCommand},
    output::note,
    safe_text::safe_line,
};
use parlor_client::protocol::{
    Nothing,
    ids::RoomId,
    invites::{CreateInvite, InviteCodePath, JoinByInvite, NewInvite},
    members::{JoinRoom, LeaveRoom, ListMembers, Member, MemberPage},
    page::PageLimit,
    rooms::{CreateRoom, GetRoom, ListRooms, NewRoom, Room, RoomPath, RoomSearch},
    text::{InviteCode, RoomName, SearchText},
};

/// Does what is asked with rooms.
pub(crate) async fn run(account: &Account, command: RoomCommand, output: Output) -> Result<(), Failure> {
    match command {
        RoomCommand::List { unread } => list(account, unread, output).await,
        RoomCommand::Info(room) => info(account, &room, output).await,
        RoomCommand::Create(room) => create(account, room, output).await,
        RoomCommand::Join(room) => join(account, &room, output).await,
        RoomCommand::Accept(code) => accept(account, code, output).await,
        RoomCommand::Leave(room) => leave(account, &room).await,
        RoomCommand::Members(room) => members(account, &room, output).await,
        RoomCommand::Invite(invitation) => invite(account, invitation, output).await,
    }
}

/// Every room that the account sees, newest first.
pub(crate) async fn all(account: &Account) -> Result<Vec<Room>, Failure> {
    search(account, None).await
}

/// Whether the account is a member.
pub(crate) fn is_joined(room: &Room) -> bool {
    room.membership.is_some()
}

async fn search(account: &Account, q: Option<SearchText>) -> Result<Vec<Room>, Failure> {
    let mut search = RoomSearch { q, cursor: None, limit: PageLimit::new(200) };
    let mut found = Vec::new();
    loop {
        let page = account.call::<ListRooms>(Nothing, search.clone(), Nothing).await?;
        found.extend(page.data);
        let Some(cursor) = page.next_cursor else { return Ok(found) };
        search.cursor = Some(cursor);
    }
}

async fn list(account: &Account, unread: bool, output: Output) -> Result<(), Failure> {
    for room in all(account).await?.iter().filter(|room| !unread || unread_count(room) > 0) {
        output.show(room, in_words)?;
    }
    Ok(())
}

async fn info(account: &Account, named: &str, output: Output) -> Result<(), Failure> {
    let room = find_room(account, named, |_| true).await?;
    output.show(&room, |room| {
        let about = room.description.as_deref().map(|about| format!("\nabout    {}", safe_line(about)));
        let standing = match &room.membership {
            Some(own) => format!("{:?}, {} unread", own.role, own.unread_count).to_lowercase(),
            None => "not joined".to_owned(),
        };
        format!(
            "name     {}\nid       {}\nkind     {}\nowner    {}\nmembers  {}\nmade     {}\nyou      {standing}{}",
            safe_line(&room.name),
            room.id,
            if room.is_private { "private" } else { "public" },
            safe_line(room.creator.username.as_str()),
            room.member_count,
            room.created_at,
            about.unwrap_or_default(),
        )
    })
}

async fn create(account: &Account, room: NewRoom, output: Output) -> Result<(), Failure> {
    // Two rooms may have one name.
    let look = "`parlor rooms list` first: the room may have been made";
    let made = account.call::<CreateRoom>(Nothing, Nothing, room).await;
    let room = made.map_err(|failure| failure.once(look))?;
    output.show(&room, |room| room.id.to_string())
}

async fn join(account: &Account, named: &str, output: Output) -> Result<(), Failure> {
    let room_id = find(account, named, |room| !is_joined(room)).await?;
    let joined = account.call::<JoinRoom>(RoomPath { room_id }, Nothing, Nothing).await?;
    output.show(&joined.room, |room| room.id.to_string())
}

async fn accept(account: &Account, token: InviteCode, output: Output) -> Result<(), Failure> {
    let joined = account.call::<JoinByInvite>(InviteCodePath { token }, Nothing, Nothing).await?;
    output.show(&joined, |room| room.id.to_string())
}

async fn leave(account: &Account, named: &str) -> Result<(), Failure> {
    let room_id = find(account, named, is_joined).await?;
    account.call::<LeaveRoom>(RoomPath { room_id }, Nothing, Nothing).await?;
    note("you are no longer a member");
    Ok(())
}

async fn members(account: &Account, named: &str, output: Output) -> Result<(), Failure> {
    let room_id = find(account, named, is_joined).await?;
    let mut wanted = MemberPage { cursor: None, limit: PageLimit::new(200) };
    loop {
        let page = account.call::<ListMembers>(RoomPath { room_id }, wanted.clone(), Nothing).await?;
        for member in &page.data.members {
            output.show(member, member_in_words)?;
        }
        let Some(cursor) = page.next_cursor else { return Ok(()) };
        wanted.cursor = Some(cursor);
    }
}

fn member_in_words(member: &Member) -> String {
    let presence = if member.is_online { "online" } else { "offline" };
    let role = format!("{:?}", member.role).to_lowercase();
    format!("{}  {presence:<7}  {role:<6}  {}", member.user_id, safe_line(member.user.username.as_str()))
}

async fn invite(account: &Account, wanted: Invitation, output: Output) -> Result<(), Failure> {
    let Invitation { room, expires_in_seconds, max_uses } = wanted;
    let room_id = find(account, &room, is_joined).await?;
    let wanted = NewInvite { expires_in_seconds, max_uses };
    let made = account.call::<CreateInvite>(RoomPath { room_id }, Nothing, wanted).await?;
    output.show(&made, |made| made.invite.invite_code.as_ref().map_or("", InviteCode::as_str).to_owned())
}

/// The id of the room with this id or name. Of several with the same name it is the only one that is `likely`.
pub(crate) async fn find(
    account: &Account,
    named: &str,
    likely: fn(&Room) -> bool,
) -> Result<RoomId, Failure> {
    match named.parse() {
        Ok(id) => Ok(id),
        Err(_) => Ok(find_by_name(account, named, likely).await?.id),
    }
}

/// The same, with all that the server says of it.
pub(crate) async fn find_room(
    account: &Account,
    named: &str,
    likely: fn(&Room) -> bool,
) -> Result<Room, Failure> {
    match named.parse() {
        Ok(room_id) => account.call::<GetRoom>(RoomPath { room_id }, Nothing, Nothing).await,
        Err(_) => find_by_name(account, named, likely).await,
    }
}

/// The room of this name. It may be written as the chat shows it, `#kitchen`.
async fn find_by_name(account: &Account, named: &str, likely: fn(&Room) -> bool) -> Result<Room, Failure> {
    let bare = named.strip_prefix('#').unwrap_or(named);
    // With the sign it may be too long for a name, without it too short.
    let mut names = vec![named, bare];
    names.retain(|name| name.parse::<RoomName>().is_ok());
    names.dedup();
    if names.is_empty() {
        names.push(bare);
    }
    for name in names {
        if let Some(room) = look_up(account, name, likely).await? {
            return Ok(room);
        }
    }
    let named = safe_line(named);
    Err(Failure::Refused(format!("there is no room named {named} that you can see")))
}

async fn look_up(account: &Account, named: &str, likely: fn(&Room) -> bool) -> Result<Option<Room>, Failure> {
    let wrong = |refusal| Failure::Usage(format!("the room's name {refusal}"));
    let name: RoomName = named.parse().map_err(wrong)?;
    let q: SearchText = name.as_str().parse().map_err(wrong)?;
    let mut found = search(account, Some(q)).await?;
    found.retain(|room| room.name == name.as_str());
    if found.iter().any(likely) {
        found.retain(likely);
    }
    match (found.pop(), found.as_slice()) {
        (None, _) => Ok(None),
        (Some(only), []) => Ok(Some(only)),
        (Some(last), others) => {
            let lines: Vec<_> = others.iter().chain([&last]).map(in_words).collect();
            let lines = lines.join("\n");
            Err(Failure::Usage(format!("several rooms are named {name}; say which by its id:\n{lines}")))
        }
    }
}

fn unread_count(room: &Room) -> i64 {
    room.membership.as_ref().map_or(0, |own| own.unread_count)
}

fn in_words(room: &Room) -> String {
    let standing = match &room.membership {
        Some(membership) => format!("{} unread", membership.unread_count),
        None => "not joined".to_owned(),
    };
    let private = if room.is_private { " (private)" } else { "" };
    format!("{}  {standing:>10}  {}{private}", room.id, safe_line(&room.name))
}
