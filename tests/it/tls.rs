//! The TCP door over TLS: the client proves who it talks to, a reload changes the certificate without a pause, and files that
//! don't fit are told by name.

use reel_tests::{Daemon, Ended, Home, program, reel, run_to_end};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// A certificate for this box and its key, by which it is its own authority.
fn write_certificate(home: &Home, name: &str) {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let put = |ending: &str, text: String| {
        std::fs::write(home.root().join(format!("{name}.{ending}")), text).unwrap();
    };
    put("pem", made.cert.pem());
    put("key", made.signing_key.serialize_pem());
}

fn configure(home: &Home, certificate: &str, key: &str) {
    let root = home.root().display();
    home.configure(&format!(
        "[http]\ntls_cert = \"{root}/{certificate}\"\ntls_key = \"{root}/{key}\"\n"
    ))
    .unwrap();
}

fn port(home: &Home) -> String {
    let note = std::fs::read(home.data().join("reeld.json")).unwrap();
    let note: Value = serde_json::from_slice(&note).unwrap();
    let listen = note["listen"].as_str().unwrap().to_owned();
    listen.rsplit(':').next().unwrap().to_owned()
}

/// `reel --connect wss://…`, trusting one authority.
fn over_tls(home: &Home, token: &Path, authority: &str, arguments: &[&str]) -> Ended {
    let mut command = Command::new(program("reel").unwrap());
    command
        .env("SSL_CERT_FILE", home.root().join(authority))
        .env_remove("SSL_CERT_DIR")
        .arg("--connect")
        .arg(format!("wss://localhost:{}", port(home)))
        .arg("--token-file")
        .arg(token)
        .args(arguments);
    run_to_end(command).unwrap()
}

#[test]
fn the_client_speaks_tls_and_a_reload_changes_the_certificate() {
    let home = Home::scratch().unwrap();
    write_certificate(&home, "first");
    write_certificate(&home, "second");
    configure(&home, "first.pem", "first.key");
    let _daemon = Daemon::start(&home).unwrap();
    let made = reel(
        &home,
        &["token", "create", "me", "--scope", "operate", "--json"],
    )
    .unwrap();
    let made: Value = serde_json::from_str(&made.stdout).unwrap();
    let token = home.root().join("token");
    std::fs::write(&token, made["token"].as_str().unwrap()).unwrap();

    let listed = over_tls(&home, &token, "first.pem", &["pipelines"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    assert!(listed.stdout.contains("command"), "{listed:?}");

    let stranger = over_tls(&home, &token, "second.pem", &["pipelines"]);
    assert_eq!(stranger.code, Some(3), "{stranger:?}");
    assert!(stranger.stderr.contains("SSL_CERT_FILE"), "{stranger:?}");

    configure(&home, "second.pem", "second.key");
    let taken = reel(&home, &["reload"]).unwrap();
    assert_eq!(taken.code, Some(0), "{taken:?}");
    let listed = over_tls(&home, &token, "second.pem", &["pipelines"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");

    configure(&home, "second.pem", "first.key");
    let refused = reel(&home, &["reload"]).unwrap();
    assert_ne!(refused.code, Some(0), "{refused:?}");
    assert!(refused.stderr.contains("first.key"), "{refused:?}");
    let listed = over_tls(&home, &token, "second.pem", &["pipelines"]);
    assert_eq!(listed.code, Some(0), "the old one stays: {listed:?}");
}

#[test]
fn a_certificate_that_is_not_there_is_told_by_name() {
    let home = Home::scratch().unwrap();
    configure(&home, "nowhere.pem", "nowhere.key");
    let refused = Daemon::start(&home).unwrap_err().to_string();
    assert!(
        refused.contains("tls_cert") && refused.contains("nowhere.pem"),
        "{refused}"
    );
}
