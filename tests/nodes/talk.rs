//! What happens at one node is heard at the other.

use crate::cluster::{Cluster, House, in_every_house};
use parlor_client::{DisconnectReason, ServerMessage};
use parlor_protocol::ErrorType;
use std::time::{Duration, Instant};

/// Who is sent away, signed out or without a room at one node is so at every other within this.
const EFFECTIVE: Duration = Duration::from_secs(2);

in_every_house! {
    async fn what_is_said_at_two_nodes_is_heard_at_both_in_one_order(cluster: Cluster) {
        let [here, there] = &cluster.nodes;
        let [ada, bob] = here.people(["ada", "bob"]).await;
        let room = ada.creates_room("kitchen").await;
        bob.joins(&room).await;
        let bob = bob.by(there);
        let (mut ada_seat, mut bob_seat) = (ada.subscribes(&room).await, bob.subscribes(&room).await);
        for n in 0..50 {
            let (ada_says, bob_says) = (format!("ada {n}"), format!("bob {n}"));
            tokio::join!(ada_seat.says(&room, &ada_says), bob_seat.says(&room, &bob_says));
        }
        let (mut by_ada, mut by_bob) = (Vec::new(), Vec::new());
        for _ in 0..100 {
            by_ada.push(ada_seat.hears_message().await);
            by_bob.push(bob_seat.hears_message().await);
        }
        assert_eq!(by_ada, by_bob);
        assert!(by_ada.is_sorted_by(|a, b| a.seq + 1 == b.seq), "{by_ada:?}");
    }

    async fn typing_and_receipts_are_told_at_the_other_node(cluster: Cluster) {
        let [here, there] = &cluster.nodes;
        let [ada, bob] = here.people(["ada", "bob"]).await;
        let room = ada.creates_room("kitchen").await;
        bob.joins(&room).await;
        let (mut ada_seat, bob_seat) = (ada.subscribes(&room).await, bob.by(there).subscribes(&room).await);
        for is_typing in [true, false] {
            bob_seat.types(&room, is_typing).await;
            let told = ada_seat.hears(|message| match message {
                ServerMessage::UserTyping(notice) => Some((notice.user_id, notice.is_typing)),
                _ => None,
            });
            assert_eq!(told.await, (bob.id(), is_typing));
        }
        let said = ada_seat.says(&room, "hello").await;
        bob_seat.reads(&said).await;
        let read = ada_seat.hears(|message| match message {
            ServerMessage::MessageStatusUpdated(update) => Some((update.message_id, update.reader_id)),
            _ => None,
        });
        assert_eq!(read.await, (said.id, bob.id()));
    }

    async fn who_is_sent_away_at_one_node_hears_nothing_more_at_the_other(cluster: Cluster) {
        let [here, there] = &cluster.nodes;
        let [ada, bob] = here.people(["ada", "bob"]).await;
        let room = ada.creates_room("kitchen").await;
        bob.joins(&room).await;
        let (mut ada_seat, mut bob_seat) = (ada.subscribes(&room).await, bob.by(there).subscribes(&room).await);
        ada.removes(&bob, &room).await;
        let began = Instant::now();
        let last = bob_seat.hears_departure().await;
        assert!(began.elapsed() < EFFECTIVE, "{:?}", began.elapsed());
        assert_eq!(last.user_id, bob.id());
        ada_seat.says(&room, "between us").await;
        ada_seat.hears_message().await;
        assert_eq!(bob_seat.heard_messages().await, [""; 0]);
    }

    async fn a_session_that_ends_at_one_node_is_cut_at_the_other(cluster: Cluster) {
        let [here, there] = &cluster.nodes;
        let [ada] = here.people(["ada"]).await;
        let mut seat = ada.by(there).sits_down().await;
        ada.post("/api/v1/auth/logout", &serde_json::json!({})).await;
        let began = Instant::now();
        assert_eq!(seat.hears_the_end().await, DisconnectReason::ByServer);
        assert!(began.elapsed() < EFFECTIVE, "{:?}", began.elapsed());
        ada.by(there).get("/api/v1/users/me").await.is(ErrorType::Unauthenticated);
    }

    async fn a_room_that_is_deleted_at_one_node_is_gone_at_the_other(cluster: Cluster) {
        let [here, there] = &cluster.nodes;
        let [ada, bob] = here.people(["ada", "bob"]).await;
        let room = ada.creates_room("kitchen").await;
        bob.joins(&room).await;
        let mut seat = bob.by(there).subscribes(&room).await;
        ada.delete(&format!("/api/v1/rooms/{}", room.id)).await.data(200);
        let began = Instant::now();
        let gone = seat.hears(|message| match message {
            ServerMessage::RoomDeleted(gone) => Some(gone.room_id),
            _ => None,
        });
        assert_eq!(gone.await, room.id);
        assert!(began.elapsed() < EFFECTIVE, "{:?}", began.elapsed());
    }

    async fn what_crosses_over_does_so_in_no_time(cluster: Cluster) {
        let [here, there] = &cluster.nodes;
        let [ada, bob] = here.people(["ada", "bob"]).await;
        let room = ada.creates_room("kitchen").await;
        bob.joins(&room).await;
        let (ada_seat, mut bob_seat) = (ada.subscribes(&room).await, bob.by(there).subscribes(&room).await);
        // The bus is joined a moment after the start.
        ada_seat.says(&room, "is it there yet").await;
        bob_seat.hears_message().await;
        let mut times = Vec::new();
        for _ in 0..20 {
            let began = Instant::now();
            ada_seat.says(&room, "hello").await;
            bob_seat.hears_message().await;
            times.push(began.elapsed());
        }
        times.sort();
        // The poll comes once a second.
        assert!(times[10] < Duration::from_millis(200), "{times:?}");
    }
}
