//! `room`: which rooms there are, and deleting one.

use super::{Asked, Failure, Subcommand, json_flag, remark, say, say_json};
use clap::{Arg, Command};
use parlor_server::{
    domain::rooms,
    store::{self, Store, rooms::ListedRoom},
};
use serde_json::json;
use uuid::Uuid;

pub(super) const SUBCOMMAND: Subcommand =
    Subcommand { command, run: |asked| Box::pin(async move { run(&asked).await }) };

/// So many rooms are read at once.
const PAGE: i64 = 500;
/// So many rooms of one name are told apart.
const NAMESAKES: i64 = 20;

fn command() -> Command {
    Command::new("room")
        .about("List rooms, or delete one")
        .subcommand_required(true)
        .subcommand(Command::new("list").about("Print every room, private ones too").arg(json_flag()))
        .subcommand(
            Command::new("delete")
                .about("Delete a room and everything in it, as its owner would")
                .arg(Arg::new("ROOM").required(true).help("An id, or a name that no other room has")),
        )
}

async fn run(asked: &Asked) -> Result<(), Failure> {
    let store = asked.store_beside().await?;
    let done = match asked.arguments.subcommand() {
        Some(("list", arguments)) => list(&store, arguments.get_flag("json")).await,
        Some(("delete", arguments)) => {
            delete(&store, arguments.get_one::<String>("ROOM").map_or("", String::as_str)).await
        }
        _ => Err(Failure::new("room: say what to do")),
    };
    store.close().await;
    done
}

async fn list(store: &Store, in_json: bool) -> Result<(), Failure> {
    let mut last = Uuid::nil();
    loop {
        let rows = store::rooms::page(&mut store.read().await?, last, PAGE).await?;
        for row in &rows {
            if in_json {
                say_json(&json!({
                    "id": row.id, "name": row.name, "isPrivate": row.is_private, "creator": row.creator,
                    "createdAt": row.created_at, "memberCount": row.member_count, "messageCount": row.message_count,
                }))?;
            } else {
                say(line(row));
            }
        }
        match rows.last() {
            Some(row) => last = row.id,
            None => return Ok(()),
        }
    }
}

/// A room for a person. In quotes and escaped, since a name may hold what a terminal would obey.
fn line(row: &ListedRoom) -> String {
    let sort = if row.is_private { "private" } else { "public " };
    format!(
        "{}  {sort}  {:?}  by {}, {} members, {} messages",
        row.id, row.name, row.creator, row.member_count, row.message_count
    )
}

async fn delete(store: &Store, room: &str) -> Result<(), Failure> {
    let id = match room.parse::<Uuid>() {
        Ok(id) => {
            // Whoever names a room like another one's id means it.
            let namesakes = store::rooms::named(&mut store.read().await?, room, NAMESAKES).await?;
            if let Some(other) = namesakes.iter().find(|other| other.id != id) {
                return Err(Failure::new(format_args!(
                    "{room} is the name of another room:\n  {}\nDelete or rename that one first; its id is clear.",
                    line(other)
                )));
            }
            id
        }
        Err(_) => named(store, room).await?,
    };
    if !rooms::remove(store, super::now(), id).await? {
        return Err(none(room));
    }
    remark(format_args!("The room {room:?} is deleted."));
    Ok(())
}

async fn named(store: &Store, name: &str) -> Result<Uuid, Failure> {
    let rows = store::rooms::named(&mut store.read().await?, name, NAMESAKES).await?;
    match &*rows {
        [] => Err(none(name)),
        [row] => Ok(row.id),
        several => {
            let lines: Vec<_> = several.iter().map(|row| format!("\n  {}", line(row))).collect();
            Err(Failure::new(format_args!(
                "Several rooms are called {name:?}; give an id:{}",
                lines.concat()
            )))
        }
    }
}

fn none(room: &str) -> Failure {
    Failure::new(format_args!(
        "There is no room {room:?}: give an id or a name that `parlor-server room list` prints."
    ))
}
