//! Messages and read cursors over REST.

use crate::world::{World, each};
use parlor_server::config::{Limits, Rate};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_retry_with_the_same_client_id_is_the_same_message_and_costs_nothing() {
    let rate = Rate { count: 1, per: Duration::from_mins(1) };
    let world = World::with(Limits { message: Some(rate), ..Limits::off() }).await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let room = world.room(&ada, "Engines", false).await;
    world.join(&bob, &room).await.with(200);
    let path = format!("/rooms/{room}/messages");
    let hello = json!({ "content": "hello", "clientMessageId": "a-1" });
    let sent = world.post(&bob, &path, hello.clone()).await.with(201);
    assert_eq!(sent.data()["seq"], 4);
    assert_eq!(world.post(&bob, &path, hello.clone()).await.with(200).data(), sent.data());
    let other = json!({ "content": "other", "clientMessageId": "a-1" });
    world.post(&bob, &path, other).await.failed(409, "CONFLICT");
    let more = json!({ "content": "more" });
    let limited = world.post(&bob, &path, more.clone()).await.failed(429, "RATE_LIMIT");
    assert!(limited.body["retryAfterMs"].as_u64().is_some_and(|millis| millis <= 60_000));
    world.post(&ada, &path, more).await.with(201);
    world.post(&bob, &format!("/rooms/{room}/leave"), Value::Null).await.with(200);
    assert_eq!(
        world.post(&bob, &path, hello).await.with(200).data()["id"],
        sent.data()["id"],
        "even after leaving"
    );
}

#[tokio::test]
async fn history_is_read_by_position_and_by_page() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let room = world.room(&ada, "Engines", false).await;
    for i in 1..=5 {
        world.say(&ada, &room, &format!("{i}")).await;
    }
    let read = async |query: &str| {
        let answer = world.get(&ada, &format!("/rooms/{room}/messages{query}")).await.with(200);
        (each(&answer.data()["messages"], "content"), answer.data()["pagination"].clone())
    };
    let (all, pagination) = read("").await;
    assert_eq!(all, ["1", "2", "3", "4", "5"]);
    assert_eq!((&pagination["currentPage"], &pagination["totalPages"]), (&json!(1), &json!(1)));
    let (newest, pagination) = read("?page=1&limit=2").await;
    assert_eq!(newest, ["4", "5"]);
    assert_eq!((&pagination["totalPages"], &pagination["hasNextPage"]), (&json!(3), &json!(true)));
    let (older, pagination) = read(&format!("?before={}&limit=2", pagination["nextBefore"])).await;
    assert_eq!(older, ["2", "3"]);
    assert!(pagination["currentPage"].is_null());
    assert_eq!(read("?page=3&limit=2").await.0, ["1"]);
    assert_eq!(read("?after=3&limit=2").await.0, ["2", "3"]);
    let wrong =
        world.get(&ada, &format!("/rooms/{room}/messages?limit=abc&page=0")).await.failed(400, "VALIDATION");
    assert_eq!(wrong.wrong_fields(), ["page", "limit"]);
}

#[tokio::test]
async fn reading_moves_the_cursor_forward_only_and_makes_messages_read() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let room = world.room(&ada, "Engines", false).await;
    let before = world.say(&ada, &room, "before bob came").await;
    world.join(&bob, &room).await.with(200);
    let first = world.say(&ada, &room, "first").await;
    world.say(&ada, &room, "second").await;
    let membership =
        async || world.get(&bob, &format!("/rooms/{room}")).await.with(200).data()["membership"].clone();
    assert_eq!(membership().await["unreadCount"], 2);
    let statuses = async || {
        let history = world.get(&ada, &format!("/rooms/{room}/messages")).await.with(200);
        each(&history.data()["messages"], "status")
    };
    assert_eq!(statuses().await, ["delivered", "delivered", "delivered"]);

    let mark = format!("/rooms/{room}/messages/read");
    world.post(&ada, &mark, Value::Null).await.with(200);
    assert_eq!(
        statuses().await,
        ["delivered", "delivered", "delivered"],
        "one's own reading counts for nothing"
    );
    let read = world.post(&bob, &mark, json!({ "messageId": first["id"] })).await.with(200);
    assert_eq!(read.data()["lastReadSeq"], first["seq"]);
    assert_eq!(statuses().await, ["read", "read", "delivered"]);
    assert_eq!(membership().await["unreadCount"], 1);
    let back = world.post(&bob, &mark, json!({ "messageId": before["id"] })).await.with(200);
    assert_eq!(back.data(), read.data());
    let beyond =
        world.post(&bob, &format!("/{room}/messages/read"), json!({ "seq": 1_000_000 })).await.with(200);
    assert_eq!(beyond.data()["lastReadSeq"], 6, "no further than the end");
    assert_eq!(statuses().await, ["read", "read", "read"]);

    let elsewhere = world.room(&ada, "Looms", false).await;
    let there = world.say(&ada, &elsewhere, "there").await;
    world.post(&bob, &mark, json!({ "messageId": there["id"] })).await.failed(404, "NOT_FOUND");
    let both = json!({ "messageId": first["id"], "seq": 4 });
    world.post(&bob, &mark, both).await.failed(400, "VALIDATION");
}
