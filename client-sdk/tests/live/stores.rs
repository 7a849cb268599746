//! Sessions that change hands, end or can't be kept while somebody uses them.

use crate::client_of;
use parlor_client::{
    Client, Error, FileSession, Session, SessionStore,
    protocol::{Nothing, sessions::LogOut, time::Timestamp, users::GetMe},
};
use parlor_tests::{Person, TestServer, people::PASSWORD, soon};
use std::{
    any::Any,
    io::{self, ErrorKind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, Sender},
    },
};

#[tokio::test]
async fn who_signs_out_of_a_session_that_has_ended_is_signed_out() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let past: Timestamp = serde_json::from_str(r#""2025-08-21T10:16:10.123Z""#).unwrap();
    for (renews, ends) in [(true, None), (false, None), (true, Some(past))] {
        let client = client_of(&ada, server.socket).await;
        client.call::<LogOut>(Nothing, Nothing, Nothing).await.unwrap();
        let late = Client::builder(&server.url()).renews(renews).build().unwrap();
        let mut session = client.session().unwrap();
        session.expires_at = ends.unwrap_or(session.expires_at);
        late.resume(session);
        late.sign_out().await.unwrap();
        assert_eq!(late.session(), None);
        assert!(matches!(late.sign_out().await, Err(Error::SignedOut)), "there is none to sign out of");
    }
}

#[tokio::test]
async fn who_signs_out_leaves_what_somebody_else_keeps_in_the_same_place() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let folder = tempfile::tempdir().unwrap();
    let store = FileSession::at(folder.path().join("session.json"));
    let of = |person: &Person| {
        let client = Client::builder(&server.url()).session_store(store.clone()).build().unwrap();
        let email = person.user.email.parse().unwrap();
        async move { client.sign_in(email, PASSWORD.parse().unwrap()).await.map(|_| client).unwrap() }
    };
    let (first, second) = (of(&ada).await, of(&bob).await);
    first.sign_out().await.unwrap();
    assert_eq!((first.session(), store.load().unwrap()), (None, second.session()));
    // The same one, renewed by another process.
    let elsewhere = Client::builder(&server.url()).session_store(store.clone()).build().unwrap();
    elsewhere.refresh().await.unwrap();
    second.sign_out().await.unwrap();
    assert_eq!((second.session(), store.load().unwrap()), (None, None));
}

/// A store on a disk that may be full.
#[derive(Debug, Default)]
struct Disk {
    is_full: AtomicBool,
}

#[derive(Clone, Debug, Default)]
struct OnDisk(Arc<Disk>);

impl SessionStore for OnDisk {
    fn load(&self) -> io::Result<Option<Session>> {
        Ok(None)
    }

