//! Which handler serves which endpoint, taken from the endpoints' own declarations.

use super::{
    auth::Gate,
    call::Call,
    reply::{self, Refusal, Reply},
};
use crate::domain::{Domain, Error};
use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::Extensions,
    middleware::Next,
    response::Response,
    routing::{MethodFilter, on},
};
use parlor_protocol::{ApiError, BASE_PATH, Endpoint, ErrorType, Method};
use std::sync::Arc;
use tracing::Instrument;

/// One path under which an endpoint is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The endpoint's name.
    pub name: &'static str,
    /// Its method.
    pub method: Method,
    /// The whole path, with `{names}` for what varies.
    pub path: String,
}

/// The endpoints that are served.
#[derive(Debug, Default)]
pub struct Routes {
    router: Router<Arc<Domain>>,
    table: Vec<Route>,
}

impl Routes {
    /// Serves the endpoint `E`, under each of its paths, with `handler`.
    #[must_use]
    pub fn endpoint<E, H, F, R>(mut self, handler: H) -> Self
    where
        E: Endpoint<Auth: Gate, Response: 'static>,
        H: Fn(Call<E>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<R, Error>> + Send + 'static,
        R: Into<Reply<E::Response>> + 'static,
    {
        for path in std::iter::once(&E::PATH).chain(E::ALIASES) {
            let path = format!("{BASE_PATH}{path}");
            let handler = handler.clone();
            let serve =
                move |State(domain): State<Arc<Domain>>, request: Request| serve(domain, request, handler);
            self.router = self.router.route(&path, on(filter(E::METHOD), serve));
            self.table.push(Route { name: E::NAME, method: E::METHOD, path });
        }
        self
    }

    /// Serves what is no endpoint of the contract's list.
    #[must_use]
    pub fn and(mut self, others: Router<Arc<Domain>>) -> Self {
        self.router = self.router.merge(others);
        self
    }

    /// Every path that is served.
    pub fn table(&self) -> &[Route] {
        &self.table
    }

    /// The service itself.
    pub fn with(self, domain: Arc<Domain>) -> Router {
        self.router
            .method_not_allowed_fallback(no_method)
            .fallback(no_route)
            .layer(axum::middleware::from_fn(name_route))
            .with_state(domain)
    }
}

fn filter(method: Method) -> MethodFilter {
    match method {
        Method::GET => MethodFilter::GET,
        Method::POST => MethodFilter::POST,
        Method::PATCH => MethodFilter::PATCH,
        Method::DELETE => MethodFilter::DELETE,
    }
}

async fn serve<E, H, F, R>(domain: Arc<Domain>, request: Request, handler: H) -> Response
where
    E: Endpoint<Auth: Gate, Response: 'static>,
    H: Fn(Call<E>) -> F + Send + 'static,
    F: Future<Output = Result<R, Error>> + Send + 'static,
    R: Into<Reply<E::Response>> + 'static,
{
    let id = reply::id_of(request.extensions());
    let call = match Call::<E>::read(domain, request).await {
        Ok(call) => call,
        Err(refusal) => return refusal.into_response(&id),
    };
    // In a task of its own: when the client goes away this future is dropped, and what has begun must still end.
    let running = tokio::spawn({
        let id = id.clone();
        let span = tracing::info_span!("request", %id, endpoint = E::NAME);
        let run = async move {
            match handler(call).await {
                Ok(content) => content.into().into_response::<E>(&id),
                Err(error) => Refusal::from(error).into_response(&id),
            }
        };
        run.instrument(span)
    });
    running.await.unwrap_or_else(|error| {
        // The hook has logged the place; the panic's own text may hold what a user wrote.
        let error = if error.is_panic() {
            Error::Defect(format!("{} panicked", E::NAME))
        } else {
            Error::Unavailable
        };
        Refusal::from(error).into_response(&id)
    })
}

/// Puts the matched route among the extensions of the answer, for the front, which counts.
async fn name_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}

/// The answer to a path that there is not.
pub(super) async fn no_route(extensions: Extensions) -> Response {
    let error = ApiError::new(
        ErrorType::NotFound,
        "There is no such path; REST is under /api/v1, Socket.IO under /socket.io/",
    );
    reply::failure(error, &reply::id_of(&extensions))
}

async fn no_method(extensions: Extensions) -> Response {
    let error = ApiError::new(
        ErrorType::MethodNotAllowed,
        "This path has other methods; the header `Allow` lists them",
    );
    reply::failure(error, &reply::id_of(&extensions))
}
