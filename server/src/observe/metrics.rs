//! The figures of one server. There is no global recorder, so several servers in a process do not mix theirs, and the program
//! around them may have its own.

use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Label, Level, Metadata, Recorder, SharedString, Unit,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use parlor_protocol::ErrorType;
use std::{sync::Arc, time::Duration};

const CONNECTIONS: &str = "parlor_connections";
const SOCKETS: &str = "parlor_sockets";
const CUTS: &str = "parlor_connections_cut_total";
const SENDS: &str = "parlor_sends_total";
const SEND_SECONDS: &str = "parlor_send_seconds";
const BATCH: &str = "parlor_batch_messages";
const DELIVERIES: &str = "parlor_deliveries_total";
const PUMP_LAG: &str = "parlor_pump_lag_seconds";
const QUEUE: &str = "parlor_queue_depth";
const ERRORS: &str = "parlor_errors_total";
const REQUESTS: &str = "parlor_http_requests_total";
const REQUEST_SECONDS: &str = "parlor_http_request_seconds";
const NODES: &str = "parlor_nodes";
const BUS: &str = "parlor_bus_up";
const BUILD: &str = "parlor_build_info";

const COUNTERS: [(&str, &str); 5] = [
    (CUTS, "Connections that the server cut, by reason"),
    (SENDS, "Messages stored and acknowledged"),
    (DELIVERIES, "Timeline entries handed to sockets"),
    (ERRORS, "Failures told to clients, by type"),
    (REQUESTS, "HTTP requests, by method, route and status"),
];
const GAUGES: [(&str, &str); 6] = [
    (CONNECTIONS, "Open connections, counted once a second"),
    (SOCKETS, "Sockets that are signed in, counted once a second"),
    (QUEUE, "What waits, by queue"),
    (NODES, "Nodes that live on this database, this one among them"),
    (
        BUS,
        "1 if other nodes can be told at once, 0 if they look into the database; without PARLOR_BUS there is none",
    ),
    (BUILD, "Always 1; the version is its label"),
];
const HISTOGRAMS: [(&str, &str); 4] = [
    (SEND_SECONDS, "From a message's arrival to its acknowledgement"),
    (BATCH, "Messages per commit"),
    (PUMP_LAG, "From an entry's commit until it was handed to the sockets of its room"),
    (REQUEST_SECONDS, "From a request's head to its response's head"),
];

/// In seconds, from half a millisecond up.
const TIMES: [f64; 14] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];
const SIZES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

const OURS: Metadata<'static> = Metadata::new("parlor", Level::INFO, None);

/// The methods that are told apart; a client may make up any other.
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Where things wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Messages that wait for a commit.
    Outbox,
    /// Events that wait for their socket's worker.
    Inbox,
}

/// The figures of one server; clones share them. Without a listener for them nothing is counted.
#[derive(Clone)]
pub struct Metrics {
    figures: Arc<Figures>,
}

struct Figures {
    /// `None` when nobody can read the figures.
    kept: Option<(PrometheusRecorder, PrometheusHandle)>,
    connections: Gauge,
    sockets: Gauge,
    nodes: Gauge,
    sends: Counter,
    send_seconds: Histogram,
    batch: Histogram,
    deliveries: Counter,
    pump_lag: Histogram,
    outbox: Gauge,
    inbox: Gauge,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").field("kept", &self.figures.kept.is_some()).finish()
    }
}

