//! Who is there, whichever node they came to.

use crate::cluster::{Cluster, House, in_every_house};
use parlor_client::ServerMessage;
use parlor_protocol::{ids::UserId, presence::Presence};
use parlor_tests::{
    Person, Seat, TestServer,
    databases::{Database, Kind},
    proxy::FaultProxy,
    within,
};
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// One is offline so long after the last disconnect.
const GRACE: Duration = Duration::from_secs(5);

/// After the death of a node its people are offline within this.
const DEATH: Duration = Duration::from_secs(15);

pub(crate) async fn hears_status(seat: &mut Seat, of: &Person) -> Presence {
    let status = seat.hears(|message| match message {
        ServerMessage::UserStatus(notice) if notice.user_id == of.id() => Some(notice.status),
        _ => None,
    });
    status.await
}

fn came(message: &ServerMessage) -> Option<UserId> {
    match message {
        ServerMessage::UserStatus(notice) if notice.status == Presence::Online => Some(notice.user_id),
        _ => None,
    }
}

async fn statuses_so_far(seat: &mut Seat, of: &Person) -> Vec<Presence> {
    let heard = seat.heard().await;
    let statuses = heard.iter().filter_map(|message| match message {
        ServerMessage::UserStatus(notice) if notice.user_id == of.id() => Some(notice.status),
        _ => None,
    });
    statuses.collect()
}

pub(crate) async fn is_online(asked_by: &Person, of: &Person) -> bool {
    asked_by.get(&format!("/api/v1/users/{}", of.id())).await.data(200)["isOnline"] == true
}

pub(crate) async fn two_in_a_room(cluster: &Cluster) -> [Person; 2] {
    let [ada, bob] = cluster.nodes[0].people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    [ada, bob]
}

in_every_house! {
    async fn o5_who_comes_and_goes_at_one_node_does_so_at_all(cluster: Cluster) {
        let [ada, bob] = two_in_a_room(&cluster).await;
        let mut seat = ada.sits_down().await;
        let tab = bob.by(&cluster.nodes[1]).sits_down().await;
        assert_eq!(hears_status(&mut seat, &bob).await, Presence::Online);
        assert!(is_online(&ada, &bob).await);
        let left = Instant::now();
        tab.stands_up();
        assert_eq!(hears_status(&mut seat, &bob).await, Presence::Offline);
        assert!(left.elapsed() >= GRACE && left.elapsed() < GRACE + Duration::from_secs(4), "{:?}", left.elapsed());
        assert!(!is_online(&ada, &bob).await);
    }

    async fn who_moves_to_another_node_was_never_away(cluster: Cluster) {
        let [here, there] = &cluster.nodes;
        let [ada, bob] = two_in_a_room(&cluster).await;
        let (mut near, mut far) = (ada.sits_down().await, ada.by(there).sits_down().await);
        let mut tab = bob.sits_down().await;
        for seat in [&mut near, &mut far] {
            assert_eq!(hears_status(seat, &bob).await, Presence::Online);
        }
        for node in [there, here, there] {
            let next = bob.by(node).sits_down().await;
            tab.stands_up();
            tab = next;
        }
        // The end of it is heard once, and nothing before it.
        tab.stands_up();
        for seat in [&mut near, &mut far] {
            assert_eq!(hears_status(seat, &bob).await, Presence::Offline);
            assert_eq!(statuses_so_far(seat, &bob).await, []);
        }
    }
}

#[tokio::test]
async fn the_people_of_a_node_that_dies_are_offline_soon_unless_they_come_by_another() {
    let cluster = Cluster::start(House::PostgresAndRedis).await;
    let [ada, bob] = two_in_a_room(&cluster).await;
    let [eve] = cluster.nodes[0].people(["eve"]).await;
    let room = ada.creates_room("hall").await;
    eve.joins(&room).await;
    let mut seat = ada.sits_down().await;
    let mut third = cluster.process().await;
    let (_bob_tab, _eve_tab) = (bob.by(&third).sits_down().await, eve.by(&third).sits_down().await);
    // In whichever order.
    let mut online = HashSet::new();
    while online != HashSet::from([bob.id(), eve.id()]) {
        online.insert(seat.hears(came).await);
    }
    third.kill().await;
    let died = Instant::now();
    let _eve_tab = eve.by(&cluster.nodes[1]).sits_down().await;
    let offline = async {
        loop {
            if let ServerMessage::UserStatus(notice) = seat.next().await {
                assert_eq!((notice.user_id, notice.status), (bob.id(), Presence::Offline));
                return;
            }
        }
    };
    within(DEATH, "bob to be offline", offline).await;
    println!("offline {:?} after the death of the node", died.elapsed());
    assert!(is_online(&ada, &eve).await);
}

#[tokio::test]
async fn without_a_bus_presence_comes_by_the_database() {
    let cluster = Cluster::start(House::MariaDbAndRedis).await;
    let [ada, bob] = two_in_a_room(&cluster).await;
    let mut seat = ada.sits_down().await;
    cluster.way.as_ref().unwrap().change(|network| network.stalled = true);
    let tab = bob.by(&cluster.nodes[1]).sits_down().await;
    assert_eq!(hears_status(&mut seat, &bob).await, Presence::Online);
    tab.stands_up();
    assert_eq!(hears_status(&mut seat, &bob).await, Presence::Offline);
}

