//! Posts over PostgreSQL: `NOTIFY` and `LISTEN` on one channel. Each notice is a commit, and commits with notices queue behind one
//! another in all of the server, which is why posts are written together.

use super::letters::{Letter, Post};
use crate::config::DatabaseUrl;
use sqlx::{Connection as _, PgConnection, postgres::PgListener};

/// Bytes: a notice must have fewer than 8,000.
const LARGEST: usize = 7_900;

pub(super) struct Postgres {
    url: String,
    channel: String,
}

impl Postgres {
    pub(super) fn new(database: &DatabaseUrl, channel: String) -> Result<Self, String> {
        match database {
            DatabaseUrl::Postgres(url) => Ok(Self { url: url.clone(), channel }),
            DatabaseUrl::Sqlite(_) | DatabaseUrl::MySql(_) => Err(
                "PARLOR_BUS=postgres needs a PostgreSQL database; with MySQL or MariaDB, give the URL of a Redis server"
                    .to_owned(),
            ),
        }
    }

    pub(super) async fn open(&self) -> Result<(Mouth, Ear), String> {
        let mut listener = PgListener::connect(&self.url).await.map_err(words)?;
        // A lost connection is ours to see and to replace: what was said meanwhile is lost with it.
        listener.eager_reconnect(false);
        listener.listen(&self.channel).await.map_err(words)?;
        let connection = PgConnection::connect(&self.url).await.map_err(words)?;
        Ok((Mouth { connection, channel: self.channel.clone() }, Ear { listener }))
    }
}

pub(super) struct Mouth {
    connection: PgConnection,
    channel: String,
}

impl Mouth {
    pub(super) async fn say(&mut self, post: Post) -> Result<(), String> {
        let texts = cut(post).map_err(|error| error.to_string())?;
        let said = sqlx::query("SELECT pg_notify($1, text) FROM unnest($2::text[]) AS text")
            .bind(&self.channel)
            .bind(texts)
            .execute(&mut self.connection);
        said.await.map(drop).map_err(words)
    }
}

/// The post in pieces that fit; what fits into none is shortened, or left out.
fn cut(post: Post) -> serde_json::Result<Vec<String>> {
    let text = serde_json::to_string(&post)?;
    if text.len() <= LARGEST {
        return Ok(vec![text]);
    }
    let Post { from, mut letters } = post;
    if letters.len() > 1 {
        let rest = letters.split_off(letters.len() / 2);
        let mut texts = cut(Post { from, letters })?;
        texts.extend(cut(Post { from, letters: rest })?);
        return Ok(texts);
    }
    let short: Vec<_> = letters.iter().filter_map(Letter::shortened).collect();
    if short.is_empty() { Ok(Vec::new()) } else { cut(Post { from, letters: short }) }
}

pub(super) struct Ear {
    listener: PgListener,
}

impl Ear {
    /// The next post. Safe to cancel.
    pub(super) async fn hear(&mut self) -> Result<String, String> {
        let notice = self.listener.try_recv().await.map_err(words)?;
        Ok(notice.ok_or("the connection has ended")?.payload().to_owned())
    }
}

fn words(error: sqlx::Error) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_protocol::{
        ids::{MessageId, RoomId, UserId},
        messages::{Message, MessageStatus},
        time::Timestamp,
        timeline::{Happening, TimelineEvent},
        users::UserSummary,
    };
    use std::sync::Arc;
    use uuid::Uuid;

    #[test]
    fn a_post_is_cut_into_notices_that_fit_and_nothing_is_lost() {
        let room = RoomId::generate();
        let letters: Vec<_> = (0..500).map(|seq| Letter::Head { room, seq }).collect();
        let texts = cut(Post { from: Uuid::now_v7(), letters: letters.clone() }).unwrap();
        assert!(texts.len() > 1 && texts.iter().all(|text| text.len() <= LARGEST));
        let read = texts.iter().flat_map(|text| Post::read(text).unwrap().letters);
        assert_eq!(read.collect::<Vec<_>>(), letters);
    }

    #[test]
    fn an_entry_that_does_not_fit_becomes_a_word_of_where_the_log_ends() {
        let read = |letters| {
            let texts = cut(Post { from: Uuid::now_v7(), letters }).unwrap();
            let [text] = texts.as_slice() else { panic!("{} texts", texts.len()) };
            assert!(text.len() <= LARGEST);
            Post::read(text).unwrap().letters
        };
        let room = RoomId::generate();
        let small = Letter::Committed { entry: entry(room, "hello") };
        assert_eq!(read(vec![small.clone()]), [small]);
        let large = Letter::Committed { entry: entry(room, &"\u{1f680}".repeat(4000)) };
        assert_eq!(read(vec![large]), [Letter::Head { room, seq: 7 }]);
    }

    fn entry(room: RoomId, content: &str) -> Arc<TimelineEvent> {
        let at = Timestamp::from(chrono::DateTime::UNIX_EPOCH);
        let sender = UserSummary { id: UserId::generate(), username: "ada".parse().unwrap() };
        let message = Message {
            id: MessageId::generate(),
            room_id: room,
            user_id: sender.id,
            username: sender.username.clone(),
            content: content.to_owned(),
            status: MessageStatus::Delivered,
            seq: 7,
            client_message_id: None,
            created_at: at,
            updated_at: at,
            timestamp: at,
            sender,
        };
        let happening = Happening::Message { message: Box::new(message) };
        Arc::new(TimelineEvent { seq: 7, room_id: room, timestamp: at, happening })
    }
}
