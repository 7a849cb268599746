//! The pictures in the guides, made of what is on the screens of people who chat.

use crate::{stage::Stage, svg::picture, tmux::Terminal};
use parlor_tests::soon;
use std::{env, fs, path::PathBuf, time::Duration};

/// Where they are kept, if they are to be: `PARLOR_TEST_PICTURES`.
#[allow(clippy::disallowed_methods, reason = "a setting of the tests")]
fn folder() -> Option<PathBuf> {
    env::var_os("PARLOR_TEST_PICTURES").map(PathBuf::from)
}

/// Draws what is on a terminal, as soon as all of this is: a look may fall into the midst of a frame.
async fn keep(terminal: &Terminal, name: &str, title: &str, shown: &[&str]) -> String {
    let drawn = async {
        loop {
            let svg = draw(terminal, title).await;
            if shown.iter().all(|shown| svg.contains(shown)) {
                break svg;
            }
        }
    };
    let svg = soon(format!("{shown:?} to be in {name}"), drawn).await;
    if let Some(folder) = folder() {
        fs::write(folder.join(name), &svg).unwrap();
    }
    svg
}

async fn draw(terminal: &Terminal, title: &str) -> String {
    let size = terminal.knows("#{pane_width} #{cursor_x} #{cursor_y}").await;
    let [width, column, line] = size.split(' ').map(|number| number.parse().unwrap()).collect::<Vec<_>>()[..]
    else {
        panic!("{size}");
    };
    picture(title, &terminal.colours().await, width, Some((column, line)))
}

#[tokio::test]
async fn the_pictures_show_what_is_on_the_screen() {
    let stage = Stage::open().await;
    let people = stage.people(["ada", "grace", "linus"]).await;
    let [ada, grace, linus] = &people;
    let mut rooms = Vec::new();
    for (name, about) in
        [("general", "the release leaves at 17:00"), ("rust", ""), ("日本 café ☕", ""), ("incidents", "")]
    {
        let body = serde_json::json!({ "name": name, "description": about });
        let made = ada.post("/api/v1/rooms", &body).await;
        let room: parlor_client::protocol::rooms::Room =
            serde_json::from_value(made.data(201).clone()).unwrap();
        grace.joins(&room).await;
        linus.joins(&room).await;
        rooms.push(room);
    }
    let general = &rooms[0];
    grace.posts(general, "The migration is through: 4.1 million rows moved 🎉").await;
    linus.posts(general, "Nice. Which node had the slow disk?").await;
    let screen = stage.chats("ada", (100, 26), ada).await;
    screen.goes_to("general").await;
    screen.shows("slow disk").await;
    screen.types("node-3. It has been swapped already.").await;
    screen.presses(&["C-j"]).await;
    screen.enters("The old one is on my desk, if anybody wants to look at it.").await;
    screen.shows("if anybody wants .*✓").await;
    let seat = grace.subscribes(general).await;
    grace.marks_read(general, None).await;
    screen.shows("✓✓").await;
    for n in 0..3 {
        linus.posts(&rooms[3], &format!("disk {n} is back")).await;
    }
    screen.shows("#incidents +3").await;
    grace.posts(general, "Thank you! I look after the backups then.").await;
    screen.shows("the backups then").await;
    seat.types(general, true).await;
    screen.shows("grace is typing").await;
    screen.types("See you at ").await;
    screen.shows("> See you at").await;
    let title = "A chat in the terminal: rooms with what is unread, messages, who types";
    let shown = [title, "#incidents", "4.1 million rows moved", "grace is typing", "See you at"];
    keep(&screen, "chat.svg", title, &shown).await;

    screen.presses(&["C-u"]).await;
    stage.proxy.change(|network| network.stalled = true);
    stage.proxy.reset();
    screen.shows_within(Duration::from_secs(15), r"try \d+ (in|now)").await;
    screen.enters("See you at five.").await;
    screen.enters("I bring the cake.").await;
    screen.shows("2 waiting").await;
    let title = "Without a connection: messages wait, and are sent when it is back";
    let shown = [title, "2 waiting", "I bring the cake.", "queued"];
    let offline = keep(&screen, "offline.svg", title, &shown).await;
    assert!(!offline.contains("typing"), "{offline}");
    stage.proxy.heal();
}
