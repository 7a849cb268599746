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
use std::sync::Arc;

/// The paths of this module.
pub(super) fn router() -> Router<Arc<Domain>> {
    Router::new().route("/", get(about)).route("/health/live", get(live)).route("/health/ready", get(ready))
}

async fn about(extensions: Extensions) -> Response {
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
async fn ready(State(domain): State<Arc<Domain>>, extensions: Extensions) -> Response {
    let id = reply::id_of(&extensions);
    if domain.outbox.is_closed() {
        return Refusal::from(Error::Unavailable).into_response(&id);
    }
    match domain.store.ping().await {
        Ok(()) => healthy("Ready", &id),
        Err(error) => {
            tracing::warn!(%error, "not ready: the database does not answer");
            Refusal::from(Error::Unavailable).into_response(&id)
        }
    }
}

fn healthy(says: &str, id: &RequestId) -> Response {
    reply::json(StatusCode::OK, &Success::wrap(says, Health { status: "ok".to_owned() }), id)
}
