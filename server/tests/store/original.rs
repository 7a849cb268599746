//! The original server's database, as it is read.

use crate::fresh::{Fresh, Kind};
use futures_util::TryStreamExt;
use parlor_server::store::original::{self, Original, OriginalError};
use parlor_tests::{proxy::FaultProxy, within};
use std::time::Duration;

/// Ids as numbers, other spellings, times as another type, no invites: an early version of it.
const EARLY: &str = "
    CREATE TABLE Users (id INT AUTO_INCREMENT PRIMARY KEY, username VARCHAR(255), email VARCHAR(255), password VARCHAR(255),
        created_at TIMESTAMP(3) NULL, updated_at TIMESTAMP NULL);
    CREATE TABLE rooms (id BIGINT PRIMARY KEY, name VARCHAR(255), is_private BIT(1), creatorId INT, createdAt DATETIME);
    CREATE TABLE room_members (userId INT, roomId BIGINT, joinedAt DATETIME, createdAt DATETIME, PRIMARY KEY (userId, roomId));
    CREATE TABLE messages (id INT AUTO_INCREMENT PRIMARY KEY, userId INT, roomId BIGINT, content TEXT CHARACTER SET latin1,
        createdAt DATETIME);
    INSERT INTO Users VALUES (2, 'bob', 'bob@example.com', 'x', '2025-01-01 10:00:00.5', NULL), (10, 'ada', NULL, NULL, NULL, NULL);
    INSERT INTO rooms VALUES (1, 'General', 0, 2, '2025-01-01 10:00:01'), (2, 'Board', 1, 10, '2025-01-01 10:00:02');
    INSERT INTO room_members VALUES (2, 1, '2025-01-01 10:00:03', '2025-01-01 09:00:00');
    INSERT INTO messages VALUES (9, 2, 1, 'zwölf', '2025-01-01 10:00:05'), (10, 2, 1, 'second', '2025-01-01 10:00:05'),
        (8, 2, 1, 'third', '2025-01-01 10:00:06')";

#[tokio::test]
async fn an_early_version_with_other_spellings_is_read_too() {
    let fresh = Fresh::make(Kind::MySql).await;
    assert!(!original::is_here(&fresh.url).await.unwrap());
    fresh.execute(EARLY).await;
    assert!(original::is_here(&fresh.url).await.unwrap());
    let mut original = Original::open(&fresh.url).await.unwrap();
    let users = original.users().await.unwrap();
    let users: Vec<_> = users.iter().map(|user| (user.id.as_str(), user.created_at.as_deref())).collect();
    assert_eq!(users, [("10", None), ("2", Some("2025-01-01 10:00:00.500"))]);
    let rooms = original.rooms().await.unwrap();
    let rooms: Vec<_> =
        rooms.iter().map(|room| (room.is_private, room.created_by.as_deref(), &room.description)).collect();
    assert_eq!(rooms, [(false, Some("2"), &None), (true, Some("10"), &None)]);
    let members = original.members().await.unwrap();
    assert_eq!(members[0].joined_at.as_deref(), Some("2025-01-01 10:00:03"));
    assert!(original.invites().await.unwrap().is_empty());
    // What is written meanwhile is of another moment.
    fresh.execute("INSERT INTO messages (userId, roomId, content) VALUES (2, 1, 'late')").await;
    let messages: Vec<_> = original.messages().unwrap().try_collect().await.unwrap();
    let told: Vec<_> =
        messages.iter().map(|message| (message.id.as_str(), message.content.as_deref().unwrap())).collect();
    assert_eq!(told, [("9", "zwölf"), ("10", "second"), ("8", "third")]);
}

#[tokio::test]
async fn one_that_falls_silent_while_it_is_read_ends_in_words() {
    let fresh = Fresh::make(Kind::MySql).await;
    fresh.execute(EARLY).await;
    let at = fresh.url.rfind('@').unwrap() + 1;
    let (server, path) = fresh.url[at..].split_at(fresh.url[at..].find('/').unwrap());
    let way = FaultProxy::start(server.parse().unwrap()).await;
    let url = format!("{}{}{path}", &fresh.url[..at], way.address());
    let (mut one, mut other) = (Original::open(&url).await.unwrap(), Original::open(&url).await.unwrap());
    way.fall_silent();
    let messages = async { other.messages().unwrap().try_collect::<Vec<_>>().await };
    let reading = Box::pin(async { tokio::join!(one.users(), messages) });
    let (users, messages) = within(Duration::from_mins(1), "the reading to end", reading).await;
    for error in [users.map(drop).unwrap_err(), messages.map(drop).unwrap_err()] {
        let words = error.to_string();
        let told = words.contains("has said nothing for 10 s when its rows were read");
        assert!(matches!(error, OriginalError::Silent(_)) && told, "{words}");
    }
}
