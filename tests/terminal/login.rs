//! Signing in at a terminal.

use crate::{stage::Stage, tmux::Terminal};
use parlor_tests::people::PASSWORD;

#[tokio::test]
async fn a_password_is_never_on_the_screen() {
    let stage = Stage::open().await;
    let terminal = Terminal::open("ada", 80, 24).await;
    terminal.enters(&format!("parlor login --register --server {}", stage.url())).await;
    terminal.shows("(?m)^username:$").await;
    terminal.enters("ada").await;
    terminal.shows("(?m)^e-mail address:$").await;
    terminal.enters("ada@example.com").await;
    terminal.shows("(?m)^password:$").await;
    terminal.types(PASSWORD).await;
    let while_typing = terminal.screen().await;
    terminal.presses(&["Enter"]).await;
    terminal.shows("(?m)^password again:$").await;
    terminal.enters(PASSWORD).await;
    terminal.shows("signed in to ").await;
    terminal.shows(r"(?m)^\$$").await;
    for shown in [while_typing, terminal.everything().await] {
        assert!(shown.contains("ada@example.com"), "{shown}");
        assert!(
            !PASSWORD.split(' ').filter(|word| word.len() > 4).any(|word| shown.contains(word)),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn after_ctrl_c_at_a_password_the_terminal_shows_what_is_typed() {
    let stage = Stage::open().await;
    let terminal = Terminal::open("ada", 80, 24).await;
    terminal.enters(&format!("parlor login --email ada@example.com --server {}", stage.url())).await;
    terminal.shows("(?m)^password:$").await;
    terminal.types("half a pass").await;
    terminal.presses(&["C-c"]).await;
    terminal.shows(r"(?m)^\$$").await;
    terminal.enters("echo \"status $?\"; stty -a | grep -owE -- '-?(echo|icanon|isig)' | xargs").await;
    let screen = terminal.shows(r"(?m)^status 130\n.+\n\$$").await;
    // With a `-` before it, a mode is off.
    assert!(screen.contains("\nisig icanon echo\n"), "{screen}");
    assert!(!screen.contains("half"), "{screen}");
}

#[tokio::test]
async fn what_is_not_given_is_asked_for_until_it_can_be_taken() {
    let stage = Stage::open().await;
    let terminal = Terminal::open("ada", 80, 24).await;
    terminal.enters("parlor login --register").await;
    terminal.shows(r"(?m)^server \[http://127\.0\.0\.1:5000\]:$").await;
    terminal.enters(&stage.url()).await;
    for (question, wrong, right, refusal) in [
        ("username", "a!", "ada", "the username must be 3 to 30"),
        ("e-mail address", "ada", "ada@example.com", "the e-mail address must be an e-mail address such as"),
        ("password", "short", PASSWORD, "the password must be 8 to 128 characters"),
    ] {
        terminal.shows(&format!("(?m)^{question}:$")).await;
        terminal.enters(wrong).await;
        terminal.shows(&format!(r"(?m)^parlor: {refusal}[^:]*\n{question}:$")).await;
        terminal.enters(right).await;
    }
    terminal.shows("(?m)^password again:$").await;
    terminal.enters("another password").await;
    terminal.shows(r"(?m)^parlor: the two passwords differ: write both anew\npassword:$").await;
    terminal.enters(PASSWORD).await;
    terminal.shows(r"(?m)write both anew\npassword:\n+password again:$").await;
    terminal.enters(PASSWORD).await;
    terminal.shows("(?s)signed in to .+`parlor` alone opens the chat").await;
    terminal.shows(r"(?m)^\$$").await;
    terminal.enters("parlor").await;
    terminal.shows("You are in no room yet").await;
}