    fn save(&self, _: &Session) -> io::Result<()> {
        if self.0.is_full.load(Ordering::SeqCst) { Err(ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn clear(&self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_call_goes_on_with_tokens_that_could_not_be_kept() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let store = OnDisk::default();
    let client = Client::builder(&server.url()).session_store(store.clone()).build().unwrap();
    client.sign_in(ada.user.email.parse().unwrap(), PASSWORD.parse().unwrap()).await.unwrap();
    let before = client.session().unwrap();
    store.0.is_full.store(true, Ordering::SeqCst);
    server.turn_clock(3601);
    assert_eq!(client.call::<GetMe>(Nothing, Nothing, Nothing).await.unwrap().id, ada.id());
    assert_ne!(client.session().unwrap().token, before.token);
    // Whoever asks for it is told.
    let refused = client.refresh().await.unwrap_err();
    assert!(matches!(refused, Error::Store(_)), "{refused:?}");
}

/// A store in memory, whose lock is to be had when a test says so.
#[derive(Clone, Debug)]
struct Gated(Arc<Gate>);

#[derive(Debug)]
struct Gate {
    kept: Mutex<Option<Session>>,
    asked: Mutex<Sender<()>>,
    open: Mutex<Receiver<()>>,
}

impl Gated {
    /// The store, where it tells that its lock is wanted, and what opens it.
    fn new() -> (Self, Receiver<()>, Sender<()>) {
        let ((asked, hears), (opens, open)) = (mpsc::channel(), mpsc::channel());
        let gate = Gate { kept: Mutex::default(), asked: Mutex::new(asked), open: Mutex::new(open) };
        (Self(Arc::new(gate)), hears, opens)
    }
}

impl SessionStore for Gated {
    fn load(&self) -> io::Result<Option<Session>> {
        Ok(self.0.kept.lock().unwrap().clone())
    }

    fn save(&self, session: &Session) -> io::Result<()> {
        *self.0.kept.lock().unwrap() = Some(session.clone());
        Ok(())
    }

    fn clear(&self) -> io::Result<()> {
        *self.0.kept.lock().unwrap() = None;
        Ok(())
    }

    fn lock(&self) -> io::Result<Box<dyn Any + Send>> {
        self.0.asked.lock().unwrap().send(()).unwrap();
        self.0.open.lock().unwrap().recv().unwrap();
        Ok(Box::new(()))
    }
}

#[tokio::test]
async fn a_session_that_is_resumed_while_the_one_before_is_renewed_stays() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let (store, hears, opens) = Gated::new();
    let client = Client::builder(&server.url()).session_store(store).build().unwrap();
    client.sign_in(ada.user.email.parse().unwrap(), PASSWORD.parse().unwrap()).await.unwrap();
    let renewing = tokio::spawn({
        let client = client.clone();
        async move { client.refresh().await }
    });
    let waiting = tokio::task::spawn_blocking(move || hears.recv());
    soon("the renewal", waiting).await.unwrap().unwrap();
    let other = client_of(&bob, server.socket).await.session().unwrap();
    client.resume(other.clone());
    opens.send(()).unwrap();
    let renewed = soon("the end of the renewal", renewing).await.unwrap().unwrap();
    assert_eq!((&renewed, client.session().as_ref()), (&other, Some(&other)));
}

#[tokio::test]
async fn a_session_that_is_resumed_while_the_renewal_of_the_one_before_is_refused_stays() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let (store, hears, opens) = Gated::new();
    let client = Client::builder(&server.url()).session_store(store.clone()).build().unwrap();
    client.sign_in(ada.user.email.parse().unwrap(), PASSWORD.parse().unwrap()).await.unwrap();
    // Without the client's knowledge.
    let elsewhere = client.another();
    elsewhere.resume(client.session().unwrap());
    elsewhere.call::<LogOut>(Nothing, Nothing, Nothing).await.unwrap();
    let calling = tokio::spawn({
        let client = client.clone();
        async move { client.call::<GetMe>(Nothing, Nothing, Nothing).await }
    });
    let waiting = tokio::task::spawn_blocking(move || hears.recv().map(|()| hears));
    let _hears = soon("the renewal", waiting).await.unwrap().unwrap();
    let other = client_of(&bob, server.socket).await.session().unwrap();
    client.resume(other.clone());
    // For the renewal, and to clear what is kept of the session that has ended.
    opens.send(()).unwrap();
    opens.send(()).unwrap();
    let me = soon("the end of the call", calling).await.unwrap().unwrap();
    assert_eq!((me.id, client.session()), (bob.id(), Some(other)));
    assert_eq!(store.load().unwrap(), None, "the session that has ended is kept no longer");
}

#[tokio::test]
async fn a_session_that_is_resumed_takes_the_place_of_another_accounts_when_it_is_renewed() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let folder = tempfile::tempdir().unwrap();
    let store = FileSession::at(folder.path().join("session.json"));
    let client = Client::builder(&server.url()).session_store(store.clone()).build().unwrap();
    client.sign_in(ada.user.email.parse().unwrap(), PASSWORD.parse().unwrap()).await.unwrap();
    client.resume(client_of(&bob, server.socket).await.session().unwrap());
    assert_eq!(store.load().unwrap().map(|kept| kept.user.id), Some(ada.id()));
    for _ in 0..2 {
        let next = client.refresh().await.unwrap();
        assert_eq!(next.user.id, bob.id());
        assert_eq!((client.session(), store.load().unwrap()), (Some(next.clone()), Some(next)));
    }
}
