//! Two people chat, each in a terminal.

use crate::{stage::Stage, tmux::Terminal};
use parlor_client::protocol::rooms::Room;
use parlor_tests::{Person, people::PASSWORD};
use std::time::{Duration, Instant};

const SIZE: (u16, u16) = (80, 24);

/// Ada and bob, who are members of the kitchen and of the hall, and look at these rooms.
struct Two {
    stage: Stage,
    people: [Person; 2],
    kitchen: Room,
    ada: Terminal,
    bob: Terminal,
}

impl Two {
    async fn open(of_ada: &str, of_bob: &str) -> Self {
        let stage = Stage::open().await;
        let people = stage.people(["ada", "bob"]).await;
        let [kitchen, hall] = [people[0].creates_room("kitchen").await, people[0].creates_room("hall").await];
        people[1].joins(&kitchen).await;
        people[1].joins(&hall).await;
        let ada = stage.chats("ada", SIZE, &people[0]).await;
        let bob = stage.chats("bob", SIZE, &people[1]).await;
        ada.goes_to(of_ada).await;
        bob.goes_to(of_bob).await;
        Self { stage, people, kitchen, ada, bob }
    }

    /// What the server has of the kitchen.
    async fn said(&self) -> Vec<String> {
        self.people[0]
            .history(&self.kitchen)
            .await
            .messages
            .into_iter()
            .map(|message| message.content)
            .collect()
    }
}

#[tokio::test]
async fn a_message_is_counted_opened_and_ticked() {
    let Two { stage: _stage, ada, bob, .. } = &Two::open("kitchen", "hall").await;
    ada.enters("The soup is ready").await;
    ada.shows(r"(?m)The soup is ready .*[^✓]✓$").await;
    bob.shows(r" UNREAD\b").await;
    bob.shows(r" #kitchen +1 ?│").await;
    bob.shows("1 unread · bob").await;
    ada.enters("and the bread").await;
    bob.shows(r" #kitchen +2 ?│").await;
    assert!(!ada.screen().await.contains("✓✓"), "nobody has read it");
    bob.presses(&["F4"]).await;
    bob.shows("The soup is ready").await;
    bob.shows("━ 2 new ━").await;
    bob.shows("and the bread").await;
    bob.shows("0 unread · bob").await;
    ada.shows("and the bread .*✓✓").await;
    // Of one's own nothing is unread.
    assert!(ada.screen().await.contains("0 unread · ada"));
}

#[tokio::test]
async fn the_desktop_is_told_who_wrote_where_nobody_looks_if_the_terminal_is_to_do_that() {
    let Two { stage: _stage, people: [ada, bob], kitchen, ada: _, bob: terminal } =
        &Two::open("kitchen", "hall").await;
    terminal.presses(&["C-q"]).await;
    terminal.shows(r"(?m)^\$$").await;
    let written = terminal.is_recorded().await;
    let told = "\u{1b}]777;notify;parlor;ada wrote in #kitchen\u{1b}\\";
    for notify in ["auto", "osc777"] {
        terminal.enters(&format!("clear; parlor config set notify {notify}; parlor")).await;
        terminal.shows("● ONLINE").await;
        terminal.goes_to("hall").await;
        ada.posts(kitchen, &format!("@{}: a secret", bob.user.username)).await;
        terminal.shows(" #kitchen +[12] ?│").await;
        terminal.presses(&["C-q"]).await;
        terminal.shows(r"(?m)^\$$").await;
        // All of it is there when what came after it is.
        let end = format!("it was {notify}");
        terminal.enters(&format!(": {end}")).await;
        let written = Terminal::recorded(&written, &end).await;
        assert!(written.contains('\u{7}') && !written.contains("a secret"), "{written:?}");
        assert_eq!(written.contains(told), notify == "osc777", "{written:?}");
    }
}

