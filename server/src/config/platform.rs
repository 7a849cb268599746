//! What the process was started with.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    path::PathBuf,
};

/// Everything outside that settings can come from, so that tests can make one up.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    pub(super) args: Vec<OsString>,
    pub(super) variables: BTreeMap<String, OsString>,
    /// Where `parlor.toml` is looked for.
    pub(super) folder: PathBuf,
    /// Whether this machine has IPv6.
    pub(super) ipv6: bool,
}

/// What the platforms set that keep no file of a container when it is started again.
const HOSTED: [&str; 4] = ["RENDER", "DYNO", "RAILWAY_ENVIRONMENT", "FLY_APP_NAME"];

impl Surroundings {
    pub(super) fn of_this_process(args: impl IntoIterator<Item = OsString>) -> Self {
        Self {
            args: args.into_iter().collect(),
            // A name that is not UTF-8 is none of ours.
            variables: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
                .collect(),
            folder: PathBuf::new(),
            ipv6: TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)).is_ok(),
        }
    }

    /// All addresses of this machine, on that port; IPv6's socket takes IPv4 too.
    pub(super) fn everywhere(&self, port: u16) -> SocketAddr {
        let ip: IpAddr = if self.ipv6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
        SocketAddr::new(ip, port)
    }

    pub(super) fn is_hosted(&self) -> bool {
        HOSTED.iter().any(|name| self.variables.get(*name).is_some_and(|value| !value.is_empty()))
    }
}
