//! The rules, once: what is allowed, and what happens. It knows neither HTTP nor Socket.IO nor SQL.

pub mod error;
pub mod limits;

pub use error::Error;