#[tokio::test]
async fn who_types_is_named_and_no_longer_when_they_stop() {
    let Two { stage: _stage, ada, bob, .. } = &Two::open("kitchen", "kitchen").await;
    let before = bob.screen().await;
    ada.types("perhaps").await;
    let typing = bob.shows("ada is typing…").await;
    assert_eq!(typing.replace(" ada is typing…", ""), before, "nothing else moves");
    ada.presses(&["C-u"]).await;
    // Sooner than what is told of somebody typing ends by itself.
    bob.becomes(Duration::from_secs(2), "to name nobody", |screen| !screen.contains("is typing")).await;
    ada.types("yes").await;
    bob.shows("ada is typing…").await;
    ada.presses(&["Enter"]).await;
    bob.shows("ada +yes").await;
    bob.hides("is typing").await;
}

#[tokio::test]
async fn what_is_written_without_a_connection_is_delivered_once_and_in_order() {
    let two = Two::open("kitchen", "kitchen").await;
    let Two { stage, ada, bob, .. } = &two;
    let cut = Instant::now();
    // The proxy is in the way of both; what stands in between comes neither back nor through.
    stage.proxy.change(|network| network.stalled = true);
    stage.proxy.reset();
    ada.shows_within(Duration::from_secs(15), r"try \d+ (in|now)").await;
    assert!(cut.elapsed() >= Duration::from_secs(5), "shorter losses are not told");
    let wanted = ["one", "two", "three"];
    for said in wanted {
        ada.enters(said).await;
        ada.shows(&format!("{said} .*queued")).await;
    }
    ada.shows("3 waiting").await;
    ada.shows("OFFLINE 0:.* 3 queued").await;
    assert_eq!(two.said().await, [""; 0]);
    stage.proxy.heal();
    ada.presses(&["F5"]).await;
    ada.shows_within(Duration::from_secs(30), "● ONLINE").await;
    ada.hides("queued").await;
    ada.hides(r"try \d+ (in|now)").await;
    bob.shows_within(Duration::from_secs(30), r"one\n(.*\n)*.*two\n(.*\n)*.*three\n").await;
    ada.shows("three .*✓✓").await;
    assert_eq!(two.said().await, wanted);
    for screen in [ada.screen().await, bob.screen().await] {
        let shown: Vec<_> = screen.split_whitespace().filter(|word| wanted.contains(word)).collect();
        assert_eq!(shown, wanted);
    }
}

#[tokio::test]
async fn a_room_that_is_opened_without_a_connection_shows_what_is_written_there_and_then_the_rest() {
    let two = Two::open("hall", "kitchen").await;
    let Two { stage, ada, bob, .. } = &two;
    bob.enters("said before").await;
    bob.shows("said before .*✓").await;
    stage.proxy.change(|network| network.stalled = true);
    stage.proxy.reset();
    ada.shows_within(Duration::from_secs(15), r"try \d+ (in|now)").await;
    ada.goes_to("kitchen").await;
    ada.shows("Messages are loaded when the connection is back").await;
    ada.enters("said ahead").await;
    ada.shows("said ahead .*queued").await;
    ada.shows("Messages are loaded when the connection is back").await;
    stage.proxy.heal();
    ada.presses(&["F5"]).await;
    ada.shows_within(Duration::from_secs(30), r"said before\n(.*\n)*.*said ahead .*✓").await;
    ada.hides("queued|Messages are loaded").await;
    bob.shows_within(Duration::from_secs(30), "ada +said ahead").await;
    assert_eq!(two.said().await, ["said before", "said ahead"]);
}

