//! A TCP stream that does not wait for ever, and that can be cut from outside.

use super::{
    caps::Place,
    conn::{Conn, Phase},
    frames::Frames,
    reset, unreadable,
};
use crate::http::front::Front;
use bytes::{Buf, Bytes, BytesMut};
use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep},
};

/// Bytes. A peer that has taken so much within the write deadline lives on, so that large answers reach slow links.
const PROGRESS: usize = 64 * 1024;

/// Bytes of what a peer still sends that are read, and thrown away, after the last answer; and how long.
const LINGER: (usize, Duration) = (1024 * 1024, Duration::from_secs(1));

/// The stream. Its timers exist only while they run: an idle WebSocket has none.
pub(in crate::http) struct Guarded {
    io: TcpStream,
    conn: Arc<Conn>,
    _place: Place,
    /// The place of the session that began here.
    _session: Option<Place>,
    front: Front,
    /// What hyper had read of the new protocol before it let go of the stream.
    replay: Bytes,
    /// Of the new protocol, as they come in.
    frames: Frames,
    reading: Option<Pin<Box<Sleep>>>,
    stuck: Option<Pin<Box<Sleep>>>,
    taken_since_stuck: usize,
    /// What is written in the place of an answer of hyper's own.
    own: Bytes,
    /// Bytes thrown away since the last answer.
    lingered: Option<usize>,
}

impl Guarded {
    pub(super) fn new(io: TcpStream, conn: Arc<Conn>, place: Place, front: Front) -> Self {
        Self {
            io,
            conn,
            _place: place,
            _session: None,
            front,
            replay: Bytes::new(),
            frames: Frames::default(),
            reading: None,
            stuck: None,
            taken_since_stuck: 0,
            own: Bytes::new(),
            lingered: None,
        }
    }

    /// The same stream as a WebSocket, which gives `replay` before anything else. It is copied: as it comes, it holds all of
    /// hyper's buffer.
    pub(super) fn upgraded(mut self, replay: &[u8], session: Place) -> Self {
        let mut replay = BytesMut::from(replay);
        if self.frames.is_new() {
            // It came before the answer was out.
            self.frames.pass(&mut replay);
        }
        Self { replay: replay.freeze(), _session: Some(session), ..self }
    }

    /// How long what the phase waits for may take.
    fn allowed(&self) -> Option<Duration> {
        match self.conn.phase() {
            Phase::Fresh | Phase::Head => Some(self.front.deadlines().header),
            Phase::Idle => Some(self.front.deadlines().idle),
            Phase::Busy | Phase::Upgraded => None,
        }
    }

    /// Fails when it has taken longer.
    fn watch_read(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let Some(allowed) = self.allowed() else {
            self.reading = None;
            return Ok(());
        };
        if runs_out(&mut self.reading, allowed, cx) {
            self.conn.end_late();
            return Err(self.cut());
        }
        Ok(())
    }

    /// The pause between two requests begins when the answer is out. hyper reads before it writes, and then not again, so
    /// the timer that runs is put off: a new one would wake nobody.
    fn put_off_read(&mut self) {
        if let (Some(allowed), Some(timer)) = (self.allowed(), &mut self.reading) {
            timer.as_mut().reset(Instant::now() + allowed);
        }
    }

    /// The first bytes after a pause begin a head, and its deadline.
    fn note_read(&mut self) {
        match self.conn.phase() {
            Phase::Fresh => self.conn.enter(Phase::Head),
            Phase::Idle => {
                self.conn.enter(Phase::Head);
                self.reading = None;
            }
            Phase::Head | Phase::Busy | Phase::Upgraded => {}
        }
    }

