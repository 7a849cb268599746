//! The body of a request: JSON, not too deep. The front has bounded it.

use super::reply::Refusal;
use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use http_body_util::BodyExt;
use parlor_protocol::{
    ApiError, ErrorType, FieldError,
    depth::{DEEPEST, depth},
};
use serde_json::Value;

/// Reads the body; `None` for an empty one, whatever its content type.
pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Option<Value>, Refusal> {
    let Ok(collected) = body.collect().await else {
        return Err(Refusal::form(
            ErrorType::Validation,
            "The body ended before it was whole; send all of it",
        ));
    };
    let bytes = collected.to_bytes();
    if bytes.is_empty() {
        return Ok(None);
    }
    check_type(headers)?;
    parse(&bytes)
        .map(Some)
        .map_err(|message| Refusal::Form(ApiError::validation(vec![FieldError::new("", message)])))
}

fn check_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let text =
        |name| headers.get(name).map(|value| value.to_str().unwrap_or_default().trim().to_ascii_lowercase());
    if text(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(Refusal::form(
            ErrorType::UnsupportedMediaType,
            "Send the body uncompressed, without `Content-Encoding`",
        ));
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
