//! Rooms.

use crate::{
    fresh::{Fresh, on_every_database},
    people::*,
};
use parlor_server::store::{
    Asked, Standing, Store, invites, members, messages, receipts, remains, rooms,
    timeline::{self, NewEntry},
};
use std::sync::Arc;
use uuid::Uuid;

fn names(rows: Vec<rooms::RoomRow>) -> Vec<String> {
    rows.into_iter().map(|row| row.name).collect()
}

on_every_database! {
    async fn an_operator_sees_all_rooms_and_finds_them_by_their_names(store: Store) {
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let mut halls = Vec::new();
        for (name, is_private) in [("Hall", false), ("hall", true), ("Hall", true), ("Gone", false)] {
            halls.push(room(&mut tx, ada, name, is_private).await);
        }
        message(&mut tx, halls[1], ada, "hello").await;
        rooms::delete(&mut tx, halls[3], at(9)).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = store.read().await.unwrap();
        let page = rooms::page(&mut tx, Uuid::nil(), 2).await.unwrap();
        assert_eq!(page.iter().map(|row| row.id).collect::<Vec<_>>(), halls[..2]);
        let row = &page[1];
        assert_eq!((row.name.as_str(), row.creator.as_str(), row.created_at), ("hall", "ada", at(0)));
        assert_eq!((row.is_private, row.member_count, row.message_count), (true, 1, 1));
        assert_eq!(rooms::page(&mut tx, halls[1], 9).await.unwrap().len(), 1);
        let named = async |tx: &mut _, name, limit| rooms::named(tx, name, limit).await.unwrap().len();
        assert_eq!((named(&mut tx, "Hall", 9).await, named(&mut tx, "Hall", 1).await), (2, 1));
        assert_eq!((named(&mut tx, "Gone", 9).await, named(&mut tx, "H%", 9).await), (0, 0));
    }

    async fn a_room_is_read_with_the_callers_own_membership(store: Store) {
        let mut tx = store.write().await.unwrap();
        let (ada, bob, eve) = (user(&mut tx, "Ada").await, user(&mut tx, "bob").await, user(&mut tx, "eve").await);
        let lobby = room(&mut tx, ada, "Lobby", false).await;
        message(&mut tx, lobby, ada, "before bob").await;
        join(&mut tx, lobby, bob, 0).await;
        message(&mut tx, lobby, ada, "one").await;
        message(&mut tx, lobby, bob, "his own").await;
        message(&mut tx, lobby, ada, "two").await;

        let row = rooms::get(&mut tx, bob, lobby).await.unwrap().unwrap();
        assert_eq!((row.name.as_str(), row.creator.as_str(), row.created_by), ("Lobby", "Ada", ada));
        assert_eq!((row.description.as_deref(), row.is_private), (None, false));
        assert_eq!((row.created_at, row.updated_at), (at(0), at(0)));
        assert_eq!((row.member_count, row.message_count, row.last_seq), (2, 4, 7));
        assert_eq!((row.role, row.joined_at), (Some(0), Some(at(0))));
        assert_eq!((row.last_read_seq, row.unread_count), (Some(4), Some(2)));
        receipts::advance(&mut tx, lobby, bob, 5, at(9)).await.unwrap();
        let row = rooms::get(&mut tx, bob, lobby).await.unwrap().unwrap();
        assert_eq!((row.last_read_seq, row.unread_count), (Some(5), Some(1)));
        let own = rooms::get(&mut tx, ada, lobby).await.unwrap().unwrap();
        assert_eq!((own.role, own.last_read_seq, own.unread_count), (Some(1), Some(2), Some(1)));
        let row = rooms::get(&mut tx, eve, lobby).await.unwrap().unwrap();
        assert_eq!((row.role, row.joined_at, row.last_read_seq, row.unread_count), (None, None, None, None));

        for (caller, role) in [(ada, Some(1)), (bob, Some(0)), (eve, None)] {
            let standing = rooms::standing(&mut tx, caller, lobby).await.unwrap().unwrap();
            assert_eq!((standing.is_private, standing.role), (false, role));
            assert_eq!((standing.member_count, standing.message_count, standing.last_seq), (2, 4, 7));
        }
        assert_eq!(rooms::standing(&mut tx, ada, Uuid::now_v7()).await.unwrap(), None);

        members::delete(&mut tx, lobby, bob).await.unwrap();
        let row = rooms::get(&mut tx, bob, lobby).await.unwrap().unwrap();
        assert_eq!((row.last_read_seq, row.unread_count), (None, None), "the cursor of one who left is not told");

        rooms::update(&mut tx, lobby, "Hall", "hall", Some("wide ☂"), at(8)).await.unwrap();
        let row = rooms::get(&mut tx, eve, lobby).await.unwrap().unwrap();
        assert_eq!((row.name.as_str(), row.description.as_deref(), row.updated_at), ("Hall", Some("wide ☂"), at(8)));
        rooms::update(&mut tx, lobby, "Hall", "hall", None, at(8)).await.unwrap();
        assert_eq!(rooms::get(&mut tx, eve, lobby).await.unwrap().unwrap().description, None);
        assert_eq!(rooms::get(&mut tx, ada, Uuid::now_v7()).await.unwrap(), None);
        tx.commit().await.unwrap();
    }

    async fn the_list_has_public_rooms_and_ones_own_private_ones_newest_first(store: Store) {
        let mut tx = store.write().await.unwrap();
        let (ada, bob) = (user(&mut tx, "ada").await, user(&mut tx, "bob").await);
        let hall = room(&mut tx, ada, "Hall", false).await;
        room(&mut tx, ada, "Secret hall", true).await;
        let cellar = room(&mut tx, bob, "Cellar", true).await;
        join(&mut tx, cellar, ada, 0).await;
        room(&mut tx, bob, "Attic", false).await;
        tx.commit().await.unwrap();

        let mut tx = store.read().await.unwrap();
        let all = rooms::list(&mut tx, ada, None, None, 10).await.unwrap();
        assert_eq!(all.iter().map(|row| row.role).collect::<Vec<_>>(), [None, Some(0), Some(1), Some(1)]);
        assert_eq!(names(all), ["Attic", "Cellar", "Secret hall", "Hall"]);
        assert_eq!(names(rooms::list(&mut tx, bob, None, None, 10).await.unwrap()), ["Attic", "Cellar", "Hall"]);
        assert_eq!(names(rooms::list(&mut tx, ada, None, None, 2).await.unwrap()), ["Attic", "Cellar"]);
        assert_eq!(names(rooms::list(&mut tx, ada, None, Some((at(0), cellar)), 10).await.unwrap()), ["Secret hall", "Hall"]);
        assert_eq!(names(rooms::list(&mut tx, ada, None, Some((at(0), hall)), 10).await.unwrap()), [""; 0]);
        let like = rooms::containing("hall");
        assert_eq!(names(rooms::list(&mut tx, ada, Some(&like), None, 10).await.unwrap()), ["Secret hall", "Hall"]);
        assert_eq!(names(rooms::list(&mut tx, bob, Some(&like), None, 10).await.unwrap()), ["Hall"]);
        assert_eq!(names(rooms::list(&mut tx, Uuid::now_v7(), None, None, 10).await.unwrap()), ["Attic", "Hall"]);
    }

    async fn the_list_goes_by_age_also_where_the_ids_tell_none(store: Store) {
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        // As brought from elsewhere: the oldest has the highest id, and two are of the same moment.
        for (id, name, seconds) in [(u128::MAX - 1, "Oldest", 0), (1, "Newest", 3), (5, "Left", 2), (4, "Right", 2)] {
            let (id, name) = (Uuid::from_u128(id), name.to_owned());
            let room = rooms::NewRoom {
                id,
                name_key: name.to_lowercase(),
                name,
                description: None,
                is_private: false,
                created_by: ada,
                created_at: at(seconds),
            };
            rooms::insert(&mut tx, &room).await.unwrap();
        }
        tx.commit().await.unwrap();

        let mut tx = store.read().await.unwrap();
        let (mut seen, mut before) = (Vec::new(), None);
        while let Some(row) = rooms::list(&mut tx, ada, None, before, 1).await.unwrap().pop() {
            before = Some((row.created_at, row.id));
            seen.push(row.name);
        }
        assert_eq!(seen, ["Newest", "Left", "Right", "Oldest"]);
    }

    async fn a_search_takes_every_character_for_itself(store: Store) {
        let odd = ["100% sure", "under_score", "back\\slash", "bang! bang", "quo'te", "ÄRGER", "🎉 party", "\"x\""];
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        for name in odd {
            room(&mut tx, ada, name, false).await;
        }
        tx.commit().await.unwrap();
        let mut tx = store.read().await.unwrap();
        for (text, found) in [
            ("%", odd[0]), ("_", odd[1]), ("\\", odd[2]), ("!", odd[3]), ("'", odd[4]), ("ärger", odd[5]), ("🎉", odd[6]),
            ("\"", odd[7]), ("0% s", odd[0]), ("k\\s", odd[2]), ("! b", odd[3]),
        ] {
            let like = rooms::containing(text);
            assert_eq!(names(rooms::list(&mut tx, ada, Some(&like), None, 10).await.unwrap()), [found], "{text}");
        }
        for text in ["%%", "a_", "!!", "arger", "?"] {
            let like = rooms::containing(text);
            assert_eq!(names(rooms::list(&mut tx, ada, Some(&like), None, 10).await.unwrap()), [""; 0], "{text}");
        }
        let like = rooms::containing("");
        assert_eq!(rooms::list(&mut tx, ada, Some(&like), None, 100).await.unwrap().len(), odd.len());
    }

    async fn the_rooms_of_a_user_are_those_that_the_caller_may_see(store: Store) {
        let mut tx = store.write().await.unwrap();
        let (ada, bob) = (user(&mut tx, "ada").await, user(&mut tx, "bob").await);
        let hall = room(&mut tx, ada, "Hall", false).await;
        let both = room(&mut tx, bob, "Both", true).await;
        room(&mut tx, ada, "Hers", true).await;
        let hers = join(&mut tx, both, ada, 0).await;
        tx.commit().await.unwrap();
        let mut tx = store.read().await.unwrap();
        let own = rooms::of_user(&mut tx, ada, ada).await.unwrap();
        let seen: Vec<_> = own.iter().map(|row| (row.room.name.as_str(), row.of_role, row.room.role)).collect();
        assert_eq!(seen, [("Hall", 1, Some(1)), ("Hers", 1, Some(1)), ("Both", 0, Some(0))]);
        assert_eq!((own[2].of_id, own[2].of_joined_at, own[2].room.id), (hers, at(0), both));
        let seen = rooms::of_user(&mut tx, bob, ada).await.unwrap();
        let seen: Vec<_> = seen.iter().map(|row| (row.room.id, row.of_role, row.room.role)).collect();
        assert_eq!(seen, [(hall, 1, None), (both, 0, Some(1))]);
        assert_eq!(rooms::of_user(&mut tx, bob, Uuid::now_v7()).await.unwrap(), []);
    }

    async fn a_deleted_room_is_gone_at_once_for_everybody(store: Store) {
        let mut tx = store.write().await.unwrap();
        let (ada, bob) = (user(&mut tx, "ada").await, user(&mut tx, "bob").await);
        let (gone, kept) = (room(&mut tx, ada, "Gone", false).await, room(&mut tx, ada, "Kept", true).await);
        join(&mut tx, gone, bob, 0).await;
        assert_eq!(rooms::created_by(&mut tx, ada).await.unwrap(), 2);
        assert!(members::share(&mut tx, ada, bob).await.unwrap());
        let known = NewEntry { client_message_id: Some("k".into()), ..message(&mut tx, gone, bob, "hello").await };
        let known = NewEntry { seq: rooms::advance(&mut tx, gone, 1, 1, 0, at(3)).await.unwrap().unwrap(), id: Uuid::now_v7(), ..known };
        timeline::insert(&mut tx, &known).await.unwrap();
        tx.commit().await.unwrap();

        let mut tx = store.write().await.unwrap();
        assert!(rooms::delete(&mut tx, gone, at(5)).await.unwrap());
        assert!(!rooms::delete(&mut tx, gone, at(6)).await.unwrap());
        tx.commit().await.unwrap();

        let mut tx = store.write().await.unwrap();
        for caller in [ada, bob] {
            assert_eq!(rooms::get(&mut tx, caller, gone).await.unwrap(), None);
            assert_eq!(rooms::standing(&mut tx, caller, gone).await.unwrap(), None);
            assert!(rooms::of_user(&mut tx, ada, caller).await.unwrap().iter().all(|row| row.room.id == kept));
        }
        assert_eq!(names(rooms::list(&mut tx, bob, None, None, 10).await.unwrap()), [""; 0]);
        assert_eq!(names(rooms::list(&mut tx, ada, None, None, 10).await.unwrap()), ["Kept"]);
        assert_eq!(rooms::created_by(&mut tx, ada).await.unwrap(), 1);
        assert_eq!(rooms::advance(&mut tx, gone, 1, 0, 0, at(7)).await.unwrap(), None);
        assert_eq!(timeline::head(&mut tx, gone).await.unwrap(), None);
        assert_eq!((members::rooms_of(&mut tx, ada).await.unwrap(), members::rooms_of(&mut tx, bob).await.unwrap()), (1, 0));
        assert_eq!(members::of_rooms(&mut tx, &[gone, kept]).await.unwrap(), [(kept, ada)]);
        assert!(!members::share(&mut tx, ada, bob).await.unwrap());
        tx.commit().await.unwrap();
        let asked = Asked { room: gone, user: bob, id: Uuid::now_v7(), client_message_id: Some("k".into()), content: "hello".into() };
        let (batch, standings) = store.begin_batch(&[asked]).await.unwrap();
        let Standing { room_exists, visible, member, known, .. } = &standings[0];
        assert_eq!((*room_exists, *visible, *member, known), (false, false, false, &None));
        batch.commit(&[], at(8)).await.unwrap();
    }

    async fn a_deleted_room_is_cleared_away_in_pieces_and_nothing_else_goes(fresh: Arc<Fresh>) {
        let store = fresh.open().await;
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let (gone, kept) = (room(&mut tx, ada, "Gone", true).await, room(&mut tx, ada, "Kept", true).await);
        let mut sent = Vec::new();
        for n in 0..6 {
            let guest = user(&mut tx, &format!("guest{n}")).await;
            join(&mut tx, gone, guest, 0).await;
            sent.push(message(&mut tx, gone, guest, "hello").await.id);
        }
        for (room_id, code) in [(gone, 1), (kept, 2)] {
            let invite = invites::NewInvite {
                id: Uuid::now_v7(), room_id, code_hash: vec![code; 32], created_by: ada, created_at: at(0), expires_at: at(9), max_uses: None,
            };
            invites::insert(&mut tx, &invite).await.unwrap();
        }
        assert_eq!(remains::next(&mut tx).await.unwrap(), None);
        assert!(rooms::delete(&mut tx, gone, at(5)).await.unwrap());
        tx.commit().await.unwrap();

        // 14 entries, 7 cursors, 7 members, and the room: each with a last piece that may be shorter.
        let mut pieces = 0;
        let mut left = i64::MAX;
        let mut store = store;
        loop {
            let mut tx = store.write().await.unwrap();
            let begun = remains::next(&mut tx).await.unwrap();
            assert_eq!(remains::clear(&mut tx, 4).await.unwrap(), begun.is_some());
            tx.commit().await.unwrap();
            if begun.is_none() {
                break;
            }
            assert_eq!(begun, Some(gone));
            pieces += 1;
            let now = fresh.count("entries").await + fresh.count("cursors").await + fresh.count("members").await;
            assert!(left == i64::MAX || left - now <= 4, "from {left} to {now}");
            left = now;
            if pieces == 3 {
                // What is left to do is in the database and not in memory.
                store.close().await;
                store = fresh.open().await;
            }
        }
        assert_eq!(pieces, 4 + 2 + 2 + 1);
        for (table, rows) in [("rooms", 1), ("entries", 2), ("members", 1), ("cursors", 1), ("invites", 1), ("users", 7)] {
            assert_eq!(fresh.count(table).await, rows, "{table}");
        }
        let mut tx = store.read().await.unwrap();
        assert_eq!(messages::by_id(&mut tx, sent[0]).await.unwrap(), None);
        assert_eq!(invites::by_hash(&mut tx, &[1; 32]).await.unwrap(), None);
        assert_eq!(rooms::get(&mut tx, ada, kept).await.unwrap().unwrap().member_count, 1);
        drop(tx);
        store.close().await;
    }

    async fn unread_is_exact_wherever_a_cursor_stands(store: Store) {
        let mut tx = store.write().await.unwrap();
        let mut people = Vec::new();
        for name in ["ada", "bob", "carl"] {
            people.push(user(&mut tx, name).await);
        }
        let (hall, other) = (room(&mut tx, people[0], "Hall", false).await, room(&mut tx, people[0], "Other", false).await);
        message(&mut tx, other, people[0], "elsewhere").await;
        tx.commit().await.unwrap();
        // A fixed sequence that looks random: who comes, goes or speaks, alone or in a batch of several.
        let mut state = 7u32;
        let mut next = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % below
        };
        let mut tx = store.write().await.unwrap();
        for guest in &people[1..] {
            join(&mut tx, hall, *guest, 0).await;
        }
        tx.commit().await.unwrap();
        for _ in 0..40 {
            let who = people[next(3) as usize];
            match next(4) {
                0 if who != people[0] => {
                    let mut tx = store.write().await.unwrap();
                    members::delete(&mut tx, hall, who).await.unwrap();
                    join(&mut tx, hall, who, 0).await;
                    tx.commit().await.unwrap();
                }
                1 => {
                    let mut tx = store.write().await.unwrap();
                    message(&mut tx, hall, who, "alone").await;
                    tx.commit().await.unwrap();
                }
                _ => {
                    let asked: Vec<_> = (0..=next(4)).map(|_| Asked {
                        room: hall, user: people[next(3) as usize], id: Uuid::now_v7(), client_message_id: None, content: "together".into(),
                    }).collect();
                    let (batch, standings) = store.begin_batch(&asked).await.unwrap();
                    let entries: Vec<_> = asked.iter().zip(standings[0].last_seq + 1..).map(|(asked, seq)| NewEntry {
                        room_id: hall, seq, kind: timeline::Kind::Message.number(), id: asked.id, user_id: asked.user, client_message_id: None,
                        content: None, created_at: at(seq),
                    }).collect();
                    batch.commit(&entries, at(1)).await.unwrap();
                }
            }
        }
        let mut tx = store.write().await.unwrap();
        let log = timeline::after(&mut tx, hall, 0, 1000).await.unwrap();
        for reader in &people {
            let begun = receipts::cursor(&mut tx, hall, *reader).await.unwrap().unwrap().last_read_seq;
            for seq in begun..=log.last().unwrap().seq {
                receipts::advance(&mut tx, hall, *reader, seq, at(1)).await.unwrap();
                let unread = log.iter().filter(|entry| entry.kind == 1 && entry.seq > seq && entry.user_id != *reader).count();
                let row = rooms::get(&mut tx, *reader, hall).await.unwrap().unwrap();
                assert_eq!((row.last_read_seq, row.unread_count), (Some(seq), Some(i64::try_from(unread).unwrap())));
            }
        }
        tx.commit().await.unwrap();
    }

    async fn advancing_adds_to_the_counts(store: Store) {
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let hall = room(&mut tx, ada, "Hall", false).await;
        assert_eq!(rooms::advance(&mut tx, hall, 3, 2, -1, at(7)).await.unwrap(), Some(5));
        let head = timeline::head(&mut tx, hall).await.unwrap().unwrap();
        assert_eq!((head.last_seq, head.last_entry_at, head.member_count), (5, at(7), 0));
        assert_eq!(rooms::advance(&mut tx, hall, 0, 0, 0, at(7)).await.unwrap(), Some(5), "nothing changes, but it is there");
        assert_eq!(rooms::advance(&mut tx, Uuid::now_v7(), 1, 0, 0, at(7)).await.unwrap(), None);
        tx.commit().await.unwrap();
    }

    async fn two_hundred_entries_at_once_are_numbered_without_a_gap(store: Store) {
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let hall = room(&mut tx, ada, "Hall", false).await;
        tx.commit().await.unwrap();
        let tasks: Vec<_> = (0..8).map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..25 {
                    let mut tx = store.write().await.unwrap();
                    message(&mut tx, hall, ada, "x").await;
                    tx.commit().await.unwrap();
                }
            })
        }).collect();
        for task in tasks {
            task.await.unwrap();
        }
        let mut tx = store.read().await.unwrap();
        let seqs: Vec<_> = timeline::after(&mut tx, hall, 2, 1000).await.unwrap().into_iter().map(|row| row.seq).collect();
        assert_eq!(seqs, (3..=202).collect::<Vec<_>>());
    }
}
