//! Do the documents refuse the same texts as the types, whatever character is in them?

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

use jsonschema::Validator;
use parlor_openapi::contract::Contract;
use parlor_protocol::text::{
    AccessToken, ClientMessageId, Description, Email, InviteCode, MessageContent, RefreshToken, RoomName,
    SearchText, Username,
};
use serde_json::json;
use std::{fmt::Display, str::FromStr};

struct Rule {
    name: &'static str,
    documented: Validator,
    taken: fn(&str) -> bool,
}

fn rule<T: FromStr<Err: Display>>(contract: &Contract, name: &'static str) -> Rule {
    let documented = jsonschema::draft202012::new(&contract.shapes.schemas()[name]).unwrap();
    Rule { name, documented, taken: |text| text.parse::<T>().is_ok() }
}

fn rules() -> Vec<Rule> {
    let contract = Contract::declared();
    vec![
        rule::<Username>(&contract, "Username"),
        rule::<Email>(&contract, "Email"),
        rule::<AccessToken>(&contract, "AccessToken"),
        rule::<RefreshToken>(&contract, "RefreshToken"),
        rule::<InviteCode>(&contract, "InviteCode"),
        rule::<RoomName>(&contract, "RoomName"),
        rule::<Description>(&contract, "Description"),
        rule::<MessageContent>(&contract, "MessageContent"),
        rule::<ClientMessageId>(&contract, "ClientMessageId"),
        rule::<SearchText>(&contract, "SearchText"),
    ]
}

/// Every character of the first planes' beginnings, and all that can't be seen.
fn characters() -> impl Iterator<Item = char> {
    ('\0'..='\u{3100}').chain('\u{fe00}'..='\u{10100}').chain('\u{e0000}'..='\u{e0100}')
}

#[test]
fn a_character_is_allowed_in_the_documents_where_it_is_allowed_in_the_type() {
    for Rule { name, documented, taken } in rules() {
        for c in characters() {
            for text in [
                c.to_string(),
                format!("{c}abc"),
                format!("a{c}bc"),
                format!("abc{c}"),
                format!("a{c}@b.c"),
                format!("a@b{c}c.de"),
                format!("a@bc.{c}de"),
            ] {
                assert_eq!(documented.is_valid(&json!(text)), taken(&text), "{name}: {text:?}");
            }
        }
    }
}

#[test]
fn a_length_is_allowed_in_the_documents_where_it_is_allowed_in_the_type() {
    let lengths =
        [0, 1, 2, 3, 4, 29, 30, 31, 63, 64, 65, 66, 127, 128, 129, 254, 255, 256, 257, 500, 501, 4000, 4001];
    for Rule { name, documented, taken } in rules() {
        for length in lengths {
            for c in ["a", "é", "🎉"] {
                let text = c.repeat(length);
                for text in [format!("  {text} "), format!("{text}@b.c"), format!("a@{text}.b"), text] {
                    assert_eq!(
                        documented.is_valid(&json!(text)),
                        taken(&text),
                        "{name}: {length} {c:?} in {text:?}"
                    );
                }
            }
        }
    }
}
