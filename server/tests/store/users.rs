//! Users.

use crate::{fresh::on_every_database, people::*};
use parlor_server::store::{Error, Store, users};
use uuid::Uuid;

on_every_database! {
    async fn a_user_is_read_as_written(store: Store) {
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "Ada").await;
        let mut row = users::by_id(&mut tx, ada).await.unwrap().unwrap();
        assert_eq!((row.username.as_str(), row.username_key.as_str()), ("Ada", "ada"));
        assert_eq!((row.email.as_str(), row.email_key.as_str()), ("Ada@Example.com", "ada@example.com"));
        assert_eq!((row.created_at, row.updated_at, row.last_seen_at), (at(0), at(0), None));
        assert_eq!(users::by_email_key(&mut tx, "ada@example.com").await.unwrap().as_ref(), Some(&row));
        assert_eq!(users::username_owner(&mut tx, "ada").await.unwrap(), Some(ada));
        assert_eq!(users::email_owner(&mut tx, "ada@example.com").await.unwrap(), Some(ada));

        row.username = "Lovelace".into();
        row.username_key = "lovelace".into();
        row.email = "l@example.org".into();
        row.email_key = "l@example.org".into();
        row.password_hash = "other".into();
        row.updated_at = at(5);
        users::update(&mut tx, &row).await.unwrap();
        users::set_last_seen(&mut tx, ada, at(9)).await.unwrap();
        row.last_seen_at = Some(at(9));
        assert_eq!(users::by_id(&mut tx, ada).await.unwrap().as_ref(), Some(&row));
        users::set_password_hash(&mut tx, ada, "third").await.unwrap();
        row.password_hash = "third".into();
        tx.commit().await.unwrap();

        let mut tx = store.read().await.unwrap();
        assert_eq!(users::by_email_key(&mut tx, "l@example.org").await.unwrap(), Some(row));
        assert_eq!(users::by_email_key(&mut tx, "ada@example.com").await.unwrap(), None);
        assert_eq!(users::username_owner(&mut tx, "ada").await.unwrap(), None);
        assert_eq!(users::email_owner(&mut tx, "ada@example.com").await.unwrap(), None);
        assert_eq!(users::by_id(&mut tx, Uuid::now_v7()).await.unwrap(), None);
    }

    async fn a_user_is_disabled_and_enabled_and_all_are_listed(store: Store) {
        let mut tx = store.write().await.unwrap();
        for name in ["Zoe", "ada", "Bob"] {
            user(&mut tx, name).await;
        }
        tx.commit().await.unwrap();
        let mut tx = store.write().await.unwrap();
        let names = async |tx: &mut _, after, limit| -> Vec<String> {
            users::page(tx, after, limit).await.unwrap().into_iter().map(|row| row.username).collect()
        };
        assert_eq!(names(&mut tx, "", 2).await, ["ada", "Bob"]);
        assert_eq!(names(&mut tx, "bob", 2).await, ["Zoe"]);
        let ada = users::page(&mut tx, "", 1).await.unwrap().remove(0);
        assert_eq!(ada.disabled_at, None);
        users::set_disabled(&mut tx, ada.id, Some(at(4))).await.unwrap();
        assert_eq!(users::by_id(&mut tx, ada.id).await.unwrap().unwrap().disabled_at, Some(at(4)));
        users::set_disabled(&mut tx, ada.id, None).await.unwrap();
        assert_eq!(users::by_id(&mut tx, ada.id).await.unwrap(), Some(ada));
        tx.commit().await.unwrap();
    }

    async fn a_name_and_an_address_are_taken_once(store: Store) {
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let bob = user(&mut tx, "bob").await;
        tx.commit().await.unwrap();
        for (name, email) in [("ada", "new@example.com"), ("new", "ada@example.com")] {
            let mut tx = store.write().await.unwrap();
            let new = users::NewUser {
                id: Uuid::now_v7(),
                username: name.into(),
                username_key: name.into(),
                email: email.into(),
                email_key: email.into(),
                password_hash: String::new(),
                created_at: at(0),
            };
            assert!(matches!(users::insert(&mut tx, &new).await, Err(Error::Duplicate)));
            drop(tx);
            let mut tx = store.write().await.unwrap();
            let mut row = users::by_id(&mut tx, bob).await.unwrap().unwrap();
            (row.username_key, row.email_key) = (name.into(), email.into());
            let error = users::update(&mut tx, &row).await.unwrap_err();
            assert!(matches!(error, Error::Duplicate) && !error.is_unavailable(), "{error}");
        }
        let mut tx = store.read().await.unwrap();
        assert_eq!(users::username_owner(&mut tx, "ada").await.unwrap(), Some(ada));
        assert_eq!(users::username_owner(&mut tx, "new").await.unwrap(), None);
    }

    async fn a_search_goes_by_prefix_in_order(store: Store) {
        let mut tx = store.write().await.unwrap();
        for name in ["adam", "Ada", "bob", "adele", "ad", "Zoe", "ad9"] {
            user(&mut tx, name).await;
        }
        tx.commit().await.unwrap();
        let mut tx = store.read().await.unwrap();
        let names = async |tx: &mut _, prefix, after, limit| -> Vec<String> {
            let found = users::search(tx, prefix, after, limit).await.unwrap();
            found.into_iter().map(|user| user.username).collect()
        };
        assert_eq!(names(&mut tx, "ad", None, 10).await, ["ad", "ad9", "Ada", "adam", "adele"]);
        assert_eq!(names(&mut tx, "ad", Some("ad9"), 2).await, ["Ada", "adam"]);
        assert_eq!(names(&mut tx, "", None, 10).await, ["ad", "ad9", "Ada", "adam", "adele", "bob", "Zoe"]);
        for nobody in ["c", "%", "_d", "a%", "AD", "ada'", "🎉", "ada\\"] {
            assert_eq!(names(&mut tx, nobody, None, 10).await, [""; 0], "{nobody}");
        }
    }
}
