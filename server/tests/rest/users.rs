//! Accounts, and what others see of them.

use crate::world::{PASSWORD, World, each};
use serde_json::{Value, json};

#[tokio::test]
async fn a_new_name_needs_no_password_and_a_new_address_does() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    world.person("bob").await;
    let changed = world.patch(&ada, "/users/me", json!({ "username": "Countess" })).await.with(200);
    assert_eq!(changed.text("username"), "Countess");
    world.patch(&ada, "/users/me", json!({ "username": "BOB" })).await.failed(409, "CONFLICT");
    let new = |password: Value| json!({ "email": "new@example.com", "currentPassword": password });
    let without = world.patch(&ada, "/users/me", new(Value::Null)).await.failed(400, "VALIDATION");
    assert_eq!(without.wrong_fields(), ["currentPassword"]);
    world.patch(&ada, "/users/me", new("not her password".into())).await.failed(403, "NOT_AUTHORIZED");
    let changed = world.patch(&ada, "/users/me", new(PASSWORD.into())).await.with(200);
    assert_eq!(changed.text("email"), "new@example.com");
    assert_eq!(world.get(&ada, "/users/me").await.data(), changed.data());
}

#[tokio::test]
async fn a_new_password_ends_every_other_session() {
    let world = World::new().await;
    let (ada, phone) = (world.person("ada").await, world.log_in("ada").await);
    let weak = json!({ "newPassword": "password1", "currentPassword": PASSWORD });
    let refused = world.patch(&ada, "/users/me", weak).await.failed(400, "VALIDATION");
    assert_eq!(refused.wrong_fields(), ["newPassword"]);
    world.get(&phone, "/users/me").await.with(200);
    let change = json!({ "newPassword": "an even better horse", "currentPassword": PASSWORD });
    world.patch(&ada, "/users/me", change).await.with(200);
    world.get(&ada, "/users/me").await.with(200);
    world.get(&phone, "/users/me").await.failed(401, "UNAUTHENTICATED");
    let login = |password: &str| {
        world.call(
            None,
            "POST /auth/login",
            Some(json!({ "email": "ada@example.com", "password": password })),
        )
    };
    login(PASSWORD).await.failed(401, "UNAUTHENTICATED");
    login("an even better horse").await.with(200);
}

#[tokio::test]
async fn others_see_no_address_and_strangers_no_presence() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let bobs = format!("/users/{}", bob.id);
    let now = world.domain.clock.now();
    world.domain.presence.arrive(bob.id.parse().unwrap(), now);
    let seen = world.get(&ada, &bobs).await.with(200);
    assert_eq!(seen.data()["isOnline"], false, "they share no room");
    assert!(seen.data()["lastSeenAt"].is_null() && !seen.body.to_string().contains('@'));
    let room = world.room(&ada, "Engines", false).await;
    world.join(&bob, &room).await.with(200);
    assert_eq!(world.get(&ada, &bobs).await.with(200).data()["isOnline"], true);
    world.get(&ada, "/users/018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90").await.failed(404, "NOT_FOUND");
}

#[tokio::test]
async fn users_are_found_by_the_beginning_of_their_name_page_by_page() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    for name in ["Anna", "anton", "bob"] {
        world.person(name).await;
    }
    let first = world.get(&ada, "/users?q=AN&limit=1").await.with(200);
    assert_eq!(each(first.data(), "username"), ["Anna"]);
    let cursor = first.body["nextCursor"].as_str().unwrap();
    let second = world.get(&ada, &format!("/users?q=an&limit=1&cursor={cursor}")).await.with(200);
    assert_eq!(each(second.data(), "username"), ["anton"]);
    assert!(second.body["nextCursor"].is_null());
    assert_eq!(each(world.get(&ada, "/users").await.data(), "username"), ["ada", "Anna", "anton", "bob"]);
    assert_eq!(world.get(&ada, "/users?q=%25").await.with(200).data(), &json!([]));
    assert_eq!(each(first.data(), "email"), [Value::Null]);
}
