//! Every statement that a test has run is explained by the database afterwards: none may go through a whole table.

use crate::{
    fresh::{Fresh, Kind},
    mariadb,
};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use std::{
    cell::RefCell,
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::runtime::Builder;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

type Seen = Arc<Mutex<BTreeSet<String>>>;

thread_local! {
    /// What the test to whose runtime this thread belongs has run.
    static SEEN: RefCell<Seen> = RefCell::default();
}

/// Keeps the texts of the store's statements.
struct Recorder;

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "parlor_server::store::statement"
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut Text);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

struct Text;

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "text" {
            SEEN.with_borrow(|seen| {
                seen.lock().unwrap_or_else(PoisonError::into_inner).insert(value.to_owned())
            });
        }
    }
    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// Runs a test on a runtime of its own, and keeps the statements that run there.
pub fn watch(test: impl Future<Output = ()>) {
    // It is set already when several tests share a process.
    tracing::subscriber::set_global_default(Recorder).ok();
    let seen = Seen::default();
    let of_thread = seen.clone();
    let mut runtime = Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().on_thread_start(move || SEEN.set(of_thread.clone()));
    SEEN.set(seen);
    runtime.build().unwrap().block_on(test);
}

/// What was run so far is not explained.
pub fn forget() {
    recorded();
}

fn recorded() -> BTreeSet<String> {
    SEEN.with_borrow(|seen| std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// Looks at the plan of each statement recorded; says how many there were.
pub async fn explain(fresh: &Fresh) -> usize {
    let texts = recorded();
    match fresh.kind {
        Kind::Sqlite => {
            let mut connection = SqliteConnection::connect(&fresh.url).await.unwrap();
            for text in texts.iter().flat_map(|text| text.split(';')).filter(|text| explainable(text)) {
                let plan = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"));
                let rows: Vec<(i64, i64, i64, String)> =
                    sqlx::query_as(plan).fetch_all(&mut connection).await.unwrap();
                let steps: Vec<_> = rows.into_iter().map(|(.., step)| step).collect();
                assert!(!sqlite_scans(&steps), "{steps:?}: in {text}");
            }
        }
        Kind::Postgres => {
            let mut connection = PgConnection::connect(&fresh.url).await.unwrap();
            // A scan of the whole is then planned only where nothing else is possible.
            let only = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
                SET plan_cache_mode = force_generic_plan";
            connection.execute(only).await.unwrap();
            for text in texts.iter().filter(|text| explainable(text)) {
                let plan = postgres_plan(&mut connection, text).await;
                assert!(!postgres_scans(&plan), "{plan}: in {text}");
            }
        }
        Kind::MySql => {
            let mut faults = Vec::new();
            let mut plans = mariadb::Plans::of(&fresh.url).await;
            for text in texts.iter().filter(|text| explainable(text)) {
                let scans = plans.scans(text).await;
                if !scans.is_empty() {
                    faults.push(format!("{scans:?}: in {text}"));
                }
            }
            assert!(faults.is_empty(), "{}", faults.join("\n"));
        }
    }
    texts.len()
}

fn explainable(text: &str) -> bool {
    let word = text.split_whitespace().next().unwrap_or_default();
    ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].contains(&word)
}

/// What is given as rows may be gone through: the batch, or a subquery's rows, which are found by a step of their own; and the nodes,
/// which are few.
fn sqlite_scans<S: AsRef<str>>(steps: &[S]) -> bool {
    let steps: Vec<_> = steps.iter().map(AsRef::as_ref).collect();
    let is_given = |what: &str| {
        let name = what.split(' ').next().unwrap_or_default();
        let made = ["CO-ROUTINE", "MATERIALIZE"].map(|how| format!("{how} {name}"));
        what == "CONSTANT ROW"
            || ["nodes", "json_each"].contains(&name)
            || steps.iter().any(|step| made.iter().any(|made| made == step))
    };
    steps.iter().filter_map(|step| step.strip_prefix("SCAN ")).any(|what| !is_given(what))
}

async fn postgres_plan(connection: &mut PgConnection, text: &str) -> String {
    let highest = (1..99).rev().find(|n| text.contains(&format!("${n}"))).unwrap_or(0);
    let nulls = vec!["NULL"; highest].join(", ");
    let arguments = if highest == 0 { String::new() } else { format!("({nulls})") };
    let prepare = format!("DEALLOCATE ALL; PREPARE seen AS {text}");
    connection.execute(sqlx::raw_sql(AssertSqlSafe(prepare))).await.unwrap();
    let explain = format!("EXPLAIN (COSTS OFF) EXECUTE seen{arguments}");
    let rows = connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(explain))).await.unwrap();
    rows.iter().map(|row| sqlx::Row::get::<String, _>(row, 0)).collect::<Vec<_>>().join("\n")
}

/// A scan of a table, or of an index without a condition, but for the table of nodes, and for the index of the deleted rooms, which has
/// no others in it.
fn postgres_scans(plan: &str) -> bool {
    let lines: Vec<_> = plan.lines().collect();
    plan.contains("Seq Scan")
        || lines.iter().enumerate().any(|(n, line)| {
            let of_index = line.contains("Index Scan") || line.contains("Index Only Scan");
            let is_small =
                [" on nodes", " using rooms_deleted on rooms"].iter().any(|end| line.ends_with(end));
            let of_index = of_index && !is_small;
            let next = lines[n + 1..].iter().take_while(|line| !line.contains("->"));
            of_index && !next.clone().any(|line| line.contains("Index Cond"))
        })
}

#[test]
fn a_plan_that_goes_through_a_table_is_told_from_one_that_does_not() {
    for scan in ["e", "q", "nodes_of_old", "sessions USING INDEX sessions_by_end", "(subquery-1)"] {
        assert!(sqlite_scans(&[format!("SCAN {scan}")]), "{scan}");
    }
    assert!(sqlite_scans(&["MATERIALIZE q", "SCAN json_each VIRTUAL TABLE INDEX 1:", "SCAN queue"]));
    assert!(!sqlite_scans(&["MATERIALIZE q", "SCAN json_each VIRTUAL TABLE INDEX 1:", "SCAN q"]));
    assert!(!sqlite_scans(&["SEARCH e USING PRIMARY KEY (room_id=?)", "SCAN CONSTANT ROW", "SCAN nodes"]));
    assert!(postgres_scans("Limit\n  ->  Seq Scan on entries e"));
    assert!(postgres_scans(
        "Limit\n  ->  Index Scan using entries_pkey on entries e\n        Filter: (kind = 1)"
    ));
    assert!(!postgres_scans(
        "Limit\n  ->  Index Scan using entries_pkey on entries e\n        Index Cond: (seq < 3)"
    ));
    assert!(postgres_scans("Limit\n  ->  Index Scan using rooms_pkey on rooms"));
    assert!(!postgres_scans("Limit\n  ->  Index Scan using rooms_deleted on rooms"));
}
