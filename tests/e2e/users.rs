//! Accounts: one's own, and what others may know of them.

use parlor_protocol::{ErrorType, page::Limit};
use parlor_tests::{Person, Reply, TestServer, people::PASSWORD};
use reqwest::Method;
use serde_json::{Value, json};

async fn changes(person: &Person, change: Value) -> Reply {
    Reply::to(person.request(Method::PATCH, "/api/v1/users/me").json(&change)).await
}

#[tokio::test]
async fn h2_nobody_without_a_token_sees_users() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    for path in ["/api/v1/users", "/api/v1/users/me", &format!("/api/v1/users/{}", ada.id())] {
        server.get(path).await.is(ErrorType::Unauthenticated);
    }
}

#[tokio::test]
async fn h2_another_user_is_a_name_and_never_an_address() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let profile = bob.get(&format!("/api/v1/users/{}", ada.id())).await;
    let mut keys: Vec<_> = profile.data(200).as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["createdAt", "id", "isOnline", "lastSeenAt", "username"]);
    let found = bob.get("/api/v1/users?q=ad").await;
    assert_eq!(found.data(200), &json!([{ "id": ada.id(), "username": "ada" }]));
    assert!(!profile.text.contains('@') && !found.text.contains('@'));
}

#[tokio::test]
async fn h25_one_sees_all_of_oneself_but_no_password() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let me = ada.get("/api/v1/users/me").await;
    let mut keys: Vec<_> = me.data(200).as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["createdAt", "email", "id", "updatedAt", "username"]);
}

#[tokio::test]
async fn h21_an_unknown_user_is_404_and_a_bad_id_400() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    ada.get("/api/v1/users/018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90").await.is(ErrorType::NotFound);
    for bad in ["5", "x", "018f3c1e7b5a7c4e9a513f2b8c6d7e90", "'--"] {
        let reply = ada.get(&format!("/api/v1/users/{bad}")).await;
        assert_eq!(reply.is(ErrorType::Validation).bad_fields(), ["userId"], "{bad}");
    }
}

#[tokio::test]
async fn h20_an_id_of_any_uuid_version_is_accepted() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    for version in 1..=8 {
        let id = format!("018f3c1e-7b5a-{version}c4e-9a51-3f2b8c6d7e90");
        ada.get(&format!("/api/v1/users/{id}")).await.is(ErrorType::NotFound);
    }
}

#[tokio::test]
async fn a_search_finds_names_by_their_beginning_page_by_page() {
    let server = TestServer::start().await;
    let [ada, ..] = server.people(["ada", "Adam", "adele", "bob", "bada"]).await;
    let names = |reply: &Reply| -> Vec<String> {
        let users = reply.data(200).as_array().unwrap();
        users.iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&ada.get("/api/v1/users?q=AD").await), ["ada", "Adam", "adele"]);
    let first = ada.get("/api/v1/users?q=ad&limit=2").await;
    assert_eq!(names(&first), ["ada", "Adam"]);
    let cursor = first.body["nextCursor"].as_str().unwrap();
    let second = ada.get(&format!("/api/v1/users?q=ad&limit=2&cursor={cursor}")).await;
    assert_eq!((names(&second), &second.body["nextCursor"]), (vec!["adele".to_owned()], &Value::Null));
    assert_eq!(names(&ada.get("/api/v1/users?q=%25").await), Vec::<String>::new(), "no wildcard");
    assert_eq!(names(&ada.get("/api/v1/users?q=_da").await), Vec::<String>::new(), "no wildcard");
    assert_eq!(names(&ada.get("/api/v1/users").await).len(), 5);
}

#[tokio::test]
async fn a_limit_that_is_none_is_refused_and_a_large_one_is_clamped() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    for bad in ["0", "-1", "abc", "1.5", ""] {
        let reply = ada.get(&format!("/api/v1/users?limit={bad}")).await;
        assert_eq!(reply.is(ErrorType::Validation).bad_fields(), ["limit"], "{bad}");
    }
    assert_eq!(Limit::<200>::new(100_000_000).unwrap().get(), 200);
    ada.get("/api/v1/users?limit=100000000").await.data(200);
}

#[tokio::test]
async fn one_can_take_another_name_unless_it_is_taken() {
    let server = TestServer::start().await;
    let [ada, _bob] = server.people(["ada", "bob"]).await;
    assert_eq!(changes(&ada, json!({ "username": "Countess" })).await.data(200)["username"], "Countess");
    assert_eq!(
        changes(&ada, json!({ "username": "countess" })).await.data(200)["username"],
        "countess",
        "one's own"
    );
    changes(&ada, json!({ "username": "BOB" })).await.is(ErrorType::Conflict);
    assert_eq!(ada.get("/api/v1/users/me").await.data(200)["username"], "countess");
}

