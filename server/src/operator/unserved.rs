//! Whether a database is one on which no server runs.

use super::Failure;
use parlor_server::store::{Store, nodes};
use std::time::Duration;
use tokio::time::sleep;

/// A node that lives beats once a second.
const BEAT: Duration = Duration::from_secs(1);

/// One that has not beaten for so many of these is dead, as it is for the other nodes.
const DEAD: u32 = 8;

/// Refuses a database on which a server runs. Where one was killed this takes some seconds; one that has stopped has left nothing. (A
/// file's server has it locked, and is none of these.)
pub(super) async fn nobody_serves(store: &Store) -> Result<(), Failure> {
    let known = nodes::list(&mut store.read().await?).await?;
    if known.is_empty() {
        return Ok(());
    }
    for _ in 0..DEAD {
        sleep(BEAT).await;
        let nodes = nodes::list(&mut store.read().await?).await?;
        if nodes.iter().any(|node| !known.contains(node)) {
            return Err(Failure::new(
                "A server is running on this database: stop every one that does, and start none before the import has ended.",
            ));
        }
    }
    Ok(())
}
