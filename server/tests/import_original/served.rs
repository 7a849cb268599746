//! What people find at a server that runs on what was moved.

use crate::original::{OriginalDatabase, Outcome};
use parlor_protocol::ErrorType;
use parlor_tests::{
    Reply, ServerProcess,
    databases::{Database, Kind},
    server::SECRET,
};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, MySqlConnection, PgConnection, SqliteConnection};

const GENERAL: &str = "bbbbbbbb-0000-4000-8000-000000000001";
const BOARD: &str = "bbbbbbbb-0000-4000-8000-000000000002";
const ADA: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const BOB: &str = "aaaaaaaa-0000-4000-8000-000000000002";
const PASSWORD: &str = "letmein1";

pub async fn people_go_on(original: &OriginalDatabase, target: &Database, moved: &Outcome) {
    let settings = [
        ("PARLOR_DATABASE_URL", target.url.as_str()),
        ("PARLOR_JWT_SECRET", SECRET),
        ("PARLOR_LIMIT_LOGIN", "off"),
    ];
    let mut server = ServerProcess::start(&settings).await;
    let refused = original.import(target, &[]).await;
    assert!(!refused.is_success(), "not beside a server: {refused:?}");

    old_passwords_are_taken(&server, target, moved).await;
    let ada = token(&server, "ada@example.com").await;
    the_history_is_whole(&server, &ada, moved).await;
    roles_and_read_marks_are_right(&server, &ada, moved).await;
    the_invite_leads_into_the_board(&server).await;
    talk_goes_on(&server, &ada).await;
    assert!(server.terminate().await.success());
}

async fn log_in(server: &ServerProcess, email: &str, password: &str) -> Reply {
    server.post("/api/v1/auth/login", &json!({ "email": email, "password": password })).await
}

async fn token(server: &ServerProcess, email: &str) -> String {
    log_in(server, email, PASSWORD).await.data(200)["token"].as_str().unwrap().to_owned()
}

async fn call(
    server: &ServerProcess,
    token: &str,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Reply {
    let mut request = server.request(method, &format!("/api/v1{path}")).bearer_auth(token);
    if let Some(body) = body {
        request = request.json(body);
    }
    Reply::to(request).await
}

async fn get(server: &ServerProcess, token: &str, path: &str) -> Value {
    call(server, token, Method::GET, path, None).await.data(200).clone()
}

/// The stored hash, read past the server.
async fn hash(target: &Database, email: &str) -> String {
    const POSTGRES: &str = "SELECT password_hash FROM users WHERE email_key = $1";
    const OTHERS: &str = "SELECT password_hash FROM users WHERE email_key = ?";
    match target.kind {
        Kind::Sqlite => {
            let mut connection = SqliteConnection::connect(&target.url).await.unwrap();
            sqlx::query_scalar(OTHERS).bind(email).fetch_one(&mut connection).await.unwrap()
        }
        Kind::Postgres => {
            let mut connection = PgConnection::connect(&target.url).await.unwrap();
            sqlx::query_scalar(POSTGRES).bind(email).fetch_one(&mut connection).await.unwrap()
        }
        Kind::MySql => {
            let mut connection = MySqlConnection::connect(&target.url).await.unwrap();
            sqlx::query_scalar(OTHERS).bind(email).fetch_one(&mut connection).await.unwrap()
        }
    }
}

async fn old_passwords_are_taken(server: &ServerProcess, target: &Database, moved: &Outcome) {
    assert!(hash(target, "bob@example.com").await.starts_with("$2a$04$"), "as it was");
    log_in(server, "bob@example.com", "letmein2").await.is(ErrorType::Unauthenticated);
    assert!(hash(target, "bob@example.com").await.starts_with("$2a$04$"), "a wrong guess changes nothing");
    for time in 0..2 {
        let bob = log_in(server, "BOB@example.com", PASSWORD).await;
        assert_eq!(
            (&bob.data(200)["user"]["id"], &bob.body["data"]["user"]["username"]),
            (&json!(BOB), &json!("bob"))
        );
        assert!(hash(target, "bob@example.com").await.starts_with("$argon2id$"), "after login {time}");
    }
    log_in(server, "bob@example.com", "letmein2").await.is(ErrorType::Unauthenticated);
    // 72 bytes of it count for the old hash alone.
    let long = |tail: &str| format!("{}{tail}", "x".repeat(72));
    let dan = log_in(server, "dan@example.com", &long("another tail")).await;
    assert_eq!(dan.data(200)["user"]["id"], moved.mapped("account id", "7"));
    log_in(server, "dan@example.com", &long("tail one")).await.is(ErrorType::Unauthenticated);
    // Who had the address first keeps it; the other has the one that is told.
    let clash = "aaaaaaaa-0000-4000-8000-000000000003";
    let other = log_in(server, moved.mapped("e-mail", clash), PASSWORD).await;
    assert_eq!(
        (&other.data(200)["user"]["id"], &other.body["data"]["user"]["username"]),
        (&json!(clash), &json!("ADA2"))
    );
    let ada = log_in(server, "ADA@example.com", PASSWORD).await;
    let user = &ada.data(200)["user"];
    assert_eq!((&user["id"], &user["username"]), (&json!(ADA), &json!("Ada")));
    assert_eq!(
        (&user["createdAt"], &user["updatedAt"]),
        (&json!("2025-01-01T10:00:00.000Z"), &json!("2025-02-02T10:00:00.000Z"))
    );
    for nobody in ["carol@example.com", "gone1@imported.invalid"] {
        log_in(server, nobody, PASSWORD).await.is(ErrorType::Unauthenticated);
    }
}

async fn the_history_is_whole(server: &ServerProcess, ada: &str, moved: &Outcome) {
    let timeline = get(server, ada, &format!("/rooms/{GENERAL}/events?limit=200")).await;
    let events = timeline["events"].as_array().unwrap();
    let told: Vec<(String, &str)> = events
        .iter()
        .map(|event| match &event["message"]["content"] {
            Value::String(content) => {
                (content.chars().take(25).collect(), event["message"]["username"].as_str().unwrap())
            }
            _ => (event["type"].as_str().unwrap().to_owned(), event["username"].as_str().unwrap_or_default()),
        })
        .collect();
    let told: Vec<_> = told.iter().map(|(what, who)| (what.as_str(), *who)).collect();
    let words = "word word word word word ";
    let expected = [
        ("room_created", ""),
        ("member_joined", "Ada"),
        ("of day nought", "Ada"),
        ("first 🎉", "Ada"),
        ("member_joined", "bob"),
        ("second", "bob"),
        ("third", "bob"),
        ("of somebody who is gone", "gone2"),
        (words, "Ada"),
        (words, "Ada"),
        (words, "Ada"),
        ("member_joined", "dan"),
        ("a\u{fffd}b", "dan"),
        ("of a time to come", "bob"),
    ];
    assert_eq!(told, expected);
    let seqs: Vec<_> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=14).collect::<Vec<_>>());
    assert_eq!(events[3]["timestamp"], "2025-01-01T11:00:05.250Z");
    assert_eq!(events[0]["room"]["creator"]["username"], "Ada");
    // By pages of the original's kind, which lean on the counts.
    let mut paged = Vec::new();
    for page in (1..=5).rev() {
        let answer = get(server, ada, &format!("/rooms/{GENERAL}/messages?page={page}&limit=2")).await;
        assert_eq!(answer["pagination"]["totalMessages"], 10, "{answer}");
        paged.extend(answer["messages"].as_array().unwrap().iter().map(|message| message["id"].clone()));
    }
    let ids: Vec<_> = events
        .iter()
        .filter(|event| event["type"] == "message")
        .map(|event| event["message"]["id"].clone())
        .collect();
    assert_eq!(paged, ids);
    assert_eq!(ids[1], moved.mapped("message id", "1"));
    let whole: String =
        events[8..11].iter().map(|event| event["message"]["content"].as_str().unwrap()).collect();
    assert_eq!(whole, "word ".repeat(1800), "a long message has lost nothing");
}

