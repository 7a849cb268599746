//! All the sources put together, what does not go together, and what is worth a warning.

use super::{
    BusUrl, Config, ConfigError, DatabaseUrl, file, flags,
    given::{Given, Origin, Task},
    parse,
    platform::Surroundings,
    reachable,
    settings::{Kind, SETTINGS},
    variables,
};

/// The settings, and what goes with them.
#[derive(Debug)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// What the operator ought to know.
    pub warnings: Vec<String>,
    /// What to do.
    pub task: Task,
}

/// Why nothing can be done.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The command line is not one that could be meant.
    #[error(transparent)]
    Usage(ConfigError),
    /// A setting is wrong.
    #[error(transparent)]
    Setting(#[from] ConfigError),
}

pub(super) fn load(around: &Surroundings, subcommands: &[clap::Command]) -> Result<Loaded, LoadError> {
    let (task, flags) = flags::read(&around.args, subcommands).map_err(LoadError::Usage)?;
    if matches!(task, Task::Print(_)) {
        // Help must be had whatever the environment holds.
        return Ok(Loaded { config: Config::default(), warnings: Vec::new(), task });
    }
    let mut given = variables::read(around, &flags)?;
    given.extend(flags);
    let named = given.iter().rfind(|given| given.setting.kind == Kind::File);
    given.extend(file::read(around, named)?);
    // Stable and weakest first: what is stronger is set over it, and what is overridden is checked all the same.
    given.sort_by_key(|given| match given.origin {
        Origin::File(..) => 0,
        Origin::Variable(_) => 1,
        Origin::Flag(_) => 2,
    });
    let config = settle(around, &given)?;
    // An operator's work needs no secret, and has to be possible while the settings of the server are not yet whole.
    if !matches!(task, Task::Operator(..)) {
        config.check()?;
    }
    let warnings = warnings(around, &config, &given);
    Ok(Loaded { config, warnings, task })
}

fn settle(around: &Surroundings, given: &[Given]) -> Result<Config, ConfigError> {
    let mut config = Config::default();
    for one in given {
        if one.is_port() {
            let port = one.text.parse().ok().filter(|port| *port > 0).ok_or_else(|| one.refused())?;
            config.listen = around.everywhere(port);
            if !is_given(given, "trusted_proxies") {
                config.trusted_proxies = parse::proxies("private").unwrap_or_default();
            }
        } else {
            one.set(&mut config)?;
        }
    }
    config.refresh_lifetime = config.refresh_lifetime.max(config.token_lifetime);
    Ok(config)
}

fn is_given(given: &[Given], name: &str) -> bool {
    given.iter().any(|given| given.setting.name == name)
}

impl Config {
    /// Refuses what does not go together; for settings that a program made, too.
    pub fn check(&self) -> Result<(), ConfigError> {
        let allowed = SETTINGS.iter().find(|setting| setting.name == "jwt_secret");
        let allowed = allowed.map_or("", |setting| setting.allowed);
        match &self.jwt_secret {
            Some(secret) if parse::secret(secret).is_none() => {
                Err(ConfigError(format!("jwt_secret: this value is not allowed. Allowed: {allowed}.")))
            }
            None if !matches!(self.database(), DatabaseUrl::Sqlite(_)) => Err(ConfigError(format!(
                "PARLOR_JWT_SECRET must be set when there is a database server, since all of its nodes must agree on it. \
                 Allowed: {allowed}."
            ))),
            _ if self.bus.is_some() && matches!(self.database(), DatabaseUrl::Sqlite(_)) => Err(ConfigError(
                "PARLOR_BUS joins several nodes, and a SQLite database belongs to one: set PARLOR_DATABASE_URL to a \
                 PostgreSQL or MySQL server, or leave PARLOR_BUS out."
                    .to_owned(),
            )),
            _ if self.bus == Some(BusUrl::Postgres) && !matches!(self.database(), DatabaseUrl::Postgres(_)) => {
                Err(ConfigError(
                    "PARLOR_BUS=postgres needs a PostgreSQL database; with MySQL or MariaDB give the URL of a Redis server."
                        .to_owned(),
                ))
            }
            _ if self.demo && (self.database_url.is_some() || self.data_dir != Self::default().data_dir) => {
                Err(ConfigError(
                    "The demo fills a temporary database of its own: leave out either --demo, or the data folder and the \
                     database's URL."
                        .to_owned(),
                ))
            }
            _ => Ok(()),
        }
    }
}

fn warnings(around: &Surroundings, config: &Config, given: &[Given]) -> Vec<String> {
    let mut warnings = Vec::new();
    let hosted = around.is_hosted();
    let secured = config.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
    let proxied = is_given(given, "trusted_proxies") && !config.trusted_proxies.is_empty();
    if !config.listen.ip().is_loopback() && !secured && !proxied && !hosted {
        warnings.push(format!(
            "Listening on {} without TLS: passwords and messages can be read on their way. Put a TLS proxy in front of it \
             and set PARLOR_PUBLIC_URL to the https:// URL.",
            config.listen
        ));
    }
    if config.metrics_listen.is_some_and(|address| !address.ip().is_loopback()) {
        warnings.push("Whoever reaches the address of the metrics can read them.".to_owned());
    }
    let on_platform = hosted || given.iter().any(Given::is_port);
    if on_platform && config.database_url.is_none() && !is_given(given, "data_dir") && !config.demo {
        warnings.push(format!(
            "SQLite in {}, on a hosted platform: many of these lose their files at every start. Set PARLOR_DATA_DIR to a \
             folder on a volume, or PARLOR_DATABASE_URL to a database server.",
            config.data_dir.display()
        ));
    }
    if on_platform && config.public_url.is_none() {
        warnings.push(format!(
            "No PARLOR_PUBLIC_URL, on a hosted platform: invite links begin with http://{}, where nobody else finds the server. \
             Set it to the URL under which people reach it.",
            reachable(config.listen)
        ));
    }
    for given in given {
        if let (Kind::Secret, Origin::Flag(flag)) = (given.setting.kind, &given.origin) {
            warnings.push(format!(
                "--{flag} can be read by others in the list of processes; {} cannot.",
                given.setting.variable()
            ));
        }
    }
    if config.accept_data_loss {
        warnings.push(
            "accept_data_loss is set: the database may lose messages that were acknowledged.".to_owned(),
        );
    }
    warnings
}
