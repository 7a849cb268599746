//! Sessions and refresh tokens.

use crate::{fresh::on_every_database, people::*};
use chrono::{DateTime, Utc};
use parlor_server::store::{
    Error, Store, Tx,
    sessions::{self, NewSession},
};
use uuid::Uuid;

async fn session(tx: &mut Tx, user: Uuid, ends: i64) -> Uuid {
    session_between(tx, user, at(0), at(ends)).await
}

async fn session_between(
    tx: &mut Tx,
    user: Uuid,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Uuid {
    let new = NewSession {
        id: Uuid::now_v7(),
        user_id: user,
        user_agent: Some("Firefox ☂".into()),
        created_at,
        expires_at,
    };
    sessions::insert(tx, &new).await.unwrap();
    new.id
}

fn ids(rows: Vec<sessions::SessionRow>) -> Vec<Uuid> {
    rows.into_iter().map(|row| row.id).collect()
}

on_every_database! {
    async fn of_many_sessions_those_are_told_that_go_on(store: Store) {
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let (kept, ended, expired) =
            (session(&mut tx, ada, 9).await, session(&mut tx, ada, 9).await, session(&mut tx, ada, 2).await);
        sessions::revoke(&mut tx, ada, ended, at(1)).await.unwrap();
        let asked = [kept, ended, expired, Uuid::now_v7()];
        assert_eq!(sessions::going_on(&mut tx, &asked, at(2)).await.unwrap(), [kept]);
        assert!(sessions::going_on(&mut tx, &[], at(2)).await.unwrap().is_empty());
        tx.commit().await.unwrap();
    }

    async fn a_session_lives_until_it_expires_or_is_revoked(store: Store) {
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "Ada").await;
        let one = session(&mut tx, ada, 100).await;
        let live = sessions::live(&mut tx, one, at(99)).await.unwrap().unwrap();
        assert_eq!((live.user_id, live.username.as_str(), live.last_seen_at, live.expires_at), (ada, "Ada", at(0), at(100)));
        assert_eq!(sessions::live(&mut tx, one, at(100)).await.unwrap(), None);
        sessions::touch(&mut tx, one, at(50)).await.unwrap();
        sessions::extend(&mut tx, one, at(200)).await.unwrap();
        let live = sessions::live(&mut tx, one, at(150)).await.unwrap().unwrap();
        assert_eq!((live.last_seen_at, live.expires_at), (at(50), at(200)));
        assert!(!sessions::revoke(&mut tx, Uuid::now_v7(), one, at(150)).await.unwrap(), "of another");
        assert!(sessions::revoke(&mut tx, ada, one, at(150)).await.unwrap());
        assert!(!sessions::revoke(&mut tx, ada, one, at(151)).await.unwrap(), "twice");
        assert_eq!(sessions::live(&mut tx, one, at(150)).await.unwrap(), None);
        tx.commit().await.unwrap();
    }

    async fn the_list_has_the_living_newest_first_and_others_can_be_revoked(store: Store) {
        let mut tx = store.write().await.unwrap();
        let (ada, bob) = (user(&mut tx, "ada").await, user(&mut tx, "bob").await);
        let one = session(&mut tx, ada, 100).await;
        let two = session(&mut tx, ada, 100).await;
        let gone = session(&mut tx, ada, 100).await;
        let over = session(&mut tx, ada, 10).await;
        let other = session(&mut tx, bob, 100).await;
        sessions::revoke(&mut tx, ada, gone, at(5)).await.unwrap();
        let list = sessions::list(&mut tx, ada, at(20)).await.unwrap();
        assert_eq!(list[0].user_agent.as_deref(), Some("Firefox ☂"));
        assert_eq!((list[0].created_at, list[0].last_seen_at, list[0].expires_at), (at(0), at(0), at(100)));
        assert_eq!(ids(list), [two, one]);
        let mut revoked = sessions::revoke_others(&mut tx, ada, two, at(30)).await.unwrap();
        revoked.sort();
        assert_eq!(revoked, [one, over]);
        assert_eq!(ids(sessions::list(&mut tx, ada, at(30)).await.unwrap()), [two]);
        assert_eq!(ids(sessions::list(&mut tx, bob, at(30)).await.unwrap()), [other]);
        assert!(sessions::revoke_others(&mut tx, ada, two, at(31)).await.unwrap().is_empty());
        tx.commit().await.unwrap();
    }

    async fn what_is_beyond_so_many_goes_the_one_unused_for_longest_first(store: Store) {
        let mut tx = store.write().await.unwrap();
        let (ada, bob) = (user(&mut tx, "ada").await, user(&mut tx, "bob").await);
        let mut of_ada = Vec::new();
        for used in [4, 2, 3, 1] {
            let one = session(&mut tx, ada, 100).await;
            sessions::touch(&mut tx, one, at(used)).await.unwrap();
            of_ada.push(one);
        }
        let unused = session_between(&mut tx, ada, at(40), at(100)).await;
        let other = session(&mut tx, bob, 100).await;
        let newest = session(&mut tx, ada, 100).await;
        sessions::insert_refresh(&mut tx, &[7; 32], of_ada[3], at(0)).await.unwrap();
        let ended = sessions::end_surplus(&mut tx, ada, newest, 3, at(50)).await.unwrap();
        assert_eq!(ended, [of_ada[1], of_ada[3], unused], "the last was made later, and never used");
        assert_eq!(ids(sessions::list(&mut tx, ada, at(50)).await.unwrap()), [newest, of_ada[2], of_ada[0]]);
        assert_eq!(sessions::refresh(&mut tx, &[7; 32]).await.unwrap(), None, "its tokens go with it");
        assert!(sessions::end_surplus(&mut tx, ada, newest, 3, at(50)).await.unwrap().is_empty());
        assert_eq!(ids(sessions::list(&mut tx, bob, at(50)).await.unwrap()), [other]);
        tx.commit().await.unwrap();
    }

    async fn a_refresh_token_is_spent_once(store: Store) {
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let session = session(&mut tx, ada, 100).await;
        let (first, second) = ([0u8; 32], [255u8; 32]);
        sessions::insert_refresh(&mut tx, &first, session, at(0)).await.unwrap();
        let row = sessions::refresh(&mut tx, &first).await.unwrap().unwrap();
        assert_eq!((row.session_id, row.user_id, row.spent_at, row.successor), (session, ada, None, None));
        assert_eq!((row.session_expires_at, row.session_revoked_at), (at(100), None));
        assert!(sessions::spend_refresh(&mut tx, &first, &second, at(1)).await.unwrap());
        assert!(!sessions::spend_refresh(&mut tx, &first, &[7; 32], at(2)).await.unwrap());
        sessions::revoke(&mut tx, ada, session, at(3)).await.unwrap();
        let row = sessions::refresh(&mut tx, &first).await.unwrap().unwrap();
        assert_eq!((row.spent_at, row.successor, row.session_revoked_at), (Some(at(1)), Some(second.to_vec()), Some(at(3))));
        assert_eq!(sessions::refresh(&mut tx, &second).await.unwrap(), None);
        let again = sessions::insert_refresh(&mut tx, &first, session, at(4)).await;
        assert!(matches!(again, Err(Error::Duplicate)));
    }

    async fn old_sessions_are_purged_with_their_tokens(store: Store) {
        let mut tx = store.write().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        let keep = session(&mut tx, ada, 100).await;
        let over = session(&mut tx, ada, 10).await;
        let gone = session(&mut tx, ada, 100).await;
        for (n, session) in [keep, over, gone].into_iter().enumerate() {
            sessions::insert_refresh(&mut tx, &[u8::try_from(n).unwrap(); 32], session, at(0)).await.unwrap();
        }
        sessions::revoke(&mut tx, ada, gone, at(10)).await.unwrap();
        assert_eq!(sessions::purge(&mut tx, at(10), 9).await.unwrap(), 0);
        assert_eq!(sessions::purge(&mut tx, at(11), 1).await.unwrap(), 1);
        assert_eq!(sessions::purge(&mut tx, at(11), 9).await.unwrap(), 1);
        assert!(sessions::refresh(&mut tx, &[0; 32]).await.unwrap().is_some());
        assert_eq!(sessions::refresh(&mut tx, &[1; 32]).await.unwrap(), None);
        assert_eq!(sessions::refresh(&mut tx, &[2; 32]).await.unwrap(), None);
        tx.commit().await.unwrap();
    }
}
