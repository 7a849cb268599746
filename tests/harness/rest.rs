//! An answer as it stands on the wire.

use crate::{declared, documented, soon};
use parlor_protocol::ErrorType;
use reqwest::{RequestBuilder, header::HeaderMap};
use serde_json::Value;

/// A REST answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
    /// The body as JSON; `null` when it is none.
    pub body: Value,
    /// The name of the endpoint that it comes from, if it is one of the contract's.
    pub endpoint: Option<&'static str>,
}

impl Reply {
    /// The answer to a request. A failure that its endpoint does not declare fails the test, and so does a body that is not what
    /// the document says.
    pub async fn to(request: RequestBuilder) -> Self {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let (method, path) = (request.method().to_string(), request.url().path().to_owned());
        let sent = request.body().and_then(reqwest::Body::as_bytes).map(serde_json::from_slice);
        let sent: Value = sent.and_then(Result::ok).unwrap_or_default();
        let endpoint = declared::endpoint(&method, &path);
        let response = soon("an answer", client.execute(request)).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = soon("a body", response.text()).await.unwrap();
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        if let (Some(endpoint), Some(failure)) = (endpoint, body["type"].as_str()) {
            declared::check_endpoint(endpoint, failure);
        }
        // With a web folder, the operator's own page is there.
        let is_page = path == "/" && body.is_null();
        if !is_page {
            documented::call(&method, &path, &sent, status, &body).unwrap_or_else(|fault| panic!("{fault}"));
        }
        Self { status, headers, text, body, endpoint: endpoint.map(|endpoint| endpoint.name) }
    }

    /// A header, or an empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The `data` of a success with this status.
    #[track_caller]
    pub fn data(&self, status: u16) -> &Value {
        assert_eq!((self.status, self.body["success"].as_bool()), (status, Some(true)), "{self:?}");
        &self.body["data"]
    }

    /// Checks that it is a failure of this type, in its whole form.
    #[track_caller]
    pub fn is(&self, kind: ErrorType) -> &Self {
        assert_eq!(
            (self.status, self.body["type"].as_str()),
            (kind.status(), Some(kind.as_str())),
            "{self:?}"
        );
        assert_eq!(self.body["success"], false, "{self:?}");
        assert!(self.body["message"].as_str().is_some_and(|words| !words.is_empty()), "{self:?}");
        assert_eq!(self.body["requestId"], self.header("x-request-id"), "{self:?}");
        assert!(!self.header("x-request-id").is_empty(), "{self:?}");
        self
    }

    /// The names of the fields that are wrong, sorted.
    pub fn bad_fields(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut fields: Vec<_> = errors.iter().filter_map(|error| error["field"].as_str()).collect();
        fields.sort_unstable();
        fields
    }
}
