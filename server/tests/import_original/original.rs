//! A database of the original, and the program run on it.

use parlor_tests::{
    databases::{Database, Kind},
    process, within,
};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

/// Long enough for the slowest machine.
const DEADLINE: Duration = Duration::from_mins(1);

/// A database of the original.
pub struct OriginalDatabase(Database);

impl OriginalDatabase {
    /// One with all that one may meet.
    pub async fn make() -> Self {
        let database = Database::make(Kind::MySql).await;
        database.execute(include_str!("original.sql")).await;
        Self(database)
    }

    pub fn of(database: Database) -> Self {
        Self(database)
    }

    pub fn database(&self) -> &Database {
        &self.0
    }

    /// Imports it with a report in JSON, in a file.
    pub async fn import(&self, target: &Database, flags: &[&str]) -> Outcome {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("report.jsonl");
        let name = file.display().to_string();
        let mut outcome = self.import_into(target, &[&["--json", "--report", &name], flags].concat()).await;
        if let Ok(text) = std::fs::read_to_string(&file) {
            outcome.report = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(
                std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions())
                    & 0o777,
                0o600,
                "its owner's alone"
            );
            for secret in ["$2b$", "$2a$", "k3y_Of-The-Board42", "letmein1"] {
                assert!(!text.contains(secret), "a report tells no secret");
            }
        }
        outcome
    }

    pub async fn import_into(&self, target: &Database, flags: &[&str]) -> Outcome {
        self.run(target, &[&[self.0.url.as_str()], flags].concat()).await
    }

    pub async fn run(&self, target: &Database, arguments: &[&str]) -> Outcome {
        let mut command = process::command();
        command.arg("import-original").args(arguments).env("PARLOR_DATABASE_URL", &target.url);
        let output = within(DEADLINE, "the import to end", command.output()).await.unwrap();
        Outcome {
            status: output.status.code(),
            output: String::from_utf8(output.stdout).unwrap(),
            errors: String::from_utf8(output.stderr).unwrap(),
            report: Vec::new(),
        }
    }
}

/// How it ended.
#[derive(Debug)]
pub struct Outcome {
    status: Option<i32>,
    pub output: String,
    pub errors: String,
    report: Vec<Value>,
}

impl Outcome {
    pub fn is_success(&self) -> bool {
        self.status == Some(0)
    }

    /// All but how it ended.
    pub fn findings(&self) -> Vec<&Value> {
        self.report.iter().filter(|line| line["end"].is_null()).collect()
    }

    /// To what this of the original's row became.
    pub fn mapped(&self, what: &str, id: &str) -> &str {
        let found = self.report.iter().find(|line| line["what"] == what && line["id"] == id);
        found.and_then(|line| line["to"].as_str()).unwrap_or_else(|| panic!("{what} of {id}: {self:?}"))
    }

    /// Each row that is not as it was, and no other, is told with its reason.
    pub fn tells_everything(&self) {
        let mut told: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for line in self.report.iter().filter(|line| line["what"].is_string()) {
            assert!(line["why"].as_str().is_some_and(|why| !why.is_empty()), "{line}");
            told.entry(line["what"].as_str().unwrap()).or_default().push(line["id"].as_str().unwrap());
        }
        let user = |n| format!("aaaaaaaa-0000-4000-8000-00000000000{n}");
        let (ada, clash, nowhere, carol) = (user(1), user(3), user(4), user(5));
        let (general, gone) =
            ("bbbbbbbb-0000-4000-8000-000000000001", "dddddddd-0000-4000-8000-000000000001");
        let lost_room = "eeeeeeee-0000-4000-8000-000000000001";
        let (ghost, twice, lost) = (
            format!("{gone} in {general}"),
            format!("{} in {general}", user(2)),
            format!("{ada} in {lost_room}"),
        );
        let room = "bbbbbbbb-0000-4000-8000-000000000003";
        let board = "bbbbbbbb-0000-4000-8000-000000000002";
        let numbers = ["9", "1", "2", "3", "4", "7", "11", "8", "10"];
        let expected: BTreeMap<&str, Vec<&str>> = [
            ("account id", vec!["8", "7"]),
            ("account's time", vec!["8"]),
            ("username", vec![&clash, &nowhere]),
            ("e-mail", vec![&clash, &nowhere]),
            ("password", vec![&carol]),
            ("missing account", vec![gone, "dddddddd-0000-4000-8000-000000000002"]),
            ("room id", vec!["9"]),
            ("room's time", vec!["9"]),
            ("membership's time", vec!["8 in 9"]),
            ("room name", vec![room]),
            ("room description", vec![room]),
            ("room owner", vec![board, room]),
            ("membership", vec![&ghost, &lost, &twice]),
            ("invite", vec!["cccccccc-0000-4000-8000-000000000003", "cccccccc-0000-4000-8000-000000000002"]),
            ("message", vec!["4", "5", "6", "7", "8"]),
            ("message id", numbers.to_vec()),
            ("message's time", vec!["9", "10"]),
        ]
        .into();
        told.get_mut("membership").unwrap().sort_unstable();
        let mut expected = expected;
        expected.get_mut("membership").unwrap().sort_unstable();
        assert_eq!(told, expected);
        let counts = &self.report.iter().find(|line| !line["counts"].is_null()).unwrap()["counts"];
        for (what, count) in [
            ("accounts read", 7),
            ("accounts made", 9),
            ("rooms made", 4),
            ("memberships read", 8),
            ("memberships made", 7),
            ("invites made", 1),
            ("messages read", 11),
            ("messages made", 11),
            ("messages left out", 2),
            ("messages that were marked as read, which is not kept", 2),
            ("entries of all timelines", 22),
        ] {
            assert_eq!(counts[what], count, "{what}: {counts}");
        }
    }
}
