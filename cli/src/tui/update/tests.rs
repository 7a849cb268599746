//! What each message and each action changes.

mod choosing;
mod connection;
mod ending;
mod properties;
mod rooms;
mod scrolling;
mod selecting;
mod signing_in;
mod writing;
