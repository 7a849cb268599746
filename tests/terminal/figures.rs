//! What the chat costs: nothing while nothing happens, and a blink of the eye to open a room with a long history.

use crate::stage::Stage;
use futures_util::{StreamExt as _, stream};
use parlor_tests::soon;
use std::{
    fs,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// Says what was shown, with its figures, as the campaign does.
#[allow(clippy::print_stdout, reason = "figures are to be read")]
fn shown(what: &str) {
    println!("SHOWN {what}");
}

/// How many hundredths of a second a process has had of the processor.
fn ticks(process: &str) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The name, in brackets, may have blanks in it; of what follows, the 12th and the 13th are the program's time and the kernel's.
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[tokio::test]
async fn a_chat_in_which_nothing_happens_uses_no_processor() {
    // A heartbeat is something that happens: the next one comes after the time that is measured.
    let stage = Stage::open_with(&[("PARLOR_DEADLINE_PING", "60s")]).await;
    let [ada] = stage.people(["ada"]).await;
    ada.creates_room("kitchen").await;
    let terminal = stage.chats("ada", (80, 24), &ada).await;
    terminal.shows("This is the beginning of #kitchen").await;
    let process = terminal.program().await;
    let time = Duration::from_secs(10);
    // It has come up when it has used nothing for a second; one that never rests gets no further than this.
    let settled = async {
        let mut before = ticks(&process);
        loop {
            sleep(Duration::from_secs(1)).await;
            let now = ticks(&process);
            if now == before {
                break;
            }
            before = now;
        }
    };
    soon("the chat to have come up", settled).await;
    let before = ticks(&process);
    // The time is what is measured over, not what is waited for.
    sleep(time).await;
    let used = ticks(&process) - before;
    shown(&format!("a chat in which nothing happens used {used}0 ms of the processor in {time:?}"));
    assert!(used <= 1, "{used} ticks");
}

#[tokio::test]
async fn a_room_of_10000_messages_is_open_at_once() {
    let stage = Stage::open().await;
    let [ada, bob] = stage.people(["ada", "bob"]).await;
    let [long, hall] = [ada.creates_room("long").await, ada.creates_room("hall").await];
    bob.joins(&long).await;
    bob.joins(&hall).await;
    let posts =
        stream::iter(1..10_000).map(async |n| ada.posts(&long, &format!("message {n} of many")).await);
    posts.buffer_unordered(64).for_each(async |_| ()).await;
    ada.posts(&long, "the last message").await;
    assert!(ada.sees(&long).await.last_seq >= 10_000);
    let terminal = stage.chats("bob", (80, 24), &bob).await;
    terminal.goes_to("hall").await;
    terminal.presses(&["C-k"]).await;
    terminal.types("long").await;
    terminal.shows("▌#long").await;
    // From before the key to the first look that sees the message: what tmux takes for both is in it.
    let begun = Instant::now();
    terminal.presses(&["Enter"]).await;
    terminal.shows("the last message").await;
    let took = begun.elapsed();
    shown(&format!("a room of 10,000 messages was open after {took:?}"));
    assert!(took < Duration::from_millis(200), "{took:?}");
}
