//! `reel` as scripts use it: what it prints, and how it ends.

use reel_tests::{Daemon, Ended, Home, reel};
use serde_json::Value;

fn run(home: &Home, words: &str) -> Ended {
    reel(home, &words.split_whitespace().collect::<Vec<_>>()).unwrap()
}

#[test]
fn every_exit_code_means_what_it_says() {
    let home = Home::scratch().unwrap();
    assert_eq!(run(&home, "ls").code, Some(3), "no daemon");
    let _daemon = Daemon::start(&home).unwrap();
    for (words, code) in [
        ("run --wait -- /bin/true", 0),
        ("run --wait -- /bin/false", 1),
        ("ls --nonsense", 2),
        ("nonsense", 2),
        ("show nobody", 4),
        ("cancel nobody", 4),
        ("cancel nobody noone", 1),
        ("submit vidoe", 1),
        ("ls", 0),
        ("stats", 0),
        ("pipelines", 0),
        ("workers", 0),
        ("attention", 0),
        ("completions bash", 0),
    ] {
        let ended = run(&home, words);
        assert_eq!(ended.code, Some(code), "reel {words}: {ended:?}");
    }
}

#[test]
fn a_submit_prints_the_id_alone_and_a_beginning_of_it_is_enough() {
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let ended = run(&home, "run --wait --name hello -- /bin/echo hi");
    let id = ended.stdout.trim().to_owned();
    assert!(
        ended.stdout == format!("{id}\n") && id.len() == 12,
        "{ended:?}"
    );
    let shown: Value =
        serde_json::from_str(&run(&home, &format!("show --json {}", &id[..6])).stdout).unwrap();
    assert_eq!(
        (
            shown["id"].as_str(),
            shown["name"].as_str(),
            shown["status"].as_str()
        ),
        (Some(id.as_str()), Some("hello"), Some("completed"))
    );
    assert!(run(&home, &format!("logs {id}")).stdout.contains("hi"));
    assert_eq!(run(&home, &format!("rm {id}")).code, Some(0));
    assert_eq!(run(&home, &format!("show {id}")).code, Some(4));
}

#[test]
fn listings_take_json_and_an_ambiguous_id_names_its_candidates() {
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let later = "--at 2999-01-01T00:00:00Z";
    for id in ["same-one", "same-two"] {
        let made = reel(
            &home,
            &[
                "submit",
                "command",
                "--id",
                id,
                "--at",
                "2999-01-01T00:00:00Z",
                "-p",
                "argv=[\"/bin/true\"]",
            ],
        )
        .unwrap();
        assert_eq!(made.code, Some(0), "{later}: {made:?}");
    }
    let listed: Value = serde_json::from_str(&run(&home, "ls --json").stdout).unwrap();
    assert!(listed.to_string().contains("same-one") && listed.to_string().contains("same-two"));
    let ambiguous = run(&home, "show same");
    assert_eq!(ambiguous.code, Some(2));
    assert!(
        ambiguous.stderr.contains("same-one") && ambiguous.stderr.contains("same-two"),
        "{ambiguous:?}"
    );
    assert_eq!(run(&home, "cancel same-one same-two").code, Some(0));
}

#[test]
fn without_a_terminal_the_dashboard_is_one_plain_table() {
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let ended = reel(&home, &[]).unwrap();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.stdout.contains('\u{1b}'), "{:?}", ended.stdout);
}
