//! The faults of the original server, by their rows: S are its sockets, H its REST, O its operation. None comes back unseen.

use std::{fs, path::Path};

/// The names of the tests in these folders, one after the other.
fn tests_in(folders: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = folders.iter().flat_map(|folder| fs::read_dir(root.join(folder)).unwrap());
    let files = files.map(|file| file.unwrap().path()).filter(|path| path.is_file());
    let texts = files.map(|path| fs::read_to_string(path).unwrap());
    let names = texts.flat_map(|text| {
        let lines = text.lines().filter_map(|line| line.split_once("fn "));
        lines.map(|(_, name)| format!("_{name}\n")).collect::<Vec<_>>()
    });
    names.collect()
}

#[test]
fn every_fault_of_the_original_has_a_test_that_names_its_row() {
    let names = tests_in(&["e2e", "faults", "nodes", "../openapi/tests"]);
    let rows = [("s", 20), ("h", 28), ("o", 8)];
    let rows = rows.into_iter().flat_map(|(letter, count)| (1..=count).map(move |n| format!("{letter}{n}")));
    for row in rows {
        assert!(names.contains(&format!("_{row}_")), "{row}: no test has it in its name");
    }
}
