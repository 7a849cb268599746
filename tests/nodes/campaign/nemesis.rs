//! What goes wrong meanwhile: Redis is killed and stopped, the ways to the database are cut and stall, nodes are killed. Each of these
//! is at work by itself, so that they meet; each makes good again what it has done.

use super::house::{NODES, Nodes};
use parlor_tests::{dice::Dice, scale::scale};
use std::{fmt, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

/// How often what was done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Deeds {
    pub(crate) redis_killed: usize,
    pub(crate) redis_stopped: usize,
    pub(crate) cut: usize,
    stalled: usize,
    pub(crate) silenced: usize,
    pub(crate) killed: usize,
}

impl fmt::Display for Deeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { redis_killed, redis_stopped, cut, stalled, silenced, killed } = self;
        write!(f, "Redis killed {redis_killed} times and stopped {redis_stopped} times, ")?;
        write!(
            f,
            "the database cut off {cut} times, held back {stalled} times and silent {silenced} times, nodes killed {killed} times"
        )
    }
}

/// Does it all until it is to be quiet.
pub(crate) async fn rage(nodes: Arc<Nodes>, seed: u64, quiet: watch::Receiver<bool>) -> Deeds {
    let dice = |number| Dice::new(seed + number);
    let (redis, ways, killed) = tokio::join!(
        at_redis(&nodes, dice(1), quiet.clone()),
        at_the_ways(&nodes, dice(2), quiet.clone()),
        at_the_nodes(&nodes, dice(3), quiet),
    );
    Deeds { redis_killed: redis.redis_killed, redis_stopped: redis.redis_stopped, killed, ..ways }
}

/// Waits so long, or until it is to be quiet; whether it is.
async fn is_quiet_after(time: Duration, quiet: &mut watch::Receiver<bool>) -> bool {
    timeout(time, quiet.wait_for(|quiet| *quiet)).await.is_ok()
}

async fn at_redis(nodes: &Nodes, mut dice: Dice, mut quiet: watch::Receiver<bool>) -> Deeds {
    let mut deeds = Deeds::default();
    let Some(redis) = &nodes.redis else { return deeds };
    let mut redis = redis.lock().await;
    while !is_quiet_after(dice.millis(1000..6000), &mut quiet).await {
        if dice.roll(0..2) == 0 {
            redis.kill().await;
            sleep(dice.millis(0..5000)).await;
            redis.start_again().await;
            deeds.redis_killed += 1;
        } else {
            redis.stop().await;
            sleep(dice.millis(500..6000)).await;
            redis.go_on().await;
            deeds.redis_stopped += 1;
        }
    }
    deeds
}

async fn at_the_ways(nodes: &Nodes, mut dice: Dice, mut quiet: watch::Receiver<bool>) -> Deeds {
    let mut deeds = Deeds::default();
    while !is_quiet_after(dice.millis(500..4000), &mut quiet).await {
        let way = nodes.all[any(&mut dice)].way.lock().await;
        // The first one is a silence, so that each campaign has one, and time to come back from it; a long one has more.
        let deed = if deeds.silenced == 0 { 8 } else { dice.roll(0..scale(8, 9)) };
        match deed {
            // Once, and it can be had again at once.
            0 | 1 => way.reset(),
            // In the middle of something, again and again.
            2 | 3 => {
                for _ in 0..dice.roll(1..6) {
                    way.cut_after(dice.roll(0..40_000));
                    sleep(dice.millis(0..800)).await;
                }
            }
            // Nothing comes back: whether a commit was taken stays open.
            4 | 5 => {
                way.change(|network| network.stalled = true);
                sleep(dice.millis(200..4000)).await;
                way.reset();
            }
            // What was sent is gone, and so are the connections, though nobody is told: the node waits 20 s for a statement that was under way,
            // and the database 30 s for the rest of a transaction, whose rooms wait as long.
            8 => {
                way.fall_silent();
                sleep(dice.millis(500..5000)).await;
                deeds.silenced += 1;
                way.heal();
                continue;
            }
            _ => {
                way.change(|network| network.stalled = true);
                sleep(dice.millis(200..4000)).await;
                deeds.stalled += 1;
                way.heal();
                continue;
            }
        }
        deeds.cut += 1;
        way.heal();
    }
    deeds
}

async fn at_the_nodes(nodes: &Nodes, mut dice: Dice, mut quiet: watch::Receiver<bool>) -> usize {
    let mut killed = 0;
    while !is_quiet_after(dice.millis(2000..9000), &mut quiet).await {
        let node = &nodes.all[any(&mut dice)];
        let mut process = node.process.lock().await;
        process.kill().await;
        sleep(dice.millis(0..3000)).await;
        node.starts_again(process).await;
        killed += 1;
    }
    killed
}

fn any(dice: &mut Dice) -> usize {
    usize::try_from(dice.roll(0..NODES as u64)).unwrap()
}
