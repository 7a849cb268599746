//! Large answers that wait for their readers: bounded in all, whoever reads.

use crate::{domain::limits::counted, http::listener::Conn};
use axum::body::Body;
use bytes::Bytes;
use http_body_util::{BodyExt, Collected};
use hyper::{Response, body::Body as _};
use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

/// Bytes. The kernel takes what is smaller at once.
const LARGE: u64 = 64 * 1024;

/// Bytes of large answers that may wait together: about twenty of the largest, which only a reader that has stopped keeps
/// waiting for long.
const MOST: usize = 64 * 1024 * 1024;

/// The large answers that are not yet with the kernel.
#[derive(Clone, Default)]
pub(super) struct Answers {
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    total: usize,
    next: u64,
    /// In the order in which they came.
    all: BTreeMap<u64, Answer>,
}

struct Answer {
    size: usize,
    reader: IpAddr,
    conn: Weak<Conn>,
}

/// An answer's bytes; hyper drops them when the kernel has taken them, or the connection is cut.
struct Held {
    bytes: Bytes,
    number: u64,
    answers: Answers,
}

impl Answers {
    /// The same answer, which is counted as long as it waits. When too much does, connections are cut: of the address that
    /// keeps most waiting, the one that has done so for the longest.
    pub(super) async fn hold(
        &self,
        response: Response<Body>,
        reader: IpAddr,
        conn: &Arc<Conn>,
    ) -> Response<Body> {
        if response.body().size_hint().exact().is_none_or(|size| size < LARGE) {
            return response;
        }
        let (parts, body) = response.into_parts();
        // In memory already, so this neither waits nor fails.
        let bytes = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
        Response::from_parts(parts, Body::from(self.enter(bytes, reader, Arc::downgrade(conn))))
    }

    fn enter(&self, bytes: Bytes, reader: IpAddr, conn: Weak<Conn>) -> Bytes {
        let mut waiting = self.waiting();
        let (number, size) = (waiting.next, bytes.len());
        waiting.next += 1;
        while waiting.total + size > MOST && waiting.cut_slowest() {}
        waiting.total += size;
        waiting.all.insert(number, Answer { size, reader: counted(reader), conn });
        drop(waiting);
        Bytes::from_owner(Held { bytes, number, answers: self.clone() })
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Whether there was one. It counts no longer: its memory is free as soon as its task has run.
    fn cut_slowest(&mut self) -> bool {
        let mut by_reader: HashMap<IpAddr, usize> = HashMap::new();
        for answer in self.all.values() {
            *by_reader.entry(answer.reader).or_default() += answer.size;
        }
        let most = by_reader.into_iter().max_by_key(|(_, size)| *size);
        let oldest = most.and_then(|(reader, _)| self.all.iter().find(|(_, answer)| answer.reader == reader));
        let Some((&number, answer)) = oldest else { return false };
        if let Some(conn) = answer.conn.upgrade() {
            conn.end_stuck();
        }
        self.remove(number);
        true
    }

    fn remove(&mut self, number: u64) {
        if let Some(answer) = self.all.remove(&number) {
            self.total -= answer.size;
        }
    }
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.answers.waiting().remove(self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::listener::Connections;

    const PIECE: usize = MOST / 4;

    #[test]
    fn past_the_bound_the_oldest_answer_of_the_greediest_address_is_cut() {
        let (answers, connections) = (Answers::default(), Connections::default());
        let conns: Vec<_> = (0..6).map(|_| connections.open()).collect();
        let hold = |reader: &str, nth: usize| {
            let bytes = Bytes::from(vec![0; PIECE]);
            answers.enter(bytes, reader.parse().unwrap(), Arc::downgrade(&conns[nth]))
        };
        let cut = || conns.iter().map(|conn| conn.is_killed()).collect::<Vec<_>>();
        let healthy = hold("192.0.2.1", 0);
        let _held = [hold("192.0.2.2", 1), hold("192.0.2.2", 2), hold("192.0.2.3", 3)];
        assert_eq!(cut(), [false; 6], "all of it may wait");
        let _more = hold("192.0.2.3", 4);
        assert_eq!(cut(), [false, true, false, false, false, false]);
        assert_eq!(answers.waiting().total, 4 * PIECE);
        drop(healthy);
        let _fits = hold("192.0.2.4", 5);
        assert_eq!(cut().iter().filter(|cut| **cut).count(), 1, "what was read makes room");
    }

    #[test]
    fn nothing_is_left_of_answers_that_were_read() {
        let (answers, connections) = (Answers::default(), Connections::default());
        let conn = connections.open();
        let held: Vec<_> = (0..9)
            .map(|_| answers.enter(vec![0; PIECE].into(), [192, 0, 2, 1].into(), Arc::downgrade(&conn)))
            .collect();
        drop(held);
        let waiting = answers.waiting();
        assert_eq!((waiting.total, waiting.all.len()), (0, 0));
    }
}
