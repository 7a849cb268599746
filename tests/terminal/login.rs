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
