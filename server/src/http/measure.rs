//! Every request in the figures: by route, never by path.

use crate::domain::Domain;
use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use parlor_protocol::ErrorType;
use std::sync::Arc;
use tokio::time::Instant;

/// Counts the request that passes, and the failure that its answer carries.
pub(super) async fn measure(State(domain): State<Arc<Domain>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map(MatchedPath::as_str);
    domain.metrics.request(method.as_str(), route, response.status().as_u16(), began.elapsed());
    if let Some(kind) = response.extensions().get::<ErrorType>() {
        domain.metrics.failed(*kind);
    }
    response
}
