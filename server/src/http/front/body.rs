//! A request's body: all of it, in time, and not too much.

use super::refusal::Refusal;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::{
    HeaderMap, StatusCode,
    body::{Body, Incoming},
    header,
};
use parlor_protocol::{ErrorType, LARGEST_PAYLOAD};
use std::time::Duration;
use tokio::time::timeout;

/// Bytes of a body that is too large that are read nevertheless: a peer that still sends would not see the answer.
const MOST_READ: usize = 1024 * 1024;

pub(super) async fn collect(
    headers: &HeaderMap,
    body: Incoming,
    deadline: Duration,
) -> Result<Bytes, Refusal> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let announced = body.size_hint().lower();
    if announced > MOST_READ as u64
        || (announced > LARGEST_PAYLOAD as u64 && headers.contains_key(header::EXPECT))
    {
        return Err(too_large());
    }
    match timeout(deadline, read(body)).await {
        Ok(read) => read,
        Err(_late) => {
            let refusal = Refusal::new(
                ErrorType::Validation,
                "The body did not arrive in time; send it faster, or less of it",
            );
            Err(refusal.with_status(StatusCode::REQUEST_TIMEOUT).closing())
        }
    }
}

async fn read(mut body: Incoming) -> Result<Bytes, Refusal> {
    let mut kept = BytesMut::new();
    let mut size = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Err(Refusal::new(
                ErrorType::Validation,
                "The body ended before it was whole, or is not chunked as it says; send all of it",
            )
            .closing());
        };
        let Ok(data) = frame.into_data() else { continue };
        size += data.len();
        if size > MOST_READ {
            break;
        }
        if size <= LARGEST_PAYLOAD {
            kept.extend_from_slice(&data);
        }
    }
    if size > LARGEST_PAYLOAD { Err(too_large()) } else { Ok(kept.freeze()) }
}

fn too_large() -> Refusal {
    Refusal::new(ErrorType::PayloadTooLarge, "A body can have at most 64 KiB; send less at once").closing()
}
