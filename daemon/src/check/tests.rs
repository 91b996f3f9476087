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

/// Answers whatever is asked by the path's beginning; its address, and every request's first line and key.
fn service() -> (String, std::sync::Arc<std::sync::Mutex<Vec<String>>>) {
    use std::io::{BufRead as _, BufReader, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = std::sync::Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let reader = BufReader::new(stream.try_clone().unwrap());
            let lines = reader.lines().map_while(Result::ok);
            let lines: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            let line = lines[0].clone();
            let key = |line: &&String| line.to_lowercase().contains("key-");
            let shown = lines.iter().find(key).cloned().unwrap_or_default();
            told.lock().unwrap().push(format!("{line} {shown}"));
            let answer = match line.split(' ').nth(1).unwrap_or_default() {
                path if path.starts_with("/openai/") => "404 Not Found\r\n",
                path if path.starts_with("/tts/") => "401 Unauthorized\r\n",
                path if path.starts_with("/pexels/") => {
                    "200 OK\r\nx-ratelimit-remaining: 7\r\nx-ratelimit-limit: 200\r\n"
                }
                _ => "429 Too Many Requests\r\nretry-after: 60\r\n",
            };
            let _ = write!(
                stream,
                "HTTP/1.1 {answer}content-length: 2\r\nconnection: close\r\n\r\n{{}}"
            );
        }
    });
    (url, asked)
}

#[test]
fn every_chosen_service_is_asked_once_with_its_key() {
    let (url, asked) = service();
    let chosen = format!(
        "[providers]\nspeech = 'google_tts'\nfootage = 'pexels'\ngeneration = 'veo'\nchat = 'openai'\nintent = 'openai'\n\
         [providers.openai]\nbase_url = '{url}/openai'\napi_key = 'key-1'\nchat_model = 'm'\n\
         [providers.google_tts]\nbase_url = '{url}/tts'\napi_key = 'key-2'\n\
         [providers.pexels]\nbase_url = '{url}/pexels'\napi_key = 'key-3'\n\
         [providers.veo]\nbase_url = '{url}/veo'\napi_key = 'key-4'\n"
    );
    let report = check_with(&chosen, |_| ());
    let told = |name: &str| {
        let found = finding(&report, &format!("provider {name}"));
        (found.verdict, found.detail.as_str())
    };
    assert_eq!(told("openai").0, Verdict::Ok, "{report}");
    assert!(told("openai").1.contains("answered 404"), "{report}");
    assert_eq!(told("google_tts").0, Verdict::Missing, "{report}");
    assert!(told("google_tts").1.contains("answered 401"), "{report}");
    assert!(
        told("pexels").1.ends_with("7 of 200 requests left"),
        "{report}"
    );
    assert_eq!(told("veo").0, Verdict::Warning, "{report}");
    assert!(!report.to_string().contains("key-"), "{report}");
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 4, "{asked:?}");
    for key in ["key-1", "key-2", "key-3", "key-4"] {
        assert!(asked.iter().any(|one| one.contains(key)), "{asked:?}");
    }
}

#[test]
fn a_service_that_is_not_there_is_no_reason_to_fail() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let chosen = format!(
        "[providers]\nfootage = 'pexels'\n[providers.pexels]\nbase_url = 'http://127.0.0.1:{port}'\napi_key = 'key-3'\n"
    );
    let report = check_with(&chosen, |_| ());
    let found = finding(&report, "provider pexels");
    assert_eq!(found.verdict, Verdict::Warning, "{report}");
    assert!(found.remedy.contains("base_url"), "{report}");
    let simulated = chosen.replacen("[providers]", "[providers]\nall = 'simulate'", 1);
    let report = check_with(&simulated, |_| ());
    let is_told = |one: &Finding| one.subject == "provider pexels";
    assert!(!report.findings().iter().any(is_told), "{report}");
}

#[test]
fn programs_tell_their_versions_and_the_model_its_size() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("whisper-cli");
    std::fs::write(&program, "#!/bin/sh\necho whisper.cpp version: 1.8.2\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let model = folder.path().join("tiny.bin");
    std::fs::write(&model, vec![0; 3_000_000]).unwrap();
    let chosen = format!(
        "[providers]\ntranscription = 'whisper_cpp'\n[providers.whisper_cpp]\nprogram = '{}'\nmodel = '{}'\n",
        program.display(),
        model.display()
    );
    let report = check_with(&chosen, |_| ());
    let told = &finding(&report, "provider whisper_cpp").detail;
    assert!(
        told.contains("(1.8.2)") && told.ends_with("of 3 MB"),
        "{told}"
    );
}
