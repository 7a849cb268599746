//! Frames that no client library sends: they may cost the sender its own connection, and nobody else anything.

use crate::frames_by_hand::Polling;
use parlor_tests::{
    Packet, RawSocket,
    scale::{scale, server, shown},
    within,
};
use serde_json::{Value, json};
use std::time::Duration;

/// Texts that are no good packets, or not at this place.
fn texts(room: &str) -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "9",
        "40",
        "40{",
        "40null",
        "40{\"token\":1}",
        "40/admin,",
        "40/admin,{}",
        "40//",
        "41",
        "41/admin,",
        "42",
        "42[",
        "42[]",
        "42[5]",
        "42[null]",
        "42{}",
        "42{\"a\":1}",
        "42\"x\"",
        "42[\"x\"",
        "42[\"x\",]",
        "42[[\"x\"]]",
        "42/admin,[\"x\"]",
        "420[\"x\"]",
        "42-1[\"x\"]",
        "422147483648[\"x\"]",
        "429223372036854775808[\"x\"]",
        "42999999999999999999999999999999[\"x\"]",
        "43",
        "430",
        "430[]",
        "43[1]",
        "43999999999[1]",
        "44",
        "44{\"message\":\"x\"}",
        "45",
        "450-[\"x\"]",
        "451-[\"x\",{\"_placeholder\":true,\"num\":0}]",
        "45999999999-[\"x\"]",
        "45-1-[\"x\"]",
        "451-",
        "460-[1]",
        "461-0[]",
        "47",
        "4a",
        "4\u{0}",
        "2probe",
        "3probe",
        "5probe",
        "6probe",
        "b4AAEC",
        "42[\"connect\"]",
        "42[\"disconnect\"]",
        "42[\"error\"]",
        "42[\"__proto__\",{}]",
        "42[\"send_message\",{\"__proto__\":{}}]",
        "42[\"\\ud800\"]",
        "42[\"x\",\"\\ud800\"]",
        "42[\"x\",1e400]",
        "42[\"x\",NaN]",
        "42[\"x\",-0]",
        "4\u{feff}2[\"x\"]",
        "４２[\"x\"]",
        "42[\"x\"]\u{1e}42[\"y\"]",
        "\u{82}\u{83}",
    ]
    .map(str::to_owned)
    .into();
    texts.push(format!("42[\"{}\"]", "n".repeat(60_000)));
    texts.push(format!("42[\"x\",{}{}]", "[".repeat(20_000), "]".repeat(20_000)));
    texts.push(format!("42[\"x\",\"{}\"]", "x".repeat(70_000)));
    texts.push("2".repeat(65_000));
    let whole = format!("427[\"send_message\",{{\"roomId\":\"{room}\",\"content\":\"cut off\"}}]");
    let step = scale(9, 1);
    texts.extend((1..whole.len()).step_by(step).map(|end| whole[..end].to_owned()));
    for kind in 0..scale(0, 10) {
        for form in [
            "",
            "/",
            "/,",
            "/x",
            "/x,",
            "?",
            "-",
            "1",
            "1-",
            "-1",
            "999",
            "[",
            "]",
            "{",
            "}",
            "null",
            "[1]",
            "[\"x\"]",
            "{\"x\":1}",
            "\"x\"",
        ] {
            texts.push(format!("4{kind}{form}"));
            texts.push(format!("{kind}{form}"));
            texts.push(format!("4{kind}0{form}[\"get_room_users\",{{}}]"));
        }
    }
    texts
}