#[tokio::test]
async fn an_address_or_a_password_is_changed_only_with_the_present_password() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    for change in [json!({ "email": "new@example.com" }), json!({ "newPassword": "a wholly new one" })] {
        let missing = changes(&ada, change.clone()).await;
        assert_eq!(missing.is(ErrorType::Validation).bad_fields(), ["currentPassword"]);
        let mut wrong = change.clone();
        wrong["currentPassword"] = json!("not the password");
        changes(&ada, wrong).await.is(ErrorType::NotAuthorized);
        let mut right = change;
        right["currentPassword"] = json!(PASSWORD);
        changes(&ada, right).await.data(200);
    }
    for (change, fields) in [
        (json!({ "email": "n@ex.com", "username": "!!" }), &["currentPassword", "username"][..]),
        (json!({ "newPassword": "password" }), &["currentPassword", "newPassword"]),
        (
            json!({ "newPassword": "password", "username": "!!" }),
            &["currentPassword", "newPassword", "username"],
        ),
        (json!({ "newPassword": "short", "currentPassword": PASSWORD }), &["newPassword"]),
        (json!({ "username": "!!" }), &["username"]),
    ] {
        assert_eq!(
            changes(&ada, change.clone()).await.is(ErrorType::Validation).bad_fields(),
            fields,
            "{change}"
        );
    }
    let login = json!({ "email": "new@example.com", "password": "a wholly new one" });
    server.post("/api/v1/auth/login", &login).await.data(200);
}

#[tokio::test]
async fn a_new_password_ends_every_other_session_and_a_weak_one_changes_nothing() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let phone = ada.on_another_device().await;
    let weak = changes(&ada, json!({ "newPassword": "password1", "currentPassword": PASSWORD })).await;
    assert_eq!(weak.is(ErrorType::Validation).bad_fields(), ["newPassword"]);
    phone.get("/api/v1/users/me").await.data(200);
    let better = "an even better horse";
    changes(&ada, json!({ "newPassword": better, "currentPassword": PASSWORD })).await.data(200);
    ada.get("/api/v1/users/me").await.data(200);
    phone.get("/api/v1/users/me").await.is(ErrorType::Unauthenticated);
    let login = async |password: &str| {
        server.post("/api/v1/auth/login", &json!({ "email": "ada@example.com", "password": password })).await
    };
    login(PASSWORD).await.is(ErrorType::Unauthenticated);
    login(better).await.data(200);
}

#[tokio::test]
async fn an_address_that_is_taken_is_a_conflict() {
    let server = TestServer::start().await;
    let [ada, _bob] = server.people(["ada", "bob"]).await;
    let change = json!({ "email": "BOB@example.com", "currentPassword": PASSWORD });
    changes(&ada, change).await.is(ErrorType::Conflict);
}

#[tokio::test]
async fn a_new_name_is_in_what_others_see_from_then_on() {
    let server = TestServer::start().await;
    let [ada, bob] = server.people(["ada", "bob"]).await;
    let room = ada.creates_room("kitchen").await;
    bob.joins(&room).await;
    let (mut theirs, mine) = (bob.subscribes(&room).await, ada.subscribes(&room).await);
    changes(&ada, json!({ "username": "countess" })).await.data(200);
    mine.says(&room, "hello").await;
    assert_eq!(theirs.hears_message().await.username.as_str(), "countess");
}

#[tokio::test]
async fn a_change_of_name_and_one_of_the_password_at_once_are_both_kept() {
    let server = TestServer::start().await;
    for (person, name) in server.people(["ada", "bob", "cyd"]).await.iter().zip(["ada2", "bob2", "cyd2"]) {
        let secret = json!({ "currentPassword": PASSWORD, "newPassword": "another horse, another staple" });
        let (new_password, new_name) =
            tokio::join!(changes(person, secret), changes(person, json!({ "username": name })));
        new_password.data(200);
        new_name.data(200);
        assert_eq!(person.get("/api/v1/users/me").await.data(200)["username"], name);
        let login = json!({ "email": person.user.email, "password": "another horse, another staple" });
        server.post("/api/v1/auth/login", &login).await.data(200);
    }
}

#[tokio::test]
async fn a_cursor_of_a_search_is_one_that_was_given_out() {
    let server = TestServer::start().await;
    let [ada, _bob] = server.people(["ada", "bob"]).await;
    for wrong in ["x", "Ada", "ada.", "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90", "%27%20OR%201"] {
        let reply = ada.get(&format!("/api/v1/users?cursor={wrong}")).await;
        assert_eq!(reply.is(ErrorType::Validation).bad_fields(), ["cursor"], "{wrong}");
    }
    let first = ada.get("/api/v1/users?limit=1").await;
    let cursor = first.body["nextCursor"].as_str().unwrap();
    let second = ada.get(&format!("/api/v1/users?limit=1&cursor={cursor}")).await;
    assert_eq!(second.data(200)[0]["username"], "bob");
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused_before_any_password_is_hashed() {
    let server = TestServer::start_with_limits().await;
    let [ada, _bob] = server.people(["ada", "bob"]).await;
    let wanted = json!({
        "username": "bob", "currentPassword": "not my password", "newPassword": "another unlikely phrase",
    });
    for _ in 0..10 {
        // A wrong password would count, and be refused as one.
        changes(&ada, wanted.clone()).await.is(ErrorType::Conflict);
    }
}
