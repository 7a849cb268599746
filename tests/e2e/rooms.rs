//! Rooms: making, seeing, changing and deleting them.

use parlor_client::ServerMessage;
use parlor_protocol::{ErrorType, rooms::Room, timeline::Happening};
use parlor_server::config::Limits;
use parlor_tests::{
    Person, Reply, ServerProcess, TestServer,
    databases::{Database, Kind},
};
use reqwest::Method;
use serde_json::{Value, json};

async fn changes(person: &Person, room: &Room, change: Value) -> Reply {
    Reply::to(person.request(Method::PATCH, &path(room)).json(&change)).await
}

fn path(room: &Room) -> String {
    format!("/api/v1/rooms/{}", room.id)
}

#[tokio::test]
async fn h16_a_room_whose_creator_cannot_become_a_member_is_not_made() {
    let server = ServerProcess::start(&[("PARLOR_DATABASE_URL", "")]).await;
    let [ada] = server.people(["ada"]).await;
    let file = format!("sqlite://{}", server.data_dir().join("parlor.db").display());
    let broken = "CREATE TRIGGER broken BEFORE INSERT ON members BEGIN SELECT RAISE(ABORT, 'broken'); END";
    Database::run(Kind::Sqlite, &file, broken).await;
    let kitchen = json!({ "name": "kitchen" });
    ada.post("/api/v1/rooms", &kitchen).await.is(ErrorType::ServerError);
    assert_eq!(*ada.get("/api/v1/rooms").await.data(200), json!([]), "no room without a member");
    Database::run(Kind::Sqlite, &file, "DROP TRIGGER broken").await;
    let made = ada.post("/api/v1/rooms", &kitchen).await;
    assert_eq!(made.data(201)["membership"]["role"], "owner");
    assert_eq!(ada.get("/api/v1/rooms").await.data(200).as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn h16_the_creator_is_the_owner_and_first_member() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let reply = ada.post("/api/v1/rooms", &json!({ "name": "  kitchen  ", "description": "food" })).await;
    let room = reply.data(201);
    assert_eq!(
        (&room["name"], &room["description"], &room["isPrivate"]),
        (&json!("kitchen"), &json!("food"), &json!(false))
    );
    assert_eq!(room["creator"], json!({ "id": ada.id(), "username": "ada" }));
    assert_eq!((&room["memberCount"], &room["membership"]["role"]), (&json!(1), &json!("owner")));
    assert_eq!(
        (&room["membership"]["unreadCount"], &room["membership"]["lastReadSeq"]),
        (&json!(0), &json!(2))
    );
    let again = ada.get(&format!("/api/v1/rooms/{}", room["id"].as_str().unwrap())).await;
    assert_eq!(again.data(200), room);
    let room = serde_json::from_value(room.clone()).unwrap();
    let timeline = ada.timeline(&room).await;
    let kinds: Vec<_> =
        timeline.events.iter().map(|event| std::mem::discriminant(&event.happening)).collect();
    assert!(matches!(timeline.events[0].happening, Happening::RoomCreated { .. }), "{kinds:?}");
    assert!(matches!(timeline.events[1].happening, Happening::MemberJoined(_)), "{kinds:?}");
    assert_eq!((timeline.events.len(), timeline.last_seq, room.last_seq), (2, 2, 2));
}

#[tokio::test]
async fn every_bad_field_of_a_room_is_listed() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let cases = [
        (json!({}), vec!["name"]),
        (
            json!({ "name": "ab", "description": "x".repeat(501), "isPrivate": "yes" }),
            vec!["description", "isPrivate", "name"],
        ),
        (json!({ "name": "x".repeat(65) }), vec!["name"]),
        (json!({ "name": "a\u{7}bc" }), vec!["name"]),
        (json!({ "name": "a\u{202e}bc" }), vec!["name"]),
        (json!({ "name": "   a    " }), vec!["name"]),
        (json!({ "name": ["kitchen"], "isPrivate": 1 }), vec!["isPrivate", "name"]),
    ];
    for (body, fields) in cases {
        let reply = ada.post("/api/v1/rooms", &body).await;
        assert_eq!(reply.is(ErrorType::Validation).bad_fields(), fields, "{body}");
    }
    for good in ["abc", &"é".repeat(64)] {
        ada.post("/api/v1/rooms", &json!({ "name": good, "description": "x".repeat(500) })).await.data(201);
    }
}

