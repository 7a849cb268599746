//! The documents that the server serves: whole, its own, and without anything from elsewhere.

use parlor_protocol::{
    BASE_PATH, ClientEvent, Endpoint, EndpointVisitor, EventVisitor, ServerEvent, request::camel_case,
    visit_endpoints, visit_events,
};
use parlor_tests::TestServer;
use reqwest::{Method, header::HeaderMap};
use serde_json::Value;
use std::{collections::BTreeSet, ffi::OsStr, path::Path};

async fn fetched(server: &TestServer, path: &str) -> (HeaderMap, String) {
    let answer = server.request(Method::GET, path).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    (answer.headers().clone(), answer.text().await.unwrap())
}

/// What is declared, as the documents say it.
#[derive(Default)]
struct Declared {
    paths: Vec<(String, String)>,
    events: Vec<&'static str>,
}

impl Declared {
    fn all() -> Self {
        let mut declared = Self::default();
        visit_endpoints(&mut declared);
        visit_events(&mut declared);
        declared
    }
}

impl EndpointVisitor for Declared {
    fn visit<E: Endpoint>(&mut self) {
        let parts = E::PATH.split(['{', '}']).enumerate();
        let path: String = parts
            .map(|(at, part)| if at % 2 == 0 { part.to_owned() } else { format!("{{{}}}", camel_case(part)) })
            .collect();
        self.paths.push((format!("{BASE_PATH}{path}"), E::METHOD.as_str().to_lowercase()));
    }
}

impl EventVisitor for Declared {
    fn client<E: ClientEvent>(&mut self) {
        self.events.push(E::NAME);
    }
    fn server<E: ServerEvent>(&mut self) {
        self.events.push(E::NAME);
    }
}

#[tokio::test]
async fn the_documents_tell_of_every_endpoint_and_every_event() {
    let server = TestServer::start().await;
    let declared = Declared::all();
    let (headers, openapi) = fetched(&server, "/openapi.json").await;
    assert_eq!(headers["content-type"], "application/json");
    let (_, asyncapi) = fetched(&server, "/asyncapi.json").await;
    let openapi: Value = serde_json::from_str(&openapi).unwrap();
    let asyncapi: Value = serde_json::from_str(&asyncapi).unwrap();
    let (_, rest) = fetched(&server, "/docs/rest").await;
    for (path, method) in &declared.paths {
        assert!(openapi["paths"][path][method].is_object(), "{method} {path}");
        assert!(rest.contains(&format!("</b> <code>{path}</code></h3>")), "{path} is on the page");
    }
    let (_, events) = fetched(&server, "/docs/events").await;
    for name in &declared.events {
        assert!(asyncapi["operations"][name].is_object(), "{name}");
        assert!(events.contains(&format!("<article id=\"{name}\">")), "{name} is on the page");
    }
}

#[tokio::test]
async fn the_pages_load_nothing_from_elsewhere() {
    let server = TestServer::start().await;
    for path in ["/docs", "/docs/rest", "/docs/events", "/docs/migration"] {
        let (headers, page) = fetched(&server, path).await;
        assert_eq!(headers["content-type"], "text/html; charset=utf-8", "{path}");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        let targets = after(&page, " href=\"").chain(after(&page, " src=\""));
        for target in
            targets.filter_map(|rest| rest.split('"').next()).filter(|target| target.starts_with(['/', 'h']))
        {
            assert!(target.starts_with('/') && !target.starts_with("//"), "{path} refers to {target}");
            fetched(&server, target).await;
        }
        for inline in ["<style", " style=", " onclick=", "javascript:", "<script>"] {
            assert!(!page.contains(inline), "{path} has {inline}, which its policy forbids");
        }
    }
    let (headers, script) = fetched(&server, "/docs/try.js").await;
    assert_eq!(headers["content-type"], "text/javascript; charset=utf-8");
    assert!(!script.contains("innerHTML"), "answers are shown as text");
}

#[tokio::test]
async fn the_start_page_is_the_same_with_a_slash_and_without() {
    let server = TestServer::start().await;
    let (headers, page) = fetched(&server, "/docs/").await;
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    assert_eq!(page, fetched(&server, "/docs").await.1);
}

#[tokio::test]
async fn whatever_takes_a_body_says_that_it_may_be_too_large_or_no_json() {
    let server = TestServer::start().await;
    let openapi: Value = serde_json::from_str(&fetched(&server, "/openapi.json").await.1).unwrap();
    let paths = openapi["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, methods)| {
        methods
            .as_object()
            .unwrap()
            .iter()
            .map(move |(method, operation)| (format!("{method} {path}"), operation))
    });
    let mut seen = 0;
    for (place, operation) in operations.filter(|(_, operation)| operation["requestBody"].is_object()) {
        for status in ["400", "413", "415"] {
            assert!(operation["responses"][status].is_object(), "{place} does not tell of {status}");
        }
        seen += 1;
    }
    assert!(seen >= 10, "{seen}");
}

/// What follows each of these marks.
fn after<'t>(text: &'t str, mark: &'t str) -> impl Iterator<Item = &'t str> {
    text.match_indices(mark).map(move |(at, _)| &text[at + mark.len()..])
}

#[tokio::test]
async fn the_renderer_of_rest_is_served_whole_under_a_strict_policy() {
    let server = TestServer::start().await;
    let (_, page) = fetched(&server, "/docs/api").await;
    let parts = after(&page, " href=\"").chain(after(&page, " src=\""));
    let names = parts.filter_map(|part| part.split('"').next()).map(|name| name.trim_start_matches("./"));
    let mut kinds = BTreeSet::new();
    for name in std::iter::once("").chain(names) {
        assert!(!name.contains('/'), "{name} is loaded");
        let (headers, text) = fetched(&server, &format!("/docs/api/{name}")).await;
        let kind = match Path::new(name).extension().and_then(OsStr::to_str) {
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("png") => "image/png",
            _ => "text/html; charset=utf-8",
        };
        assert_eq!(headers["content-type"], kind, "{name}");
        assert_eq!(
            headers["content-security-policy"],
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            "{name}"
        );
        let loads = after(&text, "url(").chain(after(&text, "@import"));
        for target in loads.filter(|_| kind.starts_with("text/css")) {
            let target = target.trim_start_matches(['"', '\'', ' ']);
            assert!(target.starts_with("data:"), "{name} loads {}", &target[..target.len().min(60)]);
        }
        kinds.insert(kind);
    }
    assert_eq!(kinds.len(), 4, "{kinds:?}");
    for inline in ["<style", " style=", " onload=", "javascript:", "<script>"] {
        assert!(!page.contains(inline), "{inline} is in the page, and its policy forbids it");
    }
    let (_, script) = fetched(&server, "/docs/api/swagger-initializer.js").await;
    let setting = |name: &str, value: &str| script.contains(&format!("\"{name}\": {value}"));
    assert!(setting("url", "\"/openapi.json\"") && setting("validatorUrl", "\"none\""), "{script}");
    assert!(setting("persistAuthorization", "false") && !script.contains("://"), "{script}");
    assert!(!script.contains("queryConfigEnabled"), "a link must not choose another document: {script}");
}
