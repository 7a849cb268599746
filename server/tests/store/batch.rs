//! The hot path.

use crate::{
    fresh::{Fresh, Kind as Db, on_every_database},
    people::*,
};
use parlor_server::store::{
    Asked, Error, Standing, Store, members, messages, rooms,
    timeline::{self, EntryRow, Kind, NewEntry},
};
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

fn asked(room: Uuid, user: Uuid, key: Option<&str>, content: &str) -> Asked {
    let client_message_id = key.map(str::to_owned);
    Asked { room, user, id: Uuid::now_v7(), client_message_id, content: content.to_owned() }
}

fn entry(asked: &Asked, seq: i64) -> NewEntry {
    NewEntry {
        room_id: asked.room,
        seq,
        kind: Kind::Message.number(),
        id: asked.id,
        user_id: asked.user,
        client_message_id: asked.client_message_id.clone(),
        content: Some(asked.content.clone()),
        created_at: at(seq),
    }
}

/// Sends it, unless it is known; returns its number.
async fn send(store: &Store, asked: &Asked) -> Result<i64, Error> {
    let (batch, standings) = store.begin_batch(std::slice::from_ref(asked)).await?;
    if let Some(known) = &standings[0].known {
        return Ok(known.seq);
    }
    let seq = standings[0].last_seq + 1;
    batch.commit(&[entry(asked, seq)], at(1)).await?;
    Ok(seq)
}

async fn log(store: &Store, room: Uuid) -> Vec<EntryRow> {
    timeline::after(&mut store.read().await.unwrap(), room, 0, 1000).await.unwrap()
}

/// Ada's room, in which Bob is a member.
async fn scene(store: &Store) -> (Uuid, Uuid, Uuid) {
    let mut tx = store.write().await.unwrap();
    let (ada, bob) = (user(&mut tx, "Ada").await, user(&mut tx, "bob").await);
    let hall = room(&mut tx, ada, "Hall", false).await;
    join(&mut tx, hall, bob, 0).await;
    tx.commit().await.unwrap();
    (hall, ada, bob)
}

