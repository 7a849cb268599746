//! What a command works with: flags first, then the environment, then the configuration.

use crate::{
    Account, Failure, Output,
    arguments::Globals,
    config::Config,
    environment,
    output::Color,
    profile::{Profile, USUAL},
};
use parlor_client::Wire;
use std::time::Duration;

/// What a command works with.
pub(crate) struct Context {
    pub(crate) profile: Profile,
    pub(crate) output: Output,
    /// Whether a person may be asked.
    pub(crate) may_ask: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) config: Config,
    /// The server that was named with a flag.
    named_server: Option<String>,
}

impl Context {
    pub(crate) fn new(globals: Globals, config: Config) -> Result<Self, Failure> {
        let Globals { profile, server, json, color, no_input, timeout, .. } = globals;
        let profile = profile.or_else(environment::profile).or_else(|| config.default_profile());
        let color = color.or_else(|| config.color()).unwrap_or(Color::Auto);
        Ok(Self {
            profile: Profile::of(profile.as_deref().unwrap_or(USUAL))?,
            output: Output { json, color: color.is_wanted() },
            may_ask: !no_input,
            timeout: timeout.or_else(|| config.timeout()),
            config,
            named_server: server,
        })
    }

    /// The server to sign in to, if one is named anywhere.
    pub(crate) fn server(&self) -> Option<String> {
        let named = self.named_server.clone().or_else(environment::server);
        named.or_else(|| self.config.server(self.profile.name.as_deref()))
    }

    /// The account that is signed in.
    pub(crate) async fn account(&self) -> Result<Account, Failure> {
        Account::open(self.profile.clone(), self.named_server.clone()).await
    }

    /// The same; `look` sees what goes over the wire.
    pub(crate) async fn watched_account(
        &self,
        look: impl Fn(Wire<'_>) + Send + Sync + 'static,
    ) -> Result<Account, Failure> {
        Account::watched(self.profile.clone(), self.named_server.clone(), look).await
    }
}
