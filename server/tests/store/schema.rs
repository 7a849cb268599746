//! Are the three schemas the same?

use crate::fresh::{Fresh, Kind};
use sqlx::{Connection, MySqlConnection, PgConnection, SqliteConnection};
use std::{collections::BTreeSet, fs, path::Path};

/// One fact a line: a column with its sort and whether it may be null, a key, an index, a reference.
type Facts = BTreeSet<String>;

/// What a type means: SQLite has but four of them, so there a name tells times and truth values.
fn sort(kind: Kind, name: &str, of: &str) -> &'static str {
    match of.to_lowercase().as_str() {
        "text" if kind == Kind::Sqlite && name.ends_with("_at") => "time",
        "integer" if kind == Kind::Sqlite && name.starts_with("is_") => "bool",
        "blob" | "uuid" | "bytea" | "binary" => "bytes",
        "text" | "varchar" => "text",
        "integer" | "bigint" => "integer",
        "boolean" | "tinyint" => "bool",
        "timestamp with time zone" | "datetime" => "time",
        other => panic!("{name} has the type {other}, which no other database has"),
    }
}

const SQLITE: [&str; 3] = [
    "SELECT t.name, c.name, c.type, CASE WHEN c.\"notnull\" THEN 'NO' ELSE 'YES' END
     FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'",
    "SELECT t.name, i.name, c.name, CASE WHEN i.\"unique\" THEN 'unique' ELSE 'index' END
     FROM sqlite_schema t, pragma_index_list(t.name) i, pragma_index_info(i.name) c WHERE t.type = 'table' ORDER BY t.name, i.name, c.seqno",
    "SELECT t.name, f.\"from\", f.\"table\", f.on_delete FROM sqlite_schema t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table'",
];

const POSTGRES: [&str; 3] = [
    "SELECT table_name::text, column_name::text, data_type::text, is_nullable::text FROM information_schema.columns
     WHERE table_schema = 'public'",
    "SELECT t.relname::text, i.relname::text, a.attname::text, CASE WHEN x.indisunique THEN 'unique' ELSE 'index' END FROM pg_index x
     JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
     JOIN pg_namespace s ON s.oid = t.relnamespace AND s.nspname = 'public'
     CROSS JOIN LATERAL unnest(x.indkey) WITH ORDINALITY AS k (attnum, n)
     JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum ORDER BY 1, 2, k.n",
    "SELECT c.conrelid::regclass::text, a.attname::text, c.confrelid::regclass::text,
        CASE c.confdeltype WHEN 'c' THEN 'CASCADE' ELSE 'NO ACTION' END
     FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] WHERE c.contype = 'f'",
];

const MYSQL: [&str; 3] = [
    "SELECT CAST(table_name AS CHAR), CAST(column_name AS CHAR), CAST(data_type AS CHAR), CAST(is_nullable AS CHAR)
     FROM information_schema.columns WHERE table_schema = DATABASE()",
    "SELECT CAST(table_name AS CHAR), CAST(index_name AS CHAR), CAST(column_name AS CHAR),
        CAST(IF(non_unique = 0, 'unique', 'index') AS CHAR) FROM information_schema.statistics WHERE table_schema = DATABASE()
     ORDER BY table_name, index_name, seq_in_index",
    "SELECT CAST(k.table_name AS CHAR), CAST(k.column_name AS CHAR), CAST(k.referenced_table_name AS CHAR),
        CAST(IF(r.delete_rule = 'RESTRICT', 'NO ACTION', r.delete_rule) AS CHAR)
     FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r
       ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name
     WHERE k.table_schema = DATABASE() AND k.referenced_table_name IS NOT NULL",
];

type Four = (String, String, String, String);

fn facts(kind: Kind, [columns, keys, references]: [Vec<Four>; 3]) -> Facts {
    let mut facts = Facts::new();
    for (table, column, of, nullable) in columns.iter().filter(|row| row.0 != "_sqlx_migrations") {
        let null = if nullable == "YES" { "or null" } else { "" };
        facts.insert(format!("{table}.{column} {} {null}", sort(kind, column, of)));
    }
    for group in
        keys.chunk_by(|a, b| (&a.0, &a.1) == (&b.0, &b.1)).filter(|group| group[0].0 != "_sqlx_migrations")
    {
        let columns: Vec<_> = group.iter().map(|row| row.2.as_str()).collect();
        facts.insert(format!("{} {} {}", group[0].0, group[0].3, columns.join(", ")));
    }
    facts.extend(
        references.iter().map(|(table, column, to, rule)| format!("{table}.{column} -> {to} {rule}")),
    );
    facts
}

const RUN: &str = "SELECT description FROM _sqlx_migrations";

/// Opens a fresh database and reads its facts; every file of the folder has to have been run.
macro_rules! read {
    ($kind:ident, $connection:ty, $queries:ident, $folder:literal) => {{
        let fresh = Fresh::make(Kind::$kind).await;
        fresh.open().await.close().await;
        let mut connection = <$connection>::connect(&fresh.url).await.unwrap();
        let mut rows: [Vec<Four>; 3] = Default::default();
        for (rows, query) in rows.iter_mut().zip($queries) {
            *rows = sqlx::query_as(query).fetch_all(&mut connection).await.unwrap();
        }
        let run: Vec<(String,)> = sqlx::query_as(RUN).fetch_all(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join($folder);
        let files: BTreeSet<_> = fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(
            run.into_iter().map(|(name,)| name).collect::<BTreeSet<_>>(),
            files,
            "what is run is what is there"
        );
        facts(Kind::$kind, rows)
    }};
}

#[tokio::test]
async fn the_three_schemas_are_one() {
    let sqlite = read!(Sqlite, SqliteConnection, SQLITE, "sqlite");
    let postgres = read!(Postgres, PgConnection, POSTGRES, "postgres");
    let mysql = read!(MySql, MySqlConnection, MYSQL, "mysql");
    assert!(sqlite.len() > 70, "{sqlite:#?}");
    for (name, other) in [("PostgreSQL", postgres), ("MySQL", mysql)] {
        let only = |a: &Facts, b: &Facts| a.difference(b).cloned().collect::<Vec<_>>();
        // MySQL makes an index for each reference by itself.
        let own = |fact: &String| {
            let index = fact.split_once(" index ").filter(|_| name == "MySQL");
            index.is_some_and(|(table, column)| {
                other.iter().any(|fact| fact.starts_with(&format!("{table}.{column} -> ")))
            })
        };
        let (here, mut there) = (only(&sqlite, &other), only(&other, &sqlite));
        there.retain(|fact| !own(fact));
        assert!(here.is_empty() && there.is_empty(), "only SQLite: {here:#?}, only {name}: {there:#?}");
    }
}