impl Metrics {
    /// Figures that are kept.
    pub fn on() -> Self {
        let times = [SEND_SECONDS, PUMP_LAG, REQUEST_SECONDS].map(|name| (name, TIMES.as_slice()));
        let builder = times.into_iter().chain([(BATCH, SIZES.as_slice())]).fold(
            PrometheusBuilder::new(),
            |builder, (name, bounds)| match builder
                .set_buckets_for_metric(Matcher::Full(name.to_owned()), bounds)
            {
                Ok(builder) => builder,
                // Only an empty list is refused.
                Err(_) => PrometheusBuilder::new(),
            },
        );
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        describe(&recorder);
        let version = Key::from_parts(BUILD, vec![Label::new("version", env!("CARGO_PKG_VERSION"))]);
        recorder.register_gauge(&version, &OURS).set(1.0);
        let counter = |name| recorder.register_counter(&Key::from_name(name), &OURS);
        let gauge = |name| recorder.register_gauge(&Key::from_name(name), &OURS);
        let queue = |name: &'static str| {
            recorder.register_gauge(&Key::from_parts(QUEUE, vec![Label::new("queue", name)]), &OURS)
        };
        let histogram = |name| recorder.register_histogram(&Key::from_name(name), &OURS);
        let figures = Figures {
            connections: gauge(CONNECTIONS),
            sockets: gauge(SOCKETS),
            nodes: gauge(NODES),
            sends: counter(SENDS),
            send_seconds: histogram(SEND_SECONDS),
            batch: histogram(BATCH),
            deliveries: counter(DELIVERIES),
            pump_lag: histogram(PUMP_LAG),
            outbox: queue("outbox"),
            inbox: queue("inbox"),
            kept: Some((recorder, handle)),
        };
        Self { figures: Arc::new(figures) }
    }

    /// Figures that nobody will read; counting costs next to nothing.
    pub fn off() -> Self {
        Self {
            figures: Arc::new(Figures {
                kept: None,
                connections: Gauge::noop(),
                sockets: Gauge::noop(),
                nodes: Gauge::noop(),
                sends: Counter::noop(),
                send_seconds: Histogram::noop(),
                batch: Histogram::noop(),
                deliveries: Counter::noop(),
                pump_lag: Histogram::noop(),
                outbox: Gauge::noop(),
                inbox: Gauge::noop(),
            }),
        }
    }

    /// So many connections are open and so many sockets signed in now.
    pub fn open(&self, connections: usize, sockets: usize) {
        self.figures.connections.set(float(connections));
        self.figures.sockets.set(float(sockets));
    }

    /// So many nodes live, this one among them.
    pub fn nodes(&self, nodes: usize) {
        self.figures.nodes.set(float(nodes));
    }

    /// Whether other nodes can be told at once.
    pub fn bus(&self, is_up: bool) {
        if let Some((recorder, _)) = &self.figures.kept {
            recorder.register_gauge(&Key::from_name(BUS), &OURS).set(f64::from(u8::from(is_up)));
        }
    }

    /// So many connections were cut since the start, for a reason out of a few.
    pub fn cut(&self, reason: &'static str, total: u64) {
        if let Some((recorder, _)) = &self.figures.kept {
            let key = Key::from_parts(CUTS, vec![Label::new("reason", reason)]);
            recorder.register_counter(&key, &OURS).absolute(total);
        }
    }

    /// A message was acknowledged, so long after it arrived.
    pub fn sent(&self, took: Duration) {
        self.figures.sends.increment(1);
        self.figures.send_seconds.record(took);
    }

    /// So many messages were committed together.
    pub fn batch(&self, messages: usize) {
        self.figures.batch.record(float(messages));
    }

    /// An entry was handed to so many sockets, so long after its commit.
    pub fn delivered(&self, sockets: usize, lag: Duration) {
        self.figures.deliveries.increment(sockets as u64);
        self.figures.pump_lag.record(lag);
    }

    /// So many more wait.
    pub fn queued(&self, queue: Queue, more: usize) {
        self.queue(queue).increment(float(more));
    }

    /// So many fewer wait.
    pub fn unqueued(&self, queue: Queue, fewer: usize) {
        self.queue(queue).decrement(float(fewer));
    }

    /// A client was told of a failure.
    pub fn failed(&self, kind: ErrorType) {
        self.count(ERRORS, || vec![Label::new("type", kind.as_str())]);
    }

    /// A request was answered. `route` is the template, `None` when none matched: never the path itself.
    pub fn request(&self, method: &str, route: Option<&str>, status: u16, took: Duration) {
        let Some((recorder, _)) = &self.figures.kept else { return };
        let method = METHODS.into_iter().find(|known| *known == method).unwrap_or("OTHER");
        let route = route.map_or_else(|| SharedString::from("none"), |route| route.to_owned().into());
        let mut labels = vec![Label::new("method", method), Label::new("route", route)];
        let seconds = Key::from_parts(REQUEST_SECONDS, labels.clone());
        recorder.register_histogram(&seconds, &OURS).record(took);
        labels.push(Label::new("status", status.to_string()));
        recorder.register_counter(&Key::from_parts(REQUESTS, labels), &OURS).increment(1);
    }

    /// All figures, in the text form of Prometheus.
    pub fn render(&self) -> String {
        self.figures.kept.as_ref().map(|(_, handle)| handle.render()).unwrap_or_default()
    }

    /// Sorts what was recorded into its buckets. Without it, the single values would pile up between two readings.
    pub fn tidy(&self) {
        if let Some((_, handle)) = &self.figures.kept {
            handle.run_upkeep();
        }
    }

    fn queue(&self, queue: Queue) -> &Gauge {
        match queue {
            Queue::Outbox => &self.figures.outbox,
            Queue::Inbox => &self.figures.inbox,
        }
    }

    fn count(&self, name: &'static str, labels: impl FnOnce() -> Vec<Label>) {
        if let Some((recorder, _)) = &self.figures.kept {
            recorder.register_counter(&Key::from_parts(name, labels()), &OURS).increment(1);
        }
    }
}

