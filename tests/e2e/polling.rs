//! Clients that poll.

use parlor_protocol::ErrorType;
use parlor_tests::{Person, Reply, TestServer, soon};
use reqwest::Method;
use serde_json::{Value, json};

/// A polling session. It hears something only when it asks.
pub(crate) struct Poller {
    person: Person,
    path: String,
}

impl Poller {
    /// A session of this person's that has joined.
    pub(crate) async fn connect(person: &Person) -> Self {
        let path = "/socket.io/?EIO=4&transport=polling";
        let open = person.server.get(path).await;
        let open: Value = serde_json::from_str(open.text.strip_prefix('0').unwrap()).unwrap();
        let poller =
            Self { person: person.clone(), path: format!("{path}&sid={}", open["sid"].as_str().unwrap()) };
        poller.send(&format!("40{}", json!({ "token": person.token() }))).await;
        poller.hears("40").await;
        poller
    }

    async fn posts(&self, packets: String) -> Reply {
        Reply::to(self.person.server.request(Method::POST, &self.path).body(packets)).await
    }

    async fn send(&self, packet: &str) {
        assert_eq!(self.posts(packet.to_owned()).await.text, "ok");
    }

    /// Polls until a packet comes that begins so; heartbeats are answered on the way.
    async fn hears(&self, beginning: &str) {
        let waiting = async {
            loop {
                let polled = self.person.server.get(&self.path).await;
                assert_eq!(polled.status, 200, "{polled:?}");
                for packet in polled.text.split('\u{1e}') {
                    if packet == "2" {
                        self.send("3").await;
                    } else if packet.starts_with(beginning) {
                        return;
                    }
                }
            }
        };
        soon(beginning, waiting).await;
    }
}

#[tokio::test]
async fn a_client_that_is_between_two_polls_at_a_stop_is_told_when_to_come_back() {
    let mut server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let poller = Poller::connect(&ada).await;
    let going_down = async {
        // A new connection each time: they are refused first.
        while reqwest::get(format!("{}/health/live", ada.server.url())).await.is_ok() {}
    };
    let heard = async {
        soon("the server to go down", going_down).await;
        poller.hears("42[\"server_restart\"").await;
    };
    tokio::join!(server.stop(), heard);
}

#[tokio::test]
async fn more_than_1024_packets_in_a_payload_end_the_session() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let poller = Poller::connect(&ada).await;
    let pongs = |count: usize| vec!["3"; count].join("\u{1e}");
    assert_eq!(poller.posts(pongs(1024)).await.text, "ok");
    poller.send("421[\"no_such_event\",{}]").await;
    poller.hears("431[").await;
    let refused = poller.posts(pongs(1025)).await;
    refused.is(ErrorType::Validation);
    assert!(refused.body["message"].as_str().unwrap().contains("1024 packets"), "{refused:?}");
    assert_eq!(server.get(&poller.path).await.status, 400, "the session is over");
}
