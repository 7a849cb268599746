mod command_line;

use super::{
    platform::Surroundings,
    settings::{Kind, SETTINGS},
    *,
};
use parlor_protocol::Limit;
use tempfile::TempDir;

const SECRET: &str = "q8Jp2vXw5LrT7nKe9ZbYc4Ud6Hs1Ag3F";
const POSTGRES: &str = "postgres://parlor:hunter2@db.example.com/parlor";

/// A start with these flags, variables and `parlor.toml`.
fn load(flags: &[&str], variables: &[(&str, &str)], file: Option<&str>) -> Result<Loaded, LoadError> {
    let folder = TempDir::new().unwrap();
    if let Some(text) = file {
        std::fs::write(folder.path().join("parlor.toml"), text).unwrap();
    }
    let around = Surroundings {
        args: ["parlor-server"].iter().chain(flags).map(OsString::from).collect(),
        variables: variables.iter().map(|(name, value)| ((*name).to_owned(), value.into())).collect(),
        folder: folder.path().to_owned(),
        ipv6: true,
    };
    let list = clap::Command::new("list").arg(clap::Arg::new("all").long("all").num_args(0));
    let copy = clap::Command::new("copy").arg(clap::Arg::new("FILE").required(true));
    check::load(&around, &[clap::Command::new("things").subcommand_required(true).subcommand(list), copy])
}

#[track_caller]
fn loaded(flags: &[&str], variables: &[(&str, &str)], file: Option<&str>) -> Loaded {
    load(flags, variables, file).unwrap()
}

#[track_caller]
fn with(variables: &[(&str, &str)]) -> Config {
    loaded(&[], variables, None).config
}

#[test]
fn with_nothing_set_everything_is_at_its_default_and_nothing_is_warned_of() {
    let loaded = loaded(&[], &[("PATH", "/bin"), ("PARLOR_LISTEN", "")], None);
    assert_eq!(loaded.config, Config::default());
    assert_eq!(loaded.warnings, Vec::<String>::new());
    assert_eq!(loaded.task, Task::Serve);
}

#[test]
fn the_default_that_is_shown_is_the_one_that_holds() {
    for setting in SETTINGS.iter().filter(|setting| !setting.default.starts_with('(')) {
        let mut config = Config::default();
        assert_eq!((setting.set)(&mut config, setting.default), Some(()), "{}", setting.name);
        assert_eq!(config, Config::default(), "{}", setting.name);
    }
}

#[test]
fn the_limits_that_the_contract_tells_of_are_those_of_the_settings() {
    let set = SETTINGS.iter().filter(|setting| setting.name.starts_with("limit_"));
    let set: Vec<_> =
        set.map(|setting| (setting.variable(), setting.default.to_owned(), setting.doc.to_owned())).collect();
    let told = Limit::ALL.iter().map(|limit| (limit.setting(), limit.default(), limit.what().trim()));
    let told: Vec<_> =
        told.map(|(name, default, what)| (name.to_owned(), default.to_owned(), what.to_owned())).collect();
    assert_eq!(told, set);
}

#[test]
fn a_flag_wins_over_a_variable_over_the_file_over_the_default() {
    let file = Some("cors_origins = ['https://file.example']\n[limits]\nmessage = '1/1s'\ninvite = 'off'");
    let port = |flags: &[&str], variables: &[(&str, &str)], file| {
        loaded(flags, variables, file).config.listen.port()
    };
    let variable = [("PARLOR_LISTEN", "127.0.0.1:2")];
    assert_eq!(port(&["--listen", "127.0.0.1:3"], &variable, Some("listen = '127.0.0.1:1'")), 3);
    assert_eq!(port(&[], &variable, Some("listen = '127.0.0.1:1'")), 2);
    assert_eq!(port(&[], &[], Some("listen = '127.0.0.1:1'")), 1);
    let limits = loaded(&[], &[("PARLOR_LIMIT_MESSAGE", "9/9s")], file).config.limits;
    assert_eq!(limits.message, Some(Rate { count: 9, per: Duration::from_secs(9) }));
    assert_eq!(limits.invite, None);
    assert_eq!(limits.login, Limits::default().login);
}

