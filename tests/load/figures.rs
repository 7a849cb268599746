//! The figures, one function each. Every one names in [`Report`] how it was taken.

use crate::{
    http::Http,
    latency::Latencies,
    people::{Person, people, room},
    report::Report,
    server::{Home, Server},
    socket::{Keep, Socket},
};
use serde_json::json;
use std::{
    io,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::{sync::Notify, task::JoinSet, time::sleep};

/// How long a load runs before it is measured, and how long it is measured.
const WARM_UP: Duration = Duration::from_secs(2);
const MEASURED: Duration = Duration::from_secs(10);
/// After this the timers of a socket's beginning have run out.
const SETTLED: Duration = Duration::from_secs(12);

/// Start to ready, on a new data folder and on one that has been used; the median of five each.
pub(crate) async fn start(core: usize, report: &mut Report) -> io::Result<()> {
    let (mut first, mut again) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let home = Home::new(core)?;
        first.push(home.start().await?.ready_after.as_secs_f64() * 1000.0);
        again.push(home.start().await?.ready_after.as_secs_f64() * 1000.0);
    }
    report.add("ready_ms_first", median(first), "ms from start to ready, new data folder (median of 5)");
    report.add("ready_ms", median(again), "ms from start to ready, existing data folder (median of 5)");
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Durable sends of 64 senders, each awaiting its acknowledgement; nobody is subscribed.
pub(crate) async fn sends(core: usize, rooms: usize, report: &mut Report) -> io::Result<()> {
    const SENDERS: usize = 64;
    /// In how many rooms a sender is a member, when there are several.
    const EACH: usize = 10;
    let home = Home::new(core)?;
    let server = home.start().await?;
    let people = people(server.address, "sender", SENDERS).await?;
    let mut places = vec![Vec::new(); SENDERS];
    for number in 0..rooms {
        let members: Vec<usize> =
            (0..SENDERS).filter(|sender| rooms == 1 || in_room(*sender, number, rooms, EACH)).collect();
        let others: Vec<Person> = members[1..].iter().map(|member| people[*member].clone()).collect();
        let id = room(server.address, &people[members[0]], &others).await?;
        for member in members {
            places[member].push(id.clone());
        }
    }
    let begin = Instant::now() + WARM_UP + Duration::from_secs(1);
    let mut senders = JoinSet::new();
    for (person, places) in people.into_iter().zip(places) {
        let address = server.address;
        senders.spawn_local(async move {
            let mut socket = Socket::open(address, &person.token).await?;
            let mut taken = Vec::new();
            for place in places.iter().cycle() {
                let sent = Instant::now();
                if sent > begin + MEASURED {
                    break;
                }
                socket.ask("send_message", &json!({ "roomId": place, "content": "a message of ordinary length, as people write them" })).await?;
                if sent >= begin {
                    taken.push(sent.elapsed());
                }
            }
            io::Result::Ok(taken)
        });
    }
    let mut latencies = Latencies::default();
    while let Some(taken) = senders.join_next().await {
        latencies.extend(taken.map_err(io::Error::other)??);
    }
    let name = if rooms == 1 { "one_room".to_owned() } else { format!("{rooms}_rooms") };
    let place = if rooms == 1 { "one room".to_owned() } else { format!("over {rooms} rooms") };
    let rate = latencies.count() / MEASURED.as_secs_f64();
    report.add(
        &format!("sends_per_s_{name}"),
        rate,
        &format!("durable sends/s, {SENDERS} senders, {place}, each awaits its ack, none subscribed"),
    );
    report.add(
        &format!("send_p50_ms_{name}"),
        latencies.percentile_ms(50),
        "ms from send to ack, half of them",
    );
    report.add(&format!("send_p99_ms_{name}"), latencies.percentile_ms(99), "ms from send to ack, 99 of 100");
    Ok(())
}

/// Spreads memberships evenly: each sender is in `each` neighbouring rooms of the circle.
fn in_room(sender: usize, room: usize, rooms: usize, each: usize) -> bool {
    (room + rooms - sender * rooms / 64 % rooms) % rooms < each
}

/// Deliveries to a room of so many sockets, per second that the server's threads ran: 4 senders with 4 messages each unanswered.
pub(crate) async fn deliveries(core: usize, sockets: usize, report: &mut Report) -> io::Result<()> {
    const SENDERS: usize = 4;
    const UNANSWERED: usize = 4;
    let home = Home::new(core)?;
    let server = home.start().await?;
    let people = people(server.address, "member", SENDERS).await?;
    let place = room(server.address, &people[0], &people[1..]).await?;
    let heard = Rc::new(Counter::default());
    let mut listeners = JoinSet::new();
    for number in 0..sockets {
        let mut socket = Socket::open(server.address, &people[number % SENDERS].token).await?;
        socket.ask("join_room", &json!({ "roomId": place })).await?;
        let heard = heard.clone();
        listeners.spawn_local(async move {
            while let Ok(news) = socket.hear(Keep::Counts).await {
                heard.add(news.deliveries);
            }
        });
    }
    let begin = Instant::now() + WARM_UP;
    let mut senders = JoinSet::new();
    for person in people {
        let (address, place) = (server.address, place.clone());
        senders.spawn_local(async move {
            let mut socket = Socket::open(address, &person.token).await?;
            let message =
                json!({ "roomId": place, "content": "a message of ordinary length, as people write them" });
            let (mut sent, mut acked) = (0, 0);
            loop {
                while sent - acked < UNANSWERED && begin.elapsed() < MEASURED {
                    socket.emit("send_message", &message).await?;
                    sent += 1;
                }
                if sent == acked {
                    return io::Result::Ok(sent);
                }
                acked += socket.hear(Keep::Counts).await?.acks.len();
            }
        });
    }
    sleep(begin - Instant::now()).await;
    let (cpu, before, started) = (server.cpu()?, heard.count(), Instant::now());
    let mut sent = 0;
    while let Some(one) = senders.join_next().await {
        sent += one.map_err(io::Error::other)??;
    }
    let all = sent as u64 * sockets as u64;
    let complete = tokio::time::timeout(Duration::from_secs(20), heard.reaches(all)).await.is_ok();
    let (cpu, wall) = (server.cpu()? - cpu, started.elapsed().as_secs_f64());
    if !complete || heard.count() != all {
        return Err(io::Error::other(format!("{} of {all} deliveries came", heard.count())));
    }
    let count = (heard.count() - before) as f64;
    report.add(
        &format!("deliveries_per_cpu_s_{sockets}"),
        count / cpu,
        &format!("deliveries per CPU-second to a room of {sockets}, 4 senders with 4 messages each unanswered, all complete"),
    );
    report.add(&format!("deliveries_per_s_{sockets}"), count / wall, "the same per second of time");
    Ok(())
}

#[derive(Default)]
struct Counter {
    count: std::cell::Cell<u64>,
    news: Notify,
}

impl Counter {
    fn add(&self, more: u64) {
        self.count.set(self.count.get() + more);
        self.news.notify_one();
    }

    fn count(&self) -> u64 {
        self.count.get()
    }

    async fn reaches(&self, goal: u64) {
        while self.count() < goal {
            self.news.notified().await;
        }
    }
}

/// What 3,000 idle signed-in sockets of 100 people take.
pub(crate) async fn idle(core: usize, report: &mut Report) -> io::Result<()> {
    const SOCKETS: usize = 3000;
    const PEOPLE: usize = 100;
    let home = Home::new(core)?;
    let server = home.start().await?;
    let people = people(server.address, "idler", PEOPLE).await?;
    // A few sockets come and go first: what the server takes for the first of anything is not a socket's.
    for person in &people {
        Socket::open(server.address, &person.token).await?;
    }
    sleep(SETTLED).await;
    let before = server.resident()?;
    let mut sockets = JoinSet::new();
    for number in 0..SOCKETS {
        let mut socket = Socket::open(server.address, &people[number % PEOPLE].token).await?;
        sockets.spawn_local(async move { while socket.hear(Keep::Counts).await.is_ok() {} });
    }
    sleep(SETTLED).await;
    let alive = sockets.len() - std::iter::from_fn(|| sockets.try_join_next()).count();
    if alive != SOCKETS {
        return Err(io::Error::other(format!("{alive} of {SOCKETS} sockets are still there")));
    }
    let each = (server.resident()? - before) / SOCKETS as f64;
    report.add(
        "kib_per_idle_socket",
        each,
        "KiB of resident memory per idle signed-in socket, 3,000 of 100 people",
    );
    Ok(())
}

/// Pages of 50 out of a room's 1,000 messages, by 8 connections that stay open.
pub(crate) async fn history(core: usize, report: &mut Report) -> io::Result<()> {
    const MESSAGES: usize = 1000;
    const READERS: usize = 8;
    let home = Home::new(core)?;
    let server = home.start().await?;
    let people = people(server.address, "reader", 1).await?;
    let place = room(server.address, &people[0], &[]).await?;
    let mut socket = Socket::open(server.address, &people[0].token).await?;
    let mut acks = 0;
    for number in 0..MESSAGES {
        socket
            .emit("send_message", &json!({ "roomId": place, "content": format!("message {number}") }))
            .await?;
    }
    while acks < MESSAGES {
        acks += socket.hear(Keep::Counts).await?.acks.len();
    }
    let (cpu, end) = (server.cpu()?, Instant::now() + MEASURED);
    let mut readers = JoinSet::new();
    for reader in 0..READERS {
        let (address, token, place) = (server.address, people[0].token.clone(), place.clone());
        readers.spawn_local(async move {
            let mut http = Http::open(address).await?;
            let mut pages = 0_usize;
            while Instant::now() < end {
                // Steps through the room without order, so that no page is the one just read.
                let before = 60 + (pages * 389 + reader * 127) % (MESSAGES - 60);
                let status = http
                    .get(&format!("/api/v1/rooms/{place}/messages?before={before}&limit=50"), &token)
                    .await?;
                if status != 200 {
                    return Err(io::Error::other(format!("history: {status}")));
                }
                pages += 1;
            }
            Ok(pages)
        });
    }
    let mut pages = 0;
    while let Some(one) = readers.join_next().await {
        pages += one.map_err(io::Error::other)??;
    }
    report.add(
        "history_pages_per_cpu_s",
        pages as f64 / (server.cpu()? - cpu),
        "pages of 50 out of 1,000 messages per CPU-second, 8 connections",
    );
    Ok(())
}

/// Sockets that connect, sign in and go, 16 at a time.
pub(crate) async fn connects(core: usize, report: &mut Report) -> io::Result<()> {
    const AT_ONCE: usize = 16;
    const EACH: usize = 500;
    let home = Home::new(core)?;
    let server: Server = home.start().await?;
    let people = people(server.address, "comer", AT_ONCE).await?;
    let cpu = server.cpu()?;
    let mut comers = JoinSet::new();
    for person in people {
        let address = server.address;
        comers.spawn_local(async move {
            for _ in 0..EACH {
                Socket::open(address, &person.token).await?;
            }
            io::Result::Ok(())
        });
    }
    while let Some(done) = comers.join_next().await {
        done.map_err(io::Error::other)??;
    }
    let rate = (AT_ONCE * EACH) as f64 / (server.cpu()? - cpu);
    report.add(
        "connects_per_cpu_s",
        rate,
        "WebSockets connected, signed in and closed per CPU-second, 16 at a time",
    );
    Ok(())
}
