//! Connections to a database server under TLS, as its URL asks for it.
//!
//! Both servers have a certificate for 127.0.0.1 of an authority of their own: `PARLOR_TEST_DATABASE_CA`, a file.

use crate::{
    fresh::{Fresh, Kind},
    people::*,
};
use parlor_server::store::{OpenError, Store, StoreSettings};
use std::{env, sync::Arc};

#[allow(clippy::disallowed_methods, reason = "a setting of the tests, and not of the server")]
fn authority() -> String {
    env::var("PARLOR_TEST_DATABASE_CA").expect("run this by tests/services, which makes one")
}

/// Settings with these options in the URL, instead of those that are there.
fn with_options(url: &str, options: &str) -> StoreSettings {
    let (before, _) = url.split_once('?').unwrap();
    StoreSettings { url: format!("{before}?{options}").parse().unwrap(), accept_data_loss: false }
}

async fn refusal(settings: &StoreSettings) -> String {
    let error = Store::open(settings).await.unwrap_err();
    assert!(matches!(error, OpenError::Database(_)), "{error:?}");
    let told = error.to_string();
    assert!(told.starts_with("the database could not be opened: ") && !told.contains('\n'), "{told}");
    told
}

async fn writes(settings: &StoreSettings) -> Store {
    let store = Store::open(settings).await.unwrap();
    let mut tx = store.write().await.unwrap();
    user(&mut tx, "ada").await;
    tx.commit().await.unwrap();
    store
}

#[tokio::test]
async fn postgres_is_spoken_to_under_tls_when_asked_for() {
    const ENCRYPTED: &str =
        "SELECT string_agg(DISTINCT s.ssl::text, ' ') FROM pg_stat_ssl s JOIN pg_stat_activity USING (pid)
        WHERE datname = current_database() AND application_name = 'parlor'";
    async fn body(fresh: Arc<Fresh>) {
        let store = writes(&fresh.settings()).await;
        assert_eq!(fresh.text(ENCRYPTED).await.as_deref(), Some("false"), "the tests' own URL asks for none");
        store.close().await;
        let told = refusal(&with_options(&fresh.url, "sslmode=verify-full")).await;
        assert!(told.contains("certificate"), "an authority that nobody vouched for: {told}");

        let trusted = format!("sslmode=verify-full&sslrootcert={}", authority());
        let store = Store::open(&with_options(&fresh.url, &trusted)).await.unwrap();
        assert_eq!(fresh.text(ENCRYPTED).await.as_deref(), Some("true"));
        store.close().await;
    }
    Fresh::make(Kind::Postgres).await.run(body).await;
}

#[tokio::test]
async fn mariadb_is_spoken_to_under_tls_when_asked_for() {
    async fn body(fresh: Arc<Fresh>) {
        // Who may come only under TLS: MariaDB has no table that tells of other connections.
        let (_, place) = fresh.url.split_once('@').unwrap();
        let database = place.split(['/', '?']).nth(1).unwrap();
        let account = format!("'{}'@'127.0.0.1'", &database[database.len() - 20..]);
        fresh.execute(&format!("CREATE USER {account} IDENTIFIED BY 'secret' REQUIRE SSL")).await;
        fresh.execute(&format!("GRANT ALL ON {database}.* TO {account}")).await;
        let url = format!("mysql://{}:secret@{place}", &database[database.len() - 20..]);

        let told = refusal(&with_options(&url, "ssl-mode=disabled")).await;
        assert!(told.contains("Access denied"), "{told}");
        let told = refusal(&with_options(&url, "ssl-mode=verify_identity")).await;
        assert!(told.contains("certificate"), "an authority that nobody vouched for: {told}");
        let trusted = format!("ssl-mode=verify_identity&ssl-ca={}", authority());
        writes(&with_options(&url, &trusted)).await.close().await;
        fresh.execute(&format!("DROP USER {account}")).await;
    }
    Fresh::make(Kind::MySql).await.run(body).await;
}
