//! Which web pages may call. There are no cookies, so no credentials are ever allowed.

use crate::config::Origins;
use axum::body::Body;
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    header::{self, HeaderValue},
};

/// Seconds for which a browser need not ask again; more than 7200 is not kept.
const MAX_AGE: &str = "7200";

/// The judgement on a request's origin.
#[derive(Debug)]
pub(super) enum Cors {
    /// Every page may call.
    Any,
    /// No page calls: there is no origin.
    NoPage,
    /// A page of the list calls.
    Listed(HeaderValue),
    /// A page calls that is not in the list.
    Foreign,
}

impl Cors {
    pub(super) fn of(origins: &Origins, headers: &HeaderMap) -> Self {
        let Origins::List(allowed) = origins else { return Self::Any };
        let Some(origin) = headers.get(header::ORIGIN) else { return Self::NoPage };
        let is_it =
            |one: &String| one.trim_end_matches('/').as_bytes().eq_ignore_ascii_case(origin.as_bytes());
        if allowed.iter().any(is_it) { Self::Listed(origin.clone()) } else { Self::Foreign }
    }

    pub(super) fn is_foreign(&self) -> bool {
        matches!(self, Self::Foreign)
    }

    /// The answer, if the request is a browser's question in advance.
    pub(super) fn preflight<B>(&self, request: &Request<B>) -> Option<Response<Body>> {
        let headers = request.headers();
        if request.method() != Method::OPTIONS
            || !headers.contains_key(header::ORIGIN)
            || !headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
        {
            return None;
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        if !self.is_foreign() {
            let headers = response.headers_mut();
            let methods = HeaderValue::from_static("GET, POST, PATCH, DELETE");
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
            let allowed = HeaderValue::from_static("Authorization, Content-Type, x-request-id");
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
        }
        Some(response)
    }

    /// Lets the page read the answer, if it may.
    pub(super) fn mark(&self, headers: &mut HeaderMap) {
        let allowed = match self {
            Self::Any => Some(HeaderValue::from_static("*")),
            Self::Listed(origin) => Some(origin.clone()),
            Self::NoPage | Self::Foreign => None,
        };
        if !matches!(self, Self::Any) {
            // A cache must not give one page's answer to another.
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(allowed) = allowed {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
            let exposed = HeaderValue::from_static("x-request-id, Retry-After");
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> Origins {
        Origins::List(vec!["https://chat.example/".to_owned(), "http://localhost:3000".to_owned()])
    }

    fn asked(origin: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static(origin))])
    }

    #[test]
    fn only_listed_pages_may_call() {
        for (origin, may) in [
            ("https://chat.example", true),
            ("http://localhost:3000", true),
            ("http://localhost:3001", false),
            ("https://chat.example.evil", false),
            ("null", false),
        ] {
            assert_eq!(!Cors::of(&list(), &asked(origin)).is_foreign(), may, "{origin}");
        }
        assert!(!Cors::of(&list(), &HeaderMap::new()).is_foreign());
        assert!(!Cors::of(&Origins::Any, &asked("null")).is_foreign());
    }

    #[test]
    fn a_page_gets_its_own_origin_back_and_a_foreign_one_nothing() {
        let marked = |origin| {
            let mut headers = HeaderMap::new();
            Cors::of(&list(), &asked(origin)).mark(&mut headers);
            assert_eq!(headers[header::VARY], "Origin");
            headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN).cloned()
        };
        assert_eq!(marked("https://chat.example").unwrap(), "https://chat.example");
        assert_eq!(marked("https://evil.example"), None);
    }
}