#[test]
fn the_page_that_is_served_here_may_call_beside_those_of_the_list() {
    let page = [
        ("PARLOR_CORS_ORIGINS", "https://other.example"),
        ("PARLOR_PUBLIC_URL", "https://Chat.example:443/parlor"),
        ("PARLOR_WEB_DIR", "page"),
    ];
    let list = |origins: &[&str]| Origins::List(origins.iter().map(|&origin| origin.to_owned()).collect());
    assert_eq!(with(&page).origins(), list(&["https://other.example", "https://chat.example"]));
    assert_eq!(with(&page[..2]).origins(), list(&["https://other.example"]));
    assert_eq!(with(&page[1..]).origins(), Origins::Any);
}

#[test]
fn a_list_number_and_switch_may_stand_in_the_file_as_such() {
    let file = "cors_origins = ['https://a.example:443', 'http://B.example/']\ndemo = true\n[limits]\nconnections = 7\n[deadlines]\nwrite = '500ms'";
    let config = loaded(&[], &[], Some(file)).config;
    assert_eq!(
        config.cors_origins,
        Origins::List(vec!["https://a.example".to_owned(), "http://b.example".to_owned()])
    );
    assert!(config.demo);
    assert_eq!(config.limits.connections, Some(7));
    assert_eq!(config.deadlines.write, Duration::from_millis(500));
}

#[test]
fn a_named_file_is_read_and_must_be_there() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("other.toml");
    let path = path.to_str().unwrap();
    std::fs::write(path, "log = 'debug'").unwrap();
    assert_eq!(loaded(&["--config", path], &[], Some("log = 'error'")).config.log, "debug");
    assert_eq!(with(&[("PARLOR_CONFIG", path)]).log, "debug");
    let error = load(&["--config=gone.toml"], &[], None).unwrap_err().to_string();
    assert!(error.starts_with("flag --config: cannot read the file gone.toml: "), "{error}");
}

#[test]
fn the_names_of_the_original_server_are_understood_and_ours_win_over_them() {
    let config = with(&[
        ("DB_URL", "postgresql://u:p@h/d"),
        ("BASE_URL", "https://chat.example.com/api/v1/"),
        ("JWT_SECRET", SECRET),
        ("JWT_EXPIRES_IN", "7d"),
    ]);
    assert_eq!(config.database_url, "postgres://u:p@h/d".parse().ok());
    assert_eq!(config.public_url.as_deref(), Some("https://chat.example.com"));
    assert_eq!(config.jwt_secret.as_deref(), Some(SECRET));
    assert_eq!(config.token_lifetime, Duration::from_hours(7 * 24));
    let both = [
        ("DATABASE_URL", "mysql://second/d"),
        ("DB_URL", "mongodb://another program's"),
        ("PARLOR_JWT_SECRET", SECRET),
        ("JWT_SECRET", "secret"),
    ];
    assert_eq!(with(&both).database_url, "mysql://second/d".parse().ok());
    let foreign = [("DATABASE_URL", "mongodb://another program's")];
    let flagged = loaded(&["--database-url", "sqlite://x.db"], &foreign, None).config;
    assert_eq!(flagged.database(), DatabaseUrl::Sqlite("x.db".into()));
}

#[test]
fn a_lifetime_may_be_written_as_the_original_wrote_it() {
    for (text, secs) in [
        ("3600", 3600),
        ("60m", 3600),
        ("1h", 3600),
        ("7d", 604_800),
        ("2 days", 172_800),
        ("1w", 604_800),
        ("90 Minutes", 5400),
    ] {
        assert_eq!(with(&[("JWT_EXPIRES_IN", text)]).token_lifetime.as_secs(), secs, "{text}");
    }
    let long = with(&[("JWT_EXPIRES_IN", "90d")]);
    assert_eq!(long.refresh_lifetime, long.token_lifetime, "a session lives as long as its tokens");
}

