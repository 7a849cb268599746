//! Keeps a session where and how a program wants it. The first run signs in; further ones go on with the same session, and need no
//! password:
//!
//! ```text
//! cargo run -p parlor-client --example custom_session_store -- http://127.0.0.1:5000 ada@example.com 'her password' <file>
//! ```

use parlor_client::{
    Client, Session, SessionStore,
    protocol::{Nothing, users::GetMe},
};
use std::{any::Any, error::Error, fs, io, path::PathBuf};

/// Keeps the session in one file for all programs of a user, under a lock. The tokens are as good as the password: the folder must be
/// one that nobody else can read.
#[derive(Debug)]
struct Shared {
    path: PathBuf,
}

impl SessionStore for Shared {
    fn load(&self) -> io::Result<Option<Session>> {
        match fs::read(&self.path) {
            Ok(kept) => Ok(Some(serde_json::from_slice(&kept)?)),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(cause),
        }
    }

    fn save(&self, session: &Session) -> io::Result<()> {
        // Whole or not at all: a session that is half written is lost.
        let new = self.path.with_extension("new");
        fs::write(&new, serde_json::to_vec(session)?)?;
        fs::rename(new, &self.path)
    }

    fn clear(&self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }

    /// A refresh token is good for one renewal: one program at a time may use it.
    fn lock(&self) -> io::Result<Box<dyn Any + Send>> {
        let lock = fs::File::create(self.path.with_extension("lock"))?;
        lock.lock()?;
        Ok(Box::new(lock))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, server, email, password, path] = arguments.as_slice() else {
        return Err("give a server's URL, an e-mail address, a password and a file".into());
    };
    let client = Client::builder(server).session_store(Shared { path: path.into() }).build()?;
    if client.session().is_none() {
        client.sign_in(email.parse()?, password.parse()?).await?;
        println!("signed in");
    }
    let me = client.call::<GetMe>(Nothing, Nothing, Nothing).await?;
    println!("{} <{}>", me.username, me.email);
    Ok(())
}
