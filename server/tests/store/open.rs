//! Opening: once or again, by one or many, with good settings or bad ones.

use crate::{
    fresh::{Fresh, Kind, on_every_database},
    people::*,
};
use parlor_server::store::{DatabaseUrl, OpenError, Store, StoreSettings, users};
use parlor_tests::within;
use std::{sync::Arc, time::Duration};

on_every_database! {
    async fn what_is_written_is_there_when_the_database_is_opened_again(fresh: Arc<Fresh>) {
        let store = fresh.open().await;
        let epoch = store.epoch();
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        tx.commit().await.unwrap();
        store.close().await;
        let store = fresh.open().await;
        assert_eq!(store.epoch(), epoch);
        assert!(users::by_id(&mut store.read().await.unwrap(), ada).await.unwrap().is_some());
        store.close().await;
    }

    async fn a_database_of_a_newer_version_is_refused_in_words(fresh: Arc<Fresh>) {
        fresh.open().await.close().await;
        fresh.execute("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 9").await;
        let error = Store::open(&fresh.settings()).await.unwrap_err();
        assert!(matches!(error, OpenError::Newer(9999)) && error.to_string().contains("newer version"), "{error}");
        if fresh.kind == Kind::MySql {
            fresh.execute("UPDATE _sqlx_migrations SET success = false WHERE version = 9999").await;
            for _ in 0..2 {
                let cut_off = Store::open(&fresh.settings()).await;
                assert!(matches!(cut_off, Err(OpenError::Newer(9999))), "{cut_off:?}");
            }
        }
    }

    async fn what_is_not_up_to_date_is_told_and_refused_beside_a_server(fresh: Arc<Fresh>) {
        let all = Store::pending_changes(&fresh.settings()).await.unwrap();
        assert!(all.len() > 10 && all[0] == "0001_meta", "{all:?}");
        if fresh.kind == Kind::Sqlite {
            assert!(!fresh.path().exists(), "asking makes no file");
            let error = Store::open_beside(&fresh.settings()).await.unwrap_err();
            assert!(matches!(error, OpenError::Missing(_)), "{error}");
        } else {
            assert!(matches!(Store::open_beside(&fresh.settings()).await, Err(OpenError::Behind(_))));
        }
        let server = fresh.open().await;
        assert_eq!(Store::pending_changes(&fresh.settings()).await.unwrap(), [""; 0]);
        let beside = Store::open_beside(&fresh.settings()).await.unwrap();
        assert_eq!(beside.epoch(), server.epoch());
        let mut tx = beside.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        tx.commit().await.unwrap();
        beside.close().await;
        assert!(users::by_id(&mut server.read().await.unwrap(), ada).await.unwrap().is_some());
        server.close().await;
        fresh.execute(match fresh.kind {
            Kind::MySql => "UPDATE _sqlx_migrations SET success = false WHERE version = 10",
            _ => "DELETE FROM _sqlx_migrations WHERE version = 10",
        }).await;
        assert_eq!(Store::pending_changes(&fresh.settings()).await.unwrap(), ["0010_nodes"]);
        let error = Store::open_beside(&fresh.settings()).await.unwrap_err();
        assert!(matches!(&error, OpenError::Behind(names) if names == "0010_nodes"), "{error}");
        fresh.execute("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 9").await;
        assert!(matches!(Store::pending_changes(&fresh.settings()).await, Err(OpenError::Newer(9999))));
    }

    async fn a_database_of_another_build_is_refused_in_words(fresh: Arc<Fresh>) {
        fresh.open().await.close().await;
        let checksum = if fresh.kind == Kind::Postgres { "'\\x00'" } else { "x'00'" };
        fresh.execute(&format!("UPDATE _sqlx_migrations SET checksum = {checksum} WHERE version = 3")).await;
        let error = Store::open(&fresh.settings()).await.unwrap_err();
        assert!(matches!(error, OpenError::Changed(3)), "{error}");
    }

    async fn a_migration_that_was_cut_off_is_finished(fresh: Arc<Fresh>) {
        fresh.open().await.close().await;
        fresh.execute("DROP TABLE entries").await;
        // MySQL commits a table at once, so there the row that says "begun" stays; elsewhere both went with the transaction.
        fresh.execute(match fresh.kind {
            Kind::MySql => "UPDATE _sqlx_migrations SET success = false WHERE version = 9",
            _ => "DELETE FROM _sqlx_migrations WHERE version = 9",
        }).await;
        let store = fresh.open().await;
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        room(&mut tx, ada, "Hall", false).await;
        tx.commit().await.unwrap();
        store.close().await;
    }
}

async fn many_at_once(fresh: Arc<Fresh>) {
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let fresh = Arc::clone(&fresh);
            tokio::spawn(async move { fresh.open().await })
        })
        .collect();
    let mut epochs = Vec::new();
    for task in tasks {
        let store = task.await.unwrap();
        epochs.push(store.epoch());
        store.close().await;
    }
    epochs.dedup();
    assert_eq!(epochs.len(), 1);
}

#[tokio::test]
async fn many_nodes_open_a_new_postgres_database_at_once() {
    Fresh::make(Kind::Postgres).await.run(many_at_once).await;
}

#[tokio::test]
async fn many_nodes_open_a_new_mysql_database_at_once() {
    Fresh::make(Kind::MySql).await.run(many_at_once).await;
}

