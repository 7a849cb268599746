//! Listening to a room: who may, what came since, and no gap or double between that and the live entries.

use parlor_client::ServerMessage;
use parlor_protocol::{
    ErrorType,
    ids::Epoch,
    members::Stay,
    page::Number,
    rooms::Room,
    subscriptions::{JoinRoomEvent, JoinRoomPayload},
};
use parlor_tests::{Packet, TestServer};
use serde_json::{Value, json};

fn join(room: &Room, after: Option<i64>, epoch: Option<Epoch>) -> JoinRoomPayload {
    JoinRoomPayload { room_id: room.id, after: after.map(|seq| Number::new(seq).unwrap()), epoch }
}

#[tokio::test]
async fn only_members_listen_and_unknown_rooms_look_like_foreign_ones() {
    let server = TestServer::start().await;
    let [ada, eve] = server.people(["ada", "eve"]).await;
    let (open, hidden) = (ada.creates_room("kitchen").await, ada.creates_private_room("cellar").await);
    let mut socket = eve.raw_socket().await;
    let mut refusals = Vec::new();
    for room in [json!(open.id), json!(hidden.id), json!("018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90")] {
        for event in ["join_room", "leave_room", "get_room_users"] {
            let ack = socket.ask(event, &json!({ "roomId": room })).await;
            assert_eq!(
                (&ack["ok"], &ack["error"]["type"]),
                (&json!(false), &json!("NOT_AUTHORIZED")),
                "{event}: {ack}"
            );
            refusals.push(ack);
        }
    }
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{refusals:?}");
}

#[tokio::test]
async fn s1_an_array_for_a_room_id_joins_nothing() {
    let server = TestServer::start().await;
    let [ada, eve] = server.people(["ada", "eve"]).await;
    let (own, hidden) = (eve.creates_room("eves").await, ada.creates_private_room("cellar").await);
    let mut socket = eve.raw_socket().await;
    let shapes = [
        json!([own.id, hidden.id]),
        json!([hidden.id]),
        json!({ "0": hidden.id }),
        json!(hidden.id.to_string().to_uppercase() + " "),
        json!([[hidden.id]]),
    ];
    for room in shapes {
        let ack = socket.ask("join_room", &json!({ "roomId": room })).await;
        assert_eq!(
            (&ack["ok"], &ack["error"]["type"]),
            (&json!(false), &json!("VALIDATION")),
            "{room}: {ack}"
        );
    }
    socket.join(own.id).await;
    ada.posts(&hidden, "secret").await;
    eve.posts(&own, "marker").await;
    assert_eq!(socket.hear("receive_message").await["content"], "marker");
    assert!(socket.heard.is_empty(), "{:?}", socket.heard);
}

#[tokio::test]
async fn on_the_wire_come_room_joined_then_the_acknowledgement_then_live_entries() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    ada.posts(&room, "before").await;
    let talk = tokio::spawn({
        let (ada, room) = (ada.clone(), room.clone());
        async move {
            for n in 0..60 {
                ada.posts(&room, &n.to_string()).await;
            }
        }
    });
    for _ in 0..10 {
        let mut socket = ada.raw_socket().await;
        let id = socket.emit_with_ack("join_room", &json!({ "roomId": room.id })).await;
        let first = loop {
            match socket.next().await {
                // One's own coming online is of no room.
                Packet::Event(name, _) if name == "user_status" => {}
                other => break other,
            }
        };
        let Packet::Event(name, joined) = first else { panic!("{first:?}") };
        assert_eq!((name.as_str(), &joined["roomId"]), ("room_joined", &json!(room.id)));
        assert!(joined["message"].is_string() && joined["epoch"].is_string());
        let Packet::Ack(answered, ack) = socket.next().await else { panic!("no acknowledgement") };
        assert_eq!((answered, &ack["data"]["lastSeq"]), (id, &joined["lastSeq"]));
        assert_eq!((&ack["data"]["events"], &ack["data"]["complete"]), (&json!([]), &json!(true)));
        let last = ada.posts(&room, "after").await.seq;
        let mut expected = joined["lastSeq"].as_i64().unwrap() + 1;
        while expected <= last {
            assert_eq!(socket.hear("receive_message").await["seq"], expected);
            expected += 1;
        }
    }
    talk.await.unwrap();
}

