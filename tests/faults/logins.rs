//! What the time of a refused login tells: nothing.

use parlor_tests::scale::{scale, server, shown};
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn h6_an_unknown_account_and_a_wrong_password_take_the_same_time() {
    // A hash that is not made would be told by a factor of ten and more; a busy machine is no reason to fail.
    let (tries, most) = scale((60, 1.5), (200, 1.1));
    let server = server().await;
    let [_ada] = server.people(["ada"]).await;
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
    let [known, unknown] = times.map(usual);
    let ratio = known.max(unknown).as_secs_f64() / known.min(unknown).as_secs_f64();
    shown(&format!(
        "{tries} logins each: usually within {known:?} with a wrong password, {unknown:?} for an unknown account"
    ));
    assert!(ratio <= most, "{ratio:.2}: known {known:?}, unknown {unknown:?}");
}

/// The mean of the middle half. Of times that a busy machine parts in two groups, the median is in one or the other by chance.
fn usual(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    let middle = &times[times.len() / 4..times.len() * 3 / 4];
    middle.iter().sum::<Duration>() / u32::try_from(middle.len()).unwrap()
}
