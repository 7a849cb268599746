//! What the chat costs: nothing while nothing happens, and a blink of the eye to open a room with a long history.

use crate::stage::Stage;
use futures_util::{StreamExt as _, stream};
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
    let stage = Stage::open().await;
    let [ada] = stage.people(["ada"]).await;
    ada.creates_room("kitchen").await;
    let terminal = stage.chats("ada", (80, 24), &ada).await;
    terminal.shows("This is the beginning of #kitchen").await;
    let process = terminal.program().await;
    let time = Duration::from_secs(10);
    let mut used = u64::MAX;
    // On a busy machine it is still coming up in the first of them.
    for _ in 0..3 {
        let before = ticks(&process);
        // The time is what is measured over, not what is waited for.
        sleep(time).await;
        used = used.min(ticks(&process) - before);
        if used <= 1 {
            break;
        }
    }
    shown(&format!("a chat in which nothing happens used {used}0 ms of the processor in {time:?}"));
    assert!(used <= 1, "{used} ticks");
}

#[tokio::test]
async fn a_room_of_10000_messages_is_open_at_once() {
    let stage = Stage::open().await;
    let [ada, bob, cyd, dan] = stage.people(["ada", "bob", "cyd", "dan"]).await;
    let [long, hall] = [ada.creates_room("long").await, ada.creates_room("hall").await];
    for reader in [&bob, &cyd, &dan] {
        reader.joins(&long).await;
        reader.joins(&hall).await;
    }
    let posts =
        stream::iter(1..10_000).map(async |n| ada.posts(&long, &format!("message {n} of many")).await);
    posts.buffer_unordered(64).for_each(async |_| ()).await;
    ada.posts(&long, "the last message").await;
    assert!(ada.sees(&long).await.last_seq >= 10_000);
    // Of three chats, each of which opens it for the first time, the best: a busy machine slows some of them.
    let mut took = Duration::MAX;
    for (name, reader) in [("bob", &bob), ("cyd", &cyd), ("dan", &dan)] {
        let terminal = stage.chats(name, (80, 24), reader).await;
        terminal.goes_to("hall").await;
        terminal.presses(&["C-k"]).await;
        terminal.types("long").await;
        terminal.shows("▌#long").await;
        // From before the key to the first look that sees the message: what tmux takes for both is in it.
        let begun = Instant::now();
        terminal.presses(&["Enter"]).await;
        terminal.shows("the last message").await;
        took = took.min(begun.elapsed());
    }
    shown(&format!("a room of 10,000 messages was open after {took:?}"));
    assert!(took < Duration::from_millis(200), "{took:?}");
}
