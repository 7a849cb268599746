//! What an operator sees of a running server: logs, and figures for Prometheus.

mod logs;
mod metrics;
mod page;

pub use logs::logs;
pub use metrics::{Metrics, Queue};
pub use page::serve_metrics;
