//! What somebody does in another program while the chat is open.

use crate::stage::Stage;
use parlor_tests::DEADLINE;

#[tokio::test]
async fn the_list_follows_what_one_does_with_another_client() {
    let stage = Stage::open().await;
    let [ada, bob] = stage.people(["ada", "bob"]).await;
    let [hall, cellar] = [ada.creates_room("hall").await, ada.creates_private_room("cellar").await];
    bob.joins(&hall).await;
    let chat = stage.chats("bob", (80, 24), &bob).await;
    chat.goes_to("hall").await;
    // Joined, made and accepted on another device; who looks for a room finds it.
    let kitchen = ada.creates_room("kitchen").await;
    bob.joins(&kitchen).await;
    bob.creates_room("attic").await;
    bob.accepts(&ada.invites_to(&cellar).await).await;
    chat.presses(&["C-k"]).await;
    for room in ["kitchen", "attic", "cellar"] {
        chat.shows(&format!("│.#{room} .*│")).await;
    }
    chat.presses(&["Escape"]).await;
    chat.hides("Go to a room").await;
    // It is heard from as from any other.
    ada.posts(&kitchen, "The soup is ready").await;
    chat.shows(r" #kitchen +1 ?│").await;
    chat.goes_to("kitchen").await;
    chat.shows("The soup is ready").await;

    // Left elsewhere: the next room is shown, and it can be joined again.
    bob.leaves(&kitchen).await;
    chat.shows("#kitchen: you are no longer a member").await;
    chat.hides(r"(?m)^.#kitchen .*│").await;
    chat.presses(&["C-k"]).await;
    chat.types("kitchen").await;
    chat.shows("▌#kitchen .*Enter joins").await;
    chat.presses(&["Enter"]).await;
    chat.shows(r"^.*│ #kitchen ").await;
    chat.shows("The soup is ready").await;

    // Removed, and deleted.
    ada.removes(&bob, &cellar).await;
    chat.shows("#cellar: you are no longer a member").await;
    chat.hides(r"(?m)^.#cellar .*│").await;
    ada.delete(&format!("/api/v1/rooms/{}", kitchen.id)).await.data(200);
    chat.shows("#kitchen: the room was deleted").await;
    chat.hides(r"(?m)^.#kitchen .*│").await;
}

#[tokio::test]
async fn what_was_done_elsewhere_without_a_connection_shows_when_it_is_back() {
    let stage = Stage::open().await;
    let [ada, bob] = stage.people(["ada", "bob"]).await;
    let [hall, kitchen] = [ada.creates_room("hall").await, ada.creates_room("kitchen").await];
    bob.joins(&hall).await;
    bob.joins(&kitchen).await;
    let chat = stage.chats("bob", (80, 24), &bob).await;
    chat.goes_to("hall").await;
    let without_a_connection = async || {
        stage.proxy.change(|network| network.stalled = true);
        stage.proxy.reset();
        chat.shows("○ (CONNECTING|OFFLINE)").await;
    };
    without_a_connection().await;
    let attic = ada.creates_room("attic").await;
    bob.joins(&attic).await;
    stage.proxy.heal();
    chat.presses(&["F5"]).await;
    chat.shows_within(DEADLINE * 3, "● ONLINE").await;
    // Long before it is asked for again in any case.
    chat.shows(r"(?m)^.#attic .*│").await;
    without_a_connection().await;
    ada.delete(&format!("/api/v1/rooms/{}", kitchen.id)).await.data(200);
    ada.removes(&bob, &hall).await;
    stage.proxy.heal();
    chat.presses(&["F5"]).await;
    chat.shows_within(DEADLINE * 3, r"^.*│ #attic ").await;
    chat.hides(r"(?m)^.#(hall|kitchen) .*│").await;
}
