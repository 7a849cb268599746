//! A room's history, by position and by page.

use parlor_protocol::{ErrorType, rooms::Room};
use parlor_tests::{Person, Reply, TestServer};
use serde_json::{Value, json};

async fn part(person: &Person, room: &Room, query: &str) -> Reply {
    person.get(&format!("/api/v1/rooms/{}/messages{query}", room.id)).await
}

fn contents(reply: &Reply) -> Vec<&str> {
    let messages = reply.data(200)["messages"].as_array().unwrap();
    messages.iter().map(|message| message["content"].as_str().unwrap()).collect()
}

/// A room with the messages "1" to "7" at the seqs 3 to 9.
async fn a_week(server: &TestServer) -> (Person, Room) {
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("diary").await;
    for day in 1..=7 {
        ada.posts(&room, &day.to_string()).await;
    }
    (ada, room)
}

#[tokio::test]
async fn pages_count_from_the_newest_and_are_oldest_first_within() {
    let server = TestServer::start().await;
    let (ada, room) = a_week(&server).await;
    let newest = part(&ada, &room, "?limit=3").await;
    assert_eq!(contents(&newest), ["5", "6", "7"]);
    let first = part(&ada, &room, "?page=1&limit=3").await;
    assert_eq!(first.data(200), newest.data(200), "no cursor is page 1");
    let pagination = json!({ "currentPage": 1, "totalPages": 3, "totalMessages": 7, "hasNextPage": true, "hasPrevPage": false,
        "nextBefore": 7, "nextAfter": null });
    assert_eq!(first.data(200)["pagination"], pagination);
    let last = part(&ada, &room, "?page=3&limit=3").await;
    assert_eq!(contents(&last), ["1"]);
    let pagination = &last.data(200)["pagination"];
    assert_eq!((&pagination["hasNextPage"], &pagination["hasPrevPage"]), (&json!(false), &json!(true)));
    assert_eq!(pagination["nextBefore"], Value::Null);
    let beyond = part(&ada, &room, "?page=4&limit=3").await;
    assert_eq!(contents(&beyond), Vec::<&str>::new());
    assert_eq!(beyond.data(200)["pagination"]["totalPages"], 3);
}

#[tokio::test]
async fn positions_lead_through_all_messages_in_both_directions() {
    let server = TestServer::start().await;
    let (ada, room) = a_week(&server).await;
    let (mut seen, mut before) = (Vec::new(), json!(1000));
    while let Some(seq) = before.as_i64() {
        let reply = part(&ada, &room, &format!("?before={seq}&limit=2")).await;
        seen.splice(0..0, contents(&reply).into_iter().map(str::to_owned));
        assert_eq!(reply.data(200)["pagination"]["currentPage"], Value::Null);
        before = reply.data(200)["pagination"]["nextBefore"].clone();
    }
    assert_eq!(seen, ["1", "2", "3", "4", "5", "6", "7"]);
    let (mut seen, mut after) = (Vec::new(), json!(0));
    while let Some(seq) = after.as_i64() {
        let reply = part(&ada, &room, &format!("?after={seq}&limit=3")).await;
        seen.extend(contents(&reply).into_iter().map(str::to_owned));
        after = reply.data(200)["pagination"]["nextAfter"].clone();
    }
    assert_eq!(seen, ["1", "2", "3", "4", "5", "6", "7"]);
}

#[tokio::test]
async fn h14_a_bad_page_or_limit_is_refused_and_a_large_limit_clamped() {
    let server = TestServer::start().await;
    let (ada, room) = a_week(&server).await;
    for (query, field) in [
        ("?limit=abc", "limit"),
        ("?limit=0", "limit"),
        ("?limit=-1", "limit"),
        ("?limit=", "limit"),
        ("?page=0", "page"),
        ("?page=-1", "page"),
        ("?page=1.5", "page"),
        ("?before=x", "before"),
        ("?after=-1", "after"),
    ] {
        let reply = part(&ada, &room, query).await;
        assert_eq!(reply.is(ErrorType::Validation).bad_fields(), [field], "{query}");
    }
    let both = part(&ada, &room, "?limit=no&page=0").await;
    assert_eq!(both.is(ErrorType::Validation).bad_fields(), ["limit", "page"]);
    let both = part(&ada, &room, "?before=5&after=3").await;
    assert_eq!(both.is(ErrorType::Validation).bad_fields(), ["after", "before"]);
    part(&ada, &room, "?before=5&page=1").await.is(ErrorType::Validation);
    assert_eq!(contents(&part(&ada, &room, "?limit=100000000").await).len(), 7);
    assert_eq!(contents(&part(&ada, &room, "?page=9007199254740992&limit=200").await).len(), 0);
    let text = part(&ada, &room, "?limit=abc").await.text;
    assert!(!text.to_lowercase().contains("select"), "{text}");
}

#[tokio::test]
async fn an_empty_room_has_one_empty_page() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let pagination = json!({ "currentPage": 1, "totalPages": 1, "totalMessages": 0, "hasNextPage": false, "hasPrevPage": false,
        "nextBefore": null, "nextAfter": null });
    assert_eq!(part(&ada, &room, "").await.data(200), &json!({ "messages": [], "pagination": pagination }));
}

#[tokio::test]
async fn h14_positions_do_not_shift_while_messages_arrive() {
    let server = TestServer::start().await;
    let (ada, room) = a_week(&server).await;
    let first = part(&ada, &room, "?limit=3").await;
    let before = first.data(200)["pagination"]["nextBefore"].clone();
    ada.posts(&room, "8").await;
    ada.posts(&room, "9").await;
    assert_eq!(contents(&part(&ada, &room, &format!("?before={before}&limit=3")).await), ["2", "3", "4"]);
}

#[tokio::test]
async fn an_empty_part_says_where_to_go_on() {
    let server = TestServer::start().await;
    let (ada, room) = a_week(&server).await;
    for (asked, key, next) in
        [("after=9", "nextBefore", 10), ("after=5000", "nextBefore", 10), ("before=3", "nextAfter", 2)]
    {
        let empty = part(&ada, &room, &format!("?{asked}")).await;
        assert_eq!(contents(&empty), Vec::<&str>::new());
        let pagination = &empty.data(200)["pagination"];
        assert_eq!(pagination[key], next, "{asked}: {pagination}");
        let way = key.trim_start_matches("next").to_lowercase();
        assert_eq!(contents(&part(&ada, &room, &format!("?{way}={next}")).await).len(), 7, "{asked}");
    }
    let start = part(&ada, &room, "?before=0").await;
    assert_eq!(start.data(200)["pagination"]["nextAfter"], 0);
}
