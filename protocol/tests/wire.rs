//! One JSON literal per shape, read and written: what is on the wire is exactly this.

#![allow(clippy::wildcard_imports, reason = "it names nearly everything there is")]

use parlor_protocol::{
    Ack, ApiError, ClientEvent, Endpoint, EndpointVisitor, ErrorType, EventVisitor, Failure, FieldError,
    Nothing, Request, ServerEvent, Success, SuccessPage,
    event::{EventError, Restart},
    invites::*,
    members::*,
    messages::*,
    presence::*,
    receipts::*,
    rooms::*,
    service::*,
    sessions::*,
    subscriptions::*,
    timeline::*,
    typing::*,
    users::*,
    visit_endpoints, visit_events,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fmt::Debug};

const ID: &str = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90";
const OTHER: &str = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e91";
const TIME: &str = "2025-08-21T10:16:10.123Z";

/// Reads `wire` as a `T` and writes it again: both must be equal.
#[track_caller]
#[allow(clippy::unwrap_used, clippy::panic, reason = "it is what the tests below assert with")]
fn same<T: Serialize + DeserializeOwned + PartialEq + Debug>(wire: Value) {
    let read: T = serde_json::from_value(wire.clone()).unwrap_or_else(|error| panic!("{error}: {wire}"));
    assert_eq!(serde_json::to_value(&read).unwrap(), wire);
    let text = serde_json::to_string(&read).unwrap();
    assert_eq!(serde_json::from_str::<T>(&text).unwrap(), read, "read from text: {text}");
}

fn user_summary() -> Value {
    json!({"id": ID, "username": "ada"})
}

fn room() -> Value {
    json!({
        "id": ID, "name": "general", "description": null, "isPrivate": false, "createdBy": ID, "createdAt": TIME,
        "updatedAt": TIME, "creator": user_summary(), "memberCount": 2, "lastSeq": 7,
        "membership": {"role": "owner", "lastReadSeq": 3, "unreadCount": 2, "joinedAt": TIME},
    })
}

fn message() -> Value {
    json!({
        "id": ID, "roomId": OTHER, "userId": ID, "username": "ada", "content": "hi", "status": "delivered", "seq": 4,
        "clientMessageId": null, "createdAt": TIME, "updatedAt": TIME, "timestamp": TIME, "sender": user_summary(),
    })
}

#[test]
fn sessions_and_users() {
    let user = json!({"id": ID, "username": "ada", "email": "ada@example.com", "createdAt": TIME, "updatedAt": TIME});
    same::<User>(user.clone());
    same::<UserSummary>(user_summary());
    same::<UserProfile>(
        json!({"id": ID, "username": "ada", "isOnline": true, "lastSeenAt": null, "createdAt": TIME}),
    );
    same::<SignedIn>(json!({"user": user, "token": "a.b.c", "refreshToken": "r", "expiresAt": TIME}));
    same::<Tokens>(json!({"token": "a.b.c", "refreshToken": "r", "expiresAt": TIME}));
    same::<Session>(
        json!({"id": ID, "createdAt": TIME, "lastSeenAt": TIME, "userAgent": null, "current": true}),
    );
    same::<Renewed>(json!({"expiresAt": TIME}));
    same::<NewAccount>(json!({"username": "ada", "email": "ada@example.com", "password": "correct horse"}));
    same::<Login>(json!({"email": "ada@example.com", "password": "x"}));
    same::<Refresh>(json!({"refreshToken": "r"}));
    same::<Authenticate>(json!({"token": "a.b.c"}));
    same::<UserChanges>(json!({"username": "ada"}));
    same::<UserSearch>(json!({"q": "ad"}));
}