#[tokio::test]
async fn a_position_gets_what_came_since_and_an_impossible_one_a_reset() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    for n in 0..5 {
        ada.posts(&room, &n.to_string()).await;
    }
    let mut seat = ada.sits_down().await;
    let since = seat.joins(&room, Some(4)).await.unwrap();
    let seqs: Vec<_> = since.events.iter().map(|event| event.seq).collect();
    assert_eq!((seqs, since.last_seq, since.complete, since.reset), (vec![5, 6, 7], 7, true, false));
    assert_eq!(since.events, ada.timeline_after(&room, 4).await.events, "as in the log");
    let again = seat.emits::<JoinRoomEvent>(join(&room, Some(7), Some(since.epoch))).await.unwrap();
    assert_eq!((again.events.len(), again.complete, again.reset), (0, true, false));
    for (after, epoch) in [(8, None), (3, Some(Epoch::generate())), (1 << 53, Some(since.epoch))] {
        let reset = seat.emits::<JoinRoomEvent>(join(&room, Some(after), epoch)).await.unwrap();
        assert_eq!((reset.events.len(), reset.reset, reset.last_seq), (0, true, 7), "{after} {epoch:?}");
    }
    ada.posts(&room, "live").await;
    assert_eq!(seat.hears_message().await.content, "live");
    assert_eq!(seat.heard_messages().await, Vec::<String>::new(), "joined five times, told once");
}

#[tokio::test]
async fn of_a_long_absence_the_oldest_200_come_and_the_rest_is_to_be_fetched() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let mut sender = ada.raw_socket().await;
    let say = json!(["send_message", { "roomId": room.id, "content": "x" }]);
    sender.send_all((1..=250).map(|n| format!("42{n}{say}"))).await;
    for n in 1..=250 {
        sender.answer(n).await;
    }
    let seat = ada.sits_down().await;
    let since = seat.joins(&room, Some(0)).await.unwrap();
    let seqs: Vec<_> = since.events.iter().map(|event| event.seq).collect();
    assert_eq!((seqs, since.last_seq, since.complete, since.reset), ((1..=200).collect(), 252, false, false));
    let rest = ada.timeline_after(&room, 200).await;
    assert_eq!((rest.events.len(), rest.epoch), (52, since.epoch));
}

#[tokio::test]
async fn s16_a_visit_is_told_once_for_a_users_first_socket_and_once_when_the_last_one_turns_away() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let mut seat = ada.subscribes(&room).await;
    let passages = |heard: Vec<ServerMessage>| -> Vec<(&'static str, Stay)> {
        heard
            .into_iter()
            .filter_map(|message| match message {
                ServerMessage::UserJoined(passage) => Some(("joined", passage.stay)),
                ServerMessage::UserLeft(passage) => Some(("left", passage.stay)),
                _ => None,
            })
            .collect()
    };
    assert_eq!(passages(seat.heard().await), [], "one's own visit is not told to oneself");
    let first = bob.subscribes(&room).await;
    let second = bob.subscribes(&room).await;
    first.joins(&room, None).await.unwrap();
    assert_eq!(passages(seat.heard().await), [("joined", Stay::Temporary)]);
    first.turns_away_from(&room).await;
    assert_eq!(passages(seat.heard().await), []);
    second.turns_away_from(&room).await;
    second.turns_away_from(&room).await;
    let left = seat.hears_departure().await;
    assert_eq!((left.user_id, left.stay, left.seq, left.name), (bob.id(), Stay::Temporary, None, None));
    assert_eq!(passages(seat.heard().await), []);
    assert_eq!(ada.sees(&room).await.member_count, 2, "the membership stays");
}

#[tokio::test]
async fn one_who_turned_away_hears_nothing_more_and_can_come_back() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let (room, other) = (ada.creates_room("kitchen").await, ada.creates_room("garden").await);
    let mut seat = ada.subscribes(&room).await;
    seat.listens_to(&other).await;
    seat.turns_away_from(&room).await;
    let missed = ada.posts(&room, "missed").await;
    ada.posts(&other, "marker").await;
    assert_eq!(seat.hears_message().await.content, "marker");
    let since = seat.joins(&room, Some(missed.seq - 1)).await.unwrap();
    assert_eq!(since.events.len(), 1);
}

