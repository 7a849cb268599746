//! Texts that were made to do harm: kept and given back as they were sent, or refused by the name of their field.

use parlor_protocol::{
    ErrorType,
    text::{Description, Email, MessageContent, RoomName, Username},
};
use parlor_tests::{Person, Reply, TestServer};
use reqwest::Method;
use serde_json::{Value, json};
use std::{collections::BTreeSet, str::FromStr};

/// Single characters that are not seen, turn the text around them, or are none.
const ODD_CHARACTERS: [std::ops::RangeInclusive<char>; 21] = [
    '\0'..='\u{1f}',
    '\u{7f}'..='\u{a0}',
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180e}',
    '\u{2000}'..='\u{200f}',
    '\u{2028}'..='\u{202f}',
    '\u{205f}'..='\u{206f}',
    '\u{3000}'..='\u{3000}',
    '\u{3164}'..='\u{3164}',
    '\u{d7ff}'..='\u{e000}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{fff9}'..='\u{ffff}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{1f1e6}'..='\u{1f1e8}',
    '\u{e0000}'..='\u{e0080}',
    '\u{10fffd}'..='\u{10ffff}',
];

/// What means something to a database, a terminal, a browser, a shell, a formatter or a reader.
const MEANINGFUL: [&str; 100] = [
    "'",
    "\"",
    "\\",
    "`",
    "''",
    "';",
    "' OR '1'='1",
    "' OR 1=1 --",
    "\" OR \"\"=\"",
    "'; DROP TABLE entries; --",
    "1; SELECT pg_sleep(9)",
    "' UNION SELECT password_hash FROM users --",
    "x' AND '%'='",
    "%",
    "%%",
    "_",
    "___",
    "%_%",
    "a%b",
    "a_b",
    "\\%",
    "\\_",
    "[a-z]",
    "*",
    "?",
    "$1",
    "$$",
    ":name",
    "?1",
    "E'\\\\x41'",
    "x'41'",
    "/* */",
    "-- x",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "</textarea><b>",
    "&lt;b&gt;",
    "&#x3c;",
    "javascript:alert(1)",
    "data:text/html,<b>",
    "[x](javascript:alert(1))",
    "![x](//example.com/x)",
    "](x)[",
    "{{7*7}}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{%25 x %25}",
    "\u{1b}[31mred",
    "\u{1b}[2J\u{1b}[H",
    "\u{1b}]0;title\u{7}",
    "\u{1b}]8;;http://example.com\u{1b}\\here\u{1b}]8;;\u{1b}\\",
    "\u{1b}]52;c;eA==\u{7}",
    "\u{1b}P+q544e\u{1b}\\",
    "\u{1b}_Gf=100;eA==\u{1b}\\",
    "\u{9b}31mred",
    "\u{9d}0;title\u{9c}",
    "a\rb",
    "a\r\nb",
    "\r\nSet-Cookie: a=b",
    "x\nFrom: y",
    "../../../etc/passwd",
    "..\\..\\windows",
    "%2e%2e%2f",
    "%00",
    "%ff",
    "%c0%ae",
    "/dev/null",
    "CON",
    "nul",
    "$(id)",
    "`id`",
    "; id",
    "| id",
    "&& id",
    "%s%s%n",
    "%x%x",
    "{0}",
    "{}",
    "NaN",
    "Infinity",
    "null",
    "undefined",
    "true",
    "0x10",
    "1e400",
    "-0",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "{\"$gt\":\"\"}",
    "{\"$ne\":null}",
    "\\u0000",
    "\\ud800",
    "\\x00",
    "42[\"send_message\"]",
    "2probe",
    "451-[\"x\"]",
];

/// What is read otherwise than it is written.
const CONFUSING: [&str; 32] = [
    "\u{430}d\u{430}",
    "ａｄａ",
    "𝐚𝐝𝐚",
    "ⓐⓓⓐ",
    "adа",
    "Ada\u{200b}",
    "\u{202e}ada",
    "ada\u{202c}",
    "\u{2066}ada\u{2069}",
    "a\u{200d}da",
    "İstanbul",
    "ıı",
    "straße",
    "STRASSE",
    "ǅ",
    "ﬁsh",
    "Å",
    "A\u{30a}",
    "e\u{301}",
    "é",
    "\u{301}e",
    "각",
    "\u{1100}\u{1161}\u{11a8}",
    "\u{fdfa}",
    "ﷺﷺﷺ",
    "مرحبا",
    "שלום",
    "สวัสดี",
    "👩‍👩‍👧‍👦",
    "🏴\u{e0067}\u{e0062}\u{e007f}",
    "🇦🇧🇨",
    "☠️",
];

fn texts() -> Vec<String> {
    let characters: Vec<char> = ODD_CHARACTERS.into_iter().flatten().collect();
    let alone = characters.iter().map(char::to_string);
    let within = characters.iter().map(|character| format!("ab{character}cd"));
    let long = [
        "x".repeat(4000),
        "x".repeat(4001),
        "🎉".repeat(4000),
        "🎉".repeat(4001),
        // One visible character of 4,000 and of 8,000.
        format!("e{}", "\u{301}".repeat(3999)),
        format!("e{}", "\u{301}".repeat(7999)),
        "Z\u{351}\u{36b}\u{343}\u{32f}\u{31f}\u{317}".repeat(60),
        "\u{fdfa}".repeat(500),
        "\u{202e}".repeat(100),
        "👩\u{200d}".repeat(100),
        "\n".repeat(1000) + "x",
        "(".repeat(3000),
    ];
    let short = MEANINGFUL.iter().chain(&CONFUSING).map(|&text| text.to_owned());
    alone.chain(within).chain(short).chain(long).collect()
}

