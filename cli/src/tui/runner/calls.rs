//! Calls to the server, one task each; messages and typing in their order.

use super::{News, Passages, failed, follow, over, words};
use crate::{
    failure::may_be_done,
    tui::{
        entry::Me,
        message::{Effect, Message},
        rooms::Listed,
        safe::Safe,
        timeline::{Members, Person},
    },
};
use parlor_client::{
    Error,
    live::Live,
    protocol::{
        Nothing,
        ids::RoomId,
        invites::{CreateInvite, InviteCodePath, JoinByInvite, NewInvite},
        members::{JoinRoom, LeaveRoom, ListMembers, MemberPage},
        page::PageLimit,
        rooms::{CreateRoom, GetRoom, ListRooms, NewRoom, RoomPath, RoomSearch},
    },
    timeline::Timeline,
};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};
use tokio::sync::mpsc;

/// Rooms and members that are asked for at once, at most.
const PAGE: u32 = 200;

/// What is needed to call.
#[derive(Clone)]
pub(super) struct Calls {
    pub(super) live: Live,
    pub(super) me: Me,
    pub(super) news: mpsc::Sender<News>,
    pub(super) passages: Passages,
}

impl Calls {
    /// Does what must happen in order, until nothing more is wanted.
    pub(super) async fn work(self, mut wanted: mpsc::UnboundedReceiver<(Effect, Option<Timeline>)>) {
        while let Some((effect, timeline)) = wanted.recv().await {
            match effect {
                Effect::Send(room, text) => {
                    if let Err(error) = self.live.room(room).send(text.clone()).queue().await {
                        // A message that is only not kept is sent all the same.
                        let unsent = !matches!(error, Error::Store(_));
                        let why = words(&error);
                        self.tell(if unsent { Message::Unsent(room, text, why) } else { Message::Told(why) })
                            .await;
                    }
                }
                Effect::Typing(room, is_typing) => {
                    // It is worth nothing later.
                    self.live.room(room).typing(is_typing).await.ok();
                }
                effect => self.clone().of_timeline(effect, timeline).await,
            }
        }
    }

    async fn tell(&self, message: Message) {
        // Nobody hears it when the program ends.
        self.news.send(News::Message(message)).await.ok();
    }

    /// Does it, and tells what came of it.
    pub(super) async fn call(
        self,
        effect: Effect,
        timeline: Option<Timeline>,
        followed: Arc<Mutex<HashSet<RoomId>>>,
    ) {
        match effect {
            Effect::LoadRooms => match self.list().await {
                Ok(rooms) => follow(&self, &rooms, &followed).await,
                Err(error) if error.is_retryable() => {}
                Err(error) => self.tell(Message::Told(failed("The rooms could not be loaded", &error))).await,
            },
            Effect::LoadRoom(room) => self.load(room).await,
            Effect::LoadMembers(room) => {
                if let Ok(members) = self.members(room).await {
                    self.tell(Message::Members(room, members)).await;
                }
            }
            Effect::Create { name, is_private } => {
                let made = self.create(name, is_private).await;
                self.entered(made, &followed).await;
            }
            Effect::Join(room_id) => {
                let joined =
                    self.live.client().call::<JoinRoom>(RoomPath { room_id }, Nothing, Nothing).await;
                let joined = joined.map(|joined| Listed::of(&joined.room));
                let why = |error: Error| failed("You could not join the room", &error);
                self.entered(joined.map_err(why), &followed).await;
            }
            Effect::JoinByInvite(code) => {
                let joined = self.accept(code).await;
                self.entered(joined, &followed).await;
            }
            Effect::Leave(room_id) => {
                match self.live.client().call::<LeaveRoom>(RoomPath { room_id }, Nothing, Nothing).await {
                    Ok(_) => {
                        *self.passages.lock().await += 1;
                        self.tell(Message::RoomGone(room_id, Safe::line("you left."))).await;
                    }
                    Err(error) => {
                        self.tell(Message::Told(failed("You could not leave the room", &error))).await;
                    }
                }
            }
            Effect::Invite(room_id) => {
                let nothing = NewInvite { expires_in_seconds: None, max_uses: None };
                match self.live.client().call::<CreateInvite>(RoomPath { room_id }, Nothing, nothing).await {
                    Ok(made) => self.tell(Message::Invited(Safe::line(&made.link))).await,
                    Err(error) => {
                        self.tell(Message::Told(failed("The invitation could not be made", &error))).await;
                    }
                }
            }
            Effect::SignOut => match self.live.client().sign_out().await {
                Ok(()) => {
                    self.news.send(over()).await.ok();
                }
                Err(error) => self.tell(Message::Told(failed("You could not be signed out", &error))).await,
            },
            effect => self.of_timeline(effect, timeline).await,
        }
    }