#[tokio::test]
async fn h3_a_list_has_every_public_room_and_ones_own_private_ones_newest_first() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    ada.creates_room("kitchen").await;
    let hidden = ada.creates_private_room("cellar").await;
    ada.creates_room("garden").await;
    let names = |reply: &Reply| -> Vec<String> {
        let rooms = reply.data(200).as_array().unwrap();
        rooms.iter().map(|room| room["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&ada.get("/api/v1/rooms").await), ["garden", "cellar", "kitchen"]);
    let seen = bob.get("/api/v1/rooms").await;
    assert_eq!(names(&seen), ["garden", "kitchen"]);
    assert!(!seen.text.contains(&hidden.id.to_string()) && !seen.text.contains('@'));
    assert_eq!(seen.data(200)[0]["membership"], Value::Null);
    assert_eq!(names(&bob.get("/api/v1/rooms?q=RDE").await), ["garden"]);
    assert_eq!(names(&bob.get("/api/v1/rooms?q=%25").await), Vec::<String>::new());
    let first = ada.get("/api/v1/rooms?limit=2").await;
    assert_eq!(names(&first), ["garden", "cellar"]);
    let cursor = first.body["nextCursor"].as_str().unwrap();
    let second = ada.get(&format!("/api/v1/rooms?limit=2&cursor={cursor}")).await;
    assert_eq!((names(&second), &second.body["nextCursor"]), (vec!["kitchen".to_owned()], &Value::Null));
    for bad in ["limit=0", "limit=-1", "limit=x"] {
        let reply = ada.get(&format!("/api/v1/rooms?{bad}")).await;
        assert_eq!(reply.is(ErrorType::Validation).bad_fields(), ["limit"]);
    }
    ada.get("/api/v1/rooms?cursor=%00%00").await.is(ErrorType::Validation);
    let both = ada.get("/api/v1/rooms?limit=0&cursor=").await;
    assert_eq!(both.is(ErrorType::Validation).bad_fields(), ["cursor", "limit"]);
    ada.get("/api/v1/rooms?cursor=nonsense").await.is(ErrorType::Validation);
}

#[tokio::test]
async fn a_room_is_found_by_a_part_of_its_name_in_any_case_and_nothing_stands_for_other_letters() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    for name in ["100% Ädel", "100 ways", "Looms"] {
        ada.creates_room(name).await;
    }
    for (q, found) in [("100%25", 1), ("%C3%84DEL", 1), ("%C3%A4del", 1), ("1%5F0", 0), ("0", 2), ("", 3)] {
        let reply = ada.get(&format!("/api/v1/rooms?q={q}")).await;
        assert_eq!(reply.data(200).as_array().unwrap().len(), found, "{q}");
    }
}

/// Everything that one can ask about a room over REST.
async fn questions(person: &Person, room: &str, other: &Person) -> Vec<(String, Reply)> {
    let some = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90";
    let asked = [
        (Method::GET, String::new(), Value::Null),
        (Method::PATCH, String::new(), json!({ "name": "taken over" })),
        (Method::DELETE, String::new(), Value::Null),
        (Method::POST, "/join".into(), Value::Null),
        (Method::POST, "/leave".into(), Value::Null),
        (Method::GET, "/members".into(), Value::Null),
        (Method::GET, "/users".into(), Value::Null),
        (Method::DELETE, format!("/members/{}", other.id()), Value::Null),
        (Method::GET, "/messages".into(), Value::Null),
        (Method::GET, "/events".into(), Value::Null),
        (Method::POST, "/messages".into(), json!({ "content": "let me in" })),
        (Method::POST, "/messages/read".into(), Value::Null),
        (Method::POST, "/invites".into(), Value::Null),
        (Method::GET, "/invites".into(), Value::Null),
        (Method::DELETE, format!("/invites/{some}"), Value::Null),
    ];
    let mut answers = Vec::new();
    for (method, rest, body) in asked {
        let mut request = person.request(method.clone(), &format!("/api/v1/rooms/{room}{rest}"));
        if !body.is_null() {
            request = request.json(&body);
        }
        answers.push((format!("{method} {rest}"), Reply::to(request).await));
    }
    let alias = person.request(Method::POST, &format!("/api/v1/{room}/messages/read"));
    answers.push(("POST alias of read".to_owned(), Reply::to(alias).await));
    answers
}

#[tokio::test]
async fn h1_h4_h18_a_private_room_answers_a_stranger_as_one_that_does_not_exist() {
    let server = TestServer::start().await;
    let [ada, eve] = server.people(["ada", "eve"]).await;
    let room = ada.creates_private_room("cellar").await;
    ada.invites_to(&room).await;
    ada.posts(&room, "secret").await;
    let unknown = questions(&eve, "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90", &ada).await;
    let hidden = questions(&eve, &room.id.to_string(), &ada).await;
    for ((question, mut unknown), (_, mut hidden)) in unknown.into_iter().zip(hidden) {
        hidden.is(ErrorType::NotFound);
        for reply in [&mut unknown, &mut hidden] {
            reply.body["requestId"].take();
        }
        assert_eq!((hidden.status, &hidden.body), (unknown.status, &unknown.body), "{question}");
    }
    assert_eq!(ada.sees(&room).await.last_seq, 3, "nothing happened");
}

#[tokio::test]
async fn a_public_room_shows_a_stranger_itself_and_its_members_and_nothing_more() {
    let server = TestServer::start().await;
    let [ada, eve] = server.people(["ada", "eve"]).await;
    let room = ada.creates_room("kitchen").await;
    for (question, reply) in questions(&eve, &room.id.to_string(), &ada).await {
        match question.as_str() {
            // From the join to the leave she is a member.
            "GET " | "GET /members" | "GET /users" | "POST /join" | "POST /leave" => {
                reply.data(200);
            }
            _ => {
                reply.is(ErrorType::NotAuthorized);
            }
        }
        assert!(!reply.text.contains('@') && !reply.text.contains("inviteCode"), "{question}: {reply:?}");
    }
}

#[tokio::test]
async fn a_member_who_is_not_the_owner_changes_nothing_of_a_room() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    changes(&bob, &room, json!({ "name": "bobs" })).await.is(ErrorType::NotAuthorized);
    bob.delete(&path(&room)).await.is(ErrorType::NotAuthorized);
    bob.delete(&format!("{}/members/{}", path(&room), ada.id())).await.is(ErrorType::NotAuthorized);
    assert_eq!(ada.sees(&room).await.name, "kitchen");
}

