//! Rooms: listing, making, joining, and naming one.

use crate::shell::Shell;
use parlor_client::protocol::rooms::Room;
use parlor_tests::TestServer;

#[tokio::test]
async fn rooms_are_made_listed_and_joined_by_their_name() {
    let server = TestServer::start().await;
    let (ada, bob) = (Shell::of("ada", &server.url()).await, Shell::of("bob", &server.url()).await);
    let made = ada.run(&["rooms", "create", "The kitchen", "--description", "Tea"]).await;
    let secret = ada.run(&["rooms", "create", "The cellar", "--private", "--json"]).await;
    let secret: Room = serde_json::from_str(&secret.out).unwrap();
    assert!(secret.is_private);

    let listed = bob.run(&["rooms", "list", "--json"]).await;
    let listed: Vec<Room> =
        listed.lines().into_iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].name.as_str(), listed[0].description.as_deref()), ("The kitchen", Some("Tea")));
    assert_eq!(made.lines(), [listed[0].id.to_string()]);

    assert_eq!(bob.run(&["rooms", "join", "The kitchen"]).await.out, made.out);
    assert_eq!(bob.run(&["rooms", "join", "The kitchen"]).await.failed(), 4, "a member already");
    assert_eq!(bob.run(&["rooms", "join", &secret.id.to_string()]).await.failed(), 4, "a stranger");
    let listed = bob.run(&["rooms", "list"]).await;
    assert!(listed.out.contains("0 unread  The kitchen"), "{listed:?}");
}

#[tokio::test]
async fn a_name_that_several_rooms_have_is_refused_with_their_ids() {
    let server = TestServer::start().await;
    let ada = Shell::of("ada", &server.url()).await;
    let first = ada.run(&["rooms", "create", "twins"]).await;
    let second = ada.run(&["rooms", "create", "twins"]).await;
    let refused = ada.run(&["send", "twins", "hello"]).await;
    assert_eq!(refused.failed(), 2);
    assert!(refused.err.contains(first.out.trim()) && refused.err.contains(second.out.trim()), "{refused:?}");
}
