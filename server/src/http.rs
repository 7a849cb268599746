//! REST: thin over the rules.
//!
//! To add an endpoint: declare it in `protocol`, write its one handler in the module of its noun, and mount it in [`routes()`].

pub mod auth;
mod body;
pub mod call;
mod docs;
mod files;
pub mod front;
pub mod listener;
pub mod reply;
pub mod routes;

mod invites;
mod members;
mod messages;
mod receipts;
mod rooms;
mod service;
mod sessions;
mod socketio_client;
mod timeline;
mod users;
mod web;

use crate::{config::Served, domain::Domain};
use routes::Routes;
use std::sync::Arc;

/// Every endpoint, with its handler.
pub fn routes() -> Routes {
    Routes::default()
        .endpoint(sessions::register)
        .endpoint(sessions::log_in)
        .endpoint(sessions::refresh)
        .endpoint(sessions::log_out)
        .endpoint(sessions::list)
        .endpoint(sessions::revoke)
        .endpoint(users::me)
        .endpoint(users::change_me)
        .endpoint(users::search)
        .endpoint(users::profile)
        .endpoint(rooms::create)
        .endpoint(rooms::list)
        .endpoint(rooms::get)
        .endpoint(rooms::change)
        .endpoint(rooms::delete)
        .endpoint(members::join)
        .endpoint(members::leave)
        .endpoint(members::list)
        .endpoint(members::remove)
        .endpoint(members::rooms_of)
        .endpoint(invites::create)
        .endpoint(invites::list)
        .endpoint(invites::revoke)
        .endpoint(invites::join)
        .endpoint(messages::send)
        .endpoint(messages::history)
        .endpoint(receipts::mark_read)
        .endpoint(timeline::list)
        .and(service::router())
        .and(docs::router())
}

/// The REST service, with the files that are served beside it: everything but Socket.IO.
pub fn router(domain: Arc<Domain>, served: &Served) -> axum::Router {
    let home = served.web.as_deref().map_or_else(service::home, web::router);
    let client = socketio_client::router(served.socketio_client.as_deref());
    routes().and(home).and(client).with(domain)
}
