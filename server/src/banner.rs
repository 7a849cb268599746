//! What a person sees when the server is up.

use parlor_server::{
    config::{DatabaseUrl, Loaded, LogFormat, reachable},
    demo,
};
use std::{
    fmt::Write as _,
    io::{self, Write as _},
    net::SocketAddr,
};

/// On standard output; where machines read the log, into the log.
pub(crate) fn show(loaded: &Loaded, address: SocketAddr, metrics: Option<SocketAddr>) {
    let lines = lines(loaded, address, metrics);
    if loaded.config.log_format == LogFormat::Json {
        for (name, value) in lines {
            tracing::info!(name, value, "ready");
        }
        for warning in &loaded.warnings {
            tracing::warn!("{warning}");
        }
    } else {
        // A closed standard output must not become a panic.
        io::stdout().write_all(text(&lines, &loaded.warnings).as_bytes()).ok();
    }
}

fn lines(loaded: &Loaded, address: SocketAddr, metrics: Option<SocketAddr>) -> Vec<(&'static str, String)> {
    let config = &loaded.config;
    let base = config.public_url.clone().unwrap_or_else(|| format!("http://{}", reachable(address)));
    let data = match config.database() {
        DatabaseUrl::Sqlite(file) => file.display().to_string(),
        server => server.to_string(),
    };
    let mut lines = vec![
        ("REST", format!("{base}/api/v1")),
        ("Socket.IO", format!("{base}/socket.io/")),
        ("Health", format!("{base}/health/ready")),
        ("Docs", format!("{base}/docs")),
    ];
    if config.web_dir.is_some() {
        lines.insert(0, ("Web", format!("{base}/")));
    }
    lines.extend(metrics.map(|metrics| ("Metrics", format!("http://{}/metrics", reachable(metrics)))));
    if config.demo {
        let people = demo::PEOPLE.map(|name| format!("{name}@example.com")).join(", ");
        lines.push(("Sign in", format!("{people}; password: {}", demo::PASSWORD)));
        lines.push(("Data", "temporary: gone when the server stops".to_owned()));
        return lines;
    }
    lines.push(("Data", data));
    if config.jwt_secret.is_none() {
        lines.push(("Secret", config.data_dir.join("secret").display().to_string()));
    }
    lines
}

fn text(lines: &[(&str, String)], warnings: &[String]) -> String {
    let mut text = format!("Parlor {} is ready\n", env!("CARGO_PKG_VERSION"));
    // Writing to a String cannot fail.
    for (name, value) in lines {
        writeln!(text, "  {name:<10} {value}").ok();
    }
    for warning in warnings {
        writeln!(text, "Warning: {warning}").ok();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_server::config::{Config, Task};

    #[test]
    fn the_banner_says_where_everything_is_and_what_to_mind() {
        let loaded = Loaded {
            config: Config::default(),
            warnings: vec!["mind the gap".to_owned()],
            task: Task::Serve,
        };
        let without_a_page = lines(&loaded, "[::]:5000".parse().unwrap(), None);
        assert!(without_a_page.iter().all(|(name, _)| *name != "Web"));
        let config = Config { web_dir: Some("page".into()), ..Config::default() };
        let loaded = Loaded { config, ..loaded };
        let lines = lines(&loaded, "[::]:5000".parse().unwrap(), "127.0.0.1:9".parse().ok());
        assert_eq!(
            text(&lines, &loaded.warnings).lines().skip(1).collect::<Vec<_>>(),
            [
                "  Web        http://127.0.0.1:5000/",
                "  REST       http://127.0.0.1:5000/api/v1",
                "  Socket.IO  http://127.0.0.1:5000/socket.io/",
                "  Health     http://127.0.0.1:5000/health/ready",
                "  Docs       http://127.0.0.1:5000/docs",
                "  Metrics    http://127.0.0.1:9/metrics",
                "  Data       parlor-data/parlor.db",
                "  Secret     parlor-data/secret",
                "Warning: mind the gap",
            ]
        );
    }
}
