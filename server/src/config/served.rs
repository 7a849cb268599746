//! The folders whose files anybody can read: each must hold what it is there for, and none the server's own data.

use super::{Config, ConfigError, DatabaseUrl};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The folders that are served, by their real paths.
#[derive(Clone, Debug, Default)]
pub struct Served {
    /// A built web page.
    pub web: Option<PathBuf>,
    /// The client of Socket.IO.
    pub socketio_client: Option<PathBuf>,
}

impl Config {
    /// Opens the folders whose files anybody can read.
    pub fn served(&self) -> Result<Served, ConfigError> {
        let web = Kind { file: "index.html", setting: "PARLOR_WEB_DIR", wanted: "a built web page" };
        let client = Kind {
            file: "socket.io.js",
            setting: "PARLOR_SOCKETIO_CLIENT_DIR",
            wanted: "the client of Socket.IO, which is `dist` in the npm package `socket.io-client`",
        };
        let open = |folder: &Option<PathBuf>, kind: &Kind| {
            folder.as_deref().map(|folder| self.open(folder, kind)).transpose()
        };
        Ok(Served {
            web: open(&self.web_dir, &web)?,
            socketio_client: open(&self.socketio_client_dir, &client)?,
        })
    }

    fn open(&self, folder: &Path, kind: &Kind) -> Result<PathBuf, ConfigError> {
        let shown = folder.display();
        let real = fs::canonicalize(folder)
            .map_err(|error| kind.refused(&format!("The folder {shown} cannot be served: {error}.")))?;
        match fs::metadata(real.join(kind.file)) {
            Ok(file) if file.is_file() => {}
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(kind.refused(&format!("{shown} cannot be served: {error}.")));
            }
            _ => return Err(kind.refused(&format!("There is no {} in {shown}.", kind.file))),
        }
        match self.private_folders().into_iter().find(|private| private.starts_with(&real)) {
            Some(private) => Err(kind.refused(&format!(
                "Anybody could read the server's own data, since {} is in {shown}.",
                private.display()
            ))),
            None => Ok(real),
        }
    }

    /// The real paths of the folders with the secret and the database, and of the settings, as far as there are such.
    fn private_folders(&self) -> Vec<PathBuf> {
        // The settings may have the secret in them.
        let mut folders = vec![self.data_dir.clone(), PathBuf::from(super::file::DEFAULT)];
        if let DatabaseUrl::Sqlite(file) = self.database() {
            // A name alone is in the working folder.
            folders.push(Path::new(".").join(file.parent().unwrap_or(Path::new(""))));
        }
        folders.iter().filter_map(|folder| fs::canonicalize(folder).ok()).collect()
    }
}

/// What a folder is served for.
struct Kind {
    file: &'static str,
    setting: &'static str,
    wanted: &'static str,
}

impl Kind {
    fn refused(&self, why: &str) -> ConfigError {
        ConfigError(format!("{why} {} names the folder of {}.", self.setting, self.wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    /// Settings that keep their data in a folder beside the one that is served.
    fn config(folder: &TempDir) -> Config {
        let (data, web) = (folder.path().join("data"), folder.path().join("web"));
        fs::create_dir_all(&web).unwrap();
        Config { data_dir: data, web_dir: Some(web), ..Config::default() }
    }

    fn refused(config: &Config) -> String {
        config.prepare().unwrap_err().to_string()
    }

    #[test]
    fn a_folder_without_its_file_is_refused_in_one_sentence_that_names_the_setting() {
        let folder = TempDir::new().unwrap();
        let mut config = config(&folder);
        let web = config.web_dir.clone().unwrap();
        let says = format!("There is no index.html in {}. PARLOR_WEB_DIR names", web.display());
        assert!(refused(&config).starts_with(&says), "{}", refused(&config));
        fs::write(web.join("index.html"), "").unwrap();
        assert_eq!(config.prepare().unwrap().served.web, fs::canonicalize(&web).ok());
        config.socketio_client_dir = Some(web.clone());
        assert!(refused(&config).starts_with("There is no socket.io.js in "), "{}", refused(&config));
        for none in [web.join("gone"), web.join("index.html")] {
            config.socketio_client_dir = Some(none.clone());
            let message = refused(&config);
            assert!(message.contains(&*none.to_string_lossy()), "{message}");
            assert!(message.contains("PARLOR_SOCKETIO_CLIENT_DIR"), "{message}");
        }
    }

    #[test]
    fn a_folder_that_holds_the_secret_or_the_database_is_not_served() {
        let folder = TempDir::new().unwrap();
        let mut config = config(&folder);
        let web = config.web_dir.clone().unwrap();
        fs::write(web.join("index.html"), "").unwrap();
        fs::create_dir(web.join("deep")).unwrap();
        config.data_dir = web.join("deep/data");
        assert!(refused(&config).starts_with("Anybody could read"), "{}", refused(&config));
        config.data_dir = folder.path().join("data");
        config.database_url = Some(DatabaseUrl::Sqlite(web.join("deep/parlor.db")));
        assert!(refused(&config).starts_with("Anybody could read"), "{}", refused(&config));
        config.database_url = None;
        config.prepare().unwrap();
    }
}