#[tokio::test]
async fn the_people_of_a_node_that_stops_in_order_have_time_to_come_by_another() {
    let mut cluster = Cluster::start(House::PostgresAndRedis).await;
    let [ada, bob] = two_in_a_room(&cluster).await;
    let mut seat = ada.sits_down().await;
    let _tab = bob.by(&cluster.nodes[1]).sits_down().await;
    assert_eq!(hears_status(&mut seat, &bob).await, Presence::Online);
    cluster.nodes[1].stop().await;
    let again = bob.sits_down().await;
    assert_eq!(statuses_so_far(&mut seat, &bob).await, []);
    again.stands_up();
    assert_eq!(hears_status(&mut seat, &bob).await, Presence::Offline);
    assert_eq!(statuses_so_far(&mut seat, &bob).await, []);
}

/// Of a crowd that goes at once most are nobody's business, and they hold nobody up.
#[tokio::test]
async fn the_news_of_a_few_does_not_stand_behind_a_crowd() {
    const CROWD: usize = 6000;
    const FRIENDS: usize = 20;
    let database = Database::make(Kind::Postgres).await;
    let server = database.url.rfind('@').unwrap() + 1;
    let end = server + database.url[server..].find('/').unwrap();
    let way = FaultProxy::start(database.url[server..end].parse().unwrap()).await;
    way.change(|network| network.latency = Duration::from_millis(2));
    let url = format!("{}{}{}", &database.url[..server], way.address(), &database.url[end..]);
    let node = TestServer::start_with(|config| config.database_url = Some(url.parse().unwrap())).await;
    let [ada] = node.people(["ada"]).await;
    let room = ada.creates_room("hall").await;
    let mut seat = ada.sits_down().await;
    // Another node, with all of them, which dies the moment it is there.
    database
        .execute(&format!(
            "WITH crowd AS (INSERT INTO users (id, username, username_key, email, email_key, password_hash, created_at, updated_at)
                SELECT gen_random_uuid(), 'guest' || n, 'guest' || n, 'guest' || n, 'guest' || n, '', now(), now()
                FROM generate_series(1, {CROWD}) n RETURNING id, username),
            friends AS (INSERT INTO members (id, room_id, user_id, role, joined_at)
                SELECT gen_random_uuid(), '{}', id, 0, now() FROM crowd ORDER BY username LIMIT {FRIENDS}),
            node AS (INSERT INTO nodes VALUES (gen_random_uuid(), 1, 1) RETURNING id)
            INSERT INTO online SELECT node.id, crowd.id FROM node, crowd",
            room.id
        ))
        .await;
    for status in [Presence::Online, Presence::Offline] {
        let told = async {
            let mut told = HashSet::new();
            while told.len() < FRIENDS {
                told.insert(
                    seat.hears(|message| match message {
                        ServerMessage::UserStatus(notice) if notice.status == status => Some(notice.user_id),
                        _ => None,
                    })
                    .await,
                );
            }
        };
        within(DEATH, format!("all to be {status:?}"), told).await;
    }
}

/// What can't be noted of one is not forgotten because it could be of another.
#[tokio::test]
async fn who_goes_while_the_database_will_not_note_it_is_offline_everywhere_afterwards() {
    let cluster = Cluster::start(House::PostgresAlone).await;
    let [ada, bob] = two_in_a_room(&cluster).await;
    let [eve] = cluster.nodes[0].people(["eve"]).await;
    let room = ada.creates_room("hall").await;
    eve.joins(&room).await;
    let mut seat = ada.sits_down().await;
    let there = &cluster.nodes[1];
    let (bob_tab, eve_tab) = (bob.by(there).sits_down().await, eve.by(there).sits_down().await);
    let mut online = HashSet::new();
    while online != HashSet::from([bob.id(), eve.id()]) {
        online.insert(seat.hears(came).await);
    }
    cluster
        .execute(&format!(
            "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
            IF OLD.user_id = '{}' THEN RAISE EXCEPTION 'kept'; END IF; RETURN OLD; END$$",
            bob.id()
        ))
        .await;
    cluster.execute("CREATE TRIGGER keep BEFORE DELETE ON online FOR EACH ROW EXECUTE FUNCTION keep()").await;
    let gone_here = async |person: &Person| {
        while is_online(&ada.by(there), person).await {
            sleep(Duration::from_millis(20)).await;
        }
    };
    bob_tab.stands_up();
    within(DEATH, "bob to be offline where he was", gone_here(&bob)).await;
    eve_tab.stands_up();
    assert_eq!(hears_status(&mut seat, &eve).await, Presence::Offline);
    assert!(is_online(&ada, &bob).await, "the database says so");
    cluster.execute("DROP TRIGGER keep ON online").await;
    assert_eq!(hears_status(&mut seat, &bob).await, Presence::Offline);
}
