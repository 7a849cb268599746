//! What the server says of itself, outside the base path.

use super::{
    front::RequestId,
    reply::{self, Refusal},
};
use crate::domain::{Domain, Error};
use axum::{
    Router,
    extract::State,
    http::{Extensions, StatusCode},
    response::Response,
    routing::get,
};
use parlor_protocol::{
    Envelope, Success, VERSION,
    service::{About, Health},
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

/// So long an answer of the database is good for all who ask: each time it is asked, it may write.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// A database that takes longer is out of reach.
const ANSWERS_WITHIN: Duration = Duration::from_secs(3);

/// What stands at `/` where no page does.
pub(super) fn home() -> Router<Arc<Domain>> {
    Router::new().route("/", get(about))
}

/// The other paths of this module.
pub(super) fn router() -> Router<Arc<Domain>> {
    let asked = Arc::new(Database::default());
    let ready = move |State(domain): State<Arc<Domain>>, extensions: Extensions| {
        let asked = asked.clone();
        async move { ready(&domain, &asked, extensions).await }
    };
    Router::new().route("/health/live", get(live)).route("/health/ready", get(ready))
}

/// What the database answered when it was last asked whether it takes writes.
#[derive(Default)]
struct Database {
    answered: Mutex<Option<(Instant, bool)>>,
}

impl Database {
    async fn is_well(&self, domain: &Domain) -> bool {
        // Held while it is asked, so that many who ask at once ask once.
        let mut answered = self.answered.lock().await;
        if let Some((when, well)) = *answered
            && when.elapsed() < GOOD_FOR
        {
            return well;
        }
        let problem = match timeout(ANSWERS_WITHIN, domain.check_ready()).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(format!("{error:?}")),
            Err(_late) => Some(format!("no answer within {ANSWERS_WITHIN:?}")),
        };
        if let Some(error) = &problem {
            tracing::warn!(error, "not ready: the database takes no writes");
        }
        *answered = Some((Instant::now(), problem.is_none()));
        problem.is_none()
    }
}

/// What runs here.
pub(super) async fn about(extensions: Extensions) -> Response {
    let about = About {
        name: "Parlor".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        protocol: VERSION.to_owned(),
    };
    reply::json(StatusCode::OK, &Success::wrap("Parlor is running", about), &reply::id_of(&extensions))
}

async fn live(extensions: Extensions) -> Response {
    healthy("Alive", &reply::id_of(&extensions))
}

/// Whoever answers has migrated, since that comes before listening; what is left to ask is the database, and whether we go down.
async fn ready(domain: &Domain, database: &Database, extensions: Extensions) -> Response {
    let id = reply::id_of(&extensions);
    if domain.outbox.is_closed() {
        return Refusal::from(Error::Unavailable).into_response(&id);
    }
    if database.is_well(domain).await {
        healthy("Ready", &id)
    } else {
        Refusal::from(Error::Unavailable).into_response(&id)
    }
}

fn healthy(says: &str, id: &RequestId) -> Response {
    reply::json(StatusCode::OK, &Success::wrap(says, Health { status: "ok".to_owned() }), id)
}