#[test]
fn a_hosted_platforms_port_means_all_addresses_and_trust_in_its_proxies() {
    let config = with(&[("PORT", "8080")]);
    assert_eq!(config.listen.to_string(), "[::]:8080");
    let trusts = |config: &Config, ip: &str| {
        config.trusted_proxies.iter().any(|net| net.contains(&ip.parse::<std::net::IpAddr>().unwrap()))
    };
    assert!(trusts(&config, "10.1.2.3") && trusts(&config, "100.64.0.9") && trusts(&config, "fd12::1"));
    assert!(!trusts(&config, "8.8.8.8") && !trusts(&config, "2600::1"));
    assert!(with(&[("PORT", "8080"), ("PARLOR_TRUSTED_PROXIES", "none")]).trusted_proxies.is_empty());
    let ours = with(&[("PORT", "8080"), ("PARLOR_LISTEN", "127.0.0.1:1")]);
    assert_eq!((ours.listen.port(), ours.trusted_proxies.len()), (1, 0));
}

/// Flags, variables, file; and what the message must hold.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], Option<&'a str>, &'a [&'a str]);

#[test]
fn what_is_bad_is_named_with_its_place_and_what_is_allowed() {
    let postgres = ("PARLOR_DATABASE_URL", POSTGRES);
    let cases: &[Case] = &[
        (&["--listn", "x"], &[], None, &["flag --listn: there is no such setting. Did you mean --listen?"]),
        (&["serv"], &[], None, &["\"serv\": there is no such subcommand.", "healthcheck"]),
        (&["healthchek"], &[], None, &["Did you mean healthcheck?"]),
        (&["-x"], &[], None, &["\"-x\""]),
        (&["--listen"], &[], None, &["flag --listen: it needs a value. Allowed: an address and a port"]),
        (&["--listen", "5000"], &[], None, &["flag --listen: \"5000\" is not allowed. Allowed: an address"]),
        (&["--log", "a", "--log", "b"], &[], None, &["--log", "multiple times"]),
        (
            &["--demo=perhaps"],
            &[],
            None,
            &["flag --demo: \"perhaps\" is not allowed. Allowed: true or false."],
        ),
        (
            &[],
            &[("PARLOR_LIMIT_MESAGE", "1")],
            None,
            &[
                "environment variable PARLOR_LIMIT_MESAGE: there is no such setting. Did you mean PARLOR_LIMIT_MESSAGE?",
            ],
        ),
        (
            &[],
            &[("PARLOR_PORT", "80")],
            None,
            &["environment variable PARLOR_PORT: there is no such setting."],
        ),
        (
            &[],
            &[("PARLOR_LIMIT_LOGIN", "5")],
            None,
            &["environment variable PARLOR_LIMIT_LOGIN: \"5\" is not allowed. Allowed: <count>/<seconds>s"],
        ),
        (&[], &[("PARLOR_LIMIT_LOGIN", "0/60s")], None, &["\"0/60s\" is not allowed"]),
        (&[], &[("PARLOR_LIMIT_CONNECTIONS", "5/60s")], None, &["Allowed: a number from 1 up, or off."]),
        (&[], &[("PARLOR_LOG", "inof")], None, &["\"inof\" is not allowed. Allowed: off, error"]),
        (&[], &[("PORT", "0")], None, &["environment variable PORT: \"0\"", "PORT is a port alone"]),
        (&[], &[("JWT_EXPIRES_IN", "soon")], None, &["environment variable JWT_EXPIRES_IN: \"soon\""]),
        (
            &[],
            &[("PARLOR_CORS_ORIGINS", "example.com")],
            None,
            &["PARLOR_CORS_ORIGINS", "https://chat.example.com"],
        ),
        (&[], &[("PARLOR_PUBLIC_URL", "chat.example.com")], None, &["http:// or https://"]),
        (&[], &[("PARLOR_TRUSTED_PROXIES", "10.0.0.0/99")], None, &["10.0.0.0/8"]),
        (
            &[],
            &[("DATABASE_URL", "sqlite::memory:")],
            None,
            &["variable DATABASE_URL: this value is not allowed: it must name a file", "sqlite://<file>"],
        ),
        (&["--database-url=mysql://db/d?ssl-modee=required"], &[], None, &["known are ssl-mode, ssl-ca"]),
        (&[], &[postgres], None, &["PARLOR_JWT_SECRET must be set", "openssl rand -base64 48"]),
        (
            &[],
            &[postgres, ("JWT_SECRET", "short")],
            None,
            &["variable JWT_SECRET: this value is not allowed. Allowed: at least 32 bytes", "openssl rand"],
        ),
        (
            &[],
            &[],
            Some("listne = 1"),
            &["listne in parlor.toml: there is no such setting. Did you mean listen?"],
        ),
        (&[], &[], Some("limit_login = 1"), &["Did you mean limits.login?"]),
        (&[], &[], Some("[limts]\nlogin = 1"), &["limts in parlor.toml", "Did you mean limits?"]),
        (
            &[],
            &[],
            Some("[limits]\nlogim = 1"),
            &["limits.logim in parlor.toml", "Did you mean limits.login?"],
        ),
        (&[], &[], Some("[limits]\nlogin = 1"), &["limits.login in parlor.toml: \"1\" is not allowed."]),
        (&[], &[], Some("listen = {a = 1}"), &["listen in parlor.toml: a table is not allowed."]),
        (
            &[],
            &[],
            Some("config = 'x'"),
            &["config in parlor.toml: there is no such setting. `parlor-server"],
        ),
        (&[], &[], Some("demo = true\nlog = 'debug"), &["parlor.toml, line 2: this is not TOML"]),
        (&["--log=info"], &[("PARLOR_LOG", "inof")], None, &["environment variable PARLOR_LOG"]),
    ];
    for (flags, variables, file, parts) in cases {
        let error = load(flags, variables, *file).expect_err(parts[0]).to_string();
        for part in *parts {
            assert!(error.contains(part), "{part:?} is not in {error:?}");
        }
        assert!(!error.contains('\n'), "{error:?}");
    }
}