fn describe(recorder: &PrometheusRecorder) {
    for (name, text) in COUNTERS {
        recorder.describe_counter(KeyName::from(name), None, text.into());
    }
    for (name, text) in GAUGES {
        recorder.describe_gauge(KeyName::from(name), None, text.into());
    }
    for (name, text) in HISTOGRAMS {
        let unit = (name != BATCH).then_some(Unit::Seconds);
        recorder.describe_histogram(KeyName::from(name), unit, text.into());
    }
}

/// Exact up to four billion.
fn float(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn has(metrics: &Metrics, line: &str) {
        let text = metrics.render();
        assert!(text.lines().any(|one| one == line), "{line} is not in\n{text}");
    }

    #[test]
    fn every_figure_shows_under_its_name() {
        let metrics = Metrics::on();
        metrics.open(2, 1);
        metrics.nodes(3);
        assert!(!metrics.render().contains("parlor_bus_up "), "there is no bus");
        metrics.bus(true);
        metrics.bus(false);
        metrics.sent(Duration::from_millis(3));
        metrics.batch(5);
        metrics.delivered(100, Duration::from_millis(1));
        metrics.queued(Queue::Outbox, 7);
        metrics.unqueued(Queue::Outbox, 3);
        metrics.queued(Queue::Inbox, 2);
        metrics.failed(ErrorType::RateLimit);
        metrics.cut("write deadline", 1);
        metrics.request("GET", Some("/api/v1/rooms/{room_id}"), 200, Duration::from_millis(30));
        metrics.request("BREW", None, 405, Duration::ZERO);
        metrics.tidy();
        for line in [
            "parlor_connections 2",
            "parlor_sockets 1",
            "parlor_nodes 3",
            "parlor_bus_up 0",
            "parlor_sends_total 1",
            "parlor_send_seconds_bucket{le=\"0.002\"} 0",
            "parlor_send_seconds_bucket{le=\"0.005\"} 1",
            "parlor_batch_messages_bucket{le=\"4\"} 0",
            "parlor_batch_messages_bucket{le=\"8\"} 1",
            "parlor_deliveries_total 100",
            "parlor_pump_lag_seconds_count 1",
            "parlor_queue_depth{queue=\"outbox\"} 4",
            "parlor_queue_depth{queue=\"inbox\"} 2",
            "parlor_errors_total{type=\"RATE_LIMIT\"} 1",
            "parlor_connections_cut_total{reason=\"write deadline\"} 1",
            "parlor_http_requests_total{method=\"GET\",route=\"/api/v1/rooms/{room_id}\",status=\"200\"} 1",
            "parlor_http_requests_total{method=\"OTHER\",route=\"none\",status=\"405\"} 1",
            "parlor_http_request_seconds_count{method=\"GET\",route=\"/api/v1/rooms/{room_id}\"} 1",
        ] {
            has(&metrics, line);
        }
    }

    #[test]
    fn two_servers_in_one_process_keep_their_figures_apart() {
        let (one, other) = (Metrics::on(), Metrics::on());
        one.sent(Duration::ZERO);
        has(&one, "parlor_sends_total 1");
        has(&other, "parlor_sends_total 0");
    }

    #[test]
    fn figures_that_are_off_stay_empty() {
        let metrics = Metrics::off();
        metrics.sent(Duration::ZERO);
        metrics.failed(ErrorType::NotFound);
        metrics.request("GET", None, 200, Duration::ZERO);
        assert_eq!(metrics.render(), "");
    }
}
