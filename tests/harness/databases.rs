//! What a server has left on disk.

use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// A message as it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredMessage {
    /// Its room.
    pub room_id: Uuid,
    /// Its place in the timeline.
    pub seq: i64,
    /// Its id.
    pub id: Uuid,
    /// What it says.
    pub content: String,
}

/// Checks the SQLite database of a server that does not run, and reads its messages in order.
pub async fn messages_on_disk(data_dir: &Path) -> Vec<StoredMessage> {
    let options = SqliteConnectOptions::new().filename(database_file(data_dir));
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let verdict: String =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.unwrap();
    assert_eq!(verdict, "ok");
    let messages =
        sqlx::query_as("SELECT room_id, seq, id, content FROM entries WHERE kind = 1 ORDER BY room_id, seq")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    connection.close().await.unwrap();
    messages
}

/// The one SQLite file in a data folder.
pub fn database_file(data_dir: &Path) -> PathBuf {
    let files = std::fs::read_dir(data_dir).unwrap().map(|entry| entry.unwrap().path());
    files.into_iter().find(|path| path.extension().is_some_and(|end| end == "db")).unwrap_or_else(|| {
        panic!("no database in {}", data_dir.display());
    })
}
