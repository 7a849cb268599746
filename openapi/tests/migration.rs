//! Does the page for users of the original server tell of everything, and of nothing else?

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

use parlor_openapi::{
    contract::Contract,
    migration::{Before, Change, ENDPOINTS, ERRORS, EVENTS, Fate, SERVICE, SETTINGS, fate_of, variables},
    openapi, pages,
};
use parlor_protocol::{BASE_PATH, ErrorType};
use std::collections::BTreeSet;

/// What the original serves or documents, with the ids that its paths have here.
const ENDPOINTS_OF_THE_ORIGINAL: [&str; 21] = [
    "POST /auth/register",
    "POST /auth/login",
    "POST /users",
    "POST /users/login",
    "GET /users",
    "GET /users/{userId}",
    "POST /rooms",
    "GET /rooms",
    "GET /rooms/{roomId}",
    "POST /rooms/{roomId}/join",
    "POST /rooms/{roomId}/leave",
    "POST /rooms/{roomId}/invites",
    "POST /rooms/invites/{token}/join",
    "GET /rooms/{roomId}/members",
    "GET /rooms/{roomId}/users",
    "GET /users/{userId}/rooms",
    "GET /rooms/users/{userId}",
    "GET /rooms/{roomId}/messages",
    "POST /rooms/{roomId}/messages/read",
    "POST /{roomId}/messages/read",
    "GET /",
];

const EVENTS_OF_THE_ORIGINAL: [&str; 16] = [
    "join_room",
    "leave_room",
    "send_message",
    "message_read",
    "typing",
    "get_room_users",
    "receive_message",
    "message_status_updated",
    "messages_read",
    "user_joined",
    "user_left",
    "user_typing",
    "user_status",
    "room_joined",
    "room_users",
    "error",
];

/// Each name once; `told` has exactly these, and those of the original are not new.
#[track_caller]
fn assert_complete(told: &[(&'static str, Fate)], declared: &BTreeSet<&str>, is_old: impl Fn(&str) -> bool) {
    let names: BTreeSet<_> = told.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), told.len(), "something is told twice");
    assert_eq!(&names, declared);
    for (name, fate) in told {
        assert_eq!(matches!(fate, Fate::New), !is_old(name), "{name} is {}", fate.word());
    }
}

#[test]
fn every_endpoint_is_told_of() {
    let contract = Contract::declared();
    let page = pages::migration(&contract);
    let declared = contract.operations.iter().map(|operation| operation.id.as_str()).collect();
    let paths = |id: &str| {
        let operation = contract.operations.iter().find(|operation| operation.id == id).unwrap();
        let paths = std::iter::once(&operation.path).chain(&operation.aliases);
        paths.map(|path| (operation.method, path.clone())).collect::<Vec<_>>()
    };
    let is_old = |method: &str, path: &str| ENDPOINTS_OF_THE_ORIGINAL.contains(&&*format!("{method} {path}"));
    assert_complete(ENDPOINTS, &declared, |id| paths(id).iter().any(|(method, path)| is_old(method, path)));
    let served: Vec<_> = declared.iter().flat_map(|id| paths(id)).collect();
    for (method, path) in &served {
        assert!(
            page.contains(&format!("<code>{method} {BASE_PATH}{path}</code>")),
            "{method} {path} is on the page"
        );
    }
    for old in ENDPOINTS_OF_THE_ORIGINAL {
        let is_served = served.iter().any(|(method, path)| old == format!("{method} {path}"));
        assert!(is_served || fate_of(SERVICE, old).is_some(), "{old} is served");
    }
}

#[test]
fn what_stands_outside_the_base_path_is_told_of() {
    let document = openapi::document(&Contract::declared());
    let declared: Vec<_> =
        document["paths"].as_object().unwrap().keys().filter(|path| !path.starts_with(BASE_PATH)).collect();
    assert!(declared.len() >= 3, "{declared:?}");
    for path in declared {
        let fate = fate_of(SERVICE, &format!("GET {path}")).unwrap_or_else(|| panic!("{path} is missing"));
        assert_eq!(matches!(fate, Fate::New), path != "/", "{path}");
    }
}

#[test]
fn every_event_is_told_of() {
    let contract = Contract::declared();
    let page = pages::migration(&contract);
    let declared = contract.events.iter().map(|event| event.name).collect();
    assert_complete(EVENTS, &declared, |name| EVENTS_OF_THE_ORIGINAL.contains(&name));
    for name in &declared {
        assert!(page.contains(&format!("<code>{name}</code></a>")), "{name} is on the page");
    }
    assert!(EVENTS_OF_THE_ORIGINAL.iter().all(|name| declared.contains(name)));
}

#[test]
fn every_error_is_told_of() {
    let told: Vec<_> = ERRORS.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(told, ErrorType::ALL);
}

#[test]
fn every_setting_is_told_of() {
    let page = pages::migration(&Contract::declared());
    let settings = variables();
    assert!(settings.len() > 30, "{} settings in the README", settings.len());
    let aliases: BTreeSet<_> = settings.iter().flat_map(|setting| &setting.aliases).collect();
    for (name, fate) in SETTINGS {
        assert!(aliases.contains(&(*name).to_owned()), "the server does not understand {name}");
        assert!(!matches!(fate, Fate::New), "{name}");
    }
    for setting in &settings {
        let names = std::iter::once(&setting.name).chain(&setting.aliases);
        let told = names.filter(|name| page.contains(&format!("<code>{name}</code></th>"))).count();
        assert!(told > 0, "{} is on the page", setting.name);
    }
}

#[test]
fn what_was_sent_before_can_be_read() {
    let mut seen = 0;
    for (name, fate) in ENDPOINTS.iter().chain(EVENTS) {
        let Fate::Changed(Change { wire, .. }) = fate else { continue };
        for wire in *wire {
            if let Before::Answer(_, text) | Before::Event(text) = wire.before {
                serde_json::from_str::<serde_json::Value>(text)
                    .unwrap_or_else(|error| panic!("{name}: {error}"));
                seen += 1;
            }
        }
    }
    assert!(seen > 10, "{seen} of them");
}
