//! The data folder: made when it is missing, with a secret of its own.

use super::{Config, ConfigError, parse, served::Served};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// What a start needs beside its settings.
#[derive(Debug)]
pub struct Prepared {
    /// What access tokens are signed with.
    pub jwt_secret: Secret,
    /// The folders whose files anybody can read.
    pub served: Served,
    /// What the operator ought to know.
    pub warnings: Vec<String>,
}

/// A text that is never shown.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("hidden")
    }
}

impl Config {
    /// Checks the settings, and makes what is missing of folder and secret.
    pub fn prepare(&self) -> Result<Prepared, ConfigError> {
        self.check()?;
        if self.jwt_secret.is_none() {
            make_folder(&self.data_dir)?;
        }
        self.make_data_dir()?;
        let mut warnings = Vec::new();
        let jwt_secret = match &self.jwt_secret {
            Some(secret) => secret.clone(),
            None => kept_secret(&self.data_dir, &mut warnings)?,
        };
        Ok(Prepared { jwt_secret: Secret(jwt_secret), served: self.served()?, warnings })
    }

    /// Makes the data folder, if the database is in there.
    pub fn make_data_dir(&self) -> Result<(), ConfigError> {
        if self.database_url.is_none() { make_folder(&self.data_dir) } else { Ok(()) }
    }
}

fn make_folder(folder: &Path) -> Result<(), ConfigError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| {
        ConfigError(format!(
            "The data folder {} cannot be made: {error}. PARLOR_DATA_DIR names another.",
            folder.display()
        ))
    })
}

fn unwritable(path: &Path, error: &io::Error) -> ConfigError {
    ConfigError(format!(
        "The file {} cannot be written: {error}. PARLOR_DATA_DIR names another folder.",
        path.display()
    ))
}

/// The secret in the folder; made there if it is not.
fn kept_secret(folder: &Path, warnings: &mut Vec<String>) -> Result<String, ConfigError> {
    let path = folder.join("secret");
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make_secret(folder, &path).map_err(|error| unwritable(&path, &error))?;
            fs::read_to_string(&path)
        }
        read => read,
    };
    let text = text
        .map_err(|error| ConfigError(format!("The secret in {} cannot be read: {error}.", path.display())))?;
    keep_private(&path, warnings).map_err(|error| unwritable(&path, &error))?;
    parse::secret(text.trim()).ok_or_else(|| {
        ConfigError(format!(
            "The secret in {} is damaged: it must be 32 random bytes at least. Put the old one back; or remove the file, \
             then a new one is made and everybody has to log in again.",
            path.display()
        ))
    })
}

/// Written whole under another name first, then linked, which fails when another start was quicker: then theirs counts.
fn make_secret(folder: &Path, path: &Path) -> io::Result<()> {
    let mut bytes = [0; 48];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let mut suffix = [0; 8];
    getrandom::fill(&mut suffix).map_err(io::Error::other)?;
    let draft = folder.join(format!(".secret-{:016x}", u64::from_ne_bytes(suffix)));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(format!("{}\n", STANDARD.encode(bytes)).as_bytes())?;
    file.sync_all()?;
    match fs::hard_link(&draft, path) {
        Ok(()) => fs::remove_file(&draft)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return fs::remove_file(&draft),
        // A folder without hard links: here the last of several starts at once counts.
        Err(_) => fs::rename(&draft, path)?,
    }
    // The name itself must survive a power cut: without it all tokens are void.
    File::open(folder)?.sync_all()
}

fn keep_private(path: &Path, warnings: &mut Vec<String>) -> io::Result<()> {
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        let shown = path.display();
        warnings.push(match fs::set_permissions(path, Permissions::from_mode(0o600)) {
            Ok(()) => format!(
                "Others could read the secret in {shown}; now they cannot. If they may have, remove it and start again."
            ),
            Err(_) => format!("Others can read the secret in {shown}, and its permissions cannot be changed."),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::HashSet, sync::Barrier, thread};
    use tempfile::TempDir;

    fn config(folder: &TempDir) -> Config {
        Config { data_dir: folder.path().join("new/data"), ..Config::default() }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_first_start_makes_a_private_folder_and_secret_and_the_next_one_keeps_them() {
        let folder = TempDir::new().unwrap();
        let config = config(&folder);
        let first = config.prepare().unwrap();
        assert_eq!(mode(&config.data_dir), 0o700);
        assert_eq!(mode(&config.data_dir.join("secret")), 0o600);
        assert_eq!(fs::read_dir(&config.data_dir).unwrap().count(), 1, "no draft is left");
        assert_eq!(STANDARD.decode(first.jwt_secret.expose()).unwrap().len(), 48);
        assert!(!format!("{first:?}").contains(first.jwt_secret.expose()));
        let secret = first.jwt_secret.clone();
        drop(first);
        assert_eq!(config.prepare().unwrap().jwt_secret.expose(), secret.expose());
    }

    #[test]
    fn starts_at_the_same_time_agree_on_one_secret() {
        for _ in 0..20 {
            let folder = TempDir::new().unwrap();
            let barrier = Barrier::new(8);
            let secrets: HashSet<String> = thread::scope(|scope| {
                let start = || {
                    barrier.wait();
                    kept_secret(folder.path(), &mut Vec::new()).unwrap()
                };
                let starts: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
                starts.into_iter().map(|start| start.join().unwrap()).collect()
            });
            assert_eq!(secrets.len(), 1);
        }
    }

    #[test]
    fn a_secret_that_others_could_read_is_closed_with_a_warning() {
        let folder = TempDir::new().unwrap();
        let config = config(&folder);
        drop(config.prepare().unwrap());
        let path = config.data_dir.join("secret");
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let prepared = config.prepare().unwrap();
        assert!(prepared.warnings[0].starts_with("Others could read the secret in "), "{prepared:?}");
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn a_damaged_secret_is_refused_and_not_replaced() {
        let folder = TempDir::new().unwrap();
        let config = config(&folder);
        drop(config.prepare().unwrap());
        let path = config.data_dir.join("secret");
        fs::write(&path, "").unwrap();
        let error = config.prepare().unwrap_err().to_string();
        assert!(error.contains("is damaged"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"");
    }

    #[test]
    fn a_folder_that_cannot_be_made_or_written_is_named() {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("new"), "a file").unwrap();
        let error = config(&folder).prepare().unwrap_err().to_string();
        assert!(error.contains("new/data cannot be made") && error.contains("PARLOR_DATA_DIR"), "{error}");
    }

    #[test]
    fn a_database_server_needs_no_folder_but_a_secret() {
        let folder = TempDir::new().unwrap();
        let mut config = Config { database_url: "postgres://h/d".parse().ok(), ..config(&folder) };
        assert!(config.prepare().unwrap_err().to_string().contains("PARLOR_JWT_SECRET must be set"));
        config.jwt_secret = Some("q8Jp2vXw5LrT7nKe9ZbYc4Ud6Hs1Ag3F".to_owned());
        config.prepare().unwrap();
        assert!(!config.data_dir.exists());
    }
}
