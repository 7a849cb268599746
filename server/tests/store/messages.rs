//! Messages by pages and by id.

use crate::{fresh::on_every_database, people::*};
use parlor_server::store::{
    Store, messages,
    timeline::{EntryRow, NewEntry},
};
use uuid::Uuid;

fn texts(rows: Vec<EntryRow>) -> Vec<String> {
    rows.into_iter().filter_map(|row| row.content).collect()
}

on_every_database! {
    async fn pages_hold_messages_and_nothing_else(store: Store) {
        let mut tx = store.write().await.unwrap();
        let (ada, bob) = (user(&mut tx, "Ada").await, user(&mut tx, "bob").await);
        let (hall, other) = (room(&mut tx, ada, "Hall", false).await, room(&mut tx, ada, "Other", false).await);
        message(&mut tx, hall, ada, "3").await;
        join(&mut tx, hall, bob, 0).await;
        for text in ["5", "6", "7"] {
            message(&mut tx, hall, bob, text).await;
        }
        message(&mut tx, other, ada, "elsewhere").await;
        assert_eq!(texts(messages::before(&mut tx, hall, i64::MAX, 10).await.unwrap()), ["7", "6", "5", "3"]);
        assert_eq!(texts(messages::before(&mut tx, hall, 6, 1).await.unwrap()), ["5"]);
        assert_eq!(texts(messages::before(&mut tx, hall, 3, 10).await.unwrap()), [""; 0]);
        assert_eq!(texts(messages::after(&mut tx, hall, 0, 2).await.unwrap()), ["3", "5"]);
        assert_eq!(texts(messages::after(&mut tx, hall, 3, 10).await.unwrap()), ["5", "6", "7"]);
        assert_eq!(texts(messages::page(&mut tx, hall, 0, 3).await.unwrap()), ["7", "6", "5"]);
        assert_eq!(texts(messages::page(&mut tx, hall, 3, 3).await.unwrap()), ["3"]);
        assert_eq!(texts(messages::page(&mut tx, hall, 4, 3).await.unwrap()), [""; 0]);
        tx.commit().await.unwrap();
    }

    async fn a_message_is_found_by_its_id(store: Store) {
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "Ada").await;
        let hall = room(&mut tx, ada, "Hall", false).await;
        let new = NewEntry {
            room_id: hall, seq: 9, kind: 1, id: Uuid::now_v7(), user_id: ada, client_message_id: Some("retry_1-A".into()),
            content: Some("hello".into()), created_at: at(4),
        };
        parlor_server::store::timeline::insert(&mut tx, &new).await.unwrap();
        let row = messages::by_id(&mut tx, new.id).await.unwrap().unwrap();
        assert_eq!((row.seq, row.username.as_str(), row.client_message_id.as_deref()), (9, "Ada", Some("retry_1-A")));
        assert_eq!(messages::by_id(&mut tx, Uuid::now_v7()).await.unwrap(), None);
        let joined = parlor_server::store::timeline::after(&mut tx, hall, 1, 1).await.unwrap();
        assert_eq!(messages::by_id(&mut tx, joined[0].id).await.unwrap(), None, "a membership is no message");
        tx.commit().await.unwrap();
    }
}
