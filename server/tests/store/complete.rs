//! Is there a call of every public function? It is looked for in the text of these tests, so a function that nothing here names is found.
//! Not found is one that is only called where nothing calls it, or on one kind of database, nor a method whose name (`.read(`) is called
//! of another type: what was run is known to `statements.rs`, by the statements.

use std::{collections::BTreeSet, fs, path::Path};

/// `users::insert` for a free function, `.commit` for a method.
fn public_functions() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let mut found = BTreeSet::new();
    let mut read = |module: &str, text: &str| {
        for line in text.lines() {
            for (start, name) in
                [("pub async fn ", format!("{module}::")), ("    pub async fn ", ".".to_owned())]
            {
                if let Some(rest) = line.strip_prefix(start) {
                    let function: String =
                        rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    found.insert(format!("{name}{function}"));
                }
            }
        }
    };
    read("store", &fs::read_to_string(folder.with_extension("rs")).unwrap());
    for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_some_and(|extension| extension == "rs") {
            read(&file.file_stem().unwrap().to_string_lossy(), &fs::read_to_string(&file).unwrap());
        }
    }
    found
}

#[test]
fn every_public_function_of_the_store_is_called_here() {
    let mut suite = String::new();
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store")).unwrap() {
        for line in fs::read_to_string(file.unwrap().path()).unwrap().lines() {
            if !line.trim_start().starts_with("//") {
                suite.push_str(line);
                suite.push('\n');
            }
        }
    }
    let functions = public_functions();
    assert!(functions.len() > 60, "the functions were not found: {functions:?}");
    let called = |name: &&String| {
        // A method without a subject is called by its type's name.
        let names = [(*name).clone(), name.replacen('.', "Store::", 1)];
        names.iter().any(|name| ["(", "::<"].iter().any(|next| suite.contains(&format!("{name}{next}"))))
    };
    let missing: Vec<_> = functions.iter().filter(|name| !called(name)).collect();
    assert!(missing.is_empty(), "never called in tests/store: {missing:?}");
}
