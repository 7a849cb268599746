//! A server whose clock is another one than this machine's.

use crate::{ROOM, signed_in_until};
use axum::{
    Json, Router,
    http::{HeaderMap, StatusCode, header::DATE},
    routing::{get, post},
};
use parlor_client::{
    Client,
    protocol::{Nothing, users::GetMe},
};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{net::TcpListener, time};

/// A server whose clock is so many seconds ahead, and whose tokens last an hour.
struct Elsewhere {
    address: SocketAddr,
    renewals: Arc<AtomicUsize>,
    /// The end of the token that is good, by the server's clock.
    ends: Arc<Mutex<i64>>,
}

#[allow(clippy::disallowed_methods, reason = "the test's own clock")]
fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

fn moment(seconds: i64) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(seconds, 0).unwrap()
}

fn ending(seconds: i64) -> String {
    moment(seconds).format("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

impl Elsewhere {
    async fn start(ahead: i64) -> Self {
        let (renewals, ends) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(now() + ahead + 3600)));
        let dated = move |status: StatusCode, data: Value| {
            let mut headers = HeaderMap::new();
            let date = moment(now() + ahead).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
            headers.insert(DATE, date.parse().unwrap());
            (status, headers, Json(data))
        };
        let me = json!({ "id": ROOM, "username": "ada", "email": "ada@example.com",
            "createdAt": ending(0), "updatedAt": ending(0) });
        let asked = {
            let ends = ends.clone();
            move || async move {
                if *ends.lock().unwrap() <= now() + ahead {
                    let failure = json!({ "success": false, "type": "UNAUTHENTICATED", "message": "Expired",
                        "requestId": "r" });
                    return dated(StatusCode::UNAUTHORIZED, failure);
                }
                dated(StatusCode::OK, json!({ "success": true, "message": "", "data": me }))
            }
        };
        let renewed = {
            let (renewals, ends) = (renewals.clone(), ends.clone());
            move || async move {
                let count = renewals.fetch_add(1, Ordering::SeqCst) + 1;
                *ends.lock().unwrap() = now() + ahead + 3600;
                let tokens = json!({ "token": format!("t{count}"), "refreshToken": format!("r{count}"),
                    "expiresAt": ending(now() + ahead + 3600) });
                dated(StatusCode::OK, json!({ "success": true, "message": "", "data": tokens }))
            }
        };
        let routes =
            Router::new().route("/api/v1/users/me", get(asked)).route("/api/v1/auth/refresh", post(renewed));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { address, renewals, ends }
    }

    /// A client that goes on with the session of an earlier run.
    fn client(&self) -> Client {
        let url = format!("http://{}", self.address);
        let until = ending(*self.ends.lock().unwrap());
        let before = signed_in_until(Client::builder(&url), "t", &until);
        let client = Client::new(&url).unwrap();
        client.resume(before.session().unwrap());
        client
    }
}

/// Lets so much time pass for whoever looks at the time that has passed.
async fn passes(time: Duration) {
    time::pause();
    time::advance(time).await;
    time::resume();
}

#[tokio::test]
async fn an_hour_between_the_clocks_neither_ends_a_session_nor_renews_it_over_and_over() {
    // Around an hour a token seems to have ended, or to be about to.
    for ahead in [-3610, -3600, -3590, -3550, -1800, 0, 3600] {
        let server = Elsewhere::start(ahead).await;
        let client = server.client();
        for _ in 0..30 {
            client.call::<GetMe>(Nothing, Nothing, Nothing).await.unwrap();
            passes(Duration::from_mins(1)).await;
        }
        let renewals = server.renewals.load(Ordering::SeqCst);
        assert!(renewals <= 1, "{ahead}: {renewals} renewals in half an hour");
        // By the server's clock the token ends now.
        *server.ends.lock().unwrap() = 0;
        client.call::<GetMe>(Nothing, Nothing, Nothing).await.unwrap();
        assert_eq!(server.renewals.load(Ordering::SeqCst), renewals + 1, "{ahead}");
    }
}
