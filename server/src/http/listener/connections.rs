//! The open connections, and which of them carry which socket.

use super::conn::{Conn, ConnHandle, ConnRef, Phase};
use engineioxide::socket::Sid;
use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
};

/// The open connections; clones share them. An entry goes with its connection, not with its socket: a socket ends before
/// its connection is cut.
#[derive(Clone, Default)]
pub struct Connections {
    registry: Arc<Registry>,
}

/// How many connections there are and were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Open ones, of any kind.
    pub open: usize,
    /// Open ones that carry a WebSocket.
    pub sockets: usize,
    /// Socket ids that are bound to an open connection.
    pub bound: usize,
    /// Refused at the caps, since the start.
    pub refused: u64,
    /// Cut because the peer took nothing for too long, since the start.
    pub stuck: u64,
    /// Cut because no request came in time, since the start.
    pub late: u64,
}

#[derive(Default)]
pub(super) struct Registry {
    table: Mutex<Table>,
    next: AtomicU64,
    sockets: AtomicUsize,
    refused: AtomicU64,
    stuck: AtomicU64,
    late: AtomicU64,
}

#[derive(Default)]
struct Table {
    open: HashMap<u64, Entry>,
    bound: HashMap<Sid, Vec<u64>>,
}

struct Entry {
    conn: Weak<Conn>,
    sid: Option<Sid>,
}

impl Connections {
    /// Says that `conn` carries the socket `sid`, beside those that do already: whoever guesses an id cannot hide the
    /// connection that is meant. A connection carries one socket; binding it again moves it.
    pub fn bind(&self, sid: Sid, conn: &ConnRef) {
        if let Some(conn) = conn.0.upgrade() {
            self.registry.table().bind(conn.id, Some(sid));
        }
    }

    /// Takes that back.
    pub(in crate::http) fn unbind(&self, conn: &Conn) {
        self.registry.table().bind(conn.id, None);
    }

    /// The connections that carry the socket `sid`. Take them before the socket is disconnected, kill them after.
    pub fn take(&self, sid: Sid) -> Vec<ConnHandle> {
        let table = self.registry.table();
        let ids = table.bound.get(&sid).map_or(&[][..], Vec::as_slice);
        ids.iter().filter_map(|id| table.open.get(id)?.conn.upgrade()).map(ConnHandle).collect()
    }

    /// Cuts every connection that carries a WebSocket.
    pub fn kill_sockets(&self) {
        for conn in self.registry.every().iter().filter(|conn| conn.phase() == Phase::Upgraded) {
            conn.kill();
        }
    }

    /// Cuts every connection, those with a request under way too.
    pub fn kill_all(&self) {
        for conn in self.registry.every() {
            conn.kill();
        }
    }

    /// How many there are and were.
    pub fn counts(&self) -> Counts {
        let registry = &*self.registry;
        let (open, bound) = {
            let table = registry.table();
            (table.open.len(), table.bound.len())
        };
        Counts {
            open,
            sockets: registry.sockets.load(Relaxed),
            bound,
            refused: registry.refused.load(Relaxed),
            stuck: registry.stuck.load(Relaxed),
            late: registry.late.load(Relaxed),
        }
    }

    pub(in crate::http) fn open(&self) -> Arc<Conn> {
        let id = self.registry.next.fetch_add(1, Relaxed);
        let conn = Arc::new(Conn::new(id, Arc::downgrade(&self.registry)));
        let entry = Entry { conn: Arc::downgrade(&conn), sid: None };
        self.registry.table().open.insert(id, entry);
        conn
    }

    pub(super) fn refused(&self) {
        self.registry.refused.fetch_add(1, Relaxed);
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.counts().fmt(f)
    }
}

impl Registry {
    /// Never drop a connection while this is held: its end asks for it too.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn every(&self) -> Vec<Arc<Conn>> {
        self.table().open.values().filter_map(|entry| entry.conn.upgrade()).collect()
    }

    pub(super) fn upgraded(&self) {
        self.sockets.fetch_add(1, Relaxed);
    }

    pub(super) fn closed(&self, id: u64, was_upgraded: bool) {
        if was_upgraded {
            self.sockets.fetch_sub(1, Relaxed);
        }
        let mut table = self.table();
        table.bind(id, None);
        table.open.remove(&id);
    }

    pub(super) fn was_stuck(&self) {
        self.stuck.fetch_add(1, Relaxed);
    }

    pub(super) fn was_late(&self) {
        self.late.fetch_add(1, Relaxed);
    }
}

impl Table {
    fn bind(&mut self, id: u64, sid: Option<Sid>) {
        let Some(entry) = self.open.get_mut(&id) else { return };
        if entry.sid == sid {
            return;
        }
        let before = std::mem::replace(&mut entry.sid, sid);
        if let Some(before) = before
            && let Some(ids) = self.bound.get_mut(&before)
        {
            ids.retain(|bound| *bound != id);
            if ids.is_empty() {
                self.bound.remove(&before);
            }
        }
        if let Some(sid) = sid {
            self.bound.entry(sid).or_insert_with(|| Vec::with_capacity(1)).push(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(conn: &Arc<Conn>) -> ConnRef {
        ConnRef(Arc::downgrade(conn))
    }

    #[test]
    fn an_entry_goes_with_its_connection() {
        let connections = Connections::default();
        let (conn, sid) = (connections.open(), Sid::new());
        connections.bind(sid, &reference(&conn));
        assert_eq!(connections.take(sid).len(), 1);
        conn.enter(Phase::Upgraded);
        assert_eq!((connections.counts().sockets, connections.counts().bound), (1, 1));
        drop(conn);
        let counts = connections.counts();
        assert_eq!((counts.open, counts.sockets, counts.bound), (0, 0, 0));
        assert!(connections.take(sid).is_empty());
    }

    #[test]
    fn a_second_connection_does_not_hide_the_first() {
        let connections = Connections::default();
        let (real, foreign, sid) = (connections.open(), connections.open(), Sid::new());
        connections.bind(sid, &reference(&real));
        connections.bind(sid, &reference(&foreign));
        for handle in connections.take(sid) {
            handle.kill();
        }
        assert!(real.is_killed() && foreign.is_killed());
    }

    #[test]
    fn a_connection_that_tries_many_ids_is_bound_to_the_last() {
        let connections = Connections::default();
        let conn = connections.open();
        for _ in 0..100 {
            connections.bind(Sid::new(), &reference(&conn));
        }
        assert_eq!(connections.counts().bound, 1);
        connections.unbind(&conn);
        assert_eq!(connections.counts().bound, 0);
    }

    #[test]
    fn killing_all_spares_none_and_killing_sockets_spares_requests() {
        let connections = Connections::default();
        let (request, socket) = (connections.open(), connections.open());
        request.enter(Phase::Busy);
        socket.enter(Phase::Upgraded);
        connections.kill_sockets();
        assert_eq!((request.is_killed(), socket.is_killed()), (false, true));
        connections.kill_all();
        assert!(request.is_killed());
    }
}
