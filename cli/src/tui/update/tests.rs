//! What each message and each action changes.

mod connection;
mod properties;
mod rooms;
mod scrolling;
mod selecting;
mod signing_in;
mod writing;
