//! Whether a failure is one that its endpoint or its event declares: [`Reply`](crate::Reply), [`RawSocket`](crate::RawSocket)
//! and [`Seat`](crate::Seat) ask this of every failure that any test gets.

use parlor_protocol::{
    Auth as _, BASE_PATH, ClientEvent, Endpoint, EndpointVisitor, ErrorType, EventVisitor, ServerEvent,
    visit_endpoints, visit_events,
};
use std::{collections::BTreeMap, sync::LazyLock};

/// What is declared of an endpoint.
#[derive(Clone, Debug)]
pub struct DeclaredEndpoint {
    /// Its name.
    pub name: &'static str,
    /// What it says can go wrong.
    pub errors: &'static [ErrorType],
    method: &'static str,
    path: String,
    bearer: bool,
}

/// What is declared of the events from client to server, by name.
#[derive(Debug, Default)]
pub struct DeclaredEvents(pub BTreeMap<&'static str, &'static [ErrorType]>);

/// Every path of every endpoint.
pub static ENDPOINTS: LazyLock<Vec<DeclaredEndpoint>> = LazyLock::new(|| {
    let mut all = Endpoints(Vec::new());
    visit_endpoints(&mut all);
    all.0
});

/// Every event that a client can emit.
pub static EVENTS: LazyLock<DeclaredEvents> = LazyLock::new(|| {
    let mut all = DeclaredEvents::default();
    visit_events(&mut all);
    all
});

struct Endpoints(Vec<DeclaredEndpoint>);

impl EndpointVisitor for Endpoints {
    fn visit<E: Endpoint>(&mut self) {
        for path in std::iter::once(&E::PATH).chain(E::ALIASES) {
            self.0.push(DeclaredEndpoint {
                name: E::NAME,
                errors: E::ERRORS,
                method: E::METHOD.as_str(),
                path: format!("{BASE_PATH}{path}"),
                bearer: E::Auth::REQUIRED,
            });
        }
    }
}

impl EventVisitor for DeclaredEvents {
    fn client<E: ClientEvent>(&mut self) {
        self.0.insert(E::NAME, E::ERRORS);
    }
    fn server<E: ServerEvent>(&mut self) {}
}

/// The endpoint that serves this method and path; where several fit, the one with the fewest `{names}`.
pub fn endpoint(method: &str, path: &str) -> Option<&'static DeclaredEndpoint> {
    ENDPOINTS
        .iter()
        .filter(|endpoint| endpoint.method == method && fits(&endpoint.path, path))
        .min_by_key(|endpoint| endpoint.path.matches('{').count())
}

/// Whether `asked` is `declared` with something in the place of each `{name}`.
pub(crate) fn fits(declared: &str, asked: &str) -> bool {
    declared.split('/').count() == asked.split('/').count()
        && declared
            .split('/')
            .zip(asked.split('/'))
            .all(|(declared, asked)| declared.starts_with('{') || declared == asked)
}

/// Fails if this endpoint does not declare this failure, and it is none that every endpoint has.
#[track_caller]
pub fn check_endpoint(endpoint: &DeclaredEndpoint, failure: &str) {
    let of_all = match of_name(failure) {
        ErrorType::Unauthenticated => endpoint.bearer,
        ErrorType::Validation
        | ErrorType::PayloadTooLarge
        | ErrorType::UnsupportedMediaType
        | ErrorType::ServerError
        | ErrorType::Unavailable => true,
        _ => false,
    };
    assert!(
        of_all || endpoint.errors.contains(&of_name(failure)),
        "{} does not declare {failure}: add it to its `errors`",
        endpoint.name
    );
}

/// Fails if this event does not declare this failure, and it is none that every event has. What is no event is left alone.
#[track_caller]
pub fn check_event(name: &str, failure: &str) {
    let Some(errors) = EVENTS.0.get(name) else { return };
    let of_all = matches!(
        of_name(failure),
        ErrorType::Validation
            | ErrorType::Unauthenticated
            | ErrorType::RateLimit
            | ErrorType::ServerError
            | ErrorType::Unavailable
    );
    assert!(
        of_all || errors.contains(&of_name(failure)),
        "{name} does not declare {failure}: add it to its `errors`"
    );
}

#[track_caller]
fn of_name(name: &str) -> ErrorType {
    let found = ErrorType::ALL.iter().find(|kind| kind.as_str() == name);
    *found.unwrap_or_else(|| panic!("{name} is no error type of the contract"))
}
