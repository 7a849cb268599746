//! Paged lists as streams.

use crate::client_of;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use parlor_client::protocol::{members::Member, rooms::Room, users::UserSummary};
use parlor_tests::TestServer;

#[tokio::test]
async fn a_stream_goes_on_over_all_pages() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let client = client_of(&ada, server.socket).await;
    let made = stream::iter(0..205).map(|n| {
        let ada = ada.clone();
        async move { ada.creates_room(&format!("room {n}")).await.id }
    });
    let mut made: Vec<_> = made.buffer_unordered(8).collect().await;
    let rooms: Vec<Room> = client.rooms(None).try_collect().await.unwrap();
    assert!(rooms.is_sorted_by(|newer, older| newer.created_at >= older.created_at));
    let mut found: Vec<_> = rooms.iter().map(|room| room.id).collect();
    made.sort();
    found.sort();
    assert_eq!(found, made);
    let named: Vec<Room> = client.rooms("room 204".parse().ok()).try_collect().await.unwrap();
    assert_eq!(named.len(), 1);

    bob.joins(&named[0]).await;
    for n in 0..600 {
        ada.posts(&named[0], &n.to_string()).await;
    }
    let entries: Vec<_> = client.entries(named[0].id, 0).try_collect().await.unwrap();
    assert_eq!(entries, ada.timeline(&named[0]).await.events);
    assert_eq!(entries.len(), 603);
    let messages: Vec<_> = client.messages(named[0].id, None, 200).try_collect().await.unwrap();
    assert!(messages.iter().map(|message| message.seq).eq((4..=603).rev()));
    // Nothing is before the first.
    for before in [4, 0, -1, i64::MIN] {
        let none: Vec<_> = client.messages(named[0].id, Some(before), 200).try_collect().await.unwrap();
        assert!(none.is_empty(), "before {before}: {} messages", none.len());
    }
    let members: Vec<Member> = client.members(named[0].id).try_collect().await.unwrap();
    assert_eq!(members.iter().map(|member| member.user_id).collect::<Vec<_>>(), [ada.id(), bob.id()]);
    let users: Vec<UserSummary> = client.users("bo".parse().ok()).try_collect().await.unwrap();
    assert_eq!(users.iter().map(|user| user.id).collect::<Vec<_>>(), [bob.id()]);
}
