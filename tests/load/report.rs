//! What was measured: said to people, held against what it should be, written for a later comparison.

use serde_json::{Map, Value};
use std::{fs, io, path::Path};

/// What the server should reach on two cores.
const GOALS: [(&str, Goal); 9] = [
    ("ready_ms_first", Goal::AtMost(300.0)),
    ("ready_ms", Goal::AtMost(300.0)),
    ("sends_per_s_one_room", Goal::AtLeast(8000.0)),
    ("send_p50_ms_one_room", Goal::AtMost(8.0)),
    ("deliveries_per_cpu_s_100", Goal::AtLeast(500_000.0)),
    ("deliveries_per_cpu_s_1000", Goal::AtLeast(300_000.0)),
    ("kib_per_idle_socket", Goal::AtMost(18.0)),
    ("history_pages_per_cpu_s", Goal::AtLeast(2000.0)),
    ("connects_per_cpu_s", Goal::AtLeast(3000.0)),
];

#[derive(Clone, Copy)]
enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

impl Goal {
    fn of(name: &str) -> Option<Self> {
        GOALS.iter().find(|(of, _)| *of == name).map(|(_, goal)| *goal)
    }

    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }

    /// What is said of it beside the figure.
    fn verdict(self, value: f64) -> String {
        let verdict = if self.is_met(value) { "met" } else { "MISSED" };
        match self {
            Self::AtLeast(least) => format!("  [at least {least}: {verdict}]"),
            Self::AtMost(most) => format!("  [at most {most}: {verdict}]"),
        }
    }
}

/// Figures by name.
#[derive(Default)]
pub(crate) struct Report {
    figures: Map<String, Value>,
    earlier: Map<String, Value>,
    missed: Vec<String>,
}

impl Report {
    /// A report that gives each figure's ratio to that of an earlier run, if there is one.
    pub(crate) fn against(earlier: Option<&Path>) -> io::Result<Self> {
        let earlier = match earlier {
            Some(path) => serde_json::from_slice(&fs::read(path)?)?,
            None => Map::new(),
        };
        Ok(Self { earlier, ..Self::default() })
    }

    /// Prints a figure and keeps it.
    #[allow(clippy::print_stdout, reason = "a report is what this program is for")]
    pub(crate) fn add(&mut self, name: &str, value: f64, meaning: &str) {
        println!("{}", self.line(name, value, meaning));
        if Goal::of(name).is_some_and(|goal| !goal.is_met(value)) {
            self.missed.push(name.to_owned());
        }
        self.figures.insert(name.to_owned(), Value::from((value * 100.0).round() / 100.0));
    }

    fn line(&self, name: &str, value: f64, meaning: &str) -> String {
        let before = self.earlier.get(name).and_then(Value::as_f64);
        let ratio =
            before.map(|before| format!("  ({:.2} of {before:.1})", value / before)).unwrap_or_default();
        let verdict = Goal::of(name).map(|goal| goal.verdict(value)).unwrap_or_default();
        format!("{name:28} {value:12.1}{ratio}{verdict}  {meaning}")
    }

    /// The figures that are not what they should be.
    pub(crate) fn missed(&self) -> &[String] {
        &self.missed
    }

    /// Writes the figures as JSON.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        fs::write(path, format!("{:#}\n", Value::Object(self.figures.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_stands_beside_its_goal_and_beside_that_of_an_earlier_run() -> io::Result<()> {
        let file = tempfile::NamedTempFile::new()?;
        let mut earlier = Report::default();
        earlier.add("connects_per_cpu_s", 4000.0, "connects");
        earlier.add("without_a_goal", 1.0, "something");
        earlier.write(file.path())?;
        assert_eq!(earlier.missed(), [""; 0]);
        let mut later = Report::against(Some(file.path()))?;
        let line = later.line("connects_per_cpu_s", 2000.0, "connects");
        let words: Vec<_> = line.split_whitespace().collect();
        assert_eq!(
            words.join(" "),
            "connects_per_cpu_s 2000.0 (0.50 of 4000.0) [at least 3000: MISSED] connects"
        );
        assert!(later.line("connects_per_cpu_s", 3000.0, "").contains("met"));
        assert!(!later.line("without_a_goal", 1.0, "").contains('['));
        later.add("connects_per_cpu_s", 2000.0, "connects");
        later.add("kib_per_idle_socket", 18.0, "memory");
        assert_eq!(later.missed(), ["connects_per_cpu_s"]);
        Ok(())
    }
}