#[test]
fn rooms_members_and_invites() {
    same::<Room>(room());
    same::<NewRoom>(json!({"name": "general", "isPrivate": true}));
    same::<RoomChanges>(json!({"name": "general"}));
    same::<RoomChanges>(json!({"description": null}));
    same::<RoomUpdate>(json!({"roomId": ID, "room": room(), "seq": 9, "timestamp": TIME}));
    same::<RoomDeletion>(json!({"roomId": ID, "timestamp": TIME}));
    let member = json!({
        "id": ID, "userId": ID, "roomId": OTHER, "role": "member", "joinedAt": TIME, "user": user_summary(), "isOnline": false,
    });
    same::<Member>(member.clone());
    same::<MemberList>(json!({"totalMembers": 1, "room": room(), "members": [member]}));
    same::<RoomOfUser>(
        json!({"id": ID, "userId": ID, "roomId": OTHER, "role": "owner", "joinedAt": TIME, "room": room()}),
    );
    same::<JoinedRoom>(json!({"room": room()}));
    same::<Passage>(
        json!({"userId": ID, "username": "ada", "roomId": OTHER, "type": "temporary", "timestamp": TIME}),
    );
    same::<Passage>(json!({
        "userId": ID, "username": "ada", "roomId": OTHER, "type": "permanent", "timestamp": TIME, "seq": 3, "name": "ada",
    }));
    same::<RoomUserList>(
        json!({"roomId": ID, "users": [{"userId": ID, "username": "ada", "isOnline": true}]}),
    );
    let invite = json!({
        "id": ID, "roomId": OTHER, "createdBy": ID, "inviteCode": "c0de", "createdAt": TIME, "expiresAt": TIME,
        "maxUses": null, "uses": 0,
    });
    same::<Invite>(invite.clone());
    same::<NewInviteLink>(
        json!({"invite": invite, "link": "http://localhost/api/v1/rooms/invites/c0de/join"}),
    );
    same::<NewInvite>(json!({"expiresInSeconds": 60, "maxUses": 1}));
    same::<NewInvite>(json!({}));
}

#[test]
fn messages_receipts_and_the_timeline() {
    same::<Message>(message());
    same::<NewMessage>(json!({"content": "hi"}));
    same::<SendMessagePayload>(json!({"roomId": ID, "content": "hi", "clientMessageId": "a-1"}));
    same::<HistoryQuery>(json!({"before": 5, "limit": 50}));
    let pagination = json!({
        "currentPage": 1, "totalPages": 1, "totalMessages": 1, "hasNextPage": false, "hasPrevPage": false,
        "nextBefore": null, "nextAfter": null,
    });
    same::<History>(json!({"messages": [message()], "pagination": pagination}));
    same::<ReadMark>(json!({"messageId": ID}));
    same::<MessageReadPayload>(json!({"roomId": ID, "messageId": OTHER}));
    same::<ReadCursor>(json!({"lastReadSeq": 4, "readAt": TIME}));
    same::<LastRead>(json!({"lastReadSeq": 4}));
    same::<Receipt>(
        json!({"userId": ID, "username": "ada", "roomId": OTHER, "readAt": TIME, "lastReadSeq": 4}),
    );
    same::<StatusUpdate>(json!({
        "messageId": ID, "roomId": OTHER, "status": "read", "readerId": ID, "seq": 4, "timestamp": TIME,
    }));
    let entries = [
        json!({"seq": 1, "roomId": ID, "timestamp": TIME, "type": "room_created", "room": room()}),
        json!({"seq": 2, "roomId": ID, "timestamp": TIME, "type": "member_joined", "userId": ID, "username": "ada"}),
        json!({"seq": 3, "roomId": ID, "timestamp": TIME, "type": "member_left", "userId": ID, "username": "ada"}),
        json!({"seq": 4, "roomId": ID, "timestamp": TIME, "type": "message", "message": message()}),
        json!({"seq": 5, "roomId": ID, "timestamp": TIME, "type": "room_updated", "room": room()}),
    ];
    for entry in &entries {
        same::<TimelineEvent>(entry.clone());
    }
    same::<Timeline>(json!({"events": entries, "lastSeq": 5, "epoch": ID, "hasMore": false}));
    same::<JoinRoomPayload>(json!({"roomId": ID, "after": 0, "epoch": OTHER}));
    same::<Subscription>(json!({
        "roomId": ID, "epoch": OTHER, "lastSeq": 5, "events": entries, "complete": true, "reset": false,
    }));
    same::<Joined>(json!({"roomId": ID, "message": "hello", "lastSeq": 5, "epoch": OTHER}));
    same::<LeftRoom>(json!({"roomId": ID}));
    same::<TypingPayload>(json!({"roomId": ID, "isTyping": true}));
    same::<TypingNotice>(
        json!({"userId": ID, "username": "ada", "roomId": OTHER, "isTyping": true, "timestamp": TIME}),
    );
    same::<StatusNotice>(json!({"userId": ID, "username": "ada", "status": "online", "timestamp": TIME}));
    same::<Restart>(json!({"reconnectAfterMs": 1500}));
}

