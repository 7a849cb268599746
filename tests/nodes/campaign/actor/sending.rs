//! How a person sends: by the queue of the live connection, over REST, and once more.

use super::Actor;
use crate::campaign::{
    asking::failed,
    history::{Act, End, Place},
};
use parlor_client::{Error, live::Pending};
use parlor_protocol::{
    Nothing,
    messages::{Message, NewMessage, SendMessage},
};
use parlor_tests::people::at;
use tokio::sync::oneshot;

impl Actor {
    /// Sends by the queue of the live connection; answers what waits for the end of it.
    pub(super) async fn queues(&mut self, room: Place) -> Option<impl Future<Output = ()> + use<>> {
        let client_id = format!("{}-{}", self.who, self.said.len());
        let content = format!("{:x} ", self.dice.roll(0..u64::MAX)).repeat(self.any(12) + 1);
        self.said.push((room, client_id.clone(), content.clone()));
        self.queues_this(room, client_id, content).await
    }

    async fn queues_this(
        &mut self,
        room: Place,
        client_id: String,
        content: String,
    ) -> Option<impl Future<Output = ()> + use<>> {
        let live_room = self.life.as_ref()?.live.room(self.world.rooms[room]);
        let sending = live_room.send(content.clone()).client_message_id(&client_id);
        let act = Act::Send { room, client_id, content, queue: Some(self.lives) };
        let call = self.world.recorder.asked(self.who, act);
        let pending: Pending = sending.queue().await.unwrap();
        let (world, names, who) = (self.world.clone(), self.ears.names.clone(), self.who);
        let (done, is_done) = oneshot::channel();
        self.under_way.spawn(async move {
            let end = stored(pending.sent().await, |message| End::Stored(names.said(message)));
            world.recorder.ended(who, call, end);
            done.send(()).ok();
        });
        Some(async { is_done.await.unwrap_or_default() })
    }

    /// Sends something over REST, by whichever node; answers where it stands, if that was told.
    pub(in super::super) async fn posts(&mut self, room: Place) -> Option<i64> {
        let client_id = format!("{}-{}", self.who, self.said.len());
        let content = format!("{:x}", self.dice.roll(0..u64::MAX));
        self.said.push((room, client_id.clone(), content.clone()));
        self.posts_this(room, client_id, content).await
    }

    async fn posts_this(&mut self, room: Place, client_id: String, content: String) -> Option<i64> {
        let act = Act::Send { room, client_id: client_id.clone(), content: content.clone(), queue: None };
        let body = NewMessage {
            content: content.parse().unwrap(),
            client_message_id: Some(client_id.parse().unwrap()),
        };
        let (client, path, names) = (self.rest(), at(self.world.rooms[room]), self.ears.names.clone());
        let call = self.world.recorder.asked(self.who, act);
        let sent = client.call::<SendMessage>(path, Nothing, body).await;
        let seq = sent.as_ref().ok().map(|message| message.seq);
        let end = stored(sent, |message| End::Stored(names.said(message)));
        self.world.recorder.ended(self.who, call, end);
        seq
    }

    /// Sends once more what it has sent, as it was, whether or not that has ended.
    pub(super) async fn sends_again(&mut self) {
        let latest = self.said.len().min(10);
        if latest == 0 {
            return;
        }
        let which = self.said.len() - 1 - self.any(latest);
        let (room, client_id, content) = self.said[which].clone();
        if self.dice.roll(0..3) == 0 {
            drop(self.queues_this(room, client_id, content).await);
        } else {
            self.posts_this(room, client_id, content).await;
        }
    }
}

/// How the sending of a message ended.
fn stored(sent: Result<Message, Error>, end: impl FnOnce(&Message) -> End) -> End {
    match sent {
        Ok(message) => end(&message),
        Err(error) => failed(&error),
    }
}
