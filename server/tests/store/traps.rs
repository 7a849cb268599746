//! What databases are known to do differently: text that looks alike, text that is cut, times, refused characters.

use crate::{
    fresh::{Fresh, Kind, on_every_database},
    people::*,
};
use chrono::{DateTime, TimeDelta};
use parlor_server::store::{
    Error, Store, sessions,
    timeline::{self, NewEntry},
    users,
};
use std::sync::Arc;
use uuid::Uuid;

on_every_database! {
    async fn keys_that_only_look_alike_are_different(store: Store) {
        let mut tx = store.write().await.unwrap();
        let alike = ["ada@example.com", "adа@example.com", "ADA@example.com", "ada@exàmple.com", "ada@exa\u{300}mple.com", "ada@example.com.🎉"];
        for (n, email) in alike.iter().enumerate() {
            let new = users::NewUser {
                id: Uuid::now_v7(),
                username: format!("user{n}"),
                username_key: format!("user{n}"),
                email: (*email).into(),
                email_key: (*email).into(),
                password_hash: String::new(),
                created_at: at(0),
            };
            users::insert(&mut tx, &new).await.unwrap();
            assert_eq!(users::email_owner(&mut tx, email).await.unwrap(), Some(new.id), "{email}");
        }
        tx.commit().await.unwrap();
    }

    async fn times_keep_their_microseconds_and_their_order(store: Store) {
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let second = DateTime::from_timestamp(1_755_000_000, 0).unwrap();
        let midnight = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
        let far = DateTime::from_timestamp(4_102_444_801, 0).unwrap();
        let times = [second, second + TimeDelta::microseconds(1), second + TimeDelta::milliseconds(10), second + TimeDelta::milliseconds(100), midnight, far];
        for (n, ends) in times.iter().enumerate() {
            let id = Uuid::now_v7();
            let new = sessions::NewSession { id, user_id: ada, user_agent: None, created_at: *ends, expires_at: *ends };
            sessions::insert(&mut tx, &new).await.unwrap();
            for (m, now) in times.iter().enumerate() {
                let live = sessions::live(&mut tx, id, *now).await.unwrap();
                assert_eq!(live.is_some(), m < n, "{now} before {ends}");
                assert!(live.is_none_or(|live| live.expires_at == *ends));
            }
        }
        tx.commit().await.unwrap();
    }

    async fn long_text_is_kept_whole_or_refused(fresh: Arc<Fresh>) {
        let store = fresh.open().await;
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let hall = room(&mut tx, ada, &"ß".repeat(64), false).await;
        let sent = message(&mut tx, hall, ada, &"\u{10ffff}".repeat(4000)).await;
        let row = timeline::after(&mut tx, hall, sent.seq - 1, 1).await.unwrap().remove(0);
        assert_eq!(row.content, sent.content);
        tx.commit().await.unwrap();
        let mut tx = store.write().await.unwrap();
        let mut row = users::by_id(&mut tx, ada).await.unwrap().unwrap();
        row.username = "a".repeat(31);
        match users::update(&mut tx, &row).await {
            Ok(()) => assert_eq!(users::by_id(&mut tx, ada).await.unwrap().unwrap().username, row.username),
            Err(error) => assert!(fresh.kind == Kind::MySql && !error.is_unavailable(), "{error}"),
        }
        drop(tx);
        store.close().await;
    }

    async fn a_nul_is_kept_or_refused_but_never_cuts(store: Store) {
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let hall = room(&mut tx, ada, "Hall", false).await;
        let entry = NewEntry {
            room_id: hall, seq: 3, kind: 1, id: Uuid::now_v7(), user_id: ada, client_message_id: None, content: Some("a\0b".into()), created_at: at(0),
        };
        match timeline::insert(&mut tx, &entry).await {
            Ok(()) => assert_eq!(timeline::after(&mut tx, hall, 2, 1).await.unwrap()[0].content, entry.content),
            Err(error) => assert!(matches!(error, Error::Database(_)) && !error.is_unavailable(), "{error}"),
        }
    }
}
