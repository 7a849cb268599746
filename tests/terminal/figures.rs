//! What the chat costs: nothing while nothing happens, and a blink of the eye to open a room with a long history.

use crate::stage::Stage;
use futures_util::{StreamExt as _, stream};
use parlor_tests::{
    scale::{scale, shown},
    soon,
};
use std::{
    fs,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// How long a process has had the processor, in all its threads.
fn used_by(process: &str) -> Duration {
    let threads = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let nanoseconds = threads.map(|thread| {
        let stat = fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
        stat.split(' ').next().unwrap().parse::<u64>().unwrap()
    });
    Duration::from_nanos(nanoseconds.sum())
}

#[tokio::test]
async fn a_chat_in_which_nothing_happens_uses_no_processor() {
    // A debug build takes its time to answer a heartbeat: there the next one comes after the time that is measured. In the campaign a
    // minute of a release build is measured, with all its heartbeats; a thousandth of the time is what no tool would show.
    let (heartbeat, time, allowed_ms) = scale(("60s", 10, 10), ("10s", 60, 60));
    let time = Duration::from_secs(time);
    let stage = Stage::open_with(&[("PARLOR_DEADLINE_PING", heartbeat)]).await;
    let [ada] = stage.people(["ada"]).await;
    ada.creates_room("kitchen").await;
    let terminal = stage.chats("ada", (80, 24), &ada).await;
    terminal.shows("This is the beginning of #kitchen").await;
    let process = terminal.program().await;
    // It has come up when it has used nothing to speak of for a second; one that never rests gets no further than this.
    let settled = async {
        let mut before = used_by(&process);
        loop {
            sleep(Duration::from_secs(1)).await;
            let now = used_by(&process);
            if now.abs_diff(before) < Duration::from_millis(1) {
                break;
            }
            before = now;
        }
    };
    soon("the chat to have come up", settled).await;
    let before = used_by(&process);
    // The time is what is measured over, not what is waited for.
    sleep(time).await;
    let used = used_by(&process).abs_diff(before);
    shown(&format!(
        "a chat in which nothing happens used {used:.1?} of the processor in {time:?}, with a heartbeat every {heartbeat}"
    ));
    assert!(used <= Duration::from_millis(allowed_ms), "{used:?}");
}

#[tokio::test]
async fn a_room_of_10000_messages_is_open_at_once() {
    let stage = Stage::open().await;
    let [ada, others @ ..] = stage.people(["ada", "bob", "cid", "dan"]).await;
    let [long, hall] = [ada.creates_room("long").await, ada.creates_room("hall").await];
    for other in &others {
        other.joins(&long).await;
        other.joins(&hall).await;
    }
    let posts =
        stream::iter(1..10_000).map(async |n| ada.posts(&long, &format!("message {n} of many")).await);
    posts.buffer_unordered(64).for_each(async |_| ()).await;
    ada.posts(&long, "the last message").await;
    assert!(ada.sees(&long).await.last_seq >= 10_000);
    let mut took = Vec::new();
    for (name, other) in ["bob", "cid", "dan"].into_iter().zip(&others) {
        let terminal = stage.chats(name, (80, 24), other).await;
        terminal.goes_to("hall").await;
        terminal.presses(&["C-k"]).await;
        terminal.types("long").await;
        terminal.shows("▌#long").await;
        // From before the key to the first look that sees the message: what tmux takes for both is in it.
        let begun = Instant::now();
        terminal.presses(&["Enter"]).await;
        terminal.shows("the last message").await;
        took.push(begun.elapsed());
    }
    shown(&format!("a room of 10,000 messages was open after {took:?}"));
    // Other tests want the processor too: the quickest shows what the chat itself takes. The campaign has it for itself.
    let felt = scale(took.iter().min(), took.iter().max()).unwrap();
    assert!(*felt < Duration::from_millis(200), "{took:?}");
}