async fn roles_and_read_marks_are_right(server: &ServerProcess, ada: &str, moved: &Outcome) {
    let members = get(server, ada, &format!("/rooms/{GENERAL}/members")).await;
    let listed: Vec<_> = members["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| (member["user"]["username"].as_str().unwrap(), member["role"].as_str().unwrap()))
        .collect();
    assert_eq!(
        (listed, &members["totalMembers"]),
        (vec![("Ada", "owner"), ("bob", "member"), ("dan", "member")], &json!(3))
    );
    let rooms = get(server, ada, "/rooms").await;
    let room = |id: &str| rooms.as_array().unwrap().iter().find(|room| room["id"] == id).unwrap().clone();
    for (id, role, last) in [(GENERAL, "owner", 14), (BOARD, "member", 4)] {
        let room = room(id);
        let own = &room["membership"];
        assert_eq!(
            (&own["role"], &own["unreadCount"], &own["lastReadSeq"]),
            (&json!(role), &json!(0), &json!(last)),
            "{room}"
        );
    }
    let odd = room("bbbbbbbb-0000-4000-8000-000000000003");
    assert_eq!(
        (&odd["name"], &odd["membership"], &odd["creator"]["username"]),
        (&json!("Room x"), &Value::Null, &json!("gone1"))
    );
    assert_eq!(moved.mapped("room name", odd["id"].as_str().unwrap()), "Room x");
    // What somebody had read is not known; nothing is said to have been.
    let messages = get(server, ada, &format!("/rooms/{GENERAL}/messages")).await;
    assert!(messages["messages"].as_array().unwrap().iter().all(|message| message["status"] == "delivered"));
}

async fn the_invite_leads_into_the_board(server: &ServerProcess) {
    let [eve] = server.people(["eve"]).await;
    let by = |code: &str| format!("/rooms/invites/{code}/join");
    let empty = json!({});
    let joined = call(server, &eve.token(), Method::POST, &by("k3y_Of-The-Board42"), Some(&empty)).await;
    assert_eq!(joined.data(200)["id"], BOARD);
    call(server, &eve.token(), Method::POST, &by("nowhere42"), Some(&empty)).await.is(ErrorType::NotFound);
    let bob = token(server, "bob@example.com").await;
    let invites = get(server, &bob, &format!("/rooms/{BOARD}/invites")).await;
    assert_eq!((invites.as_array().unwrap().len(), &invites[0]["uses"]), (1, &json!(1)), "{invites}");
}

async fn talk_goes_on(server: &ServerProcess, ada: &str) {
    let path = format!("/rooms/{GENERAL}/messages");
    let sent = call(server, ada, Method::POST, &path, Some(&json!({ "content": "back again" }))).await;
    assert_eq!(sent.data(201)["seq"], 15);
    let bob = token(server, "bob@example.com").await;
    let room = get(server, &bob, &format!("/rooms/{GENERAL}")).await;
    assert_eq!((&room["membership"]["unreadCount"], &room["lastSeq"]), (&json!(1), &json!(15)), "{room}");
    let read = call(server, &bob, Method::POST, &format!("{path}/read"), None).await;
    assert_eq!(read.data(200)["lastReadSeq"], 15);
    let page = get(server, ada, &format!("{path}?limit=1")).await;
    assert_eq!(
        (&page["messages"][0]["status"], &page["pagination"]["totalMessages"]),
        (&json!("read"), &json!(11))
    );
}
