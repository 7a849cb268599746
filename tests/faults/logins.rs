//! What the time of a refused login tells: nothing.

use parlor_tests::scale::{scale, server, shown};
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn h6_an_unknown_account_and_a_wrong_password_take_the_same_time() {
    // A hash that is not made would be told by a factor of ten and more, in each round; a busy machine is no reason to fail.
    let (tries, most, rounds) = scale((20, 1.5, 3), (200, 1.1, 1));
    let server = server().await;
    let [_ada] = server.people(["ada"]).await;
    let mut ratios = Vec::new();
    while ratios.len() < rounds && ratios.iter().all(|ratio| *ratio > most) {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..tries {
            for (times, email) in times.iter_mut().zip(["ada@example.com", "nobody@example.com"]) {
                let login = json!({ "email": email, "password": "not the password" });
                let before = Instant::now();
                let reply = server.post("/api/v1/auth/login", &login).await;
                times.push(before.elapsed());
                assert_eq!(reply.status, 401, "{reply:?}");
            }
        }
        let [known, unknown] = times.map(median);
        ratios.push(known.max(unknown).as_secs_f64() / known.min(unknown).as_secs_f64());
        shown(&format!(
            "{tries} logins each: half of them within {known:?} with a wrong password, {unknown:?} for an unknown account"
        ));
    }
    assert!(ratios.last().is_some_and(|ratio| *ratio <= most), "{ratios:?}");
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
