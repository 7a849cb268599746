//! Rooms: who sees them, who changes them.

use crate::world::{World, each};
use parlor_server::config::Limits;
use serde_json::{Value, json};

#[tokio::test]
async fn the_maker_of_a_room_is_its_owner_and_first_member() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let new = json!({ "name": "  Engines ", "description": "of all kinds" });
    let room = world.post(&ada, "/rooms", new).await.with(201);
    let data = room.data();
    assert_eq!(data["name"], "Engines");
    assert_eq!(data["isPrivate"], false);
    assert_eq!((&data["memberCount"], &data["lastSeq"]), (&json!(1), &json!(2)));
    assert_eq!(data["membership"]["role"], "owner");
    assert_eq!(data["membership"]["lastReadSeq"], 2);
    assert_eq!(data["creator"], json!({ "id": ada.id, "username": "ada" }));
    let path = format!("/rooms/{}", room.text("id"));
    assert_eq!(world.get(&ada, &path).await.with(200).data(), data);
    let events = world.get(&ada, &format!("{path}/events")).await.with(200);
    assert_eq!(each(&events.data()["events"], "type"), ["room_created", "member_joined"]);
    assert_eq!(each(&events.data()["events"], "seq"), [1, 2]);
    assert_eq!(events.data()["events"][0]["room"]["name"], "Engines");
}

#[tokio::test]
async fn a_private_room_does_not_exist_for_a_stranger() {
    let world = World::new().await;
    let (ada, eve) = (world.person("ada").await, world.person("eve").await);
    let hidden = world.room(&ada, "Secrets", true).await;
    let unknown = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90";
    for line in [
        "GET /rooms/ROOM",
        "PATCH /rooms/ROOM",
        "DELETE /rooms/ROOM",
        "POST /rooms/ROOM/join",
        "POST /rooms/ROOM/leave",
        "GET /rooms/ROOM/members",
        "GET /rooms/ROOM/users",
        "DELETE /rooms/ROOM/members/018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90",
        "POST /rooms/ROOM/invites",
        "GET /rooms/ROOM/invites",
        "DELETE /rooms/ROOM/invites/018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90",
        "GET /rooms/ROOM/messages",
        "GET /rooms/ROOM/events",
        "POST /rooms/ROOM/messages/read",
        "POST /ROOM/messages/read",
        "POST /rooms/ROOM/messages",
    ] {
        let ask = async |room: &str| {
            let body = line.ends_with("/messages").then(|| json!({ "content": "hello" }));
            let mut answer = world
                .call(Some(&eve.token), &line.replace("ROOM", room), body)
                .await
                .failed(404, "NOT_FOUND");
            answer.body.as_object_mut().unwrap().remove("requestId");
            answer.body
        };
        assert_eq!(ask(&hidden).await, ask(unknown).await, "{line}");
    }
    assert_eq!(world.get(&eve, "/rooms").await.with(200).data(), &json!([]));
    assert_eq!(world.get(&eve, &format!("/users/{}/rooms", ada.id)).await.with(200).data(), &json!([]));
    assert_eq!(each(world.get(&ada, "/rooms").await.data(), "id"), [hidden]);
}

#[tokio::test]
async fn a_stranger_sees_a_public_room_but_not_what_is_in_it() {
    let world = World::new().await;
    let (ada, eve) = (world.person("ada").await, world.person("eve").await);
    let room = world.room(&ada, "Engines", false).await;
    let seen = world.get(&eve, &format!("/rooms/{room}")).await.with(200);
    assert!(seen.data()["membership"].is_null());
    let members = world.get(&eve, &format!("/rooms/{room}/members")).await.with(200);
    assert_eq!(members.data()["totalMembers"], 1);
    for path in ["messages", "events"] {
        world.get(&eve, &format!("/rooms/{room}/{path}")).await.failed(403, "NOT_AUTHORIZED");
    }
    world
        .post(&eve, &format!("/rooms/{room}/messages/read"), Value::Null)
        .await
        .failed(403, "NOT_AUTHORIZED");
    world
        .post(&eve, &format!("/rooms/{room}/messages"), json!({ "content": "x" }))
        .await
        .failed(403, "NOT_AUTHORIZED");
    world.post(&eve, &format!("/rooms/{room}/leave"), Value::Null).await.failed(404, "NOT_FOUND");
}