#[tokio::test]
async fn s7_leaving_a_room_that_one_is_not_in_tells_nobody() {
    let server = TestServer::start().await;
    let [ada, eve] = server.people(["ada", "eve"]).await;
    let room = ada.creates_room("kitchen").await;
    let mut seat = ada.subscribes(&room).await;
    let mut stranger = eve.raw_socket().await;
    stranger.emit("leave_room", &json!({ "roomId": room.id })).await;
    let error: Value = stranger.hear("error").await;
    assert_eq!(
        (&error["type"], &error["event"], &error["roomId"]),
        (&json!("NOT_AUTHORIZED"), &json!("leave_room"), &json!(room.id))
    );
    let heard = seat.heard().await;
    assert!(!heard.iter().any(|message| matches!(message, ServerMessage::UserLeft(_))), "{heard:?}");
    let refused = eve.sits_down().await.joins(&room, None).await.unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorType::NotAuthorized));
}

#[tokio::test]
async fn in_a_room_of_more_than_200_members_visits_and_readings_are_told_to_few() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("hall").await;
    bob.joins(&room).await;
    for member in server.crowd(200).await {
        member.joins(&room).await;
    }
    let mut seat = ada.subscribes(&room).await;
    let mut reader = bob.subscribes(&room).await;
    let message = ada.posts(&room, "read me").await;
    reader.reads(&message).await;
    reader
        .hears(|message| match message {
            ServerMessage::MessagesRead(receipt) => (receipt.user_id == bob.id()).then_some(()),
            _ => None,
        })
        .await;
    reader.turns_away_from(&room).await;
    let heard = seat.heard().await;
    let told = |message: &ServerMessage| {
        matches!(
            message,
            ServerMessage::MessagesRead(_) | ServerMessage::UserJoined(_) | ServerMessage::UserLeft(_)
        )
    };
    assert!(!heard.iter().any(told), "{heard:?}");
    assert!(
        heard.iter().any(|message| matches!(message, ServerMessage::MessageStatusUpdated(_))),
        "{heard:?}"
    );
}

#[tokio::test]
async fn whoever_joins_a_room_while_it_is_deleted_is_refused_or_hears_that_it_is_gone() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let (mut socket, mut refused) = (ada.raw_socket().await, 0);
    for round in 0..200 {
        let room = ada.creates_room("brief").await;
        let path = format!("/api/v1/rooms/{}", room.id);
        let deletion = tokio::spawn({
            let ada = ada.clone();
            async move { ada.delete(&path).await }
        });
        for _ in 0..round % 20 {
            tokio::task::yield_now().await;
        }
        let ack = socket.ask("join_room", &json!({ "roomId": room.id, "after": 0 })).await;
        deletion.await.unwrap().data(200);
        if ack["ok"] == true {
            assert_eq!(socket.hear("room_deleted").await["roomId"], json!(room.id), "round {round}");
        } else {
            assert_eq!(ack["error"]["type"], "NOT_AUTHORIZED", "{ack}");
            refused += 1;
        }
    }
    assert!(refused > 0, "no join came late");
}

#[tokio::test]
async fn what_a_socket_has_sent_comes_back_to_it_before_its_leave_takes_effect() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let mut socket = ada.raw_socket().await;
    for _ in 0..20 {
        socket.join(room.id).await;
        // Its round has just been when the others come.
        socket.ask("send_message", &json!({ "roomId": room.id, "content": "first" })).await;
        for content in ["a", "b", "c"] {
            socket.emit_with_ack("send_message", &json!({ "roomId": room.id, "content": content })).await;
        }
        let left = socket.emit_with_ack("leave_room", &json!({ "roomId": room.id })).await;
        assert_eq!(socket.try_answer(left).await.unwrap()["ok"], true);
        let heard = socket.heard.drain(..).filter(|(name, _)| name == "receive_message").count();
        assert_eq!(heard, 4);
    }
}
