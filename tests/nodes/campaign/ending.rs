//! How a campaign ends: everybody hears the rest, some go and a node dies, and what there is then is read.

use super::{
    RECOVERY,
    actor::{Actor, HALL, OWNER, World},
    checker::check_presence,
    history::{Ending, Place, Seen, What, Who},
    house::NODES,
};
use futures_util::future::join_all;
use parlor_client::{Error, ServerMessage};
use parlor_protocol::{
    Nothing,
    members::{ListMembers, MemberPage},
    page::{Limit, Number},
    rooms::GetRoom,
    subscriptions::{JoinRoomEvent, JoinRoomPayload},
    timeline::{ListEvents, TimelineQuery},
    typing::{Typing, TypingPayload},
};
use parlor_tests::{Person, people::at, within};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};
use tokio::time::{sleep, timeout};

/// The node that dies in the end, and stays so.
const DYING: usize = 2;

/// A killed node's people are offline within this.
const DEATH: Duration = Duration::from_secs(15);

/// What is done at one node is told at another within this, when the bus is there.
const FAST: Duration = Duration::from_millis(200);

/// Between two looks at who is there.
const GLANCE: Duration = Duration::from_millis(500);

/// Waits until everybody has heard their rooms to the end; nothing is asked any more that would add to them.
pub(super) async fn all_is_heard(world: &World, actors: &mut [Actor]) {
    let mut heads = Vec::new();
    for room in 0..world.rooms.len() {
        let about = world.people[OWNER]
            .client
            .call::<GetRoom>(at(world.rooms[room]), Nothing, Nothing)
            .await
            .unwrap();
        heads.push((room, about.last_seq));
    }
    join_all(actors.iter_mut().map(async |actor| {
        let mut own = Vec::new();
        for (room, head) in &heads {
            if *world.memberships[*room][actor.who].lock().await {
                own.push((*room, *head));
            }
        }
        actor.hears_up_to(&own, RECOVERY).await;
    }))
    .await;
}

/// Some go, in order or with the node that dies, some come by another node, and the others stay. Everybody who is still there looks at
/// everybody until all see it right, or it has taken too long; answers who is still there.
pub(super) async fn some_go(world: &World, actors: &mut [Actor]) -> BTreeSet<Who> {
    join_all(actors.iter_mut().map(async |actor| {
        actor.moves_to(actor.who % NODES).await;
        actor.is_online().await;
    }))
    .await;
    within(RECOVERY, "everybody to be online at every node", everybody_is_online(world)).await;

    let before = world.recorder.history().len();
    world.recorder.saw(OWNER, Seen::Settled);
    let is_going = |who: Who| who % 4 == 1;
    join_all(actors.iter_mut().filter(|actor| is_going(actor.who) && actor.home != DYING).map(Actor::goes))
        .await;
    world.nodes.all[DYING].process.lock().await.kill().await;
    world.recorder.saw(OWNER, Seen::Died);
    let died = Instant::now();
    join_all(actors.iter_mut().filter(|actor| actor.home == DYING).map(async |actor| {
        if is_going(actor.who) {
            actor.goes().await;
        } else {
            actor.moves_to(actor.who % DYING).await;
            actor.is_online().await;
        }
    }))
    .await;

    let connected: BTreeSet<Who> =
        actors.iter().map(|actor| actor.who).filter(|who| !is_going(*who)).collect();
    let members = actors.iter().map(|actor| ((HALL, actor.who), 0)).collect();
    let expected = Ending { members, connected: connected.clone(), ..Ending::default() };
    loop {
        let is_last = died.elapsed() >= DEATH;
        join_all(actors.iter().filter(|actor| connected.contains(&actor.who)).map(async |actor| {
            for other in (0..world.people.len()).filter(|other| *other != actor.who) {
                actor.looks_at(other).await;
            }
        }))
        .await;
        let since = world.recorder.history().split_off(before);
        if is_last || check_presence(&since, &expected).is_empty() {
            return connected;
        }
        sleep(GLANCE).await;
    }
}

