//! Going down in order.

use crate::polling::Poller;
use parlor_tests::{ServerProcess, soon};
use serde_json::json;
use std::collections::VecDeque;
use tokio::{net::TcpStream, sync::oneshot};

#[tokio::test]
async fn f15_a_stop_answers_what_was_taken_then_refuses_then_says_so_then_closes() {
    let mut server =
        ServerProcess::start(&[("PARLOR_LIMIT_MESSAGE", "off"), ("PARLOR_LIMIT_EVENTS", "off")]).await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    // For one who polls the farewell is long enough to be seen on a machine that is busy.
    let _poller = Poller::connect(&ada).await;
    let mut socket = ada.raw_socket().await;
    let (warm, is_warm) = oneshot::channel();
    let address = server.socket;
    let sending = tokio::spawn(async move {
        let (mut answers, mut restart, mut warm) = (Vec::new(), None, Some(warm));
        let mut asked = VecDeque::new();
        let (mut sent, mut refused) = (0, false);
        loop {
            // After a refusal it only reads: who writes to a connection that has ended loses what they have not yet read.
            while !refused && asked.len() < 4 {
                let message = json!({ "roomId": room.id, "content": sent.to_string() });
                asked.push_back(socket.emit_with_ack("send_message", &message).await);
                sent += 1;
            }
            // Of what was never asked comes no answer, but the end.
            let answer = socket.try_answer(asked.pop_front().unwrap_or(u64::MAX)).await;
            let word = socket.heard.drain(..).find(|(name, _)| name == "server_restart");
            if let Some((_, word)) = word {
                // The loop that accepts ends at the same moment.
                soon("the door to close", async { while TcpStream::connect(address).await.is_ok() {} }).await;
                restart = Some((answers.len(), word));
            }
            let Some(answer) = answer else { return (answers, restart) };
            refused = answer["ok"] == false;
            answers.push(answer);
            if let Some(warm) = warm.take_if(|_| answers.len() == 50) {
                warm.send(()).unwrap();
            }
        }
    });
    soon("some messages", is_warm).await.unwrap();
    let status = server.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", server.log());
    let (answers, restart) = soon("the socket to end", sending).await.unwrap();
    let taken = answers.iter().take_while(|answer| answer["ok"] == true).count();
    assert!(taken >= 50 && answers.len() > taken, "{taken} of {} were taken", answers.len());
    for refused in &answers[taken..] {
        assert_eq!(refused["error"]["type"], "UNAVAILABLE", "{refused}");
        assert!(refused["error"]["retryAfterMs"].as_u64().is_some_and(|millis| millis > 0), "{refused}");
    }
    let (after, word) = restart.expect("the word of the restart");
    assert!(after >= taken, "the word came before the acknowledgement of what was taken");
    assert!(word["reconnectAfterMs"].as_u64().is_some_and(|millis| millis <= 5000), "{word}");
    let stored: Vec<_> = server.stored_messages().await.into_iter().map(|one| one.content).collect();
    assert_eq!(stored, (0..taken).map(|n| n.to_string()).collect::<Vec<_>>());
}
