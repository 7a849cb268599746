//! Subcommands, and flags beside them.

use super::*;

#[test]
fn flags_stand_before_and_behind_the_subcommand() {
    for flags in [["--listen=127.0.0.1:7", "healthcheck"], ["healthcheck", "--listen=127.0.0.1:7"]] {
        let loaded = loaded(&flags, &[], None);
        assert_eq!((loaded.task, loaded.config.listen.port()), (Task::Healthcheck, 7));
    }
    assert_eq!(loaded(&["--demo", "healthcheck"], &[], None).task, Task::Healthcheck);
    assert_eq!(loaded(&["settings"], &[("PARLOR_NONE", "x")], None).task, Task::Print(markdown()));
}

#[test]
fn a_subcommand_of_the_operator_takes_the_settings_and_needs_no_secret() {
    let flags = ["things", "list", "--all", "--database-url", POSTGRES];
    let loaded = loaded(&flags, &[], None);
    let Task::Operator(name, arguments) = &loaded.task else { panic!("{:?}", loaded.task) };
    let (list, arguments) = arguments.subcommand().unwrap();
    assert_eq!((name.as_str(), list, arguments.get_flag("all")), ("things", "list", true));
    assert_eq!(loaded.config.database(), POSTGRES.parse().unwrap());
    assert!(matches!(load(&["things"], &[], None), Err(LoadError::Usage(_))));
    assert!(matches!(load(&["things", "list", "--listen=x"], &[], None), Err(LoadError::Setting(_))));
}

#[test]
fn what_is_no_subcommand_or_lacks_something_is_named() {
    let cases: &[Case] = &[
        (
            &["thing"],
            &[],
            None,
            &["Did you mean things? Allowed: things, copy, healthcheck, settings, or none"],
        ),
        (&["things"], &[], None, &["things: say what to do. Allowed: list."]),
        (
            &["things", "lst"],
            &[],
            None,
            &["\"lst\": there is no such subcommand. Did you mean list? Allowed: list."],
        ),
        (
            &["things", "list", "--al"],
            &[],
            None,
            &["flag --al: there is no such setting. Did you mean --all?"],
        ),
        (&["copy"], &[], None, &["copy: <FILE> is missing. `parlor-server copy --help` tells"]),
        (
            &["copy", "a", "b"],
            &[],
            None,
            &["copy: \"b\" is one argument too many. `parlor-server copy --help`"],
        ),
    ];
    for (flags, _, _, parts) in cases {
        let error = load(flags, &[], None).unwrap_err();
        assert!(matches!(error, LoadError::Usage(_)), "{error:?}");
        for part in *parts {
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
