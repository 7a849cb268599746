//! Invites.

use crate::{fresh::on_every_database, people::*};
use parlor_server::store::{
    Error, Store, Tx,
    invites::{self, NewInvite},
};
use uuid::Uuid;

async fn invite(tx: &mut Tx, room: Uuid, by: Uuid, code: u8, ends: i64, max_uses: Option<i64>) -> Uuid {
    let new = NewInvite {
        id: Uuid::now_v7(),
        room_id: room,
        code_hash: vec![code; 32],
        created_by: by,
        created_at: at(0),
        expires_at: at(ends),
        max_uses,
    };
    invites::insert(tx, &new).await.unwrap();
    new.id
}

on_every_database! {
    async fn an_invite_is_found_by_its_hash_and_listed_while_usable(store: Store) {
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let (hall, other) = (room(&mut tx, ada, "Hall", true).await, room(&mut tx, ada, "Other", true).await);
        let open = invite(&mut tx, hall, ada, 1, 100, None).await;
        let over = invite(&mut tx, hall, ada, 2, 10, None).await;
        let once = invite(&mut tx, hall, ada, 3, 100, Some(1)).await;
        let ids = |rows: Vec<invites::InviteRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
        assert_eq!(ids(invites::list(&mut tx, hall, at(9)).await.unwrap()), [once, over, open]);
        assert_eq!(ids(invites::list(&mut tx, hall, at(10)).await.unwrap()), [once, open]);
        let row = invites::by_hash(&mut tx, &[3; 32]).await.unwrap().unwrap();
        assert_eq!((row.id, row.room_id, row.created_by, row.max_uses, row.uses), (once, hall, ada, Some(1), 0));
        assert_eq!((row.created_at, row.expires_at), (at(0), at(100)));
        assert!(invites::by_hash(&mut tx, &[2; 32]).await.unwrap().is_some(), "expired, but there");
        assert_eq!(invites::by_hash(&mut tx, &[9; 32]).await.unwrap(), None);
        assert!(invites::use_once(&mut tx, once, at(9)).await.unwrap());
        assert_eq!(ids(invites::list(&mut tx, hall, at(9)).await.unwrap()), [over, open]);
        assert!(!invites::delete(&mut tx, other, open).await.unwrap(), "of another room");
        assert!(invites::delete(&mut tx, hall, open).await.unwrap());
        assert!(!invites::delete(&mut tx, hall, open).await.unwrap());
        let kept = invite(&mut tx, other, ada, 7, 100, None).await;
        assert_eq!(invites::delete_of_room(&mut tx, hall).await.unwrap(), 2);
        assert_eq!(ids(invites::list(&mut tx, other, at(9)).await.unwrap()), [kept]);
        tx.commit().await.unwrap();
        let mut tx = store.write().await.unwrap();
        let twice = NewInvite { id: Uuid::now_v7(), room_id: hall, code_hash: vec![7; 32], created_by: ada, created_at: at(0), expires_at: at(9), max_uses: None };
        assert!(matches!(invites::insert(&mut tx, &twice).await, Err(Error::Duplicate)));
    }

    async fn an_invite_is_used_no_more_often_than_it_says(store: Store) {
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let hall = room(&mut tx, ada, "Hall", true).await;
        let thrice = invite(&mut tx, hall, ada, 1, 100, Some(3)).await;
        let over = invite(&mut tx, hall, ada, 2, 10, None).await;
        tx.commit().await.unwrap();
        let tasks: Vec<_> = (0..10).map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut tx = store.write().await.unwrap();
                let used = invites::use_once(&mut tx, thrice, at(1)).await.unwrap();
                tx.commit().await.unwrap();
                used
            })
        }).collect();
        let mut used = 0;
        for task in tasks {
            used += i64::from(task.await.unwrap());
        }
        let mut tx = store.write().await.unwrap();
        assert_eq!((used, invites::by_hash(&mut tx, &[1; 32]).await.unwrap().unwrap().uses), (3, 3));
        assert!(!invites::use_once(&mut tx, over, at(10)).await.unwrap());
        assert!(!invites::use_once(&mut tx, Uuid::now_v7(), at(1)).await.unwrap());
        tx.commit().await.unwrap();
    }
}
