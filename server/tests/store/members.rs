//! Memberships.

use crate::{fresh::on_every_database, people::*};
use parlor_server::store::{Error, Store, members};
use uuid::Uuid;

on_every_database! {
    async fn a_membership_is_made_once_and_ended_once(store: Store) {
        let mut tx = store.write().await.unwrap();
        let (ada, bob) = (user(&mut tx, "Ada").await, user(&mut tx, "bob").await);
        let hall = room(&mut tx, ada, "Hall", false).await;
        let row = member(&mut tx, hall, ada).await.unwrap();
        assert_eq!((row.room_id, row.user_id, row.username.as_str(), row.role, row.joined_at), (hall, ada, "Ada", 1, at(1)));
        assert_eq!(member(&mut tx, hall, bob).await, None);
        let id = join(&mut tx, hall, bob, 0).await;
        assert_eq!(member(&mut tx, hall, bob).await.unwrap().id, id);
        assert!(members::delete(&mut tx, hall, bob).await.unwrap());
        assert!(!members::delete(&mut tx, hall, bob).await.unwrap());
        tx.commit().await.unwrap();
        let mut tx = store.write().await.unwrap();
        let again = members::NewMember { id: Uuid::now_v7(), room_id: hall, user_id: ada, role: 0, joined_at: at(1) };
        assert!(matches!(members::insert(&mut tx, &again).await, Err(Error::Duplicate)));
    }

    async fn members_are_paged_in_the_order_of_joining(store: Store) {
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let hall = room(&mut tx, ada, "Hall", false).await;
        for name in ["zoe", "bob", "carl"] {
            let user = user(&mut tx, name).await;
            join(&mut tx, hall, user, 0).await;
        }
        let page = members::page(&mut tx, hall, None, 3).await.unwrap();
        assert_eq!(page.iter().map(|row| row.username.as_str()).collect::<Vec<_>>(), ["ada", "zoe", "bob"]);
        let rest = members::page(&mut tx, hall, Some(page[2].id), 3).await.unwrap();
        assert_eq!(rest.iter().map(|row| row.username.as_str()).collect::<Vec<_>>(), ["carl"]);
        tx.commit().await.unwrap();
    }

    async fn who_is_where_is_read_for_many_at_once(store: Store) {
        let mut tx = store.write().await.unwrap();
        let (ada, bob) = (user(&mut tx, "ada").await, user(&mut tx, "bob").await);
        let (carl, dora) = (user(&mut tx, "carl").await, user(&mut tx, "dora").await);
        let mut rooms = Vec::new();
        for name in ["one", "two"] {
            let room = room(&mut tx, ada, name, false).await;
            join(&mut tx, room, bob, 0).await;
            rooms.push(room);
        }
        let third = room(&mut tx, bob, "three", true).await;
        join(&mut tx, third, carl, 0).await;
        let mut places: Vec<_> = members::of_users(&mut tx, &[bob, dora, ada, Uuid::now_v7()]).await.unwrap();
        places.sort_by_key(|place| (place.user_id, place.room_id));
        let found = places.iter().map(|place| (place.user_id, place.username.as_str(), place.room_id));
        let (one, two) = (rooms[0], rooms[1]);
        let expected =
            [(ada, "ada", one), (ada, "ada", two), (bob, "bob", one), (bob, "bob", two), (bob, "bob", third)];
        assert_eq!(found.collect::<Vec<_>>(), expected);
        assert!(members::of_users(&mut tx, &[]).await.unwrap().is_empty());
        let mut found = members::of_rooms(&mut tx, &[third, one, Uuid::now_v7()]).await.unwrap();
        found.sort();
        assert_eq!(found, [(one, ada), (one, bob), (third, bob), (third, carl)]);
        assert!(members::of_rooms(&mut tx, &[]).await.unwrap().is_empty());
        assert!(members::share(&mut tx, ada, bob).await.unwrap());
        assert!(!members::share(&mut tx, ada, carl).await.unwrap());
        assert_eq!(members::rooms_of(&mut tx, bob).await.unwrap(), 3);
        assert_eq!(members::rooms_of(&mut tx, dora).await.unwrap(), 0);
        tx.commit().await.unwrap();
    }
}
