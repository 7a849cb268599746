//! Settings from the environment.

use super::{
    ConfigError,
    given::{Given, Origin, unknown},
    platform::Surroundings,
    settings::{SETTINGS, Setting, nearest},
};
use std::ffi::{OsStr, OsString};

/// Variables with our prefix that are not ours to judge: the terminal client's, the tests', and those that Kubernetes sets in
/// every container of a namespace with a service called `parlor`.
const OTHERS: [&str; 5] =
    ["PARLOR_SERVER", "PARLOR_TOKEN", "PARLOR_PROFILE", "PARLOR_CONFIG_DIR", "PARLOR_PLAIN"];
const OTHERS_PREFIXES: [&str; 3] = ["PARLOR_TEST_", "PARLOR_SERVICE_", "PARLOR_PORT_"];

/// Every variable that is set and not empty. An alias counts only where its setting has neither a flag nor its own variable,
/// since other programs may know it too.
pub(super) fn read(around: &Surroundings, flags: &[Given]) -> Result<Vec<Given>, ConfigError> {
    for (name, value) in &around.variables {
        if name.starts_with("PARLOR_") && !is_known(name) && !is_others(name, value) {
            let known: Vec<String> = SETTINGS.iter().map(Setting::variable).collect();
            let meant = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
            return Err(unknown(&Origin::Variable(name.clone()), meant));
        }
    }
    let mut given = Vec::new();
    for setting in SETTINGS {
        let flagged = flags.iter().any(|flag| flag.setting.name == setting.name);
        let aliases = setting.aliases.iter().filter(|_| !flagged).map(|alias| (*alias).to_owned());
        let mut names = std::iter::once(setting.variable()).chain(aliases);
        if let Some((name, value)) = names.find_map(|name| filled(around, &name).map(|value| (name, value))) {
            let origin = Origin::Variable(name);
            let Some(text) = value.to_str() else {
                return Err(ConfigError(format!("{origin}: it is not UTF-8.")));
            };
            given.push(Given { setting, text: text.to_owned(), origin });
        }
    }
    Ok(given)
}

fn filled<'a>(around: &'a Surroundings, name: &str) -> Option<&'a OsStr> {
    around.variables.get(name).map(OsString::as_os_str).filter(|value| !value.is_empty())
}

fn is_known(name: &str) -> bool {
    SETTINGS.iter().any(|setting| setting.variable() == name)
}

fn is_others(name: &str, value: &OsStr) -> bool {
    OTHERS.contains(&name)
        || OTHERS_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || (name == "PARLOR_PORT" && value.to_string_lossy().contains("://"))
}