/// Waits until what is typed at a node is told at each other one at full speed. The poll of the database doesn't carry it.
pub(super) async fn crosses_at_full_speed(world: &World) {
    for here in 0..NODES {
        for there in (0..NODES).filter(|there| *there != here) {
            let crossing = async {
                // Each time somebody else: of one who has typed a moment ago nothing is told at once.
                for who in (1..world.people.len()).cycle() {
                    if crosses(world, who, here, there).await.is_ok_and(|is_fast| is_fast) {
                        return;
                    }
                    sleep(GLANCE).await;
                }
            };
            within(RECOVERY, &format!("node {there} to be told by node {here} at full speed"), crossing)
                .await;
        }
    }
}

/// Whether it is told at one node at full speed that somebody types at another.
async fn crosses(world: &World, who: Who, here: usize, there: usize) -> Result<bool, Error> {
    let room_id = world.rooms[HALL];
    let connected = |who: Who, node: usize| {
        let client = world.people[who].by(&world.nodes.all[node].address).client;
        async move { client.connect().await }
    };
    let (mut ear, mouth) = (connected(OWNER, there).await?, connected(who, here).await?);
    ear.emit::<JoinRoomEvent>(JoinRoomPayload { room_id, after: None, epoch: None }).await?;
    let told = async {
        mouth.emit::<Typing>(TypingPayload { room_id, is_typing: true }).await?;
        while let Some(message) = ear.next().await {
            let user_id = world.people[who].id();
            if matches!(message, ServerMessage::UserTyping(notice) if notice.user_id == user_id && notice.is_typing)
            {
                return Ok(true);
            }
        }
        Ok(false)
    };
    timeout(FAST, told).await.unwrap_or(Ok(false))
}

async fn everybody_is_online(world: &World) {
    for node in &world.nodes.all {
        let client = world.people[OWNER].by(&node.address).client;
        loop {
            let page = MemberPage { cursor: None, limit: Limit::new(200) };
            let list = client.call::<ListMembers>(at(world.rooms[HALL]), page, Nothing).await.unwrap();
            if list.data.members.iter().all(|member| member.is_online) {
                break;
            }
            sleep(GLANCE).await;
        }
    }
}

/// What there is at the end, by every node that is still there; what the database has is the same.
pub(super) async fn read(world: &World, connected: BTreeSet<Who>) -> Ending {
    let owner = &world.people[OWNER];
    let names = super::Names::of(world.people.iter().map(Person::id));
    let mut rooms = Vec::new();
    for id in world.rooms.iter() {
        let mut by_node = Vec::new();
        for node in &world.nodes.all[..DYING] {
            let client = owner.by(&node.address).client;
            let mut rows = Vec::new();
            loop {
                let after = Number::new(rows.last().map_or(0, |row: &super::history::Row| row.seq));
                let query = TimelineQuery { after, limit: Limit::new(500) };
                let page = client.call::<ListEvents>(at(*id), query, Nothing).await.unwrap();
                rows.extend(page.events.iter().map(|entry| names.row(entry)));
                if !page.has_more {
                    break;
                }
            }
            by_node.push(rows);
        }
        assert!(by_node.iter().all(|rows| *rows == by_node[0]), "the nodes tell different timelines of {id}");
        rooms.push(by_node.swap_remove(0));
    }
    let mut told = BTreeSet::new();
    for (id, rows) in world.rooms.iter().zip(&rooms) {
        for row in rows {
            if let What::Said { id: message, content, .. } = &row.what {
                told.insert((id.to_string(), row.seq, message.clone(), content.clone()));
            }
        }
    }
    let stored = world.nodes.stored_messages().await;
    let stored: BTreeSet<_> = stored
        .into_iter()
        .map(|row| (row.room_id.to_string(), row.seq, row.id.to_string(), row.content))
        .collect();
    assert!(told == stored, "the nodes tell other messages than the database has");
    Ending { rooms, members: members(world).await, connected, ..Ending::default() }
}

/// Who is a member, and how far they have read. It is as they were answered.
async fn members(world: &World) -> BTreeMap<(Place, Who), i64> {
    let mut members = BTreeMap::new();
    for (room, id) in world.rooms.iter().enumerate() {
        for (who, person) in world.people.iter().enumerate() {
            let about = person.client.call::<GetRoom>(at(*id), Nothing, Nothing).await.unwrap();
            let is = *world.memberships[room][who].lock().await;
            assert_eq!(about.membership.is_some(), is, "person {who} is a member of room {room}: {is}");
            if let Some(membership) = about.membership {
                members.insert((room, who), membership.last_read_seq);
            }
        }
    }
    members
}
