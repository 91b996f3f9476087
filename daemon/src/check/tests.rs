//! The check by its public face.

use super::*;
use std::collections::BTreeMap;
use std::path::Path;

fn check_with(file: &str, prepare: impl FnOnce(&Path)) -> Report {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("reeld.toml"), file).unwrap();
    prepare(directory.path());
    let flags = Flags {
        config: Some(directory.path().join("reeld.toml")),
        data_dir: Some(directory.path().join("data")),
        ..Flags::default()
    };
    let variables = BTreeMap::from([
        ("HOME".to_owned(), directory.path().display().to_string()),
        ("PATH".to_owned(), std::env::var("PATH").unwrap_or_default()),
    ]);
    check(
        &flags,
        &Environment {
            variables,
            host: "studio".into(),
        },
    )
}

fn finding<'a>(report: &'a Report, subject: &str) -> &'a Finding {
    report
        .findings()
        .iter()
        .find(|finding| finding.subject == subject)
        .unwrap_or_else(|| panic!("{subject}: {report}"))
}

#[test]
fn every_line_that_is_not_fine_has_a_remedy() {
    let report = check_with(
        "[auth]\nloopback = 'operate'\n[providers]\nspeech = 'openai'\n",
        |_| (),
    );
    for finding in report.findings() {
        assert_eq!(
            finding.verdict == Verdict::Ok,
            finding.remedy.is_empty(),
            "{finding:?}"
        );
    }
    assert_eq!(finding(&report, "auth.loopback").verdict, Verdict::Warning);
    assert_eq!(
        finding(&report, "provider openai").verdict,
        Verdict::Warning
    );
    assert!(
        finding(&report, "data directory")
            .detail
            .ends_with("data (will be made)")
    );
}

#[test]
fn a_configuration_that_does_not_hold_fails_with_every_problem() {
    let report = check_with("[limits]\nbody = 'much'\nbrust = 1\n", |_| ());
    assert!(!report.passes());
    assert_eq!(report.findings().len(), 2);
    assert!(
        report
            .to_string()
            .contains("reeld.toml:3: limits.brust: unknown key"),
        "{report}"
    );
}

#[test]
fn a_provider_without_its_key_is_missing_where_fallback_is_refused() {
    let report = check_with(
        "[providers]\nfootage = 'pexels'\nmissing = 'refuse'\n",
        |_| (),
    );
    assert!(!report.passes());
    assert_eq!(
        finding(&report, "provider pexels").remedy,
        "set [providers.pexels] api_key"
    );
}

#[test]
fn pipelines_that_do_not_load_or_are_unsafe_are_named() {
    let report = check_with("", |directory| {
        let pipelines = directory.join("pipelines");
        std::fs::create_dir(&pipelines).unwrap();
        std::fs::write(pipelines.join("broken.toml"), "[[stages]\n").unwrap();
        let shell = "[params.word]\ntype = 'string'\nrequired = true\n[[stages]]\nid = 'one'\nrun = ['sh', '-c', 'echo ${params.word}']\n";
        std::fs::write(pipelines.join("shell.toml"), shell).unwrap();
        let absent = "[[stages]]\nid = 'one'\nrun = ['no-such-program-here']\n";
        std::fs::write(pipelines.join("absent.toml"), absent).unwrap();
    });
    assert!(!report.passes());
    assert!(
        finding(&report, "pipeline")
            .detail
            .contains("broken.toml:1:"),
        "{report}"
    );
    assert_eq!(finding(&report, "pipeline shell").verdict, Verdict::Warning);
    assert!(
        finding(&report, "pipeline absent")
            .detail
            .contains("no-such-program-here")
    );
    let listed = report.to_json()["pipelines"].to_string();
    assert!(
        listed.contains("video") && listed.contains("shell") && !listed.contains("broken"),
        "{listed}"
    );
}

#[test]
fn listening_outside_without_tls_must_be_meant() {
    let listen = |file: &str| {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("reeld.toml"), file).unwrap();
        let flags = Flags {
            config: Some(directory.path().join("reeld.toml")),
            data_dir: Some(directory.path().into()),
            listen: Some("0.0.0.0:3124".into()),
            ..Flags::default()
        };
        finding(&check(&flags, &Environment::default()), "listen").verdict
    };
    assert_eq!(listen(""), Verdict::Missing);
    assert_eq!(listen("[http]\ninsecure_listen = true\n"), Verdict::Warning);
}

#[test]
fn the_day_that_youtube_allows_is_told() {
    let none = check_with("", |_| ());
    assert_eq!(
        finding(&none, "youtube quota").detail,
        "100 uploads and 10000 units a day; no channel has keys"
    );
    let keys = "[youtube]\ndaily_uploads = 1\n[youtube.channels.main]\nclient_id = 'p'\n\
                client_secret = 's'\nrefresh_token = 'r'\n";
    let fresh = check_with(keys, |_| ());
    let told = finding(&fresh, "youtube quota");
    assert_eq!(told.verdict, Verdict::Ok, "{told:?}");
    assert!(
        told.detail
            .starts_with("p: 0 of 1 uploads and 0 of 10000 units used today; anew at "),
        "{told:?}"
    );
    let used = check_with(keys, |directory| {
        let data = directory.join("data");
        std::fs::create_dir_all(&data).unwrap();
        let ledger = crate::youtube::Ledger::new(&data, 1, 10_000);
        let upload = crate::youtube::ledger::UPLOAD;
        ledger.take("p", upload, jiff::Timestamp::now()).unwrap();
    });
    let told = finding(&used, "youtube quota");
    assert_eq!(told.verdict, Verdict::Warning, "{told:?}");
    assert!(told.detail.starts_with("p: 1 of 1 uploads"), "{told:?}");
    let unreadable = check_with(keys, |directory| {
        std::fs::create_dir_all(directory.join("data/youtube-quota.json")).unwrap();
    });
    assert_eq!(
        finding(&unreadable, "youtube quota").verdict,
        Verdict::Warning
    );
}
