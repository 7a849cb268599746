//! The contract of Parlor: everything that goes over the wire, as types, declared once.
//!
//! | to read about | look in |
//! | --- | --- |
//! | how an endpoint or an event is declared | [`endpoint`], [`event`] |
//! | what a failure looks like | [`error`], [`envelope`] |
//! | ids, validated texts, times, pages | [`ids`], [`text`], [`time`], [`page`] |
//! | how often and how much | [`limits`] |
//! | what the documents know of a type | [`schema`] |
//! | a noun: its shapes, endpoints and events | the module with its name |
//!
//! To add an endpoint: declare it with [`endpoints!`] in its noun's module, and mount it in the server; a test fails until both
//! are done. To add an event: the same with [`events!`]. A new module is listed in [`visit_endpoints`] or [`visit_events`].
//! Every change that is visible on the wire gets a line in `CHANGELOG.md`.

#[macro_use]
pub mod schema;

#[macro_use]
pub mod endpoint;
pub mod envelope;
pub mod error;
#[macro_use]
pub mod event;
pub mod ids;
pub mod limits;
pub mod page;
#[macro_use]
pub mod request;
pub mod text;
pub mod time;

pub mod depth;
pub mod invites;
pub mod members;
pub mod messages;
pub mod presence;
pub mod receipts;
pub mod rooms;
pub mod service;
pub mod sessions;
pub mod subscriptions;
pub mod timeline;
pub mod typing;
pub mod users;

pub use endpoint::{Auth, Bearer, Endpoint, EndpointVisitor, Method, Public};
pub use envelope::{Envelope, Failure, Is, Success, SuccessPage};
pub use error::{ApiError, ErrorType, FieldError};
pub use event::{Ack, ClientEvent, EventVisitor, ServerEvent};
pub use limits::Limit;
pub use request::{Nothing, Request};
pub use schema::Shape;

/// What stands before every REST path.
pub const BASE_PATH: &str = "/api/v1";

/// The version of this contract; also in the header [`VERSION_HEADER`].
pub const VERSION: &str = "1.0.0";

/// The header in which every answer names the contract's version.
pub const VERSION_HEADER: &str = "x-parlor-protocol";

/// The header with a request's id.
pub const REQUEST_ID_HEADER: &str = "x-request-id";

/// The largest body, frame and polling payload, in bytes.
pub const LARGEST_PAYLOAD: usize = 64 * 1024;

/// Shows every endpoint to `visitor`.
pub fn visit_endpoints(visitor: &mut impl EndpointVisitor) {
    sessions::visit_endpoints(visitor);
    users::visit_endpoints(visitor);
    rooms::visit_endpoints(visitor);
    members::visit_endpoints(visitor);
    invites::visit_endpoints(visitor);
    messages::visit_endpoints(visitor);
    receipts::visit_endpoints(visitor);
    timeline::visit_endpoints(visitor);
}

/// Shows every event to `visitor`.
pub fn visit_events(visitor: &mut impl EventVisitor) {
    event::visit_events(visitor);
    sessions::visit_events(visitor);
    rooms::visit_events(visitor);
    members::visit_events(visitor);
    subscriptions::visit_events(visitor);
    messages::visit_events(visitor);
    receipts::visit_events(visitor);
    typing::visit_events(visitor);
    presence::visit_events(visitor);
}
