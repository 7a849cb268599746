//! A server that answers with whatever could command a terminal: nothing of it reaches one.

use crate::shell::Shell;
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

const ID: &str = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90";
/// Clears the screen, sets its title, reorders what follows, hides, and pretends to be a line of its own.
const HOSTILE: &str = "evil\u{1b}[2J\u{1b}]0;t\u{7}\u{9b}31m\u{202e}live\u{200b}\r\nroot# ";
const TIME: &str = "2025-08-21T10:16:10.123Z";

/// The answer to a request, with a hostile text wherever the contract has one of any form.
fn answer(method: &str, path: &str) -> Value {
    let path = path.split('?').next().unwrap();
    let user = json!({ "id": ID, "username": "ada", "email": HOSTILE, "createdAt": TIME, "updatedAt": TIME });
    let who = json!({ "id": ID, "username": "ada" });
    let room = json!({ "id": ID, "name": HOSTILE, "description": HOSTILE, "isPrivate": false, "createdBy": ID,
        "createdAt": TIME, "updatedAt": TIME, "creator": who, "memberCount": 1, "lastSeq": 1,
        "membership": { "role": "owner", "lastReadSeq": 0, "unreadCount": 1, "joinedAt": TIME } });
    let message = json!({ "id": ID, "roomId": ID, "userId": ID, "username": "ada", "content": HOSTILE,
        "status": "delivered", "seq": 1, "clientMessageId": null, "createdAt": TIME, "updatedAt": TIME,
        "timestamp": TIME, "sender": who });
    let signed_in =
        json!({ "user": user, "token": "t", "refreshToken": "r", "expiresAt": "2100-01-01T00:00:00.000Z" });
    let pagination = json!({ "currentPage": 1, "totalPages": 1, "totalMessages": 1, "hasNextPage": false,
        "hasPrevPage": false, "nextBefore": null, "nextAfter": null });
    let data = match (method, path) {
        (_, "/") => json!({ "name": HOSTILE, "version": HOSTILE, "protocol": HOSTILE }),
        (_, "/health/ready") => json!({ "status": HOSTILE }),
        ("POST", "/api/v1/auth/login") => signed_in,
        (_, "/api/v1/users/me") => user,
        ("GET", "/api/v1/rooms") => json!([room]),
        ("GET", path) if path.ends_with("/messages") => {
            json!({ "messages": [message], "pagination": pagination })
        }
        ("GET", path) if path.ends_with(ID) => room,
        ("GET", path) if path.ends_with("/members") => json!({ "totalMembers": 1, "room": room, "members": [
            { "id": ID, "userId": ID, "roomId": ID, "role": "owner", "joinedAt": TIME, "user": who, "isOnline": true }] }),
        _ => {
            return json!({ "success": false, "message": HOSTILE, "type": "CONFLICT", "requestId": "1",
            "errors": [{ "field": HOSTILE, "message": HOSTILE }, { "field": "b", "message": HOSTILE }] });
        }
    };
    json!({ "success": true, "message": HOSTILE, "data": data })
}

fn serve(stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first)? == 0 {
            return Ok(());
        }
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
        }
        reader.read_exact(&mut vec![0; length])?;
        let mut words = first.split(' ');
        let body = answer(words.next().unwrap(), words.next().unwrap());
        let status = if body["success"] == false { "409 Conflict" } else { "200 OK" };
        let body = body.to_string();
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        (&stream).write_all((head + &body).as_bytes())?;
    }
}

/// Where such a server listens, until the tests end.
fn hostile_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(stream));
        }
    });
    url
}

#[tokio::test]
async fn nothing_that_a_server_says_commands_the_terminal() {
    let url = hostile_server();
    let ada = Shell::new();
    let login = ["login", &url, "--email", "a@b.c", "--password-stdin"];
    ada.run_with(&login, "password").await.lines();
    // A room whose own name is asked for does not have it: then several are listed, or a failure tells it.
    let commands: &[(&[&str], i32)] = &[
        (&["whoami"], 0),
        (&["status"], 0),
        (&["doctor"], 5),
        (&["profile", "list"], 0),
        (&["rooms", "list"], 0),
        (&["rooms", "info", ID], 0),
        (&["rooms", "members", ID], 0),
        (&["history", ID], 0),
        (&["rooms", "join", ID], 4),
        (&["rooms", "leave", ID], 4),
        (&["rooms", "create", "kitchen"], 4),
        (&["rooms", "invite", ID], 4),
        (&["send", ID, "hello"], 4),
        (&["read", ID], 4),
    ];
    let mut shown = 0;
    for json in [&[][..], &["--json"]] {
        for (command, status) in commands {
            let ended = ada.run(&[command, json].concat()).await;
            assert_eq!(ended.code, *status, "{command:?}: {ended:?}");
            let printed = format!("{}{}", ended.out, ended.err);
            let commands = |c: &char| (c.is_control() && *c != '\n') || "\u{202e}\u{200b}".contains(*c);
            let hidden = if json.is_empty() {
                printed.chars().find(commands)
            } else {
                printed.chars().find(|c| c.is_control() && *c != '\n')
            };
            assert_eq!(hidden, None, "{command:?}: {printed:?}");
            // Only a message and a failure have several lines, and none of them begins with what was said.
            let forged = printed.lines().any(|line| line.starts_with("root#"));
            assert!(!forged, "{command:?}: {printed}");
            shown += usize::from(printed.contains("evil"));
        }
    }
    assert!(shown > commands.len(), "{shown} outputs showed the text at all");
}