#[tokio::test]
async fn a_restart_of_the_server_loses_nothing_and_doubles_nothing() {
    let mut two = Two::open("kitchen", "kitchen").await;
    two.ada.enters("before").await;
    two.bob.shows("ada +before").await;
    // The server has it, and its answer stands in the network when the server goes.
    let mut seat = two.people[1].subscribes(&two.kitchen).await;
    two.stage.proxy.change(|network| network.stalled = true);
    // What the proxy waits for already still passes: this, and nothing after it.
    seat.types(&two.kitchen, true).await;
    two.ada.shows("bob is typing").await;
    two.ada.enters("during").await;
    assert_eq!(seat.hears_message().await.content, "during");
    two.ada.shows("during .*sending").await;
    two.stage.server.kill().await;
    two.stage.proxy.reset();
    two.ada.shows("○ (CONNECTING|OFFLINE)").await;
    two.stage.proxy.heal();
    two.stage.server.start_again().await;
    let Two { ada, bob, .. } = &two;
    ada.shows_within(Duration::from_secs(30), "during .*✓").await;
    bob.shows_within(Duration::from_secs(30), "during").await;
    bob.enters("after").await;
    ada.shows("bob +after").await;
    assert_eq!(two.said().await, ["before", "during", "after"]);
    assert_eq!(two.bob.screen().await.matches("during").count(), 1);
}

/// Ends somebody's sessions but the one that the test itself has.
async fn ends_elsewhere(person: &Person) {
    let sessions = person.get("/api/v1/auth/sessions").await;
    for session in sessions.data(200).as_array().unwrap().iter().filter(|session| session["current"] == false)
    {
        let id = session["id"].as_str().unwrap();
        person.delete(&format!("/api/v1/auth/sessions/{id}")).await.data(200);
    }
}

#[tokio::test]
async fn who_is_signed_out_elsewhere_is_told_and_can_sign_in_again() {
    let two = Two::open("kitchen", "kitchen").await;
    let Two { ada, bob, people, .. } = &two;
    ada.types("half a thought").await;
    ends_elsewhere(&people[0]).await;
    ada.shows("You are signed out").await;
    ada.presses(&["Enter"]).await;
    ada.shows("E-mail +ada@example.com").await;
    ada.enters(PASSWORD).await;
    ada.shows("● ONLINE").await;
    ada.goes_to("kitchen").await;
    // What was written is kept.
    ada.shows("> half a thought").await;
    ada.presses(&["Enter"]).await;
    bob.shows("ada +half a thought").await;
}

#[tokio::test]
async fn what_waits_when_the_session_ends_is_sent_after_signing_in_anew() {
    let two = Two::open("kitchen", "kitchen").await;
    let Two { stage, ada, bob, people, .. } = &two;
    stage.proxy.change(|network| network.stalled = true);
    stage.proxy.reset();
    ada.enters("not yet said").await;
    ada.shows("not yet said .*(sending|queued)").await;
    ends_elsewhere(&people[0]).await;
    stage.proxy.heal();
    ada.presses(&["F5"]).await;
    ada.shows_within(Duration::from_secs(30), "You are signed out").await;
    ada.presses(&["Enter"]).await;
    ada.shows("E-mail +ada@example.com").await;
    ada.enters(PASSWORD).await;
    ada.shows("● ONLINE").await;
    bob.shows_within(Duration::from_secs(30), "ada +not yet said").await;
    ada.goes_to("kitchen").await;
    ada.shows("not yet said .*✓").await;
    assert_eq!(two.said().await, ["not yet said"]);
}

#[tokio::test]
async fn what_waits_when_the_chat_is_left_is_sent_when_it_is_opened_again() {
    let two = Two::open("kitchen", "kitchen").await;
    let Two { stage, ada, bob, .. } = &two;
    stage.proxy.change(|network| network.stalled = true);
    stage.proxy.reset();
    ada.enters("kept for later").await;
    ada.shows("kept for later .*(sending|queued)").await;
    ada.presses(&["C-q"]).await;
    ada.shows("Enter: yes").await;
    ada.presses(&["Escape"]).await;
    ada.hides("Enter: yes").await;
    ada.presses(&["C-q"]).await;
    ada.shows("Enter: yes").await;
    ada.presses(&["Enter"]).await;
    ada.shows(r"(?m)^\$ parlor\n(.*\n)?\$$").await;
    stage.proxy.heal();
    ada.enters("parlor").await;
    bob.shows_within(Duration::from_secs(30), "ada +kept for later").await;
    ada.goes_to("kitchen").await;
    ada.shows("kept for later .*✓").await;
    assert_eq!(two.said().await, ["kept for later"]);
}