    /// Runs the write clock: it starts when the peer does not take all that is offered.
    fn watch_write(
        &mut self,
        cx: &mut Context<'_>,
        offered: usize,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Ready(Ok(taken)) if *taken == offered => self.unstuck(),
            Poll::Ready(Err(_)) => self.stuck = None,
            Poll::Ready(Ok(taken)) if self.taken_since_stuck + taken >= PROGRESS => self.unstuck(),
            not_all => {
                if let Poll::Ready(Ok(taken)) = not_all {
                    self.taken_since_stuck += taken;
                    self.put_off_read();
                }
                if runs_out(&mut self.stuck, self.front.deadlines().write, cx) {
                    self.conn.end_stuck();
                    return Poll::Ready(Err(self.cut()));
                }
            }
        }
        written
    }

    /// Takes what is written, if it is hyper's own refusal, and puts ours in its place.
    fn replace(&mut self, written: &[IoSlice<'_>]) -> bool {
        if self.conn.phase() == Phase::Upgraded {
            return false;
        }
        let Some(status) = unreadable::refused(written) else { return false };
        self.own = self.front.refuse_unreadable(status);
        self.conn.linger();
        true
    }

    /// Writes what is in the place of an answer of hyper's own.
    fn poll_own(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.own.has_remaining() {
            let written = Pin::new(&mut self.io).poll_write(cx, &self.own);
            let taken = ready!(self.watch_write(cx, self.own.len(), written))?;
            if taken == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.own.advance(taken);
        }
        Poll::Ready(Ok(()))
    }

    /// Reads what the peer still sends, until it ends or it is enough. Whatever happens, the connection is over.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let (most, long) = LINGER;
        let mut thrown = if let Some(before) = self.lingered {
            before
        } else {
            self.reading = None;
            0
        };
        let mut piece = [0; 4096];
        while thrown < most {
            let mut buf = ReadBuf::new(&mut piece);
            match Pin::new(&mut self.io).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if !buf.filled().is_empty() => thrown += buf.filled().len(),
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => {
                    self.lingered = Some(thrown);
                    return if runs_out(&mut self.reading, long, cx) {
                        Poll::Ready(())
                    } else {
                        Poll::Pending
                    };
                }
            }
        }
        Poll::Ready(())
    }

    /// What reads and writes of a connection fail with that is over. A peer that took nothing is told by a reset: what still
    /// waits for it in the kernel keeps an end from reaching it.
    fn cut(&self) -> io::Error {
        if self.conn.is_stuck() {
            reset(&self.io);
        }
        io::ErrorKind::ConnectionAborted.into()
    }

    fn unstuck(&mut self) {
        self.stuck = None;
        self.taken_since_stuck = 0;
        self.put_off_read();
    }
}

/// Whether the timer, started now if it isn't, has run out.
fn runs_out(timer: &mut Option<Pin<Box<Sleep>>>, allowed: Duration, cx: &mut Context<'_>) -> bool {
    timer.get_or_insert_with(|| Box::pin(sleep(allowed))).as_mut().poll(cx).is_ready()
}

impl AsyncRead for Guarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.conn.read_is_over(cx) {
            return Poll::Ready(Err(this.cut()));
        }
        if this.replay.has_remaining() {
            let some = this.replay.split_to(this.replay.len().min(buf.remaining()));
            buf.put_slice(&some);
            if this.replay.is_empty() {
                // An empty piece would still hold the memory it was cut from.
                this.replay = Bytes::new();
            }
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        match Pin::new(&mut this.io).poll_read(cx, buf) {
            Poll::Ready(Ok(())) => {
                if buf.filled().len() > before {
                    this.note_read();
                    if this.conn.phase() == Phase::Upgraded {
                        this.frames.pass(&mut buf.filled_mut()[before..]);
                    }
                }
                // Also when bytes have come: a head that drips must not put its deadline off.
                this.watch_read(cx)?;
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                this.watch_read(cx)?;
                Poll::Pending
            }
        }
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.conn.write_is_over(cx) {
            return Poll::Ready(Err(this.cut()));
        }
        if this.replace(&[IoSlice::new(buf)]) {
            return Poll::Ready(Ok(buf.len()));
        }
        let written = Pin::new(&mut this.io).poll_write(cx, buf);
        this.watch_write(cx, buf.len(), written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.conn.write_is_over(cx) {
            return Poll::Ready(Err(this.cut()));
        }
        let offered = bufs.iter().map(|buf| buf.len()).sum();
        if this.replace(bufs) {
            return Poll::Ready(Ok(offered));
        }
        let written = Pin::new(&mut this.io).poll_write_vectored(cx, bufs);
        this.watch_write(cx, offered, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.conn.write_is_over(cx) {
            return Poll::Ready(Err(self.cut()));
        }
        ready!(self.poll_own(cx))?;
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.conn.write_is_over(cx) {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_own(cx))?;
        ready!(Pin::new(&mut self.io).poll_shutdown(cx))?;
        if self.conn.lingers() {
            ready!(self.poll_linger(cx));
        }
        Poll::Ready(Ok(()))
    }
}
