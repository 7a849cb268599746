//! What was measured: said to people, written for a later comparison.

use serde_json::{Map, Value};
use std::{fs, io, path::Path};

/// Figures by name.
#[derive(Default)]
pub(crate) struct Report {
    figures: Map<String, Value>,
    earlier: Map<String, Value>,
}

impl Report {
    /// A report that gives each figure's ratio to that of an earlier run, if there is one.
    pub(crate) fn against(earlier: Option<&Path>) -> io::Result<Self> {
        let earlier = match earlier {
            Some(path) => serde_json::from_slice(&fs::read(path)?)?,
            None => Map::new(),
        };
        Ok(Self { figures: Map::new(), earlier })
    }

    /// Prints a figure and keeps it.
    #[allow(clippy::print_stdout, reason = "a report is what this program is for")]
    pub(crate) fn add(&mut self, name: &str, value: f64, meaning: &str) {
        let before = self.earlier.get(name).and_then(Value::as_f64);
        let ratio =
            before.map(|before| format!("  ({:.2} of {before:.1})", value / before)).unwrap_or_default();
        println!("{name:28} {value:12.1}{ratio}  {meaning}");
        self.figures.insert(name.to_owned(), Value::from((value * 100.0).round() / 100.0));
    }

    /// Writes the figures as JSON.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        fs::write(path, format!("{:#}\n", Value::Object(self.figures.clone())))
    }
}
