//! A limit is one for all nodes.

use crate::cluster::{Cluster, House, in_every_house};
use parlor_protocol::ErrorType;
use parlor_server::config::{Config, Limits, Rate};
use parlor_tests::{TestServer, people::PASSWORD};
use serde_json::json;
use std::time::Duration;

in_every_house! {
    with |config: &mut Config| config.limits = Limits::default();

    async fn messages_at_all_nodes_count_together(cluster: Cluster) {
        let [here, there] = &cluster.nodes;
        let [ada] = here.people(["ada"]).await;
        cluster.is_joined(&ada).await;
        let room = ada.creates_room("kitchen").await;
        let (mut near, mut far) = (ada.subscribes(&room).await, ada.by(there).subscribes(&room).await);
        let mut refused = 0;
        for n in 0..8 {
            let seat = if n % 2 == 0 { &near } else { &far };
            match seat.tries_to_say(&room, &n.to_string()).await {
                // That it counts is told before the message is.
                Ok(_) => drop((near.hears_message().await, far.hears_message().await)),
                Err(error) => {
                    assert_eq!(error.kind(), Some(ErrorType::RateLimit), "{error}");
                    refused += 1;
                }
            }
        }
        assert_eq!(refused, 3, "five messages of a user in a room pass");
    }

    async fn wrong_passwords_at_all_nodes_count_together(cluster: Cluster) {
        let [here, there] = &cluster.nodes;
        let [ada] = here.people(["ada"]).await;
        cluster.is_joined(&ada).await;
        let mut statuses = Vec::new();
        for n in 0..12 {
            let node = if n % 2 == 0 { here } else { there };
            let wrong = json!({ "email": ada.user.email, "password": format!("wrong password {n}") });
            statuses.push(node.post("/api/v1/auth/login", &wrong).await.status);
        }
        assert!(statuses.contains(&429), "{statuses:?}");
        let first = statuses.iter().position(|status| *status == 429).unwrap();
        // One that is on its way between the nodes may pass.
        assert!(first <= 6, "{statuses:?}");
    }
}

in_every_house! {
    with |config: &mut Config| {
        config.limits.register = Some(Rate { count: 8, per: Duration::from_hours(1) });
    };

    async fn registrations_at_all_nodes_count_together(cluster: Cluster) {
        let register = async |node: &TestServer, n: usize| {
            let name = format!("user{n}");
            let email = format!("{name}@example.com");
            let account = json!({ "username": name, "email": email, "password": PASSWORD });
            node.post("/api/v1/auth/register", &account).await.status
        };
        let [ada] = cluster.nodes[0].people(["ada"]).await;
        cluster.is_joined(&ada).await;
        let mut statuses = Vec::new();
        for n in 0..20 {
            statuses.push(register(&cluster.nodes[n % 2], n).await);
        }
        let passed = statuses.iter().filter(|status| **status == 201).count();
        // Ada's may have counted at one node alone, and one that is on its way between the nodes may pass; by themselves the nodes would
        // let fifteen pass.
        assert!((7..=9).contains(&passed), "{statuses:?}");
        assert_eq!(statuses[18..], [429, 429], "at both nodes");
    }
}
