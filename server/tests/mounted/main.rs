//! Every endpoint and every client's event that is declared is also served, once, and nothing else is.

#[cfg(test)]
mod calls;

use parlor_protocol::{BASE_PATH, ClientEvent, Endpoint, EndpointVisitor, EventVisitor, Method, ServerEvent};
use parlor_server::{http, realtime};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
struct Declared(Vec<(&'static str, Method, String)>);

impl EndpointVisitor for Declared {
    fn visit<E: Endpoint>(&mut self) {
        for path in std::iter::once(&E::PATH).chain(E::ALIASES) {
            self.0.push((E::NAME, E::METHOD, format!("{BASE_PATH}{path}")));
        }
    }
}

fn sorted(routes: Vec<(&'static str, Method, String)>) -> Vec<String> {
    let mut lines: Vec<String> =
        routes.into_iter().map(|(name, method, path)| format!("{} {path} {name}", method.as_str())).collect();
    lines.sort();
    lines
}

#[test]
fn every_declared_endpoint_is_served_once() {
    let mut declared = Declared::default();
    parlor_protocol::visit_endpoints(&mut declared);
    let served: Vec<_> =
        http::routes().table().iter().map(|route| (route.name, route.method, route.path.clone())).collect();
    assert_eq!(sorted(declared.0), sorted(served));
}

#[test]
fn no_two_endpoints_share_a_name_or_a_path_with_its_method() {
    let mut declared = Declared::default();
    parlor_protocol::visit_endpoints(&mut declared);
    let places: BTreeSet<_> = declared.0.iter().map(|(_, method, path)| (method.as_str(), path)).collect();
    assert_eq!(places.len(), declared.0.len());
    let mut paths_by_name: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, method, _) in &declared.0 {
        paths_by_name.entry(name).or_default().insert(method.as_str());
    }
    assert!(paths_by_name.values().all(|methods| methods.len() == 1), "{paths_by_name:?}");
}

#[derive(Default)]
struct ClientEvents(BTreeSet<&'static str>);

impl EventVisitor for ClientEvents {
    fn client<E: ClientEvent>(&mut self) {
        assert!(self.0.insert(E::NAME), "{} is declared twice", E::NAME);
    }
    fn server<E: ServerEvent>(&mut self) {}
}

#[test]
fn every_declared_event_of_a_client_is_served_once() {
    let mut declared = ClientEvents::default();
    parlor_protocol::visit_events(&mut declared);
    let events = realtime::table();
    let (served, twice) = events.names();
    assert_eq!(twice, [""; 0]);
    assert_eq!(served.into_iter().collect::<BTreeSet<_>>(), declared.0);
}
