//! One connection, as seen from outside its stream: what it is doing, and its kill switch.

use super::connections::Registry;
use futures_util::task::AtomicWaker;
use std::{
    fmt,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    task::Context,
};

/// What a connection is doing; it decides which deadline its reads have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(in crate::http) enum Phase {
    /// Nothing has come yet.
    Fresh,
    /// A request's head has begun.
    Head,
    /// A request is being answered; its body has a deadline of its own, in the front.
    Busy,
    /// Between two requests.
    Idle,
    /// A WebSocket; the heartbeat watches it.
    Upgraded,
}

/// A connection. Its stream holds it, and it ends with the stream.
pub(in crate::http) struct Conn {
    pub(super) id: u64,
    home: Weak<Registry>,
    killed: AtomicBool,
    /// Its peer took nothing for too long.
    stuck: AtomicBool,
    /// Its peer may still be sending when it is closed.
    lingers: AtomicBool,
    phase: AtomicU8,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Conn {
    pub(super) fn new(id: u64, home: Weak<Registry>) -> Self {
        Self {
            id,
            home,
            killed: AtomicBool::new(false),
            stuck: AtomicBool::new(false),
            lingers: AtomicBool::new(false),
            phase: AtomicU8::new(Phase::Fresh as u8),
            reader: AtomicWaker::new(),
            writer: AtomicWaker::new(),
        }
    }

    /// Ends the connection: every read and write fails from now on, those that wait too.
    pub(super) fn kill(&self) {
        self.killed.store(true, Ordering::SeqCst);
        self.reader.wake();
        self.writer.wake();
    }

    /// Ends it because its peer takes nothing.
    pub(in crate::http) fn end_stuck(&self) {
        self.stuck.store(true, Ordering::Release);
        self.kill();
        if let Some(home) = self.home.upgrade() {
            home.was_stuck();
        }
    }

    /// Ends it because its peer asks nothing.
    pub(super) fn end_late(&self) {
        self.kill();
        if let Some(home) = self.home.upgrade() {
            home.was_late();
        }
    }

    /// Whether it was killed; if not, the reading task is woken when it is.
    pub(super) fn read_is_over(&self, cx: &Context<'_>) -> bool {
        self.is_over(&self.reader, cx)
    }

    /// Whether it was killed; if not, the writing task is woken when it is.
    pub(super) fn write_is_over(&self, cx: &Context<'_>) -> bool {
        self.is_over(&self.writer, cx)
    }

    /// Says that not all of a request will be read. A connection that is closed then is reset, and with it goes the answer, so
    /// what still comes has to be read for a while.
    pub(in crate::http) fn linger(&self) {
        self.lingers.store(true, Ordering::Release);
    }

    pub(super) fn lingers(&self) -> bool {
        self.lingers.load(Ordering::Acquire)
    }

    pub(super) fn is_stuck(&self) -> bool {
        self.stuck.load(Ordering::Acquire)
    }

    #[cfg(test)]
    pub(in crate::http) fn is_killed(&self) -> bool {
        self.killed.load(Ordering::SeqCst)
    }

    fn is_over(&self, waker: &AtomicWaker, cx: &Context<'_>) -> bool {
        if self.killed.load(Ordering::Relaxed) {
            return true;
        }
        // Looks again after registering: a kill in between would wake nobody.
        waker.register(cx.waker());
        self.killed.load(Ordering::SeqCst)
    }

    pub(super) fn phase(&self) -> Phase {
        const ALL: [Phase; 5] = [Phase::Fresh, Phase::Head, Phase::Busy, Phase::Idle, Phase::Upgraded];
        ALL[usize::from(self.phase.load(Ordering::Acquire))]
    }

    pub(in crate::http) fn enter(&self, phase: Phase) {
        let before = self.phase.swap(phase as u8, Ordering::AcqRel);
        if phase == Phase::Upgraded
            && before != Phase::Upgraded as u8
            && let Some(home) = self.home.upgrade()
        {
            home.upgraded();
        }
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        if let Some(home) = self.home.upgrade() {
            home.closed(self.id, self.phase() == Phase::Upgraded);
        }
    }
}

/// The connection on which a WebSocket handshake came; among the extensions of its request. It does not keep it open.
///
/// Handshakes by polling have none: the requests of such a session may share a proxy's connection with other people's.
#[derive(Clone)]
pub struct ConnRef(pub(in crate::http) Weak<Conn>);

impl fmt::Debug for ConnRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnRef({:?})", self.0.upgrade().map(|conn| conn.id))
    }
}

/// A connection that can be cut, whatever becomes of its registration.
#[derive(Clone)]
pub struct ConnHandle(pub(super) Arc<Conn>);

impl ConnHandle {
    /// Cuts it, at once.
    pub fn kill(&self) {
        self.0.kill();
    }
}

impl fmt::Debug for ConnHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnHandle({})", self.0.id)
    }
}