#[tokio::test]
async fn only_the_owner_changes_and_deletes_a_room() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let room = world.room(&ada, "Engines", false).await;
    let path = format!("/rooms/{room}");
    world.join(&bob, &room).await.with(200);
    world.patch(&bob, &path, json!({ "name": "Bob's" })).await.failed(403, "NOT_AUTHORIZED");
    world.delete(&bob, &path).await.failed(403, "NOT_AUTHORIZED");

    let changes = json!({ "name": "Looms", "description": "wooden" });
    let changed = world.patch(&ada, &path, changes.clone()).await.with(200);
    assert_eq!((changed.text("name"), changed.text("description")), ("Looms".into(), "wooden".into()));
    assert_eq!(changed.data()["lastSeq"], 4);
    let same = world.patch(&ada, &path, changes).await.with(200);
    assert_eq!(same.data(), changed.data(), "nothing changed, so nothing is told");
    let cleared = world.patch(&ada, &path, json!({ "description": null })).await.with(200);
    assert_eq!((&cleared.data()["name"], &cleared.data()["description"]), (&json!("Looms"), &Value::Null));
    let events = world.get(&bob, &format!("{path}/events?after=3")).await.with(200);
    assert_eq!(each(&events.data()["events"], "type"), ["room_updated", "room_updated"]);
    assert!(events.data()["events"][0]["room"]["membership"].is_null());

    world.say(&ada, &room, "bye").await;
    assert_eq!(world.delete(&ada, &path).await.with(200).data(), &Value::Null);
    for who in [&ada, &bob] {
        world.get(who, &path).await.failed(404, "NOT_FOUND");
    }
    assert_eq!(world.get(&bob, &format!("/users/{}/rooms", bob.id)).await.with(200).data(), &json!([]));
}

#[tokio::test]
async fn rooms_are_listed_newest_first_page_by_page_and_by_name() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let mut rooms = Vec::new();
    for name in ["100% Ädel", "100 ways", "Looms"] {
        rooms.push(world.room(&ada, name, false).await);
    }
    rooms.reverse();
    assert_eq!(each(world.get(&ada, "/rooms").await.with(200).data(), "id"), rooms);
    let first = world.get(&ada, "/rooms?limit=2").await.with(200);
    assert_eq!(each(first.data(), "id"), rooms[..2]);
    let cursor = first.body["nextCursor"].as_str().unwrap();
    let second = world.get(&ada, &format!("/rooms?limit=2&cursor={cursor}")).await.with(200);
    assert_eq!(each(second.data(), "id"), rooms[2..]);
    assert!(second.body["nextCursor"].is_null());
    for (q, found) in [("100%25", 1), ("%C3%84DEL", 1), ("1%5F0", 0), ("", 3)] {
        let answer = world.get(&ada, &format!("/rooms?q={q}")).await.with(200);
        assert_eq!(answer.data().as_array().unwrap().len(), found, "{q}");
    }
    let wrong = world.get(&ada, "/rooms?limit=0&cursor=").await.failed(400, "VALIDATION");
    assert_eq!(wrong.wrong_fields(), ["cursor", "limit"]);
    assert_eq!(
        world.get(&ada, "/rooms?cursor=nonsense").await.failed(400, "VALIDATION").wrong_fields(),
        ["cursor"]
    );
}

#[tokio::test]
async fn nobody_makes_more_rooms_than_the_limit() {
    let world = World::with(Limits { rooms_created: Some(1), ..Limits::off() }).await;
    let ada = world.person("ada").await;
    let room = world.room(&ada, "Engines", false).await;
    world.post(&ada, "/rooms", json!({ "name": "Looms" })).await.failed(409, "CONFLICT");
    world.delete(&ada, &format!("/rooms/{room}")).await.with(200);
    world.room(&ada, "Looms", false).await;
}
