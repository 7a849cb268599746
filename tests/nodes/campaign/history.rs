//! What was seen from outside while clients worked: what each asked, how that ended, and what came to them, in the order of one clock.

use parlor_protocol::{
    ids::UserId,
    messages::Message,
    timeline::{Happening, TimelineEvent},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

/// A person's number.
pub(crate) type Who = usize;

/// A room's number.
pub(crate) type Place = usize;

/// An entry of a room's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) seq: i64,
    pub(crate) what: What,
}

/// What an entry tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Said { id: String, by: Who, client_id: String, content: String },
    Joined(Who),
    Left(Who),
    Other,
}

/// What somebody asked of the server.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// To store a message; by the queue of the so many-th connection of that person, unless it went over REST.
    Send {
        room: Place,
        client_id: String,
        content: String,
        queue: Option<u32>,
    },
    /// To tell a room's entries from now on, or after a `seq`.
    Follow {
        room: Place,
        after: Option<i64>,
    },
    Join {
        room: Place,
    },
    Leave {
        room: Place,
    },
    Remove {
        room: Place,
        whom: Who,
    },
    /// To move the read cursor to the newest message.
    Read {
        room: Place,
    },
    /// All entries after a `seq`.
    CatchUp {
        room: Place,
        after: i64,
    },
    /// A page of the room's messages.
    Page {
        room: Place,
    },
    /// Whether another is online.
    Look {
        at: Who,
    },
}

/// How it ended.
#[derive(Clone, Debug)]
#[allow(dead_code, reason = "words are for those who look through what is written of a history")]
pub(crate) enum End {
    Stored(Row),
    /// The entries come after this `seq`.
    Following(i64),
    Done,
    ReadUpTo(i64),
    Rows(Vec<Row>),
    Online(bool),
    /// The server said no, and did nothing.
    Refused(String),
    /// There was no answer, or one that leaves open what was done.
    Unknown(String),
    /// The answer is none that may come.
    Broken(String),
}

/// What came by a socket for which nobody makes good what is left out.
#[derive(Clone, Debug)]
pub(crate) enum Bare {
    /// It is subscribed, and told what comes after this `seq`.
    From(i64),
    Entry(Row),
}

/// One thing that was seen.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    Asked {
        call: usize,
        act: Act,
    },
    Ended {
        call: usize,
        end: End,
    },
    /// An entry came by a live connection.
    Heard {
        room: Place,
        row: Row,
    },
    /// The same by a bare socket, the so many-th of that person.
    Bare {
        socket: u32,
        room: Place,
        heard: Bare,
    },
    /// Somebody's read cursor moved.
    Cursor {
        room: Place,
        of: Who,
        seq: i64,
    },
    /// Something of a room came that nobody keeps, by a live connection or by a bare socket.
    Aside {
        room: Place,
        event: &'static str,
        socket: Option<u32>,
    },
    /// Somebody came or went.
    Status {
        of: Who,
        online: bool,
    },
    /// One's own connection came or went.
    Line {
        up: bool,
    },
    /// The client was told that there is a gap in what it was told.
    Gap {
        room: Place,
    },
    /// From here on nothing is asked but who is there: some go now, and the rest stays.
    Settled,
    /// A node was killed, and does not come back.
    Died,
}

/// One thing that was seen, by whom, and when.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// Milliseconds since the beginning.
    pub(crate) at: u64,
    pub(crate) who: Who,
    pub(crate) seen: Seen,
}

/// What there is at the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ending {
    /// Each room's timeline.
    pub(crate) rooms: Vec<Vec<Row>>,
    /// Who is a member of which room, and how far they have read.
    pub(crate) members: BTreeMap<(Place, Who), i64>,
    /// Who is connected, once some have gone.
    pub(crate) connected: BTreeSet<Who>,
    /// Where the last thing stands that was said in a room, when everybody listened by a bare socket.
    pub(crate) last_words: BTreeMap<Place, i64>,
}

/// Takes down what is seen, by everybody at once.
#[derive(Clone)]
pub(crate) struct Recorder {
    began: Instant,
    book: Arc<Mutex<Book>>,
}

#[derive(Default)]
struct Book {
    records: Vec<Record>,
    calls: usize,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), book: Arc::default() }
    }

    /// Takes down that something is asked; how it ended has to be taken down under this number.
    pub(crate) fn asked(&self, who: Who, act: Act) -> usize {
        self.write(who, |book| {
            book.calls += 1;
            (Seen::Asked { call: book.calls, act }, book.calls)
        })
    }

    pub(crate) fn ended(&self, who: Who, call: usize, end: End) {
        self.saw(who, Seen::Ended { call, end });
    }

    pub(crate) fn saw(&self, who: Who, seen: Seen) {
        self.write(who, |_| (seen, ()));
    }

    /// All of it so far.
    pub(crate) fn history(&self) -> Vec<Record> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner).records.clone()
    }

    fn write<T>(&self, who: Who, seen: impl FnOnce(&mut Book) -> (Seen, T)) -> T {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that the order of the records is that of their times.
        let at = u64::try_from(self.began.elapsed().as_millis()).unwrap();
        let (seen, answer) = seen(&mut book);
        book.records.push(Record { at, who, seen });
        answer
    }
}

/// Turns ids into numbers.
#[derive(Clone)]
pub(crate) struct Names(Arc<HashMap<UserId, Who>>);

impl Names {
    pub(crate) fn of(people: impl IntoIterator<Item = UserId>) -> Self {
        Self(Arc::new(people.into_iter().enumerate().map(|(number, id)| (id, number)).collect()))
    }

    pub(crate) fn who(&self, id: UserId) -> Who {
        self.0[&id]
    }

    pub(crate) fn said(&self, message: &Message) -> Row {
        let client_id = message.client_message_id.as_ref().map(ToString::to_string).unwrap_or_default();
        let (id, by) = (message.id.to_string(), self.who(message.user_id));
        Row { seq: message.seq, what: What::Said { id, by, client_id, content: message.content.clone() } }
    }

    pub(crate) fn row(&self, entry: &TimelineEvent) -> Row {
        let what = match &entry.happening {
            Happening::Message { message } => return self.said(message),
            Happening::MemberJoined(who) => What::Joined(self.who(who.user_id)),
            Happening::MemberLeft(who) => What::Left(self.who(who.user_id)),
            _ => What::Other,
        };
        Row { seq: entry.seq, what }
    }
}

/// The history and its end, a line for each record, to look through when something is wrong.
pub(crate) fn written(history: &[Record], ending: &Ending) -> String {
    let mut text = String::new();
    for (index, Record { at, who, seen }) in history.iter().enumerate() {
        writeln!(text, "{index} {at} ms, person {who}: {seen:?}").unwrap();
    }
    for (room, rows) in ending.rooms.iter().enumerate() {
        for row in rows {
            writeln!(text, "room {room}: {row:?}").unwrap();
        }
    }
    writeln!(text, "members: {:?}\nconnected: {:?}", ending.members, ending.connected).unwrap();
    text
}
