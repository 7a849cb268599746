//! Nodes, and who is online at which.

use crate::{fresh::on_every_database, people::*};
use parlor_server::store::{Store, nodes, rooms};
use uuid::Uuid;

on_every_database! {
    async fn the_time_of_a_server_is_told(store: Store) {
        let time = nodes::server_time(&mut store.read().await.unwrap()).await.unwrap();
        match format!("{:?}", store.read().await.unwrap()).as_str() {
            "Tx(SQLite)" => assert_eq!(time, None),
            // To the day: what it is good for is to find clocks that differ.
            _ => assert!((time.unwrap() - parlor_server::clock::Clock::default().now_utc()).num_days() == 0),
        }
    }

    async fn a_node_beats_and_is_forgotten_unless_it_has_gone_on(store: Store) {
        let node = Uuid::now_v7();
        let mut tx = store.write().await.unwrap();
        nodes::beat(&mut tx, node).await.unwrap();
        nodes::beat(&mut tx, node).await.unwrap();
        let row = nodes::NodeRow { id: node, beat: 2, changes: 0 };
        assert_eq!(nodes::list(&mut tx).await.unwrap(), [row]);
        nodes::forget(&mut tx, node, 1).await.unwrap();
        assert_eq!(nodes::list(&mut tx).await.unwrap(), [row]);
        nodes::forget(&mut tx, node, 2).await.unwrap();
        assert_eq!(nodes::list(&mut tx).await.unwrap(), []);
        tx.commit().await.unwrap();
    }

    async fn who_is_online_at_a_node_goes_with_it(store: Store) {
        let node = Uuid::now_v7();
        let mut tx = store.write().await.unwrap();
        let (ada, bob) = (user(&mut tx, "ada").await, user(&mut tx, "bob").await);
        assert_eq!(nodes::change(&mut tx, node, &[ada], &[]).await.unwrap(), None, "it does not live");
        nodes::beat(&mut tx, node).await.unwrap();
        assert_eq!(nodes::change(&mut tx, node, &[ada, bob], &[]).await.unwrap(), Some(1));
        assert_eq!(nodes::change(&mut tx, node, &[ada], &[bob, Uuid::now_v7()]).await.unwrap(), Some(2));
        assert_eq!(nodes::online(&mut tx, node).await.unwrap(), [ada]);
        assert_eq!(nodes::change(&mut tx, node, &[bob], &[bob]).await.unwrap(), Some(3));
        assert_eq!(nodes::online(&mut tx, node).await.unwrap(), [ada]);
        assert!(nodes::online(&mut tx, Uuid::now_v7()).await.unwrap().is_empty());
        assert_eq!(nodes::list(&mut tx).await.unwrap()[0].changes, 3);
        nodes::forget(&mut tx, node, 1).await.unwrap();
        assert!(nodes::online(&mut tx, node).await.unwrap().is_empty());
        tx.commit().await.unwrap();
    }

    async fn the_heads_of_many_rooms_are_read_at_once(store: Store) {
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let (hall, attic) = (room(&mut tx, ada, "Hall", false).await, room(&mut tx, ada, "Attic", false).await);
        rooms::delete(&mut tx, attic, at(5)).await.unwrap();
        let head = rooms::get(&mut tx, ada, hall).await.unwrap().unwrap().last_seq;
        assert_eq!(rooms::heads(&mut tx, &[hall, attic, Uuid::now_v7()]).await.unwrap(), [(hall, head)]);
        assert_eq!(rooms::heads(&mut tx, &[]).await.unwrap(), []);
        tx.commit().await.unwrap();
    }
}
