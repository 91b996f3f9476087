//! Starting: readiness, the note about where it serves, one daemon for each data directory, and `reeld check`.

use reel_tests::{Daemon, Home, program, run_to_end};
use serde_json::Value;
use std::process::Command;

#[test]
fn it_says_where_it_serves() {
    let home = Home::scratch().unwrap();
    let daemon = Daemon::start(&home).unwrap();
    let note: Value =
        serde_json::from_slice(&std::fs::read(home.data().join("reeld.json")).unwrap()).unwrap();
    assert_eq!(note["pid"], daemon.pid());
    assert_eq!(note["socket"].as_str(), home.socket().to_str());
    let port: u16 = note["listen"]
        .as_str()
        .unwrap()
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert_ne!(port, 0);
    assert!(daemon.terminate().unwrap().success());
}

#[test]
fn a_second_daemon_on_the_same_data_is_refused_with_the_firsts_pid() {
    let home = Home::scratch().unwrap();
    let first = Daemon::start(&home).unwrap();
    let mut second = Command::new(program("reeld").unwrap());
    second
        .arg("run")
        .arg("--data-dir")
        .arg(home.data())
        .arg("--config")
        .arg(home.config());
    second
        .arg("--socket")
        .arg(home.root().join("other.sock"))
        .args(["--listen", "off"]);
    let refused = run_to_end(second).unwrap();
    assert_ne!(refused.code, Some(0));
    let words = refused.stderr;
    assert!(words.contains(&first.pid().to_string()), "{words}");
    assert!(home.socket().exists(), "the first one's socket stays");
}

#[test]
fn a_socket_that_a_killed_daemon_left_is_taken_over() {
    let home = Home::scratch().unwrap();
    Daemon::start(&home).unwrap().kill().unwrap();
    assert!(home.socket().exists());
    Daemon::start(&home).unwrap();
}

#[test]
fn a_wrong_configuration_is_refused_with_its_line_and_remedy() {
    let home = Home::scratch().unwrap();
    home.configure("[limits]\nbrust = 3\n").unwrap();
    let words = Daemon::start(&home).map(drop).unwrap_err().to_string();
    assert!(
        words.contains("reeld.toml:2") && words.contains("burst"),
        "{words}"
    );
}

#[test]
fn off_loopback_without_tls_it_does_not_start() {
    let home = Home::scratch().unwrap();
    let words = Daemon::start_with(&home, &["--listen", "0.0.0.0:0"], &[])
        .map(drop)
        .unwrap_err()
        .to_string();
    assert!(words.contains("insecure_listen"), "{words}");
}

#[test]
fn check_tells_what_is_in_force_and_fails_when_something_is_missing() {
    let home = Home::scratch().unwrap();
    home.configure("[limits]\nburst = 7\n").unwrap();
    let check = |more: &[&str], path: &str| {
        let mut command = Command::new(program("reeld").unwrap());
        command
            .env_clear()
            .env("PATH", path)
            .env("HOME", home.root());
        command
            .arg("check")
            .arg("--config")
            .arg(home.config())
            .arg("--data-dir")
            .arg(home.data())
            .args(more);
        run_to_end(command).unwrap()
    };
    let path = std::env::var("PATH").unwrap();
    let fine = check(&[], &path);
    assert_eq!(fine.code, Some(0), "{}{}", fine.stdout, fine.stderr);
    let burst = fine
        .stdout
        .lines()
        .find(|line| line.contains("limits.burst"))
        .unwrap();
    assert!(
        burst.contains("= 7") && burst.contains("reeld.toml:2"),
        "{burst}"
    );
    let json: Value = serde_json::from_str(&check(&["--json"], &path).stdout).unwrap();
    assert_eq!(json["ok"], true);
    let bare = check(&["--json"], "/nowhere");
    assert_eq!(bare.code, Some(1));
    assert!(bare.stdout.contains("apt-get install"), "{}", bare.stdout);
}

#[test]
fn the_daily_log_is_json_whatever_stderr_is() {
    let home = Home::scratch().unwrap();
    let daemon =
        Daemon::start_with(&home, &["--listen", "off", "--log-format", "text"], &[]).unwrap();
    daemon.terminate().unwrap();
    assert!(home.last_words().starts_with('['), "{}", home.last_words());
    let file = std::fs::read_dir(home.data().join("logs"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let name = file.file_name().into_string().unwrap();
    assert!(
        name.starts_with("workflow-2") && name.ends_with(".log"),
        "{name}"
    );
    for line in std::fs::read_to_string(file.path()).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        for key in ["level", "time", "component", "msg"] {
            assert!(line[key].is_string(), "{key} is missing in {line}");
        }
    }
}
