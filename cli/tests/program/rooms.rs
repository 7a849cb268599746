//! Rooms: listing, making, joining, and naming one.

use crate::{shell::Shell, tail::kitchen};
use parlor_client::protocol::rooms::Room;
use parlor_tests::TestServer;
use serde_json::{Value, json};

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
    assert_eq!(bob.run(&["rooms"]).await.out, listed.out);

    // As the chat shows it, unless there is a room that is really called so.
    assert!(bob.run(&["rooms", "info", "#The kitchen"]).await.out.contains("Tea"));
    let hash = ada.run(&["rooms", "create", "#The kitchen"]).await;
    assert_eq!(bob.run(&["rooms", "join", "#The kitchen"]).await.out, hash.out);
    for nowhere in ["#nowhere", "#ab"] {
        let none = bob.run(&["rooms", "info", nowhere]).await;
        let words = format!("no room named {nowhere}");
        assert!(none.failed() == 4 && none.err.contains(&words), "{none:?}");
    }
    // The longest name there is has no space for the sign.
    let longest = "n".repeat(64);
    let long = ada.run(&["rooms", "create", &longest]).await;
    assert_eq!(bob.run(&["rooms", "join", &format!("#{longest}")]).await.out, long.out);
    let wrong = bob.run(&["rooms", "info", &format!("#{longest}n")]).await;
    assert!(wrong.failed() == 2 && wrong.err.contains("3 to 64"), "{wrong:?}");
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

#[tokio::test]
async fn a_private_room_is_joined_by_an_invite_listed_and_left() {
    let server = TestServer::start().await;
    let (ada, bob) = (Shell::of("ada", &server.url()).await, Shell::of("bob", &server.url()).await);
    let cellar = ada.run(&["rooms", "create", "cellar", "--private"]).await.out;
    let invite = ada.run(&["rooms", "invite", "cellar", "--expires", "2h", "--uses", "1"]).await;
    let code = invite.lines()[0];
    assert_eq!(bob.run(&["rooms", "join", "--invite", code]).await.out, cellar);
    let [carol] = server.people(["carol"]).await;
    let (token, url) = (carol.token(), server.url());
    let carol = [("PARLOR_TOKEN", token.as_str()), ("PARLOR_SERVER", &url)];
    let late = Shell::new().run_in(&carol, &["rooms", "join", "--invite", code], "").await;
    assert_eq!(late.failed(), 4, "it was for one");
    let made = ada.run(&["rooms", "invite", "cellar", "--json"]).await;
    let made: Value = serde_json::from_str(&made.out).unwrap();
    assert_eq!(made["invite"]["maxUses"], Value::Null);

    let members = bob.run(&["rooms", "members", "cellar"]).await;
    let members: Vec<_> =
        members.lines().iter().map(|line| line.split_once("  ").unwrap().1.to_owned()).collect();
    assert_eq!(members, ["offline  owner   ada", "offline  member  bob"]);
    let info = bob.run(&["rooms", "info", "cellar"]).await;
    assert!(info.out.contains("private") && info.out.contains("member, 0 unread"), "{info:?}");
    assert!(bob.run(&["rooms", "leave", "cellar"]).await.lines().is_empty());
    assert_eq!(bob.run(&["rooms", "info", cellar.trim()]).await.failed(), 4);
    assert_eq!(ada.run(&["rooms", "leave", "cellar"]).await.failed(), 4, "its owner stays");
}

#[tokio::test]
async fn events_come_as_they_stand_on_the_wire() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &[]).await;
    let mut events = ada.start(&["events", "--count", "3"]);
    let mut next = async || serde_json::from_str::<Value>(&events.line().await).unwrap();
    assert_eq!(next().await["event"], "room_joined");
    let sent = eve.posts(&room, "hello").await;
    assert_eq!(next().await, json!({ "event": "receive_message", "data": sent }));
    eve.marks_read(&room, None).await;
    assert_eq!(next().await["event"], "messages_read");
    assert_eq!(events.ends().await, Some(0));
}
