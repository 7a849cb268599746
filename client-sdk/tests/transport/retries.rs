//! Which calls are tried again by themselves, and how often.

use crate::{ROOM, SOON, message, signed_in};
use axum::{Router, http::StatusCode};
use parlor_client::{
    Client, Error,
    protocol::{
        ErrorType, Nothing,
        messages::{NewMessage, SendMessage},
        rooms::{DeleteRoom, RoomPath},
        users::{GetMe, User},
    },
};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpListener, time::timeout};

type Answer = (u16, Value);
/// The body of each request.
type Asked = Arc<Mutex<Vec<String>>>;

/// Answers one request after the other with these, and all others with the last of them.
async fn answering(answers: Vec<Answer>) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Asked::default();
    let hearing = asked.clone();
    let answer = async move |body: String| {
        let mut heard = hearing.lock().unwrap();
        let (status, answer) = answers.get(heard.len()).or(answers.last()).unwrap().clone();
        heard.push(body);
        (StatusCode::from_u16(status).unwrap(), answer.to_string())
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    (url, asked)
}

/// What a gateway says without its server.
fn gateway() -> Answer {
    (502, json!("<html>Oh no</html>"))
}

/// What the server says when it is busy, or asked too often.
fn later(kind: ErrorType, retry_after_ms: u64) -> Answer {
    let body = json!({ "success": false, "type": kind, "message": "Later", "requestId": "r",
        "retryAfterMs": retry_after_ms });
    (kind.status(), body)
}

fn ok(data: &Value) -> Answer {
    (200, json!({ "success": true, "message": "Here", "data": data }))
}

fn me() -> Answer {
    let at = "2025-08-21T10:16:10.123Z";
    ok(
        &json!({ "id": ROOM, "username": "ada", "email": "ada@example.com", "createdAt": at, "updatedAt": at }),
    )
}

fn usual(url: &str) -> Client {
    signed_in(Client::builder(url), "good")
}

async fn who_am_i(client: &Client) -> Result<User, Error> {
    timeout(SOON, client.call::<GetMe>(Nothing, Nothing, Nothing)).await.unwrap()
}

fn count(asked: &Asked) -> usize {
    asked.lock().unwrap().len()
}

#[tokio::test]
async fn what_may_be_asked_twice_is_asked_until_the_server_is_back_and_three_times_at_most() {
    for failure in
        [gateway(), later(ErrorType::Unavailable, 1), later(ErrorType::RateLimit, 1), (503, Value::Null)]
    {
        let (url, asked) = answering(vec![failure.clone(), failure.clone(), me()]).await;
        assert_eq!(who_am_i(&usual(&url)).await.unwrap().username.as_str(), "ada", "{failure:?}");
        assert_eq!(count(&asked), 3, "{failure:?}");
        let (url, asked) = answering(vec![failure.clone()]).await;
        assert!(who_am_i(&usual(&url)).await.unwrap_err().is_retryable());
        assert_eq!(count(&asked), 3, "{failure:?}");
    }
}

#[tokio::test]
async fn what_does_not_pass_or_lasts_long_is_told_at_once() {
    for failure in [
        later(ErrorType::ServerError, 1),
        later(ErrorType::NotFound, 1),
        later(ErrorType::Unavailable, 5000),
        later(ErrorType::RateLimit, 5000),
    ] {
        let (url, asked) = answering(vec![failure.clone(), me()]).await;
        assert_eq!(who_am_i(&usual(&url)).await.unwrap_err().status(), Some(failure.0));
        assert_eq!(count(&asked), 1, "{failure:?}");
    }
}

#[tokio::test]
async fn how_often_is_said_by_whoever_builds_the_client_or_calls_with_it() {
    let (url, asked) = answering(vec![gateway()]).await;
    let built = |retries| signed_in(Client::builder(&url).retries(retries), "good");
    let another = built(1).another();
    another.resume(built(1).session().unwrap());
    let ways = [(built(0), 1), (built(4), 5), (usual(&url).with_retries(0), 1), (another, 2)];
    for (client, times) in ways {
        let before = count(&asked);
        assert!(matches!(who_am_i(&client).await, Err(Error::Unreachable(_))));
        assert_eq!(count(&asked) - before, times);
    }
}

#[tokio::test]
async fn no_number_of_tries_takes_longer_than_an_answer_may() {
    let (url, asked) = answering(vec![gateway()]).await;
    let builder = Client::builder(&url).retries(u32::MAX).answer_within(Duration::from_millis(500));
    let client = signed_in(builder, "good");
    assert!(who_am_i(&client).await.unwrap_err().is_retryable());
    assert!(count(&asked) >= 1);
}

#[tokio::test]
async fn signing_in_is_tried_once() {
    for failure in [gateway(), later(ErrorType::RateLimit, 1), later(ErrorType::Unavailable, 1)] {
        let (url, asked) = answering(vec![failure]).await;
        let client = usual(&url);
        let signing_in = client.sign_in("ada@example.com".parse().unwrap(), "four words".parse().unwrap());
        assert!(signing_in.await.unwrap_err().is_retryable());
        assert_eq!(count(&asked), 1);
        assert!(client.refresh().await.unwrap_err().is_retryable());
        assert_eq!(count(&asked), 2, "a refresh token is good for once");
    }
}

#[tokio::test]
async fn a_message_is_sent_again_if_it_has_an_id() {
    for (id, times) in [(Some("a"), 2), (None, 1)] {
        let (url, asked) = answering(vec![gateway(), ok(&message("hello"))]).await;
        let path = RoomPath { room_id: ROOM.parse().unwrap() };
        let client_message_id = id.map(|id| id.parse().unwrap());
        let new = NewMessage { content: "hello".parse().unwrap(), client_message_id };
        let sent = usual(&url).call::<SendMessage>(path, Nothing, new).await;
        assert_eq!(sent.is_ok(), id.is_some(), "{sent:?}");
        let asked = asked.lock().unwrap().clone();
        assert_eq!(asked.len(), times);
        assert!(asked.iter().all(|body| *body == asked[0]), "{asked:?}");
    }
}

#[tokio::test]
async fn a_removal_that_may_have_taken_effect_is_not_told_that_there_was_nothing() {
    let path = || RoomPath { room_id: ROOM.parse().unwrap() };
    let gone = later(ErrorType::NotFound, 1);
    let (url, asked) = answering(vec![gateway(), gone.clone()]).await;
    let error = usual(&url).call::<DeleteRoom>(path(), Nothing, Nothing).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
    assert_eq!(count(&asked), 2);
    let (url, _) = answering(vec![gone]).await;
    let error = usual(&url).call::<DeleteRoom>(path(), Nothing, Nothing).await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorType::NotFound));
    let (url, asked) = answering(vec![gateway(), ok(&Value::Null)]).await;
    usual(&url).call::<DeleteRoom>(path(), Nothing, Nothing).await.unwrap();
    assert_eq!(count(&asked), 2);
}
