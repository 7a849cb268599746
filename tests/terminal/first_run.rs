//! From nothing to a chat between two terminals, with what the screen says and nothing else.

use crate::{stage::Stage, tmux::Terminal};
use parlor_tests::people::PASSWORD;

#[tokio::test]
async fn two_strangers_come_to_chat_by_what_the_screen_says() {
    let stage = Stage::open().await;
    // One begins with the program itself.
    let ada = Terminal::open("ada", 80, 24).await;
    ada.enters("parlor").await;
    ada.shows("Welcome to Parlor").await;
    ada.shows("Left/Right: old or new account").await;
    ada.presses(&["Right"]).await;
    ada.shows(r"\(x\) make a new one").await;
    for (row, text) in [("Server", stage.url().as_str()), ("Name", "ada"), ("E-mail", "ada@example.com")] {
        ada.presses(&["Tab"]).await;
        ada.shows(&format!("▌{row}")).await;
        ada.presses(&["C-u"]).await;
        ada.types(text).await;
        ada.shows(&format!("▌{row} +{text}")).await;
    }
    ada.presses(&["Tab"]).await;
    ada.shows("▌Password").await;
    ada.types(PASSWORD).await;
    ada.shows(&format!("▌Password +•{{{}}}", PASSWORD.len())).await;
    ada.presses(&["Enter"]).await;
    ada.shows("▌Again").await;
    ada.types(PASSWORD).await;
    let masked = ada.shows(&format!("▌Again +•{{{}}}", PASSWORD.len())).await;
    assert!(!masked.contains("horse"), "{masked}");
    ada.presses(&["Enter"]).await;
    ada.shows("You are in no room yet").await;
    ada.shows("Press Ctrl-K to find one, or to make one by typing").await;
    ada.presses(&["C-k"]).await;
    ada.shows("Go to a room").await;
    ada.types("kitchen").await;
    ada.shows("▌Make “kitchen” .*public").await;
    ada.presses(&["Enter"]).await;
    ada.shows("This is the beginning of #kitchen").await;

    // The other begins at the shell.
    let bob = Terminal::open("bob", 80, 24).await;
    bob.enters(&format!("parlor login --register --server {}", stage.url())).await;
    for (question, answer) in [
        ("username", "bob"),
        ("e-mail address", "bob@example.com"),
        ("password", PASSWORD),
        ("password again", PASSWORD),
    ] {
        bob.shows(&format!("(?m)^{question}:$")).await;
        bob.enters(answer).await;
    }
    bob.shows("signed in to ").await;
    bob.enters("parlor").await;
    bob.shows("Press Ctrl-K to find one").await;
    bob.presses(&["C-k"]).await;
    bob.shows("▌#kitchen .*Enter joins").await;
    bob.presses(&["Enter"]).await;
    bob.shows("This is the beginning of #kitchen").await;
    ada.shows("bob joined").await;

    bob.enters("Is anybody here?").await;
    ada.shows(r"bob +Is anybody here\?").await;
    ada.enters("The kettle is on.").await;
    bob.shows("ada +The kettle is on.").await;
    bob.shows(r"Is anybody here\? .*✓✓").await;
    ada.shows("The kettle is on. .*✓✓").await;
    let shown = ada.everything().await;
    assert!(!shown.contains("horse"), "a password has been on the screen");
}
