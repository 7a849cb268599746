//! Letters and pictures that terminals count differently leave nothing behind, and move nothing.

use crate::{stage::Stage, tmux::Terminal};
use parlor_tests::DEADLINE;

/// Flags, skin tones, families, hearts and keys, in rows of many lengths.
fn pictures() -> Vec<String> {
    let kinds = [
        "🇩🇪",
        "🇯🇵🇫🇷",
        "👍🏽",
        "👩🏽\u{200d}🤝\u{200d}👨🏿",
        "👩\u{200d}👩\u{200d}👧",
        "❤\u{fe0f}",
        "1\u{fe0f}\u{20e3}",
    ];
    let rows = kinds.iter().enumerate().flat_map(|(kind, picture)| {
        [1, 4, 30].map(|count| format!("{}{}", "x".repeat(kind + count), picture.repeat(count)))
    });
    rows.collect()
}

/// The rows of a screen, but for the one that says what is the matter now.
fn rows(screen: &str) -> Vec<&str> {
    screen.lines().filter(|row| !row.contains("mouse") && !row.contains("ONLINE")).collect()
}

/// Draws all of the screen anew, and looks that it is as it was before. Gives it.
async fn looks_drawn_anew(chat: &Terminal) -> String {
    // The sentence comes with the first picture after the key: a look before it may fall into the midst of another.
    chat.presses(&["F12"]).await;
    let before = chat.becomes(DEADLINE, "to be drawn", |now| now.contains("mouse selects")).await;
    chat.presses(&["C-l", "F12"]).await;
    // A look in the midst of the drawing sees less; what was left behind stays.
    let is_as_before = |now: &str| now.contains("mouse works") && rows(now) == rows(&before);
    chat.becomes(DEADLINE, "to look as before, with nothing left behind", is_as_before).await
}

#[tokio::test]
async fn pictures_that_are_counted_differently_leave_nothing_behind() {
    let stage = Stage::open().await;
    let [ada, eve] = stage.people(["ada", "eve"]).await;
    let kitchen = ada.creates_room("kitchen").await;
    eve.joins(&kitchen).await;
    eve.posts(&kitchen, "the first of them").await;
    for (n, text) in pictures().iter().enumerate() {
        eve.posts(&kitchen, &format!("{text} {n}.")).await;
    }
    eve.posts(&kitchen, "the last of them").await;
    for size in [(80, 24), (40, 12)] {
        let chat = stage.chats("ada", size, &ada).await;
        chat.goes_to("kitchen").await;
        chat.shows("the last of them").await;
        chat.shows(" 0 unread").await;
        let mut screen = looks_drawn_anew(&chat).await;
        // Through all of it, page by page.
        while !screen.contains("the first of them") {
            chat.presses(&["PageUp"]).await;
            let has_scrolled = |now: &str| rows(now) != rows(&screen) && !now.contains("loading");
            chat.becomes(DEADLINE, "to scroll", has_scrolled).await;
            screen = looks_drawn_anew(&chat).await;
        }
        // In the box, of which half is taken away again.
        chat.pastes(&format!("{} in the box", pictures().concat())).await;
        chat.shows("in the box").await;
        looks_drawn_anew(&chat).await;
        chat.presses(&[&["BSpace"; 60][..], &["Left"; 40], &["BSpace"; 20]].concat()).await;
        chat.types("done").await;
        chat.shows("done").await;
        looks_drawn_anew(&chat).await;
    }
}
