//! Calls that take more than one request, and what an error says of whether something was done.

use super::history::{End, Names, Row};
use parlor_client::{Client, Error};
use parlor_protocol::{
    Endpoint, ErrorType, Nothing,
    ids::RoomId,
    page::{Limit, Number},
    subscriptions::{JoinRoomEvent, JoinRoomPayload},
    timeline::{ListEvents, TimelineQuery},
};
use parlor_tests::people::at;
use std::time::Duration;
use tokio::time::sleep;

/// Between two tries.
const AGAIN: Duration = Duration::from_millis(200);

/// The end that an error is.
pub(crate) fn failed(error: &Error) -> End {
    match error {
        Error::Api { error: said, .. } => match said.kind {
            ErrorType::NotAuthorized | ErrorType::NotFound => End::Refused(error.to_string()),
            ErrorType::Unavailable => End::Unknown(error.to_string()),
            _ => End::Broken(format!("{error:?}")),
        },
        // A socket is refused for want of a database too; a token of these is good.
        Error::ConnectRefused(words) if !words.contains("token") => End::Unknown(error.to_string()),
        Error::Unreachable(_) | Error::NoAnswer { .. } | Error::Disconnected(_) => {
            End::Unknown(error.to_string())
        }
        _ => End::Broken(format!("{error:?}")),
    }
}

/// Changes a membership, and asks again until it is known to be changed. Nobody else changes it meanwhile, so a refusal means that an
/// earlier try has done it; a refusal of the first try is an answer that may not come.
pub(crate) async fn surely<E: Endpoint<Query = Nothing, Body = Nothing>>(
    path: E::Path,
    mut client: impl FnMut() -> Client,
) -> End
where
    E::Path: Clone,
{
    let mut is_open = false;
    loop {
        match client().call::<E>(path.clone(), Nothing, Nothing).await {
            Ok(_) => return End::Done,
            Err(error) => match error.kind() {
                Some(ErrorType::Conflict | ErrorType::NotFound) if is_open => return End::Done,
                _ => match failed(&error) {
                    End::Unknown(_) => is_open = true,
                    _ => return End::Broken(format!("{error:?}")),
                },
            },
        }
        sleep(AGAIN).await;
    }
}

/// All entries of a room after `after`: page by page, or by a socket that subscribes, and pages where that is not all.
pub(crate) async fn catch_up(
    client: &Client,
    room_id: RoomId,
    after: i64,
    by_socket: bool,
    names: &Names,
) -> End {
    let caught = async {
        let mut rows: Vec<Row> = Vec::new();
        let mut is_whole = false;
        if by_socket {
            let socket = client.connect().await?;
            let payload = JoinRoomPayload { room_id, after: Number::new(after), epoch: None };
            let subscription = socket.emit::<JoinRoomEvent>(payload).await;
            socket.close();
            let subscription = subscription?;
            if subscription.reset {
                return Ok(End::Broken(format!("position {after} can't be honoured")));
            }
            rows.extend(subscription.events.iter().map(|entry| names.row(entry)));
            is_whole = subscription.complete;
        }
        while !is_whole {
            let reached = rows.last().map_or(after, |row| row.seq);
            let query = TimelineQuery { after: Number::new(reached), limit: Limit::new(100) };
            let page = client.call::<ListEvents>(at(room_id), query, Nothing).await?;
            rows.extend(page.events.iter().map(|entry| names.row(entry)));
            is_whole = !page.has_more;
        }
        Ok(End::Rows(rows))
    };
    caught.await.unwrap_or_else(|error: Error| failed(&error))
}