#[tokio::test]
async fn a_change_is_an_entry_of_the_timeline_and_told_to_subscribers() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let mut seat = bob.subscribes(&room).await;
    let changed = changes(&ada, &room, json!({ "name": "pantry", "description": "cold" })).await;
    assert_eq!(changed.data(200)["description"], "cold");
    let told = seat
        .hears(|message| match message {
            ServerMessage::RoomUpdated(update) => Some((**update).clone()),
            _ => None,
        })
        .await;
    assert_eq!((told.room_id, told.room.name.as_str(), told.room.membership), (room.id, "pantry", None));
    let timeline = bob.timeline(&room).await;
    let last = timeline.events.last().unwrap();
    assert_eq!(last.seq, told.seq);
    assert!(matches!(&last.happening, Happening::RoomUpdated { room } if room.name == "pantry"));
    let same = changes(&ada, &room, json!({ "name": "pantry", "description": "cold" })).await;
    assert_eq!(same.data(200), changed.data(200), "nothing changed, so there is nothing to tell");
    let cleared = changes(&ada, &room, json!({ "description": null })).await;
    assert_eq!(
        (&cleared.data(200)["description"], &cleared.data(200)["name"]),
        (&Value::Null, &json!("pantry"))
    );
    let bad = changes(&ada, &room, json!({ "name": "", "description": 5 })).await;
    assert_eq!(bad.is(ErrorType::Validation).bad_fields(), ["description", "name"]);
}

#[tokio::test]
async fn h17_an_owner_deletes_a_room_with_everything_in_it() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let (room, other) = (ada.creates_room("kitchen").await, ada.creates_room("garden").await);
    bob.joins(&room).await;
    bob.joins(&other).await;
    let mut seat = bob.subscribes(&room).await;
    seat.listens_to(&other).await;
    ada.posts(&room, "last words").await;
    ada.delete(&path(&room)).await.data(200);
    let gone = seat
        .hears(|message| match message {
            ServerMessage::RoomDeleted(deletion) => Some(deletion.room_id),
            _ => None,
        })
        .await;
    assert_eq!(gone, room.id);
    let refused = seat.tries_to_say(&room, "anyone?").await.unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorType::NotAuthorized));
    for (question, reply) in questions(&bob, &room.id.to_string(), &ada).await {
        assert_eq!(reply.status, 404, "{question}: {reply:?}");
    }
    for person in [&ada, &bob] {
        let left = person.get(&format!("/api/v1/users/{}/rooms", person.id())).await;
        assert_eq!(left.data(200).as_array().unwrap().len(), 1, "{left:?}");
    }
    ada.posts(&other, "here we go on").await;
    assert_eq!(seat.hears_message().await.content, "here we go on");
    ada.delete(&path(&room)).await.is(ErrorType::NotFound);
}

#[tokio::test]
async fn the_number_of_rooms_of_a_user_is_bounded() {
    let server =
        TestServer::start_with(|config| config.limits = Limits { rooms_created: Some(2), ..Limits::off() })
            .await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let first = ada.creates_room("first").await;
    ada.creates_room("second").await;
    ada.post("/api/v1/rooms", &json!({ "name": "third" })).await.is(ErrorType::Conflict);
    bob.creates_room("third").await;
    ada.delete(&path(&first)).await.data(200);
    ada.creates_room("third").await;
}
