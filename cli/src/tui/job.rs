//! What comes from outside the terminal: signals that end the program, and the shell's job control.

use crate::Failure;
use rustix::process::{Signal as Kind, getpgid, getpgrp, getpid, getsid};
use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The exit status after SIGINT.
pub(crate) const INTERRUPTED: u8 = 130;

/// What a signal wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// To end, with this status.
    End(u8),
    /// To stop for a while.
    Stop,
    /// To go on.
    GoOn,
}

/// The signals that are heard.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
    /// Stop and go on, where there is a screen to give back and to take again.
    job: Option<(Signal, Signal)>,
}

impl Signals {
    /// From now on they are heard here, and do nothing by themselves.
    pub(crate) fn listen(with_screen: bool) -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|cause| Failure::io("listening to signals", &cause));
        let of = |kind: Kind| listen(SignalKind::from_raw(kind.as_raw()));
        let job = if with_screen { Some((of(Kind::TSTP)?, of(Kind::CONT)?)) } else { None };
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
            job,
        })
    }

    /// The next one. Cancelling it loses nothing.
    pub(crate) async fn next(&mut self) -> Wish {
        let Self { interrupt, terminate, hang_up, job } = self;
        tokio::select! {
            _ = interrupt.recv() => Wish::End(INTERRUPTED),
            _ = terminate.recv() => Wish::End(143),
            _ = hang_up.recv() => Wish::End(129),
            wish = of_the_shell(job.as_mut()) => wish,
        }
    }
}

async fn of_the_shell(job: Option<&mut (Signal, Signal)>) -> Wish {
    let Some((stop, go_on)) = job else { return std::future::pending().await };
    tokio::select! {
        _ = stop.recv() => Wish::Stop,
        _ = go_on.recv() => Wish::GoOn,
    }
}

/// Whether there is a shell that would let this program go on after it has stopped: the terminal's first process, with other jobs
/// than this one.
pub(crate) fn has_shell() -> bool {
    let first = getsid(None).and_then(|session| getpgid(Some(session)));
    first.is_ok_and(|group| group != getpgrp())
}

/// Asks all programs of this job to stop, this one too, as the terminal does at Ctrl-Z.
pub(crate) fn ask_to_stop() -> io::Result<()> {
    Ok(rustix::process::kill_current_process_group(Kind::TSTP)?)
}

/// Stops this program; it answers when it goes on.
pub(crate) fn stop() -> io::Result<()> {
    Ok(rustix::process::kill_process(getpid(), Kind::STOP)?)
}
