//! Reading what has been said, and saying that one has.

use crate::tail::kitchen;
use parlor_client::protocol::{messages::Message, receipts::ReadCursor};
use parlor_tests::TestServer;
use serde_json::Value;

#[tokio::test]
async fn history_prints_messages_oldest_first_and_goes_back_by_seq() {
    let server = TestServer::start().await;
    let (_eve, _room, ada) = kitchen(&server, &server.url(), &["one", "two", "three"]).await;
    let read = async |more: &[&str]| -> Vec<Message> {
        let ended = ada.run(&[&["history", "kitchen", "--json"], more].concat()).await;
        ended.lines().into_iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let newest = read(&["-n", "2"]).await;
    assert_eq!(newest.iter().map(|message| &*message.content).collect::<Vec<_>>(), ["two", "three"]);
    let before = read(&["--before", &newest[0].seq.to_string()]).await;
    assert_eq!(before.iter().map(|message| &*message.content).collect::<Vec<_>>(), ["one"]);
    let plain = ada.run(&["history", "kitchen"]).await;
    assert!(plain.lines()[2].ends_with(" eve: three"), "{plain:?}");
    let colored = ada.run(&["history", "kitchen", "--color", "always"]).await;
    assert!(colored.lines()[2].ends_with("\u{1b}[1meve\u{1b}[0m: three"), "{colored:?}");
}

#[tokio::test]
async fn messages_are_read_up_to_one_or_all_of_them() {
    let server = TestServer::start().await;
    let (eve, room, ada) = kitchen(&server, &server.url(), &["before"]).await;
    let [one, two] = [eve.posts(&room, "one").await, eve.posts(&room, "two").await];
    let unread = async || -> usize { ada.run(&["rooms", "list", "--unread", "--json"]).await.lines().len() };
    assert_eq!(unread().await, 1);
    let listed = ada.run(&["rooms", "list", "--unread"]).await;
    assert!(listed.out.contains("2 unread  kitchen"), "{listed:?}");
    assert_eq!(ada.run(&["read", "kitchen", &one.id.to_string()]).await.lines(), [one.seq.to_string()]);
    let info = ada.run(&["rooms", "info", "kitchen", "--json"]).await;
    let info: Value = serde_json::from_str(&info.out).unwrap();
    assert_eq!(info["membership"]["unreadCount"], 1);
    let all = ada.run(&["read", "kitchen", "--json"]).await;
    assert_eq!(serde_json::from_str::<ReadCursor>(&all.out).unwrap().last_read_seq, two.seq);
    assert_eq!(unread().await, 0);
}