#[test]
fn variables_of_other_programs_with_our_prefix_are_left_alone() {
    let others = [
        ("PARLOR_TOKEN", "x"),
        ("PARLOR_TEST_POSTGRES", "x"),
        ("PARLOR_SERVICE_HOST", "10.0.0.1"),
        ("PARLOR_PORT", "tcp://10.0.0.1:5000"),
        ("PARLOR_PORT_5000_TCP_ADDR", "10.0.0.1"),
    ];
    assert_eq!(with(&others), Config::default());
}

#[test]
fn a_secret_that_can_be_guessed_is_refused() {
    for secret in [
        "q8Jp2vXw5LrT7nKe9ZbYc4Ud6Hs1Ag3",
        "your-super-secret-jwt-key-change-this-in-production",
        "your_jwt_secret_key_that_is_long_enough",
        "a-string-secret-at-least-256-bits-long",
        "change-me-change-me-change-me-change-me!",
        "0123456789abcdef0123456789abcdef",
        "abcdefghijklmnopqrstuvwxyz123456",
        "12345678901234567890123456789012",
        "                                ",
    ] {
        assert_eq!(parse::secret(secret), None, "{secret}");
    }
    assert!(parse::secret(SECRET).is_some());
}

#[test]
fn no_message_and_no_dump_shows_a_secret_or_a_password() {
    let variables = [("PARLOR_DATABASE_URL", POSTGRES), ("PARLOR_JWT_SECRET", SECRET)];
    let dump = format!("{:?}", loaded(&[], &variables, None));
    assert!(dump.contains("postgres://db.example.com/parlor"), "{dump}");
    assert!(!dump.contains(SECRET) && !dump.contains("hunter2"), "{dump}");
    for (variables, file) in [
        (vec![("PARLOR_JWT_SECRET", "hunter2")], None),
        (vec![("PARLOR_DATABASE_URL", "postgress://u:hunter2@h/d")], None),
        (vec![], Some("jwt_secret = 'hunter2")),
        (vec![], Some("jwt_secret = 'hunter2'")),
        (vec![], Some("jwt_secret = ['hunter2', 1]")),
    ] {
        let error = load(&[], &variables, file).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn what_the_operator_ought_to_know_is_warned_of() {
    let warned = |variables: &[(&str, &str)], part: &str| {
        loaded(&[], variables, None).warnings.iter().any(|warning| warning.contains(part))
    };
    let open = ("PARLOR_LISTEN", "0.0.0.0:5000");
    assert!(warned(&[open], "without TLS"));
    assert!(warned(&[open, ("PARLOR_PUBLIC_URL", "http://chat.example.com")], "without TLS"));
    assert!(!warned(&[open, ("PARLOR_PUBLIC_URL", "https://chat.example.com")], "without TLS"));
    assert!(!warned(&[open, ("PARLOR_TRUSTED_PROXIES", "10.0.0.1")], "without TLS"));
    assert!(warned(&[("PORT", "80")], "without TLS") && !warned(&[("PORT", "80"), ("DYNO", "web.1")], "TLS"));
    let lost = "lose their files";
    assert!(warned(&[("PORT", "80")], lost) && warned(&[("FLY_APP_NAME", "x")], lost));
    assert!(!warned(&[("PORT", "80"), ("PARLOR_DATA_DIR", "/data")], lost));
    assert!(!warned(&[("PORT", "80"), ("DATABASE_URL", POSTGRES), ("JWT_SECRET", SECRET)], lost));
    let nowhere = "invite links begin with http://127.0.0.1:80,";
    assert!(warned(&[("PORT", "80")], nowhere) && warned(&[("PORT", "80"), ("RENDER", "true")], nowhere));
    assert!(warned(&[("FLY_APP_NAME", "x")], "invite links begin with http://127.0.0.1:5000,"));
    assert!(!warned(&[("PORT", "80"), ("BASE_URL", "https://chat.example.com")], "invite links"));
    assert!(!warned(&[open], "invite links"));
    assert!(warned(&[("PARLOR_METRICS_LISTEN", "0.0.0.0:9090")], "metrics"));
    assert!(warned(&[("PARLOR_ACCEPT_DATA_LOSS", "yes")], "acknowledged"));
    let flagged = loaded(&["--jwt-secret", SECRET], &[], None).warnings;
    assert!(flagged[0].contains("--jwt-secret can be read by others"), "{flagged:?}");
}

#[test]
fn help_and_the_table_name_every_setting() {
    let Task::Print(help) = loaded(&["--help"], &[], None).task else { panic!("no help") };
    for setting in SETTINGS {
        assert!(help.contains(&format!("--{}", setting.flag())), "{}", setting.name);
        assert!(help.contains(&setting.variable()), "{}", setting.name);
        assert!(markdown().contains(&format!("\n| `{}`", setting.variable())), "{}", setting.name);
        assert!(setting.kind == Kind::File || !setting.allowed.is_empty());
    }
}

#[test]
fn the_readme_shows_the_table_that_the_code_makes() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap();
    let section =
        readme.split("<!-- settings -->").nth(1).unwrap().split("<!-- /settings -->").next().unwrap();
    assert_eq!(
        section.trim(),
        markdown().trim(),
        "put what `parlor-server settings` prints between the markers in the README"
    );
}
