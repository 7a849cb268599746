//! What each message and each action changes.

mod choosing;
mod completing;
mod connection;
mod ending;
mod happenings;
mod properties;
mod rooms;
mod scrolling;
mod selecting;
mod signing_in;
mod writing;
