//! The log.

use crate::{fresh::on_every_database, people::*};
use parlor_server::store::{
    Error, Store,
    timeline::{self, Kind, NewEntry},
};
use uuid::Uuid;

on_every_database! {
    async fn entries_are_read_in_order_from_anywhere(store: Store) {
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "Ada").await;
        let hall = room(&mut tx, ada, "Hall", false).await;
        let sent = message(&mut tx, hall, ada, "hello").await;
        let rows = timeline::after(&mut tx, hall, 0, 10).await.unwrap();
        let kinds: Vec<_> = rows.iter().map(|row| (row.seq, Kind::of(row.kind).unwrap())).collect();
        assert_eq!(kinds, [(1, Kind::RoomCreated), (2, Kind::MemberJoined), (3, Kind::Message)]);
        assert_eq!((rows[2].id, rows[2].room_id, rows[2].user_id, rows[2].username.as_str()), (sent.id, hall, ada, "Ada"));
        assert_eq!((rows[2].content.as_deref(), rows[2].created_at, &rows[2].client_message_id), (Some("hello"), at(3), &None));
        let seqs = |rows: Vec<timeline::EntryRow>| rows.into_iter().map(|row| row.seq).collect::<Vec<_>>();
        assert_eq!(seqs(timeline::after(&mut tx, hall, 1, 1).await.unwrap()), [2]);
        assert_eq!(seqs(timeline::after(&mut tx, hall, 3, 10).await.unwrap()), [0; 0]);
        let head = timeline::head(&mut tx, hall).await.unwrap().unwrap();
        assert_eq!((head.last_seq, head.last_entry_at, head.member_count), (3, at(1), 1));
        assert_eq!(timeline::head(&mut tx, Uuid::now_v7()).await.unwrap(), None);
        tx.commit().await.unwrap();
    }

    async fn a_number_an_id_and_a_senders_id_are_taken_once(store: Store) {
        let mut tx = store.write().await.unwrap();
        let (ada, bob) = (user(&mut tx, "ada").await, user(&mut tx, "bob").await);
        let (hall, other) = (room(&mut tx, ada, "Hall", false).await, room(&mut tx, ada, "Other", false).await);
        let first = NewEntry {
            room_id: hall, seq: 3, kind: 1, id: Uuid::now_v7(), user_id: ada, client_message_id: Some("one".into()),
            content: Some("x".into()), created_at: at(0),
        };
        timeline::insert(&mut tx, &first).await.unwrap();
        tx.commit().await.unwrap();
        let fresh = |seq| NewEntry { seq, id: Uuid::now_v7(), ..first.clone() };
        for taken in [
            NewEntry { client_message_id: None, ..fresh(3) },
            NewEntry { id: first.id, client_message_id: None, ..fresh(4) },
            NewEntry { client_message_id: Some("one".into()), ..fresh(4) },
        ] {
            let mut tx = store.write().await.unwrap();
            assert!(matches!(timeline::insert(&mut tx, &taken).await, Err(Error::Duplicate)), "{taken:?}");
        }
        let mut tx = store.write().await.unwrap();
        for free in [
            NewEntry { user_id: bob, ..fresh(4) },
            NewEntry { room_id: other, ..fresh(3) },
            NewEntry { client_message_id: Some("One".into()), ..fresh(5) },
            NewEntry { client_message_id: None, ..fresh(6) },
            NewEntry { client_message_id: None, ..fresh(7) },
        ] {
            timeline::insert(&mut tx, &free).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
}
