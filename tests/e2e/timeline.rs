//! The log itself: every change that members see is one entry, in one order, without gaps.

use parlor_protocol::{ErrorType, timeline::Happening};
use parlor_tests::TestServer;
use serde_json::json;
use tokio::task::JoinSet;

#[tokio::test]
async fn whatever_members_see_is_one_entry_without_gaps() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let message = bob.posts(&room, "hello").await;
    let seat = bob.subscribes(&room).await;
    seat.types(&room, true).await;
    ada.marks_read(&room, None).await;
    seat.turns_away_from(&room).await;
    bob.leaves(&room).await;
    let change = ada.request(reqwest::Method::PATCH, &format!("/api/v1/rooms/{}", room.id));
    parlor_tests::Reply::to(change.json(&json!({ "name": "pantry" }))).await.data(200);
    let timeline = ada.timeline(&room).await;
    let seqs: Vec<_> = timeline.events.iter().map(|event| event.seq).collect();
    assert_eq!((seqs.as_slice(), timeline.last_seq, timeline.has_more), (&[1, 2, 3, 4, 5, 6][..], 6, false));
    let happenings: Vec<_> = timeline.events.into_iter().map(|event| event.happening).collect();
    let [created, owner, joined, said, left, changed] = happenings.as_slice() else {
        panic!("{happenings:?}")
    };
    assert!(matches!(created, Happening::RoomCreated { room } if room.name == "kitchen"), "as of then");
    assert!(matches!(owner, Happening::MemberJoined(who) if who.user_id == ada.id()));
    assert!(matches!(joined, Happening::MemberJoined(who) if who.user_id == bob.id()));
    assert!(matches!(said, Happening::Message { message: kept } if kept.id == message.id));
    assert!(matches!(left, Happening::MemberLeft(who) if who.user_id == bob.id()));
    assert!(matches!(changed, Happening::RoomUpdated { room } if room.name == "pantry"));
}

#[tokio::test]
async fn a_part_of_the_timeline_says_whether_there_is_more() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    for n in 0..5 {
        ada.posts(&room, &n.to_string()).await;
    }
    let path = |query: &str| format!("/api/v1/rooms/{}/events{query}", room.id);
    let part = ada.get(&path("?after=2&limit=3")).await;
    let seqs: Vec<_> =
        part.data(200)["events"].as_array().unwrap().iter().map(|event| event["seq"].clone()).collect();
    assert_eq!((json!(seqs), &part.data(200)["hasMore"]), (json!([3, 4, 5]), &json!(true)));
    let rest = ada.get(&path("?after=5")).await;
    assert_eq!((&rest.data(200)["hasMore"], &rest.data(200)["lastSeq"]), (&json!(false), &json!(7)));
    assert_eq!(rest.data(200)["epoch"], part.data(200)["epoch"]);
    let beyond = ada.get(&path("?after=100")).await;
    assert_eq!((&beyond.data(200)["events"], &beyond.data(200)["hasMore"]), (&json!([]), &json!(false)));
    for (bad, field) in [("?after=-1", "after"), ("?after=x", "after"), ("?limit=0", "limit")] {
        assert_eq!(ada.get(&path(bad)).await.is(ErrorType::Validation).bad_fields(), [field]);
    }
}

#[tokio::test]
async fn sends_joins_and_leaves_at_once_leave_no_gap_and_no_double() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let mut acts = JoinSet::new();
    for (n, person) in server.crowd(8).await.into_iter().enumerate() {
        let (ada, room) = (ada.clone(), room.clone());
        acts.spawn(async move {
            for m in 0..5 {
                person.joins(&room).await;
                ada.posts(&room, &format!("{n}/{m}")).await;
                person.posts(&room, "here").await;
                person.leaves(&room).await;
            }
        });
    }
    acts.join_all().await;
    let timeline = ada.timeline(&room).await;
    let seqs: Vec<_> = timeline.events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=2 + 8 * 5 * 4).collect::<Vec<_>>());
    assert!(timeline.events.is_sorted_by_key(|event| event.timestamp), "time never goes back within a room");
    let room = ada.sees(&room).await;
    assert_eq!((room.last_seq, room.member_count), (162, 1));
}

#[tokio::test]
async fn a_clock_that_is_turned_back_disturbs_neither_order_nor_times() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    for turn in [0, 3000, -2000, -600, 1] {
        server.turn_clock(turn);
        ada.client.refresh().await.unwrap();
        ada.posts(&room, &turn.to_string()).await;
    }
    let timeline = ada.timeline(&room).await;
    assert!(timeline.events.is_sorted_by_key(|event| event.seq));
    assert!(timeline.events.is_sorted_by_key(|event| event.timestamp), "{:?}", timeline.events);
}

#[tokio::test]
async fn a_restart_keeps_the_epoch_and_the_log() {
    let mut server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    ada.posts(&room, "kept").await;
    let before = ada.timeline(&room).await;
    server.restart().await;
    assert_eq!(ada.timeline(&room).await, before);
}
