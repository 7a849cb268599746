//! What is brought as a whole.

use crate::{fresh::on_every_database, people::*};
use parlor_server::store::{
    Store,
    history::{self, PlacedEntry},
    members, messages, receipts, rooms,
    timeline::{self, Kind, NewEntry},
};
use uuid::Uuid;

on_every_database! {
    async fn entries_that_are_brought_are_like_those_that_were_made_here(store: Store) {
        let mut tx = store.write().await.unwrap();
        assert!(history::is_empty(&mut tx).await.unwrap());
        let ada = user(&mut tx, "Ada").await;
        assert!(!history::is_empty(&mut tx).await.unwrap());
        let room = room(&mut tx, ada, "General", false).await;
        history::insert_entries(&mut tx, &[]).await.unwrap();
        let texts = ["first 🎉", "\"quotes\" \\ and\nlines", "é\u{fffd}"];
        let brought: Vec<_> = (0_i64..)
            .zip(texts)
            .map(|(n, text)| PlacedEntry {
                entry: NewEntry {
                    room_id: room,
                    seq: n + 3,
                    kind: Kind::Message.number(),
                    id: Uuid::now_v7(),
                    user_id: ada,
                    client_message_id: (n == 1).then(|| "c-1".to_owned()),
                    content: Some(text.to_owned()),
                    created_at: at(n),
                },
                message_no: n + 1,
                sent_no: n + 1,
            })
            .collect();
        history::insert_entries(&mut tx, &brought).await.unwrap();
        rooms::advance(&mut tx, room, 3, 3, 0, at(9)).await.unwrap();
        let rows = timeline::after(&mut tx, room, 2, 9).await.unwrap();
        let kept: Vec<NewEntry> = rows.iter().map(NewEntry::from).collect();
        assert_eq!(format!("{kept:?}"), format!("{:?}", brought.iter().map(|placed| &placed.entry).collect::<Vec<_>>()));
        let page = messages::page(&mut tx, room, 1, 1).await.unwrap();
        assert_eq!(page[0].content.as_deref(), Some(texts[1]));
        // What is unread follows from the counts: of the room for Bob, who has read two, of her own for Ada, who has written all.
        let bob = user(&mut tx, "Bob").await;
        let member =
            members::NewMember { id: Uuid::now_v7(), room_id: room, user_id: bob, role: 0, joined_at: at(9) };
        members::insert(&mut tx, &member).await.unwrap();
        receipts::begin(&mut tx, room, bob, 4).await.unwrap();
        for (who, unread) in [(bob, 1), (ada, 0)] {
            let row = rooms::get(&mut tx, who, room).await.unwrap().unwrap();
            assert_eq!(row.unread_count, Some(unread));
        }
        tx.commit().await.unwrap();
    }

    async fn the_cost_of_the_originals_hashes_is_kept(store: Store) {
        let mut tx = store.write().await.unwrap();
        assert_eq!(history::original_cost(&mut tx).await.unwrap(), None);
        history::keep_original_cost(&mut tx, 12).await.unwrap();
        assert_eq!(history::original_cost(&mut tx).await.unwrap(), Some(12));
        tx.commit().await.unwrap();
    }
}
