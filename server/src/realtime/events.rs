//! Which function serves which event, and how every event gets its answer.

use super::{Realtime, sockets::Live};
use crate::domain::{Caller, Error};
use futures_util::future::BoxFuture;
use parlor_protocol::{
    Ack, ClientEvent, FieldError, Request,
    event::{ErrorEvent, EventError},
    ids::RoomId,
    text::RequestId,
};
use serde::Serialize;
use serde_json::Value;
use socketioxide::extract::AckSender;
use std::collections::HashMap;
use tracing::field::display;

/// An event of a known kind, with its payload decoded.
pub struct Call<E: ClientEvent> {
    /// Everything that the realtime side works with.
    pub realtime: Realtime,
    /// The socket that sent it.
    pub live: Live,
    /// Who sent it.
    pub caller: Caller,
    /// What it says.
    pub payload: E::Payload,
}

/// What is left of an event after its part that must happen in order.
pub(super) enum Run {
    /// Nothing.
    Done,
    /// Later events of this kind may begin meanwhile; the answers are given in order.
    Pipelined(BoxFuture<'static, Answer>),
    /// It waits for those before it, and those after it wait.
    Alone(BoxFuture<'static, ()>),
}

/// Gives an answer that is ready.
pub(super) type Answer = Box<dyn FnOnce() + Send>;

type Begin = Box<dyn Fn(Realtime, Live, Value, Reply) -> Run + Send + Sync>;

/// Every event that is served.
#[derive(Default)]
pub struct Events {
    table: HashMap<&'static str, Begin>,
    twice: Vec<&'static str>,
}

impl Events {
    /// Serves `E` by `handler`, whose result is the acknowledgement.
    #[must_use]
    pub fn on<E: ClientEvent, F, Fut>(self, handler: F) -> Self
    where
        F: Fn(Call<E>) -> Fut + Send + Sync + Copy + 'static,
        Fut: Future<Output = Result<E::Ack, Error>> + Send + 'static,
    {
        self.add::<E>(move |call, reply| {
            let run = handler(call);
            Run::Alone(Box::pin(async move { reply.answer(run.await.as_ref()) }))
        })
    }

    /// Serves `E` by `handler`, whose first part happens at once and in order; the future that it returns is awaited beside
    /// others, and what stands beside that is kept until the answer has been given.
    #[must_use]
    pub fn pipelined<E: ClientEvent, F, Fut, Kept>(self, handler: F) -> Self
    where
        F: Fn(Call<E>) -> Result<(Fut, Kept), Error> + Send + Sync + Copy + 'static,
        Kept: Send + 'static,
        Fut: Future<Output = Result<E::Ack, Error>> + Send + 'static,
    {
        self.add::<E>(move |call, reply| match handler(call) {
            Ok((run, kept)) => Run::Pipelined(Box::pin(async move {
                let outcome = run.await;
                Box::new(move || {
                    reply.answer(outcome.as_ref());
                    drop(kept);
                }) as Answer
            })),
            Err(error) => {
                reply.fail(&error);
                Run::Done
            }
        })
    }

    /// Serves `E` by `handler`, which sees to the answer itself.
    #[must_use]
    pub fn answering<E: ClientEvent, F, Fut>(self, handler: F) -> Self
    where
        F: Fn(Call<E>, Reply) -> Fut + Send + Sync + Copy + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.add::<E>(move |call, reply| Run::Alone(Box::pin(handler(call, reply))))
    }

    fn add<E: ClientEvent>(mut self, run: impl Fn(Call<E>, Reply) -> Run + Send + Sync + 'static) -> Self {
        let begin: Begin =
            Box::new(move |realtime, live, payload, reply| match E::Payload::decode(payload) {
                Ok(payload) => {
                    let caller = live.peer.caller();
                    run(Call { realtime, live, caller, payload }, reply)
                }
                Err(errors) => {
                    reply.fail(&Error::Invalid(errors));
                    Run::Done
                }
            });
        if self.table.insert(E::NAME, begin).is_some() {
            self.twice.push(E::NAME);
        }
        self
    }

    /// The names of the events that are served, and of those that are served twice.
    pub fn names(&self) -> (Vec<&'static str>, &[&'static str]) {
        (self.table.keys().copied().collect(), &self.twice)
    }

    pub(super) fn begin(
        &self,
        realtime: &Realtime,
        live: &Live,
        name: &str,
        payload: Value,
        reply: Reply,
    ) -> Run {
        if let Some(begin) = self.table.get(name) {
            return begin(realtime.clone(), live.clone(), payload, reply);
        }
        let known = "is unknown; the contract lists the events that there are";
        reply.fail(&Error::Invalid(vec![FieldError::new("event", known)]));
        Run::Done
    }
}

/// Owes an event its answer: an acknowledgement if it asked for one, else an `error` event when it failed.
pub struct Reply {
    realtime: Realtime,
    live: Live,
    ack: Option<AckSender>,
    event: String,
    room: Option<RoomId>,
    request_id: Option<RequestId>,
    owed: bool,
}

impl Reply {
    pub(super) fn new(realtime: Realtime, live: Live, ack: Option<AckSender>) -> Self {
        Self { realtime, live, ack, event: String::new(), room: None, request_id: None, owed: true }
    }

    /// Notes what an answer has to name.
    pub(super) fn concerns(&mut self, event: &str, payload: &Value) {
        let text = |field: &str| payload.get(field).and_then(Value::as_str);
        event.clone_into(&mut self.event);
        self.room = text("roomId").and_then(|id| id.parse().ok());
        self.request_id = text("requestId").and_then(|id| id.parse().ok());
    }

    /// Answers.
    pub fn answer<T: Serialize>(self, outcome: Result<&T, &Error>) {
        match outcome {
            Ok(data) => self.succeed(data),
            Err(error) => self.fail(error),
        }
    }

    /// Answers a success.
    pub fn succeed<T: Serialize>(mut self, data: &T) {
        self.owed = false;
        if let Some(ack) = self.ack.take() {
            let answer = Ack { outcome: Ok(data), request_id: self.request_id.take() };
            let sent = ack.send(&answer);
            self.realtime.sent(&self.live, sent);
        }
    }

    /// Answers a failure.
    pub fn fail(mut self, error: &Error) {
        self.refuse(error);
    }

    /// The client is about to be cut and gets nothing more.
    pub(super) fn drop_silently(&mut self) {
        self.owed = false;
    }

    fn refuse(&mut self, error: &Error) {
        self.owed = false;
        if let Error::Defect(cause) = error {
            let (user, request_id) = (self.live.peer.user, self.request_id.as_ref().map(display));
            tracing::error!(event = self.event, %user, request_id, cause, "an event failed by a defect");
        }
        let error = error.to_api();
        self.realtime.domain.metrics.failed(error.kind);
        if let Some(ack) = self.ack.take() {
            let answer = Ack::<()> { outcome: Err(error), request_id: self.request_id.take() };
            let sent = ack.send(&answer);
            self.realtime.sent(&self.live, sent);
        } else {
            let error = EventError {
                error,
                event: std::mem::take(&mut self.event),
                room_id: self.room,
                request_id: self.request_id.take(),
            };
            self.realtime.tell::<ErrorEvent>(&self.live, &error);
        }
    }
}

impl Drop for Reply {
    /// No event stays without an answer, not even one whose handler panicked.
    fn drop(&mut self) {
        if self.owed {
            self.refuse(&Error::Defect("the handler gave no answer".to_owned()));
        }
    }
}