#[test]
fn an_entry_of_a_later_version_is_skipped_not_refused() {
    let later = json!({"seq": 9, "roomId": ID, "timestamp": TIME, "type": "reaction_added", "emoji": "🎉"});
    let read: TimelineEvent = serde_json::from_value(later).unwrap();
    assert_eq!((read.seq, read.happening), (9, Happening::Unknown));
}

#[test]
fn envelopes_and_errors() {
    same::<Success<Nothing>>(json!({"success": true, "message": "Signed out", "data": null}));
    same::<SuccessPage<Vec<UserSummary>>>(
        json!({"success": true, "message": "Users", "data": [user_summary()], "nextCursor": null}),
    );
    same::<Failure>(json!({
        "success": false, "message": "username is required", "type": "VALIDATION",
        "errors": [{"field": "username", "message": "is required"}], "requestId": "r-1",
    }));
    same::<Failure>(json!({
        "success": false, "message": "Too often", "type": "RATE_LIMIT", "retryAfterMs": 1000, "requestId": "r-1",
    }));
    assert!(
        serde_json::from_value::<Failure>(
            json!({"success": true, "message": "", "type": "CONFLICT", "requestId": ""})
        )
        .is_err()
    );
    same::<Ack<LeftRoom>>(json!({"ok": true, "data": {"roomId": ID}, "requestId": "7"}));
    same::<Ack<Nothing>>(json!({"ok": true, "data": null}));
    same::<Ack<LeftRoom>>(
        json!({"ok": false, "error": {"type": "NOT_AUTHORIZED", "message": "no"}, "requestId": "7"}),
    );
    same::<EventError>(json!({
        "type": "RATE_LIMIT", "message": "Too often", "retryAfterMs": 800, "event": "send_message", "roomId": ID,
        "requestId": "7",
    }));
    same::<EventError>(json!({"type": "SERVER_ERROR", "message": "no", "event": "typing"}));
    same::<About>(json!({"name": "Parlor", "version": "0.1.0", "protocol": "1.0.0"}));
    same::<Health>(json!({"status": "ok"}));
}

#[test]
fn every_error_type_has_the_status_of_the_contract() {
    let statuses: Vec<_> = ErrorType::ALL.iter().map(|kind| (kind.as_str(), kind.status())).collect();
    assert_eq!(
        statuses,
        [
            ("VALIDATION", 400),
            ("UNAUTHENTICATED", 401),
            ("NOT_AUTHORIZED", 403),
            ("NOT_FOUND", 404),
            ("METHOD_NOT_ALLOWED", 405),
            ("CONFLICT", 409),
            ("PAYLOAD_TOO_LARGE", 413),
            ("UNSUPPORTED_MEDIA_TYPE", 415),
            ("RATE_LIMIT", 429),
            ("SERVER_ERROR", 500),
            ("UNAVAILABLE", 503),
        ]
    );
    for kind in ErrorType::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}

