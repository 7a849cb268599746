//! What `server/deploy` says is so: the files that it copies, the settings, subcommands and figures that it names.

use parlor_server::config::markdown;
use parlor_tests::{process, soon};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn deployed(file: &str) -> String {
    fs::read_to_string(root().join("server/deploy").join(file)).unwrap()
}

/// All words of these texts that begin so, made of `is_part`.
fn words(texts: &[String], beginning: &str, is_part: fn(char) -> bool) -> BTreeSet<String> {
    let texts = texts.iter().flat_map(|text| text.match_indices(beginning).map(move |(at, _)| &text[at..]));
    texts.map(|text| text.chars().take_while(|c| is_part(*c)).collect()).collect()
}

fn all() -> Vec<String> {
    let files = fs::read_dir(root().join("server/deploy")).unwrap();
    files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
}

#[tokio::test]
async fn every_setting_subcommand_and_figure_that_the_deployment_names_is_there() {
    let settings = markdown();
    let named = words(&all(), "PARLOR_", |c| c.is_ascii_uppercase() || c == '_');
    let missing: Vec<_> = named.iter().filter(|name| !settings.contains(&format!("`{name}`"))).collect();
    assert!(named.len() > 8 && missing.is_empty(), "no such setting: {missing:?}");

    let figures = fs::read_to_string(root().join("server/src/observe/metrics.rs")).unwrap();
    let named = words(&all(), "parlor_", |c| c.is_ascii_lowercase() || c == '_');
    let missing: Vec<_> = named.iter().filter(|name| !figures.contains(&format!("\"{name}\""))).collect();
    assert!(named.len() > 8 && missing.is_empty(), "no such figure: {missing:?}");

    let help = soon("the help", process::command().arg("--help").output()).await.unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let named = words(&all(), "parlor-server ", |c| c.is_ascii_lowercase() || c == '-' || c == ' ');
    let named: BTreeSet<_> = named
        .iter()
        .filter_map(|call| call.strip_prefix("parlor-server ")?.split(' ').next())
        .filter(|name| !name.is_empty() && !name.starts_with('-'))
        .collect();
    let missing: Vec<_> = named.iter().filter(|name| !help.contains(&format!("\n  {name}"))).collect();
    assert!(!named.is_empty() && missing.is_empty(), "no such subcommand: {missing:?}");
}

#[test]
fn o6_a_container_is_built_from_the_lock_runs_as_nobody_else_and_opens_one_port() {
    let dockerfile = deployed("Dockerfile");
    let lines: Vec<_> = dockerfile.lines().collect();
    let copied: Vec<_> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("COPY "))
        .filter(|line| !line.starts_with("--from"))
        .flat_map(|line| {
            let mut names: Vec<_> = line.split(' ').collect();
            names.pop();
            names
        })
        .collect();
    for name in &copied {
        assert!(root().join(name).exists(), "{name} is copied, but not there");
    }
    // A member that is not copied would end the build.
    let workspace = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let members = workspace.lines().find_map(|line| line.strip_prefix("members = ")).unwrap();
    for member in members.trim_matches(['[', ']']).split(", ").map(|member| member.trim_matches('"')) {
        assert!(copied.contains(&member), "{member} is not copied");
    }
    let rust = workspace.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap();
    assert!(dockerfile.contains(&format!("FROM rust:{}-", rust.trim_matches('"'))), "built by another Rust");
    let build = lines.iter().find(|line| line.contains("cargo build")).unwrap();
    assert!(build.contains(" --locked") && build.contains(" --release"), "{build}");
    let user = lines.iter().rfind(|line| line.starts_with("USER ")).unwrap();
    assert!(!["USER root", "USER 0"].contains(user), "{user}");
    // A platform's PORT wins over the image's, and nobody is believed to be a proxy by that alone.
    let set = lines.iter().find_map(|line| line.strip_prefix("ENV ")).unwrap();
    assert!(set.contains("PORT=5000 ") && !set.contains("PARLOR_LISTEN"), "{set}");
    assert!(set.contains("PARLOR_TRUSTED_PROXIES=none"), "{set}");
    assert!(
        dockerfile.contains("HEALTHCHECK ")
            && dockerfile.contains("CMD [\"parlor-server\", \"healthcheck\"]")
    );

    let compose = deployed("compose.yaml");
    let open: Vec<_> = compose.lines().filter(|line| line.trim_start().starts_with("ports:")).collect();
    assert_eq!(open, ["    ports: [\"80:80\"]"], "the proxy alone is reached from outside");
    for secret in ["POSTGRES_PASSWORD", "PARLOR_JWT_SECRET"] {
        assert!(compose.contains(&format!("${{{secret}:?")), "{secret} has no default");
    }
}
