//! The pictures in the guides, made of what is on the screens of people who chat.

use crate::{stage::Stage, svg::picture, tmux::Terminal};
use std::{fs, path::Path, time::Duration};

/// Keeps what is on a terminal now.
async fn keep(terminal: &Terminal, name: &str, title: &str) {
    let size = terminal.knows("#{pane_width} #{cursor_x} #{cursor_y}").await;
    let [width, column, line] = size.split(' ').map(|number| number.parse().unwrap()).collect::<Vec<_>>()[..]
    else {
        panic!("{size}");
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/pictures");
    fs::create_dir_all(&folder).unwrap();
    let svg = picture(title, &terminal.colours().await, width, Some((column, line)));
    fs::write(folder.join(name), svg).unwrap();
}

#[tokio::test]
#[ignore = "it writes the pictures: tests/pictures"]
async fn pictures() {
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
    keep(&screen, "chat.svg", "A chat in the terminal: rooms with what is unread, messages, who types").await;

    screen.presses(&["C-u"]).await;
    stage.proxy.change(|network| network.stalled = true);
    stage.proxy.reset();
    screen.shows_within(Duration::from_secs(15), "Reconnecting").await;
    screen.enters("See you at five.").await;
    screen.enters("I bring the cake.").await;
    screen.shows("2 messages waiting").await;
    keep(&screen, "offline.svg", "Without a connection: messages wait, and are sent when it is back").await;
    stage.proxy.heal();
}
