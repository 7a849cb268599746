//! Pages that do not belong together.

use crate::{ROOM, signed_in};
use axum::{Json, Router, routing::get};
use futures_util::TryStreamExt as _;
use parlor_client::{Client, Error};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use tokio::net::TcpListener;

const OTHER_HISTORY: &str = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e91";

fn page(seq: i64, epoch: &str) -> Value {
    let joined = json!({ "seq": seq, "roomId": ROOM, "timestamp": "2025-08-21T10:16:10.123Z",
        "type": "member_joined", "userId": ROOM, "username": "ada" });
    let page = json!({ "events": [joined], "lastSeq": 3, "epoch": epoch, "hasMore": seq < 3 });
    json!({ "success": true, "message": "", "data": page })
}

#[tokio::test]
async fn entries_of_two_histories_are_not_told_as_of_one() {
    for (third, whole) in [(ROOM, true), (OTHER_HISTORY, false)] {
        let asked = Arc::new(AtomicI64::new(0));
        let answer = move || async move {
            let seq = asked.fetch_add(1, Ordering::SeqCst) + 1;
            // Between two pages a backup was put back.
            Json(page(seq, if seq < 3 { ROOM } else { third }))
        };
        let routes = Router::new().route("/api/v1/rooms/{room}/events", get(answer));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client =
            signed_in(Client::builder(&format!("http://{}", listener.local_addr().unwrap())), "good");
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let mut entries = std::pin::pin!(client.entries(ROOM.parse().unwrap(), 0));
        for seq in 1..3 {
            assert_eq!(entries.try_next().await.unwrap().unwrap().seq, seq);
        }
        let last = entries.try_next().await;
        if whole {
            assert_eq!(last.unwrap().unwrap().seq, 3);
        } else {
            assert!(matches!(last, Err(Error::Unintelligible { .. })), "{last:?}");
        }
    }
}
