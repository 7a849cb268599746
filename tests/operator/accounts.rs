//! What an operator does to accounts and rooms is noticed by a running server within two seconds, on every kind of database.

use crate::desk::{operates, operates_with, program, serves, serves_with};
use parlor_client::ServerMessage;
use parlor_tests::{
    Person, ServerProcess,
    databases::{Database, Kind},
    people::PASSWORD,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Two seconds are promised, from when the operator's command has ended; one more is the machine's, which may be slow.
const NOTICED: Duration = Duration::from_secs(3);

async fn login(server: &ServerProcess, email: &str, password: &str) -> (u16, Value) {
    let reply = server.post("/api/v1/auth/login", &json!({ "email": email, "password": password })).await;
    let mut body = reply.body;
    if let Some(body) = body.as_object_mut() {
        body.remove("requestId");
    }
    (reply.status, body)
}

async fn refresh(server: &ServerProcess, person: &Person) -> u16 {
    let token = person.client.session().unwrap().refresh_token;
    server.post("/api/v1/auth/refresh", &json!({ "refreshToken": token })).await.status
}

async fn is_kept_out(kind: Kind) {
    let database = Database::make(kind).await;
    let server = serves(&database).await;
    let [ada, bob] = server.people(["Ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let mut bob_seat = bob.subscribes(&room).await;
    let ada_seat = ada.subscribes(&room).await;

    operates(&database.url, &["user", "disable", "bob"]).await.well();
    let began = Instant::now();
    bob_seat.hears_the_end().await;
    assert!(began.elapsed() < NOTICED, "{:?}", began.elapsed());
    let wrong = login(&server, "bob@example.com", "not the password").await;
    assert_eq!(login(&server, "bob@example.com", PASSWORD).await, wrong);
    assert_eq!((wrong.0, refresh(&server, &bob).await), (401, 401));
    assert_eq!(bob.get("/api/v1/rooms").await.status, 401);
    ada_seat.says(&room, "others go on").await;
    let listed = operates(&database.url, &["user", "list"]).await.well();
    assert_eq!(listed.lines().filter(|line| line.ends_with("disabled")).count(), 1, "{listed}");

    operates(&database.url, &["user", "enable", &bob.id().to_string()]).await.well();
    assert_eq!(refresh(&server, &bob).await, 401, "sessions that were ended stay so");
    assert_eq!(login(&server, "bob@example.com", PASSWORD).await.0, 200);

    // As somebody is let in by a node that knows nothing of it yet.
    let bob = bob.on_another_device().await;
    let mut bob_seat = bob.sits_down().await;
    let time = if kind == Kind::Sqlite { "2026-01-02T03:04:05+00:00" } else { "2026-01-02 03:04:05" };
    database.execute(&format!("UPDATE users SET disabled_at = '{time}' WHERE username = 'bob'")).await;
    bob_seat.hears_the_end().await;
    assert_eq!((bob.get("/api/v1/rooms").await.status, refresh(&server, &bob).await), (401, 401));

    let mut ada_seat = ada_seat;
    let made = operates(&database.url, &["user", "reset-password", "ADA@example.com"]).await.well();
    let began = Instant::now();
    let made = made.trim_end();
    ada_seat.hears_the_end().await;
    assert!(began.elapsed() < NOTICED, "{:?}", began.elapsed());
    assert_eq!(refresh(&server, &ada).await, 401);
    assert_eq!(login(&server, "ada@example.com", PASSWORD).await.0, 401);
    assert_eq!(login(&server, "ada@example.com", made).await.0, 200);
    let reset = ["user", "reset-password", "ada", "--stdin"];
    let given = operates_with(&database.url, &reset, "a word for the wise\nmore").await.well();
    assert_eq!(given, "", "what was given is not printed");
    assert_eq!(login(&server, "ada@example.com", "a word for the wise").await.0, 200);
    for weak in ["", "short", "password123"] {
        let message = operates_with(&database.url, &reset, weak).await.refused();
        assert!(message.starts_with("password "), "{message}");
    }
    assert_eq!(login(&server, "ada@example.com", "a word for the wise").await.0, 200);
    // A password that nobody has read is no success.
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let lost = program(&database.url, &["user", "reset-password", "ada"]).stdout(full).spawn().unwrap();
    let lost = lost.wait_with_output().await.unwrap();
    let told = String::from_utf8(lost.stderr).unwrap();
    assert!(lost.status.code() == Some(1) && told.contains("run this again"), "{told}");
    let message = operates(&database.url, &["user", "disable", "nobody"]).await.refused();
    assert!(message.contains("There is no account \"nobody\""), "{message}");
}

#[tokio::test]
async fn whom_an_operator_keeps_out_of_sqlite_is_cut_and_cannot_come_back() {
    is_kept_out(Kind::Sqlite).await;
}

#[tokio::test]
async fn whom_an_operator_keeps_out_of_postgres_is_cut_and_cannot_come_back() {
    is_kept_out(Kind::Postgres).await;
}

#[tokio::test]
async fn whom_an_operator_keeps_out_of_mariadb_is_cut_and_cannot_come_back() {
    is_kept_out(Kind::MySql).await;
}

#[tokio::test]
async fn whom_an_operator_keeps_out_is_cut_at_every_node() {
    let database = Database::make(Kind::Postgres).await;
    let joined = [("PARLOR_BUS", "postgres")];
    let (here, there) = (serves_with(&database, &joined).await, serves_with(&database, &joined).await);
    let [ada, bob] = here.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let bob_there = bob.on_another_device().await.by(&there);
    let mut seats = [bob.subscribes(&room).await, bob_there.subscribes(&room).await];
    let ada_there = ada.by(&there).subscribes(&room).await;

    operates(&database.url, &["user", "disable", "bob"]).await.well();
    let began = Instant::now();
    for seat in &mut seats {
        seat.hears_the_end().await;
    }
    assert!(began.elapsed() < NOTICED, "{:?}", began.elapsed());
    for node in [&here, &there] {
        assert_eq!(login(node, "bob@example.com", PASSWORD).await.0, 401);
    }
    ada_there.says(&room, "others go on").await;
}

async fn is_deleted(kind: Kind) {
    let database = Database::make(kind).await;
    let server = serves(&database).await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let kitchen = ada.creates_private_room("kitchen").await;
    bob.accepts(&ada.invites_to(&kitchen).await).await;
    let (other, twin) = (bob.creates_room("attic").await, ada.creates_room("twin").await);
    bob.creates_room("twin").await;
    // No such name can be given, but one may have come from elsewhere.
    database.execute("UPDATE rooms SET name = 'attic \u{1b}[2J' WHERE name = 'attic'").await;
    ada.posts(&kitchen, "hello").await;
    let mut seats = [ada.subscribes(&kitchen).await, bob.subscribes(&kitchen).await];

    let listed = operates(&database.url, &["room", "list"]).await.well();
    assert_eq!(listed.lines().count(), 4, "{listed}");
    assert!(listed.contains("private  \"kitchen\"  by ada, 2 members, 1 messages"), "{listed}");
    assert!(!listed.contains('\u{1b}'), "a name commands no terminal");
    let lines = operates(&database.url, &["room", "list", "--json"]).await.well();
    let rooms: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(rooms.iter().any(|room| room["id"] == json!(other.id) && room["name"] == "attic \u{1b}[2J"));

    operates(&database.url, &["room", "delete", "kitchen"]).await.well();
    let began = Instant::now();
    for seat in &mut seats {
        seat.hears(|message| match message {
            ServerMessage::RoomDeleted(gone) => (gone.room_id == kitchen.id).then_some(()),
            _ => None,
        })
        .await;
    }
    assert!(began.elapsed() < NOTICED, "{:?}", began.elapsed());
    assert_eq!(ada.get(&format!("/api/v1/rooms/{}", kitchen.id)).await.status, 404);
    assert!(seats[0].tries_to_say(&kitchen, "too late").await.is_err());
    let delete = async |room: String| operates(&database.url, &["room", "delete", &room]).await;
    let message = delete("kitchen".to_owned()).await.refused();
    assert!(message.contains("There is no room \"kitchen\""), "{message}");
    let several = delete("twin".to_owned()).await;
    assert!(several.status == Some(1) && several.err.contains(&twin.id.to_string()), "{several:?}");
    delete(twin.id.to_string()).await.well();
    delete("twin".to_owned()).await.well();
    assert!(delete(twin.id.to_string()).await.refused().contains("There is no room"));
    assert_eq!(bob.sees(&other).await.member_count, 1);
    let trap = bob.creates_room(&other.id.to_string()).await;
    let message = delete(other.id.to_string()).await;
    assert!(message.status == Some(1) && message.err.contains(&trap.id.to_string()), "{message:?}");
    assert_eq!(bob.sees(&other).await.member_count, 1);
}

#[tokio::test]
async fn a_room_that_an_operator_deletes_from_sqlite_is_gone_for_its_members() {
    is_deleted(Kind::Sqlite).await;
}

#[tokio::test]
async fn a_room_that_an_operator_deletes_from_postgres_is_gone_for_its_members() {
    is_deleted(Kind::Postgres).await;
}

#[tokio::test]
async fn a_room_that_an_operator_deletes_from_mariadb_is_gone_for_its_members() {
    is_deleted(Kind::MySql).await;
}
