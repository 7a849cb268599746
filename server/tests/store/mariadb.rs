//! Plans of MariaDB's: on tables with some thousand rows, because on fewer it explains that it would go through all of them.

use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, Row};

/// Whatever is asked for: as an id, as a text, as a number and as a time. There is a row with it in each table, as MariaDB looks at such a
/// row to plan, and plans nothing more where there is none.
const WANTED: &str = "'20260102030405.0'";

/// Less than that in every sense, for what is asked for from there on.
const LESS: &str = "'20250102030405.0'";

/// As an id of 32 bytes.
const HASH: &str = "RPAD('20260102030405.0', 32, '0')";

/// Few, however long a server runs.
const SMALL: [&str; 1] = ["nodes"];

/// What is said of a statement that is not planned because it finds nothing.
const NOTHING: [&str; 2] = ["Impossible", "no matching row"];

/// A database whose tables are large enough for plans.
pub struct Plans {
    connection: MySqlConnection,
}

impl Plans {
    pub async fn of(url: &str) -> Self {
        const COLUMNS: &str = "SELECT CAST(table_name AS CHAR), CAST(column_name AS CHAR), CAST(data_type AS CHAR),
                COALESCE(CAST(character_maximum_length AS SIGNED), 0), is_nullable = 'YES'
            FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name <> '_sqlx_migrations'
            ORDER BY table_name, ordinal_position";
        let mut connection = MySqlConnection::connect(url).await.unwrap();
        // An index is taken wherever there is one, as by a server whose tables are much larger.
        let session =
            "SET SESSION max_seeks_for_key = 1, join_cache_level = 0, foreign_key_checks = 0, sql_mode = ''";
        connection.execute(session).await.unwrap();
        let columns: Vec<Column> = sqlx::query_as(COLUMNS).fetch_all(&mut connection).await.unwrap();
        for table in columns.chunk_by(|one, next| one.0 == next.0) {
            let name = &table[0].0;
            let list = |value: fn(&Column) -> String| table.iter().map(value).collect::<Vec<_>>().join(", ");
            let names = table.iter().map(|(_, column, ..)| column.as_str()).collect::<Vec<_>>().join(", ");
            let insert = format!("INSERT IGNORE INTO {name} ({names})");
            let (wanted, others) = (list(wanted), list(other));
            run(&mut connection, format!("{insert} VALUES ({wanted})")).await;
            run(&mut connection, format!("{insert} SELECT {others} FROM seq_1_to_2000")).await;
            run(&mut connection, format!("ANALYZE TABLE {name}")).await;
        }
        Self { connection }
    }

    /// The steps of a statement's plan that go through a whole table, or that there is no plan.
    pub async fn scans(&mut self, text: &str) -> Vec<String> {
        let explain = format!("EXPLAIN {}", filled(text));
        let rows = self.connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(explain))).await.unwrap();
        let step = |row: &sqlx::mysql::MySqlRow| {
            let column = |name| row.get::<Option<String>, _>(name).unwrap_or_default();
            let (table, how, extra) = (column("table"), column("type"), column("Extra"));
            // Of what is inserted into it is said too.
            let is_scan = column("select_type") != "INSERT" && is_scan(text, &table, &how, &extra);
            let is_none =
                NOTHING.iter().any(|nothing| extra.contains(nothing)) && !text.contains(" FROM meta ");
            (is_scan || is_none).then(|| format!("{table}: {how}, {extra}"))
        };
        rows.iter().filter_map(step).collect()
    }
}

async fn run(connection: &mut MySqlConnection, text: String) {
    connection.execute(sqlx::raw_sql(AssertSqlSafe(text))).await.unwrap();
}

/// Its table, its name, its type, how long it may be, and whether it may be without a value.
type Column = (String, String, String, i64, bool);

/// The value of the row that is asked for: of a message, in a room that is not deleted, of a session that has not ended.
fn wanted((_, name, of, length, nullable): &Column) -> String {
    let value = match (name.as_str(), of.as_str(), length) {
        (_, "datetime", _) if *nullable => "NULL",
        ("kind", ..) | (_, "tinyint", _) => "1",
        (_, "binary", 32) => HASH,
        _ => WANTED,
    };
    value.to_owned()
}

/// The value of one of many rows.
fn other((_, _, of, length, nullable): &Column) -> String {
    match of.as_str() {
        "binary" => format!("UNHEX(LPAD(HEX(seq), {}, '7'))", length * 2),
        "varchar" | "text" => "CONCAT('text', seq)".to_owned(),
        "bigint" => "seq".to_owned(),
        "tinyint" => "seq % 2".to_owned(),
        // Few rooms are deleted, and few sessions revoked.
        "datetime" if *nullable => {
            "IF(seq % 50 = 0, TIMESTAMPADD(SECOND, seq, '2027-01-01'), NULL)".to_owned()
        }
        "datetime" => "TIMESTAMPADD(SECOND, seq, '2027-01-01')".to_owned(),
        other => panic!("no value is known for a column of the type {other}"),
    }
}

/// The statement with a value for each of its parameters.
fn filled(text: &str) -> String {
    let values = [
        ("LIMIT ?", "10"),
        ("OFFSET ?", "10"),
        ("> ?", LESS),
        (">= ?", LESS),
        ("hash = ?", HASH),
        ("?", WANTED),
    ];
    // Every other part is within quotes.
    let parts = text.split('\'').enumerate().map(|(n, part)| {
        let fill =
            |part: String, (place, value): &(&str, &str)| part.replace(place, &place.replace('?', value));
        if n % 2 == 1 { part.to_owned() } else { values.iter().fold(part.to_owned(), fill) }
    });
    parts.collect::<Vec<_>>().join("'")
}

/// What is given as rows may be gone through, and so may a subquery's rows.
fn is_scan(text: &str, table: &str, how: &str, extra: &str) -> bool {
    let is_given = table.starts_with('<') || extra.contains("Table function: json_table");
    let is_small = SMALL.iter().any(|small| {
        table == *small
            || text.contains(&format!("FROM {small} {table}"))
            || text.contains(&format!("JOIN {small} {table}"))
    });
    ["ALL", "index"].contains(&how) && !is_given && !is_small
}

#[test]
fn a_plan_that_goes_through_a_table_is_told_from_one_that_does_not() {
    let text = "SELECT 1 FROM entries e JOIN nodes n";
    assert!(is_scan(text, "e", "ALL", "Using where") && is_scan(text, "entries", "index", "Using index"));
    assert!(!is_scan(text, "e", "ref", "Using where") && !is_scan(text, "n", "ALL", ""));
    assert!(
        !is_scan(text, "<derived2>", "ALL", "") && !is_scan(text, "q", "ALL", "Table function: json_table")
    );
    assert_eq!(filled("a = ? AND b = '?' LIMIT ?"), format!("a = {WANTED} AND b = '?' LIMIT 10"));
}
