//! A server that says, without a network, what a test has it say.

use super::{Door, Fate, Link, Transport};
use crate::{Client, DisconnectReason, Error, Session};
use futures_util::{FutureExt as _, future::BoxFuture};
use serde_json::{Value, json};
use std::{future::ready, sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::timeout};

/// The id of all that needs one.
pub(crate) const ID: &str = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90";

/// Longer than all patience of a client. It takes no time where the clock is paused: that leaps when nobody has anything to do.
const FOR_EVER: Duration = Duration::from_hours(1);

/// By what a server knows that a client has parted.
const GOODBYE: &str = "goodbye";

/// Where the connections of a client arrive.
pub(crate) struct Server(mpsc::UnboundedReceiver<Caller>);

/// The server's end of a connection. It is whole as long as this lives, however silent.
pub(crate) struct Caller {
    fate: Arc<Fate>,
    emitted: mpsc::UnboundedReceiver<(&'static str, Value)>,
}

#[derive(Debug)]
struct Script(mpsc::UnboundedSender<Caller>);

impl Transport for Script {
    fn open(&self, _: Door<'_>, fate: Arc<Fate>) -> BoxFuture<'static, Result<Box<dyn Link>, Error>> {
        let (link, emitted) = mpsc::unbounded_channel();
        let called = self.0.send(Caller { fate, emitted });
        let opened = called.map_err(|_| Error::Unreachable("the test is over".to_owned()));
        ready(opened.map(|()| Box::new(link) as Box<dyn Link>)).boxed()
    }
}

impl Link for mpsc::UnboundedSender<(&'static str, Value)> {
    fn emit(&self, event: &'static str, payload: Value, _: bool) -> BoxFuture<'_, Result<(), String>> {
        ready(self.send((event, payload)).map_err(|_| "the server hung up".to_owned())).boxed()
    }

    fn part(&self) -> BoxFuture<'_, ()> {
        // The server may have hung up.
        self.send((GOODBYE, Value::Null)).unwrap_or_default();
        ready(()).boxed()
    }
}

impl Server {
    /// A server, and a client of it that is signed in.
    pub(crate) fn start() -> (Self, Client) {
        let (calls, callers) = mpsc::unbounded_channel();
        let client = Client::builder("http://127.0.0.1:1").renews(false).over(Script(calls)).build().unwrap();
        let at = "2099-08-21T10:16:10.123Z";
        let session = json!({ "token": "t", "refreshToken": "r", "expiresAt": at,
            "user": { "id": ID, "username": "ada", "email": "ada@example.com", "createdAt": at, "updatedAt": at } });
        client.resume(serde_json::from_value::<Session>(session).unwrap());
        (Self(callers), client)
    }

    /// The next connection, which waits to be accepted.
    pub(crate) async fn is_called(&mut self) -> Caller {
        soon("a connection", self.0.recv()).await.unwrap()
    }

    /// The next connection, accepted.
    pub(crate) async fn accepts(&mut self) -> Caller {
        let caller = self.is_called().await;
        caller.fate.accepted();
        caller
    }
}

impl Caller {
    pub(crate) fn refuses(&self, words: &str) {
        self.fate.refused(words.to_owned());
    }

    pub(crate) fn says(&self, event: &str, payload: Value) {
        self.fate.received(event, payload);
    }

    /// The argument of the client's next event, which has this name.
    pub(crate) async fn hears(&mut self, event: &str) -> Value {
        let (name, payload) = soon(event, self.emitted.recv()).await.unwrap();
        assert_eq!(name, event, "{payload}");
        payload
    }

    pub(crate) fn acknowledges(&self, event: &Value, data: Value) {
        self.fate.answered(json!({ "ok": true, "data": data, "requestId": event["requestId"] }));
    }

    pub(crate) fn rejects(&self, event: &Value, error: Value) {
        self.fate.answered(json!({ "ok": false, "error": error, "requestId": event["requestId"] }));
    }

    /// The network goes.
    pub(crate) fn breaks(&self) {
        self.fate.end(DisconnectReason::Lost("the network is gone".to_owned()));
    }

    /// Waits until the client has ended the connection, and sends nothing before that.
    pub(crate) async fn hears_the_end(mut self) {
        self.hears(GOODBYE).await;
        assert_eq!(soon("the end", self.emitted.recv()).await, None, "nothing comes after a goodbye");
    }
}

/// Waits for `what` as long as anything can happen.
pub(crate) async fn soon<T>(what: &str, waiting: impl Future<Output = T>) -> T {
    timeout(FOR_EVER, waiting).await.unwrap_or_else(|_| panic!("waited for {what} in vain"))
}
