//! Parlor's database, written in one transaction; or, in a dry run, nothing at all.

use super::{super::Failure, not_empty, source::Source};
use parlor_server::store::{
    Store, Tx,
    history::{self, PlacedEntry},
    invites, members, receipts, rooms, users,
};

/// So many entries are written by a statement, or fewer of long texts.
const AT_ONCE: usize = 256;
const BYTES_AT_ONCE: usize = 1 << 20;

/// Where it all goes.
pub(super) struct Target(Option<Tx>);

impl Target {
    pub(super) fn nowhere() -> Self {
        Self(None)
    }

    /// Begins the transaction.
    pub(super) async fn begin(store: &Store) -> Result<Self, Failure> {
        let mut tx = store.write().await?;
        // A server that was started meanwhile may have let somebody in.
        if !history::is_empty(&mut tx).await? {
            return Err(not_empty());
        }
        Ok(Self(Some(tx)))
    }

    /// Writes the accounts that are known by now, and the rooms.
    pub(super) async fn rooms(&mut self, source: &mut Source) -> Result<(), Failure> {
        let Some(tx) = &mut self.0 else { return Ok(()) };
        users_from(tx, source, 0).await?;
        source.written = source.accounts.new.len();
        for log in &source.rooms {
            rooms::insert(tx, &log.room).await?;
        }
        Ok(())
    }

    /// Writes the entries that have gathered, if they are enough; all of them at the `end`.
    pub(super) async fn entries(&mut self, entries: &mut Vec<PlacedEntry>, end: bool) -> Result<(), Failure> {
        if !end && entries.len() < AT_ONCE {
            return Ok(());
        }
        if let Some(tx) = &mut self.0 {
            let size = |placed: &PlacedEntry| placed.entry.content.as_ref().map_or(0, String::len);
            let mut rest = entries.as_slice();
            while !rest.is_empty() {
                let mut bytes = 0;
                let few = rest.iter().take(AT_ONCE).take_while(|placed| {
                    bytes += size(placed);
                    bytes <= BYTES_AT_ONCE
                });
                let (now, later) = rest.split_at(few.count().max(1));
                history::insert_entries(tx, now).await?;
                rest = later;
            }
        }
        entries.clear();
        Ok(())
    }

    /// Writes what the entries have led to: accounts in the place of missing ones, counts, members, cursors, invites.
    pub(super) async fn finish(&mut self, source: &Source) -> Result<(), Failure> {
        let Some(tx) = &mut self.0 else { return Ok(()) };
        users_from(tx, source, source.written).await?;
        for log in &source.rooms {
            let (id, count) = (log.room.id, i64::try_from(log.members.len()).unwrap_or(i64::MAX));
            rooms::advance(tx, id, log.last_seq, log.message_count, count, log.last_entry_at).await?;
            let (name, key) = (&log.room.name, &log.room.name_key);
            rooms::update(tx, id, name, key, log.room.description.as_deref(), log.updated_at).await?;
            for member in &log.members {
                members::insert(tx, member).await?;
                // Nobody comes back to thousands of unread messages. Nothing is said to have been read, either: whose messages they
                // are sees them as delivered until somebody reads on.
                receipts::begin(tx, id, member.user_id, log.last_seq).await?;
            }
        }
        for invite in &source.invites {
            invites::insert(tx, invite).await?;
        }
        if let Some(cost) = source.accounts.cost {
            history::keep_original_cost(tx, cost).await?;
        }
        Ok(())
    }

    /// Makes it last.
    pub(super) async fn commit(self) -> Result<(), Failure> {
        match self.0 {
            Some(tx) => Ok(tx.commit().await?),
            None => Ok(()),
        }
    }
}

async fn users_from(tx: &mut Tx, source: &Source, first: usize) -> Result<(), Failure> {
    for (user, updated_at) in source.accounts.new.iter().skip(first) {
        users::insert(tx, user).await?;
        if *updated_at != user.created_at
            && let Some(row) = users::by_id(tx, user.id).await?
        {
            users::update(tx, &users::UserRow { updated_at: *updated_at, ..row }).await?;
        }
    }
    Ok(())
}