/// Checks that a text was taken as the contract's type takes it, or refused by its name.
#[track_caller]
fn taken<T: FromStr + ToString>(reply: &Reply, field: &str, text: &str) -> Option<String> {
    let shown: String = text.chars().take(80).collect();
    let Ok(good) = text.parse::<T>() else {
        assert_eq!(reply.is(ErrorType::Validation).bad_fields(), [field], "{shown:?}");
        return None;
    };
    assert!(matches!(reply.status, 200 | 201), "{field} {shown:?}: {reply:?}");
    assert_eq!(reply.body["data"][field], good.to_string(), "{shown:?}");
    Some(good.to_string())
}

#[tokio::test]
async fn o1_every_message_comes_back_as_it_was_sent_or_is_refused() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let path = format!("/api/v1/rooms/{}/messages", room.id);
    let (mut socket, mut listener) = (ada.raw_socket().await, ada.raw_socket().await);
    listener.join(room.id).await;
    let mut kept = Vec::new();
    for text in texts() {
        let posted = ada.post(&path, &json!({ "content": text })).await;
        let ack = socket.ask("send_message", &json!({ "roomId": room.id, "content": text })).await;
        if taken::<MessageContent>(&posted, "content", &text).is_none() {
            assert_eq!(ack["error"]["errors"][0]["field"], "content", "{ack}");
            continue;
        }
        assert_eq!((&ack["ok"], &ack["data"]["content"]), (&json!(true), &json!(text)));
        for _ in ["by REST", "by socket"] {
            assert_eq!(listener.hear("receive_message").await["content"], json!(text));
            kept.push(text.clone());
        }
    }
    assert!(kept.len() > 800, "{}", kept.len());
    let timeline = serde_json::to_value(ada.timeline(&room).await.events).unwrap();
    let stored = timeline.as_array().unwrap().iter().map(|event| &event["message"]["content"]);
    assert_eq!(stored.filter_map(Value::as_str).collect::<Vec<_>>(), kept);
}

async fn change(person: &Person, path: &str, body: Value) -> Reply {
    Reply::to(person.request(Method::PATCH, path).json(&body)).await
}

#[tokio::test]
async fn every_name_of_a_room_is_kept_and_found_again_or_is_refused() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let other = ada.creates_room("somewhere else").await;
    let path = format!("/api/v1/rooms/{}", room.id);
    let mut names = BTreeSet::new();
    for text in texts() {
        // Short ones would be refused for that, whatever they are made of.
        let long = format!("{text} - {text}");
        for text in [&text, &long] {
            let described = change(&ada, &path, json!({ "description": text })).await;
            taken::<Description>(&described, "description", text);
            let named = change(&ada, &path, json!({ "name": text })).await;
            let Some(name) = taken::<RoomName>(&named, "name", text) else { continue };
            assert_eq!(ada.sees(&room).await.name.as_str(), name);
            let found = Reply::to(ada.request(Method::GET, "/api/v1/rooms").query(&[("q", &name)])).await;
            let found: Vec<_> =
                found.data(200).as_array().unwrap().iter().map(|room| room["id"].clone()).collect();
            assert_eq!(found, [json!(room.id)], "{name:?} finds its room, and not {}", other.name);
            names.insert(name);
        }
    }
    assert!(names.len() > 100, "{}", names.len());
}

#[tokio::test]
async fn no_name_of_a_user_no_address_and_no_search_is_more_than_a_text() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    for text in texts() {
        let named = change(&ada, "/api/v1/users/me", json!({ "username": text })).await;
        taken::<Username>(&named, "username", &text);
        let search = Reply::to(ada.request(Method::GET, "/api/v1/users").query(&[("q", &text)])).await;
        if search.status != 200 {
            let too_long = matches!(search.status, 414 | 431);
            assert!(
                too_long || search.is(ErrorType::Validation).bad_fields() == ["q"],
                "{text:.80?}: {search:?}"
            );
        }
        let refresh = server.post("/api/v1/auth/refresh", &json!({ "refreshToken": text })).await;
        assert!(matches!(refresh.status, 400 | 401), "{text:.80?}: {refresh:?}");
        let email = format!("{text}@example.com");
        let fields =
            if email.parse::<Email>().is_ok() { vec!["password"] } else { vec!["email", "password"] };
        let account = json!({ "username": "eve", "email": email, "password": "short" });
        let register = server.post("/api/v1/auth/register", &account).await;
        assert_eq!(register.is(ErrorType::Validation).bad_fields(), fields, "{text:.80?}");
    }
}

#[tokio::test]
async fn what_is_no_unicode_text_is_refused_and_changes_nothing() {
    let server = TestServer::start().await;
    let [ada] = server.people(["ada"]).await;
    let room = ada.creates_room("kitchen").await;
    let texts: [&[u8]; 9] = [
        br#""\ud800""#,
        br#""\udc00""#,
        br#""\udc00\ud800""#,
        br#""a\ud83dz""#,
        br#""\u0000""#,
        b"\"\x00\"",
        b"\"\xff\"",
        b"\"\xc0\x80\"",
        b"\"\xed\xa0\x80\"",
    ];
    for text in texts {
        for (method, path, field) in [
            (Method::POST, format!("/api/v1/rooms/{}/messages", room.id), "content"),
            (Method::PATCH, format!("/api/v1/rooms/{}", room.id), "name"),
            (Method::PATCH, "/api/v1/users/me".to_owned(), "username"),
        ] {
            let body = [b"{\"", field.as_bytes(), b"\":", text, b"}"].concat();
            let request = ada.request(method, &path).header("content-type", "application/json").body(body);
            Reply::to(request).await.is(ErrorType::Validation);
        }
    }
    assert_eq!(ada.sees(&room).await.last_seq, 2);
}
