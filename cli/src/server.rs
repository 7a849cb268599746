//! What a server says of itself to anybody.

use crate::Failure;
use parlor_client::{
    Error,
    protocol::{
        self, Success,
        service::{About, Health},
    },
};
use reqwest::{Response, header::DATE};
use serde::de::DeserializeOwned;
use std::{iter::successors, time::Duration};

const PATIENCE: Duration = Duration::from_secs(10);

/// Its name and versions.
pub(crate) async fn about(server: &str) -> Result<About, Failure> {
    json(get(server, "").await?).await
}

/// Whether it is ready, and the time that it says it is.
pub(crate) async fn ready(server: &str) -> Result<(Health, Option<String>), Failure> {
    let answer = get(server, "health/ready").await?;
    let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok()).map(str::to_owned);
    Ok((json(answer).await?, date))
}

async fn get(server: &str, path: &str) -> Result<Response, Failure> {
    let client = reqwest::Client::builder().timeout(PATIENCE).build().map_err(|cause| unreachable(&cause))?;
    let url = format!("{}/{path}", server.trim_end_matches('/'));
    client.get(url).send().await.map_err(|cause| unreachable(&cause))
}

async fn json<T: DeserializeOwned>(answer: Response) -> Result<T, Failure> {
    let status = answer.status();
    let bytes = answer.bytes().await.map_err(|cause| unreachable(&cause))?;
    let refused = serde_json::from_slice::<protocol::Failure>(&bytes);
    if let (false, Ok(refused)) = (status.is_success(), refused) {
        let request_id = Some(refused.request_id.clone());
        return Err(Failure::Client(Error::Api { error: refused.into(), request_id }));
    }
    match serde_json::from_slice::<Success<T>>(&bytes) {
        Ok(answer) => Ok(answer.data),
        Err(cause) => {
            let detail = format!("{cause} (status {status}): is it a Parlor server?");
            Err(Failure::Client(Error::Unintelligible { what: "a first question", detail }))
        }
    }
}

fn unreachable(cause: &reqwest::Error) -> Failure {
    if cause.is_timeout() {
        return Failure::Client(Error::NoAnswer { what: "the request", after: PATIENCE });
    }
    Failure::Client(Error::Unreachable(with_sources(cause)))
}

/// reqwest's own text names the URL only; the reason stands in its sources.
fn with_sources(error: &dyn std::error::Error) -> String {
    successors(error.source(), |cause| cause.source())
        .fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
