//! Does what the model wants done: calls, rooms, messages, drafts. What comes of it becomes a message.

use super::{
    entry::Me,
    home::Home,
    link::State,
    message::{Drafts, Effect, Message},
    news,
    rooms::Listed,
    runner::calls::Calls,
    safe::Safe,
    sign_in::{Denied, Row},
};
use crate::{Failure, failure::in_words, outbox::TOO_OLD, server::Trouble};
use parlor_client::{
    Client, Error,
    live::{ConnectionState, Live},
    protocol::ids::{RoomId, UserId},
    timeline::Timeline,
};
use std::{
    collections::HashSet,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

mod calls;
pub(crate) mod sign_in;
mod watch;

/// How long the end waits for what is under way.
const AT_THE_END: Duration = Duration::from_secs(1);

/// What comes back from the outside.
pub(crate) enum News {
    Message(Message),
    /// Somebody signed in.
    Session(Box<Signed>),
}

/// Whose session it is, and its connection.
pub(crate) struct Signed {
    pub(crate) live: Live,
    pub(crate) me: Me,
    /// Why what waits is not kept for the next run, if it is not.
    pub(crate) in_memory: Option<Safe>,
}

/// Does effects.
pub(crate) struct Runner {
    home: Home,
    news: mpsc::Sender<News>,
    session: Option<Session>,
    /// Whose drafts the session before kept last, and how.
    kept: Option<(UserId, Drafts)>,
    /// Why the drafts are not kept as they are now.
    unkept: Option<io::Error>,
}

struct Session {
    live: Live,
    me: Me,
    calls: Calls,
    /// Whether what waits is not kept for the next run.
    in_memory: bool,
    /// The drafts as they are kept.
    drafts: Drafts,
    /// What must happen in the order in which it was wanted.
    in_order: mpsc::UnboundedSender<(Effect, Option<Timeline>)>,
    worker: JoinHandle<()>,
    pump: JoinHandle<()>,
    followed: Arc<Mutex<HashSet<RoomId>>>,
    open: Option<Open>,
}

/// How often one has come into a room or gone out of one. Who tells of rooms holds it, so that no list tells what was before.
type Passages = Arc<tokio::sync::Mutex<u64>>;

/// The room on the screen.
struct Open {
    /// Empty until it is loaded.
    timeline: Arc<Mutex<Option<Timeline>>>,
    task: JoinHandle<()>,
}

impl Runner {
    /// With the profile's files; what happens goes to `news`.
    pub(crate) fn new(home: Home, news: mpsc::Sender<News>) -> Self {
        Self { home, news, session: None, kept: None, unkept: None }
    }

    /// Goes on with a session that has just begun.
    pub(crate) fn adopt(&mut self, signed: Signed) -> Vec<Message> {
        let Signed { live, me, in_memory } = signed;
        if let Some(before) = self.leave() {
            before.abort();
        }
        let (in_order, wanted) = mpsc::unbounded_channel();
        let followed = Arc::default();
        let passages = Passages::default();
        let calls = Calls { live: live.clone(), me: me.clone(), news: self.news.clone(), passages };
        let outbox = news::outbox(&live);
        let (drafts, unread) = match self.home.drafts(me.id) {
            Ok(drafts) => (drafts, None),
            Err(cause) => (Drafts::new(), Some(Message::Told(not_kept(&cause)))),
        };
        let before = self.kept.take().filter(|(user, _)| *user == me.id).map(|(_, drafts)| drafts);
        let before = before.unwrap_or_default();
        let session = Session {
            worker: tokio::spawn(calls.clone().work(wanted)),
            pump: tokio::spawn(pump(calls.clone(), Arc::clone(&followed))),
            followed,
            open: None,
            calls,
            in_memory: in_memory.is_some(),
            drafts: drafts.clone(),
            in_order,
            me: me.clone(),
            live,
        };
        self.session = Some(session);
        let is_in_memory = Message::InMemory(in_memory.is_some());
        let mut messages =
            vec![Message::SignedIn(me), Message::Drafts { kept: drafts, before }, is_in_memory];
        messages.extend(outbox);
        messages.extend(in_memory.map(Message::Told).into_iter().chain(unread));
        messages
    }

    /// The session, from which another follows.
    fn leave(&mut self) -> Option<Session> {
        let session = self.session.take()?;
        self.kept = Some((session.me.id, session.drafts.clone()));
        Some(session)
    }

    /// Begins to do it. It does not wait, but for the file of the drafts.
    pub(crate) fn run(&mut self, effect: Effect) {
        match effect {
            Effect::SignIn(wanted) => {
                let (home, news) = (self.home.clone(), self.news.clone());
                let before = self.leave();
                tokio::spawn(async move {
                    if let Some(before) = before {
                        // It has the outbox, which the next one needs.
                        if let Err(failure) = before.end(&home).await {
                            let why = Safe::line(&failure.message());
                            let denied = Denied { why, row: Row::Password, is_password: false };
                            news.send(News::Message(Message::SignInFailed(denied))).await.ok();
                            return;
                        }
                    }
                    let answer = match sign_in::sign_in(&home, wanted).await {
                        Ok(signed) => News::Session(Box::new(signed)),
                        Err(denied) => News::Message(Message::SignInFailed(denied)),
                    };
                    // Nobody hears it when the program ends.
                    news.send(answer).await.ok();
                });
            }
            Effect::SaveDrafts(drafts) => {
                let Some(session) = &mut self.session else { return };
                match self.home.keep(session.me.id, &session.drafts, &drafts) {
                    Ok(()) => (session.drafts, self.unkept) = (drafts, None),
                    Err(cause) => {
                        self.news.try_send(News::Message(Message::Told(not_kept(&cause)))).ok();
                        self.unkept = Some(cause);
                    }
                }
            }
            effect => {
                if let Some(session) = &mut self.session {
                    session.run(effect, &self.news);
                }
            }
        }
    }

    /// Whether the drafts are kept as they are now.
    pub(crate) fn keeps(&self) -> bool {
        self.session.is_some() && self.unkept.is_none()
    }

    /// Ends, after a moment for what is under way.
    pub(crate) async fn end(self) -> Result<(), Failure> {
        if let Some(session) = self.session {
            session.end(&self.home).await?;
        }
        // Nobody sees any more what was told on the screen.
        self.unkept.map_or(Ok(()), |cause| Err(Failure::io("keeping the drafts", &cause)))
    }
}

impl Session {
    /// Ends, after a moment for what is under way.
    async fn end(self, home: &Home) -> Result<(), Failure> {
        let Self { in_order, worker, live, pump, open, calls, in_memory, me, .. } = self;
        drop((in_order, calls));
        // What is not sent by then is in the outbox.
        let mut worker = worker;
        let done = timeout(AT_THE_END, &mut worker).await.is_ok();
        let worker = Some(worker).filter(|_| !done);
        // Each of them has the connection, and with it the outbox, until it has ended.
        for task in worker.into_iter().chain([pump]).chain(open.map(|open| open.task)) {
            task.abort();
            task.await.ok();
        }
        let left = timeout(AT_THE_END, live.clone().shutdown(AT_THE_END / 4)).await;
        if !in_memory {
            return Ok(());
        }
        // Nothing else has it.
        let left = left.unwrap_or_else(|_late| live.outbox());
        home.keep_unsent(me.id, &left).map_err(|cause| Failure::io("keeping what was not sent", &cause))
    }

    fn abort(self) {
        self.pump.abort();
        self.worker.abort();
        if let Some(open) = self.open {
            open.task.abort();
        }
    }

    fn run(&mut self, effect: Effect, news: &mpsc::Sender<News>) {
        match effect {
            Effect::Open(id) => {
                if let Some(before) = self.open.take() {
                    before.task.abort();
                }
                let timeline = Arc::default();
                let task = tokio::spawn(watch::watch(
                    self.live.clone(),
                    id,
                    self.me.clone(),
                    news.clone(),
                    Arc::clone(&timeline),
                ));
                self.open = Some(Open { timeline, task });
            }
            Effect::Send(..) | Effect::Typing(..) | Effect::Retry(..) | Effect::Discard(..) => {
                // The worker ends with this session only.
                self.in_order.send((effect, self.timeline())).ok();
            }
            Effect::Reconnect => {
                let live = self.live.clone();
                tokio::spawn(async move { live.reconnect_now().await });
            }
            effect => {
                let timeline = self.timeline();
                tokio::spawn(self.calls.clone().call(effect, timeline, self.followed.clone()));
            }
        }
    }

    fn timeline(&self) -> Option<Timeline> {
        let open = self.open.as_ref()?;
        open.timeline.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Tells what happens on the connection, until it is over.
async fn pump(calls: Calls, followed: Arc<Mutex<HashSet<RoomId>>>) {
    let Calls { live, me, news, passages } = calls;
    let mut events = live.events();
    let state = live.connection().borrow().clone();
    let mut next = Some(parlor_client::live::Event::Connection(state));
    let mut looking: Option<JoinHandle<()>> = None;
    while let Some(event) = next {
        let is_lost =
            matches!(event, parlor_client::live::Event::Connection(ConnectionState::Offline { .. }));
        if is_lost && looking.as_ref().is_none_or(JoinHandle::is_finished) {
            looking = Some(tokio::spawn(look_why(me.address.clone(), news.clone())));
        }
        if let parlor_client::live::Event::Unfollowed { room_id, .. } = &event {
            // Who comes back is to hear of it again.
            followed.lock().unwrap_or_else(PoisonError::into_inner).remove(room_id);
            *passages.lock().await += 1;
        }
        for message in news::messages(event, &live, &me) {
            if news.send(News::Message(message)).await.is_err() {
                return;
            }
        }
        next = events.next().await;
    }
}

/// The connection says that it is lost, and not what a person can do about it.
async fn look_why(server: String, news: mpsc::Sender<News>) {
    let trouble = Trouble::on_the_way_to(&server).await;
    news.send(News::Message(Message::Trouble(trouble))).await.ok();
}

/// Begins to follow the rooms that are not followed yet, so that what happens in them is told.
async fn follow(calls: &Calls, rooms: &[Listed], followed: &Mutex<HashSet<RoomId>>) {
    for room in rooms.iter().filter(|room| room.is_own()) {
        if !followed.lock().unwrap_or_else(PoisonError::into_inner).insert(room.id) {
            continue;
        }
        match calls.live.room(room.id).follow(None).await {
            // Something came between the list and this.
            Ok(mark) if room.place.as_ref().is_some_and(|place| place.last() < mark.seq) => {
                calls.load(room.id).await;
            }
            Ok(_) => {}
            Err(_) => {
                followed.lock().unwrap_or_else(PoisonError::into_inner).remove(&room.id);
            }
        }
    }
}

/// What an error says to a person.
pub(crate) fn words(error: &Error) -> Safe {
    if let Error::Unreachable(why) = error {
        // Of a chain of causes the last one says it.
        let cause = why.rsplit(": ").next().unwrap_or(why);
        return Safe::line(&format!("The server can't be reached: {cause}"));
    }
    let Some(api) = error.api() else { return Safe::line(&in_a_sentence(&in_words(error))) };
    let faults: Vec<_> =
        api.errors.iter().map(|fault| format!("{} {}", fault.field, fault.message)).collect();
    // Of a single fault the message says the same.
    if faults.iter().all(|fault| *fault == api.message) {
        return Safe::line(&api.message);
    }
    Safe::line(&format!("{}: {}", api.message, faults.join("; ")))
}

/// What could not be done, why, and whether the same again may help.
fn failed(what: &str, error: &Error) -> Safe {
    let why = words(error);
    let says_so = why.contains("try again");
    let again = if error.is_retryable() && !says_so { "; try again" } else { "" };
    Safe::line(&format!("{what}: {why}{again}"))
}

fn in_a_sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// A connection for this client; with an outbox in memory, and why, if another program has the profile's.
pub(crate) async fn connect(home: &Home, client: &Client) -> Result<(Live, Option<Safe>), Error> {
    let live = client.live().outbox(home.outbox()).hold_older_than(TOO_OLD);
    // In a box: it would make the future of every caller larger.
    match Box::pin(live.start()).await {
        Ok(live) => Ok((live, None)),
        Err(Error::Store(why)) => {
            let note = format!("What this chat can't send becomes drafts at its end: {why}");
            Ok((client.live().start().await?, Some(Safe::line(&note))))
        }
        Err(error) => Err(error),
    }
}

fn not_kept(cause: &io::Error) -> Safe {
    Safe::line(&format!("Drafts could not be kept: {cause}"))
}

/// That the session is over.
pub(crate) fn over() -> News {
    News::Message(Message::Link(State::SignedOut))
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_client::protocol::{ApiError, ErrorType};

    #[test]
    fn what_could_not_be_done_is_said_with_why_and_what_helps() {
        let what = "You could not join the room";
        let told = |error| failed(what, &error).to_string();
        let silent = Error::NoAnswer { what: "JoinRoom", after: Duration::from_secs(30) };
        assert_eq!(told(silent), format!("{what}: The server did not answer within 30 s; try again"));
        let api = |kind, words: &str| Error::Api { error: ApiError::new(kind, words), request_id: None };
        let limit = api(ErrorType::RateLimit, "Too often; try again in 8 s");
        assert_eq!(told(limit), format!("{what}: Too often; try again in 8 s"));
        let refused = api(ErrorType::NotAuthorized, "You are banned from this room");
        assert_eq!(told(refused), format!("{what}: You are banned from this room"));
    }
}
