//! Sessions that change hands, end or can't be kept while somebody uses them.

use crate::client_of;
use parlor_client::{
    Client, Error, Session, SessionStore,
    protocol::{Nothing, sessions::LogOut, users::GetMe},
};
use parlor_tests::{TestServer, people::PASSWORD, soon};
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
    for renews in [true, false] {
        let client = client_of(&ada, server.socket).await;
        client.call::<LogOut>(Nothing, Nothing, Nothing).await.unwrap();
        let late = Client::builder(&server.url()).renews(renews).build().unwrap();
        late.resume(client.session().unwrap());
        late.sign_out().await.unwrap();
        assert_eq!(late.session(), None);
        assert!(matches!(late.sign_out().await, Err(Error::SignedOut)), "there is none to sign out of");
    }
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

/// A store whose lock is to be had when a test says so.
#[derive(Debug)]
struct Gated {
    asked: Mutex<Sender<()>>,
    open: Mutex<Receiver<()>>,
}

impl SessionStore for Gated {
    fn load(&self) -> io::Result<Option<Session>> {
        Ok(None)
    }

    fn save(&self, _: &Session) -> io::Result<()> {
        Ok(())
    }

    fn clear(&self) -> io::Result<()> {
        Ok(())
    }

    fn lock(&self) -> io::Result<Box<dyn Any + Send>> {
        self.asked.lock().unwrap().send(()).unwrap();
        self.open.lock().unwrap().recv().unwrap();
        Ok(Box::new(()))
    }
}

#[tokio::test]
async fn a_session_that_is_resumed_while_the_one_before_is_renewed_stays() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let ((asked, hears), (opens, open)) = (mpsc::channel(), mpsc::channel());
    let store = Gated { asked: Mutex::new(asked), open: Mutex::new(open) };
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
