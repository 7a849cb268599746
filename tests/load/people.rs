//! Accounts and rooms for the load.

use crate::http::Http;
use serde_json::{Value, json};
use std::{io, net::SocketAddr};

/// Someone with an account.
#[derive(Clone)]
pub(crate) struct Person {
    /// Their access token.
    pub(crate) token: String,
}

/// Registers so many people, whose names begin with `name`.
pub(crate) async fn people(address: SocketAddr, name: &str, count: usize) -> io::Result<Vec<Person>> {
    let mut http = Http::open(address).await?;
    let mut people = Vec::with_capacity(count);
    for number in 0..count {
        let name = format!("{name}{number}");
        let body = json!({ "username": name, "email": format!("{name}@example.com"), "password": "four unlikely words" });
        let signed_in = http.call("POST", "/api/v1/auth/register", "", &body).await?;
        people.push(Person { token: text(&signed_in["token"]) });
    }
    Ok(people)
}

/// Makes a public room of `owner` that `others` have joined; gives its id.
pub(crate) async fn room(address: SocketAddr, owner: &Person, others: &[Person]) -> io::Result<String> {
    let mut http = Http::open(address).await?;
    let room = http.call("POST", "/api/v1/rooms", &owner.token, &json!({ "name": "a room" })).await?;
    let id = text(&room["id"]);
    for other in others {
        http.call("POST", &format!("/api/v1/rooms/{id}/join"), &other.token, &Value::Null).await?;
    }
    Ok(id)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
