//! Which calls are tried again by themselves, and when.

use crate::{Client, Error, live::Backoff};
use parlor_protocol::{Endpoint, ErrorType, endpoint::Method, text::AccessToken};
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often, unless [`ClientBuilder::retries`](crate::ClientBuilder::retries) says otherwise.
pub(crate) const USUAL: u32 = 2;
/// The longest pause. Whoever is asked to wait for longer is told so: they may show it, or have something better to do.
const LONGEST: Duration = Duration::from_secs(2);

impl Client {
    /// The same client with the same session, of which a call is [tried again](crate::ClientBuilder::retries) so many times at most:
    /// 0 for whoever tries again themselves, or has to know how a single try went.
    ///
    /// ```
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// use parlor_client::protocol::{Nothing, users::GetMe};
    ///
    /// let me = client.with_retries(0).call::<GetMe>(Nothing, Nothing, Nothing).await?;
    /// assert_eq!(me.username.as_str(), "ada");
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn with_retries(&self, retries: u32) -> Self {
        Self { retries, ..self.clone() }
    }

    /// Makes a call with this token, and again as long as that may help, does no harm, and the time of an answer is not over.
    pub(crate) async fn call_with<E: Endpoint>(
        &self,
        path: &Value,
        query: &E::Query,
        body: &Value,
        token: Option<&AccessToken>,
    ) -> Result<E::Response, Error> {
        let (began, within) = (Instant::now(), self.inner.manner.answer_within);
        let mut left = if is_repeatable(E::METHOD, body) { self.retries } else { 0 };
        let (mut backoff, mut before) = (Backoff::default(), None);
        loop {
            let time = within.saturating_sub(began.elapsed());
            let error = match self.call_once::<E>(path, query, body, token, time).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if let Some(before) = before.filter(|_| tells_of_one_before(E::METHOD, &error)) {
                return Err(before);
            }
            let pause = pause(&error, &mut backoff).filter(|pause| began.elapsed() + *pause < within);
            let Some(pause) = pause.filter(|_| left > 0) else { return Err(error) };
            tracing::debug!(%error, ?pause, what = E::NAME, "trying again");
            left -= 1;
            before = Some(error);
            sleep(pause).await;
        }
    }
}

/// Whether it does no more if it is done twice: nothing changes, or what is to go is gone, or the message has its id.
fn is_repeatable(method: Method, body: &Value) -> bool {
    match method {
        Method::GET | Method::DELETE => true,
        Method::POST => body["clientMessageId"].is_string(),
        Method::PATCH => false,
    }
}

/// Whether it may be said only because of a try before, which took effect unseen. Whoever removes something must not hear then that
/// it was never there.
fn tells_of_one_before(method: Method, error: &Error) -> bool {
    method == Method::DELETE && error.kind() == Some(ErrorType::NotFound)
}

/// How long to wait before the next try, if that is worth it.
fn pause(error: &Error, backoff: &mut Backoff) -> Option<Duration> {
    let asked = error.retry_after().unwrap_or_default();
    (error.is_retryable() && asked <= LONGEST).then(|| asked.max(backoff.next().min(LONGEST)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_protocol::ApiError;
    use serde_json::json;

    #[test]
    fn only_what_does_no_more_when_done_twice_is_done_again() {
        let message = json!({ "content": "hello", "clientMessageId": "a" });
        for (method, body, may_be) in [
            (Method::GET, Value::Null, true),
            (Method::DELETE, Value::Null, true),
            (Method::POST, Value::Null, false),
            (Method::POST, json!({ "content": "hello" }), false),
            (Method::POST, json!({ "content": "hello", "clientMessageId": null }), false),
            (Method::POST, message.clone(), true),
            (Method::PATCH, message, false),
        ] {
            assert_eq!(is_repeatable(method, &body), may_be, "{method:?} {body}");
        }
    }

    #[test]
    fn the_server_says_how_long_and_a_long_wait_is_the_callers() {
        let refusal = |kind, ms| Error::Api {
            error: ApiError::new(kind, "Not now").retry_after_ms(ms),
            request_id: None,
        };
        let waits = |error: &Error| pause(error, &mut Backoff::default());
        for kind in [ErrorType::Unavailable, ErrorType::RateLimit] {
            assert_eq!(waits(&refusal(kind, 1500)), Some(Duration::from_millis(1500)));
            assert_eq!(waits(&refusal(kind, 2001)), None);
        }
        let (unreachable, mut backoff) = (Error::Unreachable("no".to_owned()), Backoff::default());
        let pauses: Vec<_> = (0..100).map(|_| pause(&unreachable, &mut backoff)).collect();
        assert!(pauses.iter().all(|pause| pause.is_some_and(|pause| pause <= LONGEST)), "{pauses:?}");
        assert_eq!(waits(&refusal(ErrorType::ServerError, 1)), None);
        assert_eq!(waits(&Error::SignedOut), None);
    }
}
