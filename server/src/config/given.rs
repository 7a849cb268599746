//! A setting as somebody gave it.

use super::{
    Config, ConfigError,
    settings::{Kind, PORT, Setting},
};
use clap::ArgMatches;
use std::fmt;

/// What the process is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Serve until a signal.
    Serve,
    /// Ask the server that runs with these settings whether it is ready.
    Healthcheck,
    /// One of the subcommands that were handed to [`Config::load`]: its name and its arguments.
    Operator(String, ArgMatches),
    /// Print this: help, the version, the table of settings.
    Print(String),
}

/// A text for a setting, and where it comes from.
pub(super) struct Given {
    pub(super) setting: &'static Setting,
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// In the order of strength.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// The file, and the key in it.
    File(String, String),
    Variable(String),
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, key) => write!(f, "{key} in {path}"),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::Flag(name) => write!(f, "flag --{name}"),
        }
    }
}

impl Given {
    /// Whether a hosted platform named its port.
    pub(super) fn is_port(&self) -> bool {
        self.origin == Origin::Variable(PORT.to_owned())
    }

    pub(super) fn set(&self, config: &mut Config) -> Result<(), ConfigError> {
        (self.setting.set)(config, &self.text).ok_or_else(|| self.refused())
    }

    pub(super) fn refused(&self) -> ConfigError {
        let Self { setting, text, origin } = self;
        let text = if setting.kind == Kind::Secret { "this value".to_owned() } else { format!("{text:?}") };
        let why = (setting.why)(&self.text).map(|why| format!(": it {why}")).unwrap_or_default();
        ConfigError(format!("{origin}: {text} is not allowed{why}. Allowed: {}.", setting.allowed))
    }
}

/// No setting has this name.
pub(super) fn unknown(origin: &Origin, meant: Option<String>) -> ConfigError {
    let meant = meant.map(|name| format!(" Did you mean {name}?")).unwrap_or_default();
    ConfigError(format!(
        "{origin}: there is no such setting.{meant} `parlor-server --help` lists all of them."
    ))
}
