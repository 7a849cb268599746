//! REST.

pub mod front;
pub mod listener;
