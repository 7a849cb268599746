//! `profile`: the accounts that are kept side by side.

use crate::{
    Account, Context, Failure, arguments::ProfileCommand, config, output::note, profile::Profile,
    safe_text::safe_line,
};
use serde::Serialize;

/// A profile, as it is listed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    name: String,
    server: String,
    username: String,
    in_use: bool,
}

/// Does what is asked with profiles.
pub(crate) async fn run(command: ProfileCommand, context: &Context) -> Result<(), Failure> {
    match command {
        ProfileCommand::List => list(context),
        ProfileCommand::Use(name) => config::set("default_profile", &existing(&name)?.1),
        ProfileCommand::Remove(name) => remove(&name).await,
    }
}

fn list(context: &Context) -> Result<(), Failure> {
    for profile in Profile::all()? {
        let Some(name) = profile.name.clone() else { continue };
        // One that can't be read must not hide the others.
        let kept = match profile.read() {
            Ok(kept) => kept,
            Err(failure) => {
                note(&format!("{name}: {}", failure.message()));
                continue;
            }
        };
        let listed = Listed {
            in_use: context.profile.name.as_ref() == Some(&name),
            name,
            username: kept.username().map(ToString::to_string).unwrap_or_default(),
            server: kept.server,
        };
        context.output.show(&listed, |listed| {
            let mark = if listed.in_use { '*' } else { ' ' };
            let Listed { name, server, username, .. } = listed;
            format!("{mark} {name:<12}  {} at {}", safe_line(username), safe_line(server))
        })?;
    }
    Ok(())
}

async fn remove(name: &str) -> Result<(), Failure> {
    let (profile, _) = existing(name)?;
    let signed_out = match Account::kept(profile.clone()) {
        Ok(account) => account.sign_out().await,
        Err(failure) => Err(failure),
    };
    if let Err(failure) = signed_out {
        note(&format!("the session may go on at the server: {}", failure.message()));
    }
    profile.remove()
}

fn existing(name: &str) -> Result<(Profile, String), Failure> {
    let profile = Profile::of(name)?;
    match &profile.name {
        Some(known) if profile.is_there()? => Ok((profile.clone(), known.clone())),
        _ => Err(Failure::NotKept(format!("there is no profile {name}; `parlor profile list` lists them"))),
    }
}