on_every_database! {
    async fn a_batch_says_how_each_message_stands(store: Store) {
        let (hall, ada, bob) = scene(&store).await;
        let mut tx = store.write().await.unwrap();
        let eve = user(&mut tx, "eve").await;
        let cellar = room(&mut tx, ada, "Cellar", true).await;
        tx.commit().await.unwrap();
        let first = asked(hall, ada, Some("k"), "first");
        assert_eq!(send(&store, &first).await.unwrap(), 4);
        members::delete(&mut store.write().await.unwrap(), hall, Uuid::now_v7()).await.unwrap();
        let nowhere = Uuid::now_v7();
        let all = [
            asked(hall, bob, Some("k"), "bob has a k of his own"),
            asked(hall, ada, Some("k"), "known"),
            asked(hall, ada, None, "no key"),
            asked(hall, eve, None, "a stranger"),
            asked(cellar, eve, None, "a stranger, in private"),
            asked(nowhere, ada, Some("k"), "no room"),
            asked(hall, nowhere, None, "no user"),
        ];
        let (batch, standings) = store.begin_batch(&all).await.unwrap();
        drop(batch);
        let open = Standing {
            room_exists: true, visible: true, member: true, username: Some("Ada".into()), last_seq: 4, last_entry_at: at(4), known: None,
        };
        let known = messages::by_id(&mut store.read().await.unwrap(), first.id).await.unwrap();
        assert_eq!(known.as_ref().unwrap().created_at, at(4));
        assert_eq!(standings[0], Standing { username: Some("bob".into()), ..open.clone() });
        assert_eq!(standings[1], Standing { known, ..open.clone() });
        assert_eq!(standings[2], open);
        assert_eq!(standings[3], Standing { member: false, username: Some("eve".into()), ..open.clone() });
        assert_eq!(standings[4], Standing { member: false, visible: false, username: Some("eve".into()), last_seq: 2, last_entry_at: at(1), ..open.clone() });
        assert!(!standings[5].room_exists && !standings[5].member && !standings[5].visible && standings[5].known.is_none());
        assert_eq!(standings[6], Standing { member: false, username: None, ..open });
    }

    async fn a_batch_writes_many_rooms_and_rows_at_once(store: Store) {
        let (hall, ada, bob) = scene(&store).await;
        let mut tx = store.write().await.unwrap();
        let other = room(&mut tx, bob, "Other", false).await;
        tx.commit().await.unwrap();
        let all = [asked(hall, ada, None, "a"), asked(other, bob, Some("k"), "b"), asked(hall, ada, Some("k"), "c"), asked(hall, bob, Some("k"), "d")];
        let (batch, standings) = store.begin_batch(&all).await.unwrap();
        assert_eq!(standings.iter().map(|standing| standing.last_seq).collect::<Vec<_>>(), [3, 2, 3, 3]);
        let entries = [entry(&all[0], 4), entry(&all[1], 3), entry(&all[2], 5), entry(&all[3], 6)];
        batch.commit(&entries, at(5)).await.unwrap();

        let rows = log(&store, hall).await;
        let seen: Vec<_> = rows[3..].iter().map(|row| (row.seq, row.user_id, row.content.as_deref().unwrap(), row.created_at)).collect();
        assert_eq!(seen, [(4, ada, "a", at(4)), (5, ada, "c", at(5)), (6, bob, "d", at(6))]);
        assert_eq!((rows[3].id, rows[3].kind, rows[3].username.as_str(), &rows[3].client_message_id), (all[0].id, 1, "Ada", &None));
        assert_eq!(rows[4].client_message_id.as_deref(), Some("k"));
        let mut tx = store.read().await.unwrap();
        let head = timeline::head(&mut tx, hall).await.unwrap().unwrap();
        assert_eq!((head.last_seq, head.last_entry_at, head.member_count), (6, at(6), 2));
        assert_eq!(timeline::head(&mut tx, other).await.unwrap().unwrap().last_entry_at, at(5), "now is later than the entry");
        let row = rooms::get(&mut tx, ada, hall).await.unwrap().unwrap();
        assert_eq!((row.message_count, row.unread_count), (3, Some(1)));
        drop(tx);
        assert_eq!(send(&store, &asked(hall, ada, None, "next")).await.unwrap(), 7);
    }

    async fn a_batch_of_retries_moves_nothing(store: Store) {
        let (hall, ada, _) = scene(&store).await;
        send(&store, &asked(hall, ada, Some("k"), "once")).await.unwrap();
        let (batch, standings) = store.begin_batch(&[asked(hall, ada, Some("k"), "once")]).await.unwrap();
        assert!(standings[0].known.is_some());
        batch.commit(&[], at(9)).await.unwrap();
        let head = timeline::head(&mut store.read().await.unwrap(), hall).await.unwrap().unwrap();
        assert_eq!((head.last_seq, head.last_entry_at), (4, at(4)));
        let (batch, standings) = store.begin_batch(&[]).await.unwrap();
        assert_eq!(standings, []);
        batch.commit(&[], at(9)).await.unwrap();
    }

    async fn equal_sends_at_once_are_stored_once(store: Store) {
        let (hall, ada, _) = scene(&store).await;
        let tasks: Vec<_> = (0..80).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { send(&store, &asked(hall, ada, Some("same"), "x")).await })
        }).collect();
        for task in tasks {
            assert_eq!(task.await.unwrap().unwrap(), 4);
        }
        assert_eq!(log(&store, hall).await.len(), 4);
    }

    async fn a_number_that_does_not_follow_is_refused(store: Store) {
        let (hall, ada, _) = scene(&store).await;
        let one = asked(hall, ada, None, "x");
        let elsewhere = Asked { room: Uuid::now_v7(), ..one.clone() };
        for wrong in [vec![entry(&one, 5)], vec![entry(&one, 3)], vec![entry(&one, 4), entry(&one, 4)], vec![entry(&elsewhere, 1)]] {
            let (batch, _) = store.begin_batch(std::slice::from_ref(&one)).await.unwrap();
            let error = batch.commit(&wrong, at(1)).await.unwrap_err();
            assert!(!error.is_unavailable(), "{error}");
        }
        assert_eq!(log(&store, hall).await.len(), 3);
        assert_eq!(send(&store, &one).await.unwrap(), 4);
    }

    async fn a_failed_or_dropped_batch_leaves_nothing_and_blocks_nobody(store: Store) {
        let (hall, ada, _) = scene(&store).await;
        let taken = asked(hall, ada, Some("k"), "taken");
        send(&store, &taken).await.unwrap();
        for _ in 0..20 {
            let again = [asked(hall, ada, None, "fresh"), taken.clone()];
            let (batch, _) = store.begin_batch(&again).await.unwrap();
            let error = batch.commit(&[entry(&again[0], 5), entry(&again[1], 6)], at(1)).await.unwrap_err();
            assert!(matches!(error, Error::Duplicate), "{error}");
            drop(store.begin_batch(&again).await.unwrap());
        }
        assert_eq!(log(&store, hall).await.len(), 4);
        assert_eq!(send(&store, &asked(hall, ada, None, "x")).await.unwrap(), 5);
        let mut tx = store.write().await.unwrap();
        assert_eq!(rooms::advance(&mut tx, hall, 0, 0, 0, at(1)).await.unwrap(), Some(5));
        tx.commit().await.unwrap();
    }

    async fn a_batch_cancelled_anywhere_is_stored_whole_or_not_at_all(store: Store) {
        let (hall, ada, _) = scene(&store).await;
        for step in 0..400u64 {
            let two = [asked(hall, ada, None, "one"), asked(hall, ada, None, "two")];
            let work = async {
                let (batch, standings) = store.begin_batch(&two).await?;
                let next = standings[0].last_seq + 1;
                batch.commit(&[entry(&two[0], next), entry(&two[1], next + 1)], at(1)).await
            };
            // The time only moves the cut along; whatever it hits has to hold.
            if let Ok(outcome) = tokio::time::timeout(Duration::from_micros(step * 8), work).await {
                outcome.unwrap();
            }
        }
        // Whatever is still under way ends before one can write.
        store.write().await.unwrap().commit().await.unwrap();
        let rows = log(&store, hall).await;
        let seqs: Vec<_> = rows.iter().map(|row| row.seq).collect();
        assert_eq!(seqs, (1..).take(seqs.len()).collect::<Vec<_>>());
        let texts: Vec<_> = rows[3..].iter().map(|row| row.content.as_deref().unwrap()).collect();
        assert!(texts.chunks(2).all(|pair| pair == ["one", "two"]), "{texts:?}");
        let next = i64::try_from(seqs.len()).unwrap() + 1;
        assert_eq!(send(&store, &asked(hall, ada, None, "x")).await.unwrap(), next);
        // A connection that never answers again would hold this up for as long as one waits for a roll-back.
        tokio::time::timeout(Duration::from_secs(2), store.close()).await.unwrap();
    }

    async fn every_character_survives_a_batch_as_it_does_an_insert(store: Store) {
        let (hall, ada, _) = scene(&store).await;
        let odd = [
            "plain", " kept \r\n\t", "\"quotes\" 'and' `ticks`", "back\\slash \\n \\u0041 \\", "[1, {\"a\": null}]", "null", "",
            "emoji 🎉 👩‍👩‍👧 \u{1f3f4}\u{e0067}", "\u{1}\u{8}\u{c}\u{1b}\u{7f}", "שלום \u{202e}abc", "ﷺ \u{feff}\u{fffd}\u{ffff}", "% _ ? $1 ?", "trailing ", "é e\u{301}",
        ];
        let long = "🎉".repeat(4000);
        let texts: Vec<&str> = odd.into_iter().chain([long.as_str()]).collect();
        let all: Vec<_> = texts.iter().map(|text| asked(hall, ada, None, text)).collect();
        let (batch, _) = store.begin_batch(&all).await.unwrap();
        let entries: Vec<_> = all.iter().zip(4..).map(|(asked, seq)| entry(asked, seq)).collect();
        batch.commit(&entries, at(1)).await.unwrap();
        let rows = log(&store, hall).await;
        for (row, text) in rows[3..].iter().zip(&texts) {
            assert_eq!(row.content.as_deref(), Some(*text));
        }
        let mut tx = store.write().await.unwrap();
        for text in &texts {
            let sent = message(&mut tx, hall, ada, text).await;
            assert_eq!(messages::by_id(&mut tx, sent.id).await.unwrap().unwrap().content.as_deref(), Some(*text));
        }
        tx.commit().await.unwrap();
    }

    async fn a_time_is_written_by_a_batch_as_by_an_insert(fresh: Arc<Fresh>) {
        let store = fresh.open().await;
        let (hall, ada, _) = scene(&store).await;
        for micros in [0, 1, 120, 123_000, 123_456, 999_999] {
            let when = chrono::DateTime::from_timestamp(1_755_000_000, micros * 1000).unwrap();
            let one = asked(hall, ada, None, "x");
            let (batch, standings) = store.begin_batch(std::slice::from_ref(&one)).await.unwrap();
            let written = NewEntry { created_at: when, ..entry(&one, standings[0].last_seq + 1) };
            batch.commit(std::slice::from_ref(&written), when).await.unwrap();
            let mut tx = store.write().await.unwrap();
            let seq = rooms::advance(&mut tx, hall, 1, 1, 0, when).await.unwrap().unwrap();
            timeline::insert(&mut tx, &NewEntry { seq, id: Uuid::now_v7(), ..written.clone() }).await.unwrap();
            tx.commit().await.unwrap();
            let rows = log(&store, hall).await;
            assert_eq!(rows[rows.len() - 2].created_at, when);
            assert_eq!(rows[rows.len() - 1].created_at, when);
            if fresh.kind == Db::Sqlite {
                let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect(&fresh.url).await.unwrap();
                let texts: Vec<(String,)> = sqlx::query_as("SELECT created_at FROM entries ORDER BY seq DESC LIMIT 2")
                    .fetch_all(&mut connection).await.unwrap();
                assert_eq!(texts[0], texts[1]);
            }
        }
        store.close().await;
    }
}
