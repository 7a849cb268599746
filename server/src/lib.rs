//! The server of Parlor.

pub mod clock;
pub mod config;
pub mod observe;