    /// What the open room is asked for.
    async fn of_timeline(self, effect: Effect, timeline: Option<Timeline>) {
        let Some(timeline) = timeline else { return };
        match effect {
            Effect::LoadOlder(room) => {
                let answer = timeline.load_older().await.map(drop).map_err(|error| words(&error));
                self.tell(Message::Older(room, answer)).await;
            }
            Effect::Fill(room, gap) => {
                if let Err(error) = timeline.fill(&gap).await {
                    self.tell(Message::FillFailed(room, gap, words(&error))).await;
                }
            }
            Effect::Retry(_, id) => {
                if let Err(error) = timeline.retry(&id).await {
                    self.tell(Message::Told(failed("The message could not be sent again", &error))).await;
                }
            }
            Effect::Discard(_, id) => timeline.discard(&id),
            // One that fails is tried again when the connection is back.
            Effect::MarkRead(room, seq) if timeline.mark_read().await.is_ok() => {
                self.tell(Message::ReadTo { room, seq }).await;
            }
            _ => {}
        }
    }

    /// One is in a room from now on.
    async fn entered(&self, room: Result<Listed, Safe>, followed: &Mutex<HashSet<RoomId>>) {
        match room {
            Ok(room) => {
                let mut passages = self.passages.lock().await;
                *passages += 1;
                self.tell(Message::Entered(Box::new(room.clone()))).await;
                drop(passages);
                follow(self, &[room], followed).await;
            }
            Err(why) => self.tell(Message::NotEntered(why)).await,
        }
    }

    pub(super) async fn load(&self, room_id: RoomId) {
        if let Ok(room) = self.live.client().call::<GetRoom>(RoomPath { room_id }, Nothing, Nothing).await {
            self.tell(Message::Room(Box::new(Listed::of(&room)))).await;
        }
    }

    /// Tells the rooms as they are: a list from before one came into a room does not have it.
    async fn list(&self) -> Result<Vec<Listed>, Error> {
        loop {
            let before = *self.passages.lock().await;
            let rooms = self.rooms().await?;
            let passages = self.passages.lock().await;
            if *passages == before {
                self.tell(Message::Rooms(rooms.clone())).await;
                return Ok(rooms);
            }
        }
    }

    async fn rooms(&self) -> Result<Vec<Listed>, Error> {
        let mut search = RoomSearch { q: None, cursor: None, limit: PageLimit::new(PAGE) };
        let mut rooms = Vec::new();
        loop {
            let page = self.live.client().call::<ListRooms>(Nothing, search.clone(), Nothing).await?;
            rooms.extend(page.data.iter().map(Listed::of));
            let Some(cursor) = page.next_cursor else { return Ok(rooms) };
            search.cursor = Some(cursor);
        }
    }

    async fn members(&self, room_id: RoomId) -> Result<Members, Error> {
        let query = MemberPage { cursor: None, limit: PageLimit::new(PAGE) };
        let page = self.live.client().call::<ListMembers>(RoomPath { room_id }, query, Nothing).await?;
        let people = page.data.members.iter().map(|member| Person {
            id: member.user_id,
            name: Safe::line(member.user.username.as_str()),
            // One is here, whatever the server has noticed yet.
            is_online: member.is_online || member.user_id == self.me.id,
        });
        Ok(Members { total: page.data.total_members, people: people.collect() })
    }

    async fn create(&self, name: String, is_private: bool) -> Result<Listed, Safe> {
        let name = name.try_into().map_err(|refusal| Safe::line(&format!("The room's name {refusal}.")))?;
        let room = NewRoom { name, description: None, is_private: is_private.then_some(true) };
        let made = self.live.client().call::<CreateRoom>(Nothing, Nothing, room).await;
        made.map(|room| Listed::of(&room)).map_err(|error| not_made(&error))
    }

    async fn accept(&self, code: String) -> Result<Listed, Safe> {
        let token = code.try_into().map_err(|refusal| Safe::line(&format!("The invitation {refusal}.")))?;
        let joined =
            self.live.client().call::<JoinByInvite>(InviteCodePath { token }, Nothing, Nothing).await;
        joined.map(|room| Listed::of(&room)).map_err(|error| failed("You could not join the room", &error))
    }
}

/// Two rooms may have one name: who tries again too soon has both.
fn not_made(error: &Error) -> Safe {
    if may_be_done(error) {
        let why = words(error);
        return Safe::line(&format!(
            "Nobody knows if the room was made ({why}): look for it before you try again"
        ));
    }
    failed("The room could not be made", error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_client::protocol::{ApiError, ErrorType};
    use std::time::Duration;

    #[test]
    fn a_room_that_may_be_there_is_not_said_to_be_missing() {
        let silent = Error::NoAnswer { what: "CreateRoom", after: Duration::from_secs(10) };
        let says = "Nobody knows if the room was made (The server did not answer within 10 s): look for it before you try again";
        assert_eq!(&*not_made(&silent), says);
        for unknown in [
            Error::Unreachable("connection closed before message completed".to_owned()),
            Error::Unreachable("a gateway before it answered 502 Bad Gateway".to_owned()),
            Error::Unintelligible { what: "CreateRoom", detail: "cut off (status 201)".to_owned() },
        ] {
            let says = not_made(&unknown);
            assert!(says.starts_with("Nobody knows if the room was made ("), "{says}");
            assert!(says.ends_with("): look for it before you try again"), "{says}");
        }
        let refusal = ApiError::new(ErrorType::Unavailable, "The database is away");
        let refused = Error::Api { error: refusal, request_id: None };
        assert_eq!(&*not_made(&refused), "The room could not be made: The database is away; try again");
    }
}
