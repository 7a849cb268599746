//! The documents that the server serves: whole, its own, and without anything from elsewhere.

use parlor_protocol::{
    BASE_PATH, ClientEvent, Endpoint, EndpointVisitor, EventVisitor, ServerEvent, request::camel_case,
    visit_endpoints, visit_events,
};
use parlor_tests::TestServer;
use reqwest::{Method, header::HeaderMap};
use serde_json::Value;

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
    for path in ["/docs", "/docs/rest", "/docs/events"] {
        let (headers, page) = fetched(&server, path).await;
        assert_eq!(headers["content-type"], "text/html; charset=utf-8", "{path}");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        let targets = page.split(" href=\"").chain(page.split(" src=\"")).skip(1);
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