/// Events that have a name, however it is written, and the name that they have.
const NAMED: [(&str, &str); 8] = [
    (r#"["typ\u0069ng",{}]"#, "typing"),
    (r#"["fr\u00fch",{}]"#, "früh"),
    (r#"["früh",{}]"#, "früh"),
    (r#"["a\nb",{}]"#, "a\nb"),
    (r#"[ "it\"s" , {"requestId":"r\n"} ]"#, "it\"s"),
    (r#"["\\",{"a":"\\\""}]"#, "\\"),
    (r#"["\ud83d\ude00"]"#, "\u{1f600}"),
    (r#"["__proto__",{}]"#, "__proto__"),
];

#[tokio::test(flavor = "multi_thread")]
async fn whatever_event_has_a_name_is_answered_whichever_way_it_comes() {
    let server = server().await;
    let [ada] = server.people(["ada"]).await;
    let polling = Polling::connect(&ada).await;
    let mut socket = ada.raw_socket().await;
    for (number, (event, name)) in (7..).zip(NAMED) {
        let refused = |told: &Value| assert_eq!(told["type"], "VALIDATION", "{event}: {told}");
        socket.send(&format!("42{number}{event}")).await;
        refused(&socket.answer(number).await["error"]);
        socket.send(&format!("42{event}")).await;
        let told = socket.hear("error").await;
        refused(&told);
        assert_eq!(told["event"], name, "{event}");

        let posted = polling.post(format!("42{number}{event}\u{1e}42{event}")).await;
        assert_eq!(posted.status, 200, "{event}: {posted:?}");
        let mut came = String::new();
        while !(came.contains(&format!("43{number}[")) && came.contains("42[\"error\",")) {
            came += &polling.poll().await.text;
            came.push('\u{1e}');
        }
        let told = came.split('\u{1e}').find_map(|packet| packet.strip_prefix("42[\"error\","));
        let told: Value = serde_json::from_str(told.unwrap().strip_suffix(']').unwrap()).unwrap();
        refused(&told);
        assert_eq!(told["event"], name, "{event}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_frame_harms_anybody_but_its_sender() {
    let server = server().await;
    let [ada, bob, eve] = server.people(["ada", "bob", "eve"]).await;
    let room = ada.creates_room("frames").await;
    bob.joins(&room).await;
    let (mut from, mut to) = (ada.raw_socket().await, bob.raw_socket().await);
    to.join(room.id).await;
    let mut cases = 0;
    for text in texts(&room.id.to_string()) {
        for connected in [true, false] {
            let mut socket =
                if connected { eve.raw_socket().await } else { RawSocket::open(server.socket).await };
            socket.send(&text).await;
            pair_works(&mut from, &mut to, &json!(room.id), &text).await;
            // An answer, an end, or nothing at all: all are good, but the server must not be stuck on it.
            socket.send("41").await;
            cases += 1;
        }
    }
    for bytes in [vec![], vec![0], vec![0xff; 1000], b"42[\"x\"]".to_vec(), vec![0; 70_000]] {
        let mut socket = eve.raw_socket().await;
        socket.send_bytes(bytes.clone()).await;
        pair_works(&mut from, &mut to, &json!(room.id), &format!("{} bytes", bytes.len())).await;
        socket.hear_the_end().await;
        cases += 1;
    }
    let mut socket = eve.raw_socket().await;
    socket.send_all((0..10_000).map(|_| "3".to_owned())).await;
    pair_works(&mut from, &mut to, &json!(room.id), "10,000 pongs").await;
    shown(&format!(
        "{cases} malformed frames: after each a healthy pair exchanged a message within a second"
    ));
}

/// A message from one to the other takes less than a second.
pub(crate) async fn pair_works(
    from: &mut RawSocket,
    to: &mut RawSocket,
    room: &serde_json::Value,
    after: &str,
) {
    let beginning: String = after.chars().take(80).collect();
    within(Duration::from_secs(1), format!("a message after {beginning:?}"), async {
        let id =
            from.emit_with_ack("send_message", &json!({ "roomId": room, "content": "still here" })).await;
        assert_eq!(from.answer(id).await["ok"], true);
        while !matches!(to.next().await, Packet::Event(name, _) if name == "receive_message") {}
    })
    .await;
}