#[test]
fn every_bad_field_is_listed_at_once() {
    let errors = NewAccount::decode(json!({"username": "a!", "password": 5})).unwrap_err();
    let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["username", "email", "password"]);
    assert_eq!(errors[1], FieldError::new("email", "is required"));
    let error = ApiError::validation(errors);
    assert_eq!((error.kind, error.errors.len()), (ErrorType::Validation, 3));
    for not_an_object in [json!(null), json!([]), json!("x"), json!(1)] {
        assert!(NewAccount::decode(not_an_object).is_err());
    }
}

#[derive(Default)]
struct Names(BTreeSet<String>, Vec<String>);

impl Names {
    fn add(&mut self, name: String) {
        if !self.0.insert(name.clone()) {
            self.1.push(name);
        }
    }
}

impl EndpointVisitor for Names {
    fn visit<E: Endpoint>(&mut self) {
        for path in std::iter::once(E::PATH).chain(E::ALIASES.iter().copied()) {
            self.add(format!("{} {path}", E::METHOD.as_str()));
        }
        let in_path: BTreeSet<_> = E::PATH.split(['{', '}']).skip(1).step_by(2).map(camel).collect();
        assert_eq!(in_path, E::Path::fields().into_iter().collect(), "the path type of {}", E::NAME);
    }
}

impl EventVisitor for Names {
    fn client<E: ClientEvent>(&mut self) {
        self.add(format!("> {}", E::NAME));
    }
    fn server<E: ServerEvent>(&mut self) {
        self.add(format!("< {}", E::NAME));
    }
}

fn camel(name: &str) -> String {
    parlor_protocol::request::camel_case(name)
}

#[test]
fn every_endpoint_of_the_contract_is_declared_once() {
    let mut names = Names::default();
    visit_endpoints(&mut names);
    assert_eq!(names.1, Vec::<String>::new(), "declared twice");
    let contract = "
        DELETE /auth/sessions/{session_id}
        DELETE /rooms/{room_id}
        DELETE /rooms/{room_id}/invites/{invite_id}
        DELETE /rooms/{room_id}/members/{user_id}
        GET /auth/sessions
        GET /rooms
        GET /rooms/users/{user_id}
        GET /rooms/{room_id}
        GET /rooms/{room_id}/events
        GET /rooms/{room_id}/invites
        GET /rooms/{room_id}/members
        GET /rooms/{room_id}/messages
        GET /rooms/{room_id}/users
        GET /users
        GET /users/me
        GET /users/{user_id}
        GET /users/{user_id}/rooms
        PATCH /rooms/{room_id}
        PATCH /users/me
        POST /auth/login
        POST /auth/logout
        POST /auth/refresh
        POST /auth/register
        POST /rooms
        POST /rooms/invites/{token}/join
        POST /rooms/{room_id}/invites
        POST /rooms/{room_id}/join
        POST /rooms/{room_id}/leave
        POST /rooms/{room_id}/messages
        POST /rooms/{room_id}/messages/read
        POST /users
        POST /users/login
        POST /{room_id}/messages/read";
    let contract: BTreeSet<_> =
        contract.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    assert_eq!(names.0, contract);
}

#[test]
fn every_event_of_the_contract_is_declared_once() {
    let mut names = Names::default();
    visit_events(&mut names);
    assert_eq!(names.1, Vec::<String>::new(), "declared twice");
    let client = [
        "authenticate",
        "get_room_users",
        "join_room",
        "leave_room",
        "message_read",
        "send_message",
        "typing",
    ];
    let server = [
        "error",
        "message_status_updated",
        "messages_read",
        "receive_message",
        "room_deleted",
        "room_joined",
        "room_updated",
        "room_users",
        "server_restart",
        "user_joined",
        "user_left",
        "user_status",
        "user_typing",
    ];
    let contract =
        client.iter().map(|name| format!("> {name}")).chain(server.iter().map(|name| format!("< {name}")));
    assert_eq!(names.0, contract.collect());
}
