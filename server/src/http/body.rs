//! The body of a request: bounded, JSON, not too deep.

use super::reply::Refusal;
use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use parlor_protocol::{
    ApiError, ErrorType, FieldError, LARGEST_PAYLOAD,
    depth::{DEEPEST, depth},
};
use serde_json::Value;

/// Reads the body; `None` for an empty one, whatever its content type.
pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Option<Value>, Refusal> {
    let bytes = bytes(headers, body).await?;
    if bytes.is_empty() {
        return Ok(None);
    }
    check_type(headers)?;
    parse(&bytes)
        .map(Some)
        .map_err(|message| Refusal::Form(ApiError::validation(vec![FieldError::new("", message)])))
}

/// Reads a body of which nothing is wanted, so that the connection can go on.
pub(super) async fn skip(headers: &HeaderMap, body: Body) -> Result<(), Refusal> {
    bytes(headers, body).await.map(|_| ())
}

async fn bytes(headers: &HeaderMap, body: Body) -> Result<bytes::Bytes, Refusal> {
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > LARGEST_PAYLOAD as u64) {
        return Err(too_large());
    }
    match Limited::new(body, LARGEST_PAYLOAD).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(_) => Err(Refusal::form(ErrorType::Validation, "The body ended before it was whole")),
    }
}

fn too_large() -> Refusal {
    Refusal::form(ErrorType::PayloadTooLarge, "A body can have at most 64 KiB")
}

fn check_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let text =
        |name| headers.get(name).map(|value| value.to_str().unwrap_or_default().trim().to_ascii_lowercase());
    if text(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(Refusal::form(ErrorType::UnsupportedMediaType, "Send the body uncompressed"));
    }
    let kind = text(header::CONTENT_TYPE).unwrap_or_default();
    let mut parts = kind.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let json =
        essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"));
    let utf8 = parts
        .filter_map(|parameter| parameter.strip_prefix("charset="))
        .all(|charset| matches!(charset.trim_matches('"'), "utf-8" | "utf8"));
    if json && utf8 {
        Ok(())
    } else {
        Err(Refusal::form(
            ErrorType::UnsupportedMediaType,
            "Send JSON in UTF-8, with `Content-Type: application/json`",
        ))
    }
}

fn parse(bytes: &[u8]) -> Result<Value, String> {
    if depth(bytes) > DEEPEST {
        return Err(format!("must not nest deeper than {DEEPEST}"));
    }
    serde_json::from_slice(bytes).map_err(|error| format!("must be JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_nests_only_so_deep() {
        let nested = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(nested(DEEPEST).as_bytes()).is_ok());
        assert!(parse(nested(DEEPEST + 1).as_bytes()).is_err());
        assert!(parse(nested(40_000).as_bytes()).is_err());
    }

    #[test]
    fn only_uncompressed_json_in_utf_8_is_taken() {
        let taken = |kind: &'static str, encoding: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
            headers.extend(encoding.map(|encoding| (header::CONTENT_ENCODING, encoding.parse().unwrap())));
            check_type(&headers).is_ok()
        };
        for fine in [
            "application/json",
            "application/json; charset=UTF-8",
            "Application/JSON;charset=\"utf-8\"",
            "application/merge-patch+json",
        ] {
            assert!(taken(fine, None), "{fine}");
        }
        assert!(taken("application/json", Some("identity")));
        for wrong in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/json; charset=latin1",
            "text/json",
        ] {
            assert!(!taken(wrong, None), "{wrong}");
        }
        assert!(!taken("application/json", Some("gzip")));
    }
}
