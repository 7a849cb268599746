//! Writes the contract's documents, or checks that they are those of the contract as it is.

use parlor_openapi::{File, files};
use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

fn main() -> ExitCode {
    let asked: Vec<String> = env::args().skip(1).collect();
    let outcome = match asked.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["generate"] => generate(),
        ["check"] => check(),
        _ => Err("usage: parlor-openapi generate|check".to_owned()),
    };
    match outcome {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(said) => {
            eprintln!("{said}");
            ExitCode::FAILURE
        }
    }
}

fn place(file: &File) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file.path)
}

fn generate() -> Result<String, String> {
    let files = files();
    for file in &files {
        let place = place(file);
        let folder = place.parent().unwrap_or(Path::new("."));
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&place, &file.text));
        written.map_err(|error| format!("cannot write {}: {error}", place.display()))?;
    }
    Ok(format!("wrote {} files", files.len()))
}

fn check() -> Result<String, String> {
    let mut stale = Vec::new();
    for file in files() {
        match fs::read_to_string(place(&file)) {
            Ok(text) if text == file.text => {}
            Ok(_) => stale.push(file.path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => stale.push(file.path),
            Err(error) => return Err(format!("cannot read {}: {error}", file.path)),
        }
    }
    if stale.is_empty() {
        return Ok("every document is that of the contract".to_owned());
    }
    let list = stale.join(", ");
    Err(format!("stale: {list}; run `cargo run -p parlor-openapi -- generate` and commit what it writes"))
}
