//! Read cursors.

use crate::{fresh::on_every_database, people::*};
use parlor_server::store::{Store, receipts};

on_every_database! {
    async fn a_cursor_never_moves_back(store: Store) {
        let mut tx = store.write().await.unwrap();
        let (ada, bob) = (user(&mut tx, "ada").await, user(&mut tx, "bob").await);
        let hall = room(&mut tx, ada, "Hall", false).await;
        assert_eq!(receipts::cursor(&mut tx, hall, bob).await.unwrap(), None);
        receipts::begin(&mut tx, hall, bob, 5).await.unwrap();
        let cursor = receipts::cursor(&mut tx, hall, bob).await.unwrap().unwrap();
        assert_eq!((cursor.last_read_seq, cursor.read_at), (5, None));
        receipts::begin(&mut tx, hall, bob, 9).await.unwrap();
        assert_eq!(receipts::cursor(&mut tx, hall, bob).await.unwrap(), Some(cursor), "a rejoin keeps it");
        for (to, when, seq, read_at) in [(3, 1, 5, 1), (4, 2, 5, 1), (10, 3, 10, 3), (20, 4, 20, 4), (20, 5, 20, 4), (15, 6, 20, 4)] {
            receipts::advance(&mut tx, hall, bob, to, at(when)).await.unwrap();
            let cursor = receipts::cursor(&mut tx, hall, bob).await.unwrap().unwrap();
            assert_eq!((cursor.last_read_seq, cursor.read_at), (seq, Some(at(read_at))), "to {to}");
        }
        let eve = user(&mut tx, "eve").await;
        receipts::advance(&mut tx, hall, eve, 2, at(1)).await.unwrap();
        assert_eq!(receipts::cursor(&mut tx, hall, eve).await.unwrap().unwrap().last_read_seq, 2);
        tx.commit().await.unwrap();
    }

    async fn the_two_furthest_readers_are_known(store: Store) {
        let mut tx = store.write().await.unwrap();
        let (ada, bob) = (user(&mut tx, "ada").await, user(&mut tx, "bob").await);
        let (carl, dora) = (user(&mut tx, "carl").await, user(&mut tx, "dora").await);
        let hall = room(&mut tx, ada, "Hall", false).await;
        assert_eq!(receipts::top_readers(&mut tx, hall).await.unwrap(), [], "whoever only joined has read nothing");
        receipts::begin(&mut tx, hall, dora, 99).await.unwrap();
        receipts::advance(&mut tx, hall, bob, 5, at(1)).await.unwrap();
        assert_eq!(receipts::top_readers(&mut tx, hall).await.unwrap(), [(bob, 5)]);
        receipts::advance(&mut tx, hall, ada, 9, at(1)).await.unwrap();
        receipts::advance(&mut tx, hall, carl, 4, at(1)).await.unwrap();
        assert_eq!(receipts::top_readers(&mut tx, hall).await.unwrap(), [(ada, 9), (bob, 5)]);
        tx.commit().await.unwrap();
    }

    async fn newly_read_is_the_newest_that_no_other_reader_had_reached(store: Store) {
        let mut tx = store.write().await.unwrap();
        let (ada, bob, carl) = (user(&mut tx, "ada").await, user(&mut tx, "bob").await, user(&mut tx, "carl").await);
        let hall = room(&mut tx, ada, "Hall", false).await;
        join(&mut tx, hall, bob, 0).await;
        join(&mut tx, hall, carl, 0).await;
        let mut sent = Vec::new();
        for (author, text) in [(ada, "5"), (bob, "6"), (ada, "7"), (carl, "8"), (bob, "9")] {
            sent.push(message(&mut tx, hall, author, text).await);
        }
        let key = |n: i64| sent.iter().find(|entry| entry.seq == n).map(|entry| (entry.id, entry.seq));
        // Nobody has read: the newest of others.
        assert_eq!(receipts::newly_read(&mut tx, hall, bob, 0, 9).await.unwrap(), key(8));
        assert_eq!(receipts::newly_read(&mut tx, hall, carl, 0, 9).await.unwrap(), key(9));
        assert_eq!(receipts::newly_read(&mut tx, hall, bob, 0, 7).await.unwrap(), key(7));
        assert_eq!(receipts::newly_read(&mut tx, hall, bob, 5, 6).await.unwrap(), None, "only their own");
        assert_eq!(receipts::newly_read(&mut tx, hall, bob, 0, 4).await.unwrap(), None, "no message there");
        // Carl has read all: to the others only Carl's own message can still become read.
        receipts::advance(&mut tx, hall, carl, 9, at(1)).await.unwrap();
        assert_eq!(receipts::newly_read(&mut tx, hall, bob, 0, 9).await.unwrap(), key(8));
        assert_eq!(receipts::newly_read(&mut tx, hall, bob, 0, 7).await.unwrap(), None);
        assert_eq!(receipts::newly_read(&mut tx, hall, carl, 0, 9).await.unwrap(), key(9), "their own reading does not count");
        // Bob has read up to Carl's message too.
        receipts::advance(&mut tx, hall, bob, 8, at(1)).await.unwrap();
        assert_eq!(receipts::newly_read(&mut tx, hall, ada, 0, 9).await.unwrap(), None);
        assert_eq!(receipts::newly_read(&mut tx, hall, carl, 0, 9).await.unwrap(), key(9));
        tx.commit().await.unwrap();
    }
}