#[tokio::test]
async fn a_sqlite_file_belongs_to_one_server_and_to_its_owner_alone() {
    async fn body(fresh: Arc<Fresh>) {
        let store = fresh.open().await;
        let mut tx = store.write().await.unwrap();
        user(&mut tx, "ada").await;
        tx.commit().await.unwrap();
        let error = Store::open(&fresh.settings()).await.unwrap_err();
        assert!(matches!(error, OpenError::InUse(_)), "{error}");
        #[cfg(unix)]
        for end in ["", "-wal", "-shm", ".lock"] {
            use std::os::unix::fs::PermissionsExt;
            let path = format!("{}{end}", fresh.path().display());
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{path}");
        }
        store.close().await;
        assert!(!fresh.path().with_extension("db-wal").exists(), "all of it is in the file");
        fresh.open().await.close().await;
    }
    Fresh::make(Kind::Sqlite).await.run(body).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_is_made_for_a_sqlite_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let within = folder.path().join("var/parlor");
    let url = format!("sqlite://{}/parlor.db", within.display()).parse().unwrap();
    Store::open(&StoreSettings { url, accept_data_loss: false }).await.unwrap().close().await;
    assert_eq!(std::fs::metadata(&within).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_an_error_in_words() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let file = format!("sqlite://{}/file/parlor.db", folder.path().display());
    for (url, words) in [
        (file.as_str(), "can't be used"),
        ("postgres://parlor:secret@127.0.0.1:1/parlor", "postgres://127.0.0.1:1/parlor can't be reached"),
        ("mysql://parlor:secret@127.0.0.1:1/parlor", "mysql://127.0.0.1:1/parlor can't be reached"),
        ("postgres://x/y?sslmode=perhaps", "the database's URL is not understood: unknown value"),
    ] {
        let settings = StoreSettings { url: url.parse().unwrap(), accept_data_loss: false };
        let error = Store::open(&settings).await.unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains("secret"), "{error}");
        if url != file {
            let asked = Store::pending_changes(&settings).await.unwrap_err().to_string();
            assert!(asked.contains(words), "{asked}");
        }
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    async fn body(fresh: Arc<Fresh>) {
        let text = "dear diary, this is no database at all, and it is longer than a header. ".repeat(20);
        std::fs::write(fresh.path(), &text).unwrap();
        let error = Store::open(&fresh.settings()).await.unwrap_err();
        assert!(error.to_string().contains("not a database"), "{error}");
        assert_eq!(std::fs::read_to_string(fresh.path()).unwrap(), text);
    }
    Fresh::make(Kind::Sqlite).await.run(body).await;
}

#[tokio::test]
async fn a_postgres_that_loses_commits_is_refused_unless_accepted() {
    async fn body(fresh: Arc<Fresh>) {
        let name = fresh.url.rsplit('/').next().unwrap().split('?').next().unwrap();
        fresh.execute(&format!("ALTER DATABASE {name} SET synchronous_commit = off")).await;
        let error = Store::open(&fresh.settings()).await.unwrap_err().to_string();
        assert!(error.contains("synchronous_commit is off"), "{error}");
        let store = Store::open(&StoreSettings { accept_data_loss: true, ..fresh.settings() }).await.unwrap();
        store.close().await;
    }
    Fresh::make(Kind::Postgres).await.run(body).await;
}

#[tokio::test]
async fn a_postgres_database_that_is_not_there_is_told_by_its_name() {
    async fn body(fresh: Arc<Fresh>) {
        let (server, _) = fresh.url.rsplit_once('/').unwrap();
        let url = format!("{server}/nowhere?sslmode=disable").parse().unwrap();
        let error = Store::open(&StoreSettings { url, accept_data_loss: false }).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"the database could not be opened: database "nowhere" does not exist"#
        );
    }
    Fresh::make(Kind::Postgres).await.run(body).await;
}

#[tokio::test]
async fn a_postgres_database_of_another_encoding_is_refused_in_words() {
    async fn body(fresh: Arc<Fresh>) {
        let name = fresh.url.rsplit('/').next().unwrap().split('?').next().unwrap();
        let ascii = format!("{name}_ascii");
        fresh
            .execute(&format!(
                "CREATE DATABASE {ascii} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C' LOCALE_PROVIDER libc"
            ))
            .await;
        let url = fresh.url.replace(name, &ascii).parse().unwrap();
        let refused = Store::open(&StoreSettings { url, accept_data_loss: true }).await;
        fresh.execute(&format!("DROP DATABASE {ascii} WITH (FORCE)")).await;
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("encoding is SQL_ASCII; Parlor needs UTF8"), "{error}");
        fresh.open().await.close().await;
    }
    Fresh::make(Kind::Postgres).await.run(body).await;
}

#[tokio::test]
async fn a_mysql_url_that_names_no_database_ends_a_start_in_words() {
    async fn body(fresh: Arc<Fresh>) {
        let (server, _) = fresh.url.rsplit_once('/').unwrap();
        // Past the check of the URL.
        let url = DatabaseUrl::MySql(server.to_owned());
        let settings = StoreSettings { url, accept_data_loss: false };
        let refused = Box::pin(Store::open(&settings));
        let error = within(Duration::from_secs(30), "the start to be refused", refused).await.unwrap_err();
        assert!(error.to_string().contains("look whether the URL names a database"), "{error}");
    }
    Fresh::make(Kind::MySql).await.run(body).await;
}

#[tokio::test]
async fn a_mysql_table_that_takes_ada_for_ada_is_refused() {
    async fn body(fresh: Arc<Fresh>) {
        fresh.open().await.close().await;
        fresh
            .execute("ALTER TABLE users MODIFY username_key VARCHAR(30) COLLATE utf8mb4_general_ci NOT NULL")
            .await;
        let error = Store::open(&fresh.settings()).await.unwrap_err().to_string();
        assert!(error.contains("users.username_key is utf8mb4_general_ci"), "{error}");
    }
    Fresh::make(Kind::MySql).await.run(body).await;
}
