//! The words that are taken and refused, and what each failure says and ends with.

use super::args::RunAlone;
use super::failure::Failure;
use super::help;
use super::tests::words;
use clap::CommandFactory;
use reel_shared::client::ClientError;
use reel_shared::problem::Problem;
use serde_json::{Value, json};

fn failure(status: u16, code: &str, details: Option<Value>) -> Failure {
    Failure::Client(ClientError::Problem {
        status,
        problem: Box::new(Problem {
            code: code.into(),
            message: "no".into(),
            details,
        }),
        retry_after: None,
    })
}

#[test]
fn each_failure_has_its_exit_code() {
    for (status, code) in [
        (400, 1),
        (422, 1),
        (404, 4),
        (503, 3),
        (401, 1),
        (403, 1),
        (409, 1),
        (507, 1),
    ] {
        assert_eq!(failure(status, "x", None).code(), code, "{status}");
    }
    let gone = Failure::Client(ClientError::Silent { seconds: 1 });
    assert_eq!(
        (gone.code(), Failure::Pipe.code(), Failure::Told(1).code()),
        (3, 0, 1)
    );
    assert!(Failure::Pipe.lines().is_empty());
}

#[test]
fn a_refusal_names_every_field_and_what_is_possible_now() {
    let details = json!([{"field": "params.prompt", "problem": "it is required"}, {"field": "priority", "problem": "1001 is above 1000"}]);
    assert_eq!(
        failure(422, "validation_failed", Some(details)).lines(),
        [
            "no",
            "params.prompt: it is required",
            "priority: 1001 is above 1000"
        ]
    );
    let details = json!({"status": "running", "allowed": ["cancel", "pause"]});
    assert_eq!(
        failure(409, "invalid_transition", Some(details)).lines()[1],
        "now it takes: cancel, pause"
    );
}

#[test]
fn what_cannot_be_meant_is_refused_by_name() {
    for (line, told) in [
        ("reel sbmit x", "submit"),
        ("reel submit", "PIPELINE"),
        ("reel submit video -p prompt", "KEY=VALUE"),
        ("reel submit video --priority 1001", "1001"),
        ("reel logs cm1 --level loud", "warn"),
        ("reel ls --status done", "completed"),
        ("reel ls --limit 0", "0"),
        ("reel run", "COMMAND"),
        ("reel cancel", "ID"),
        ("reel prioritise cm1", "N"),
        ("reel extend cm1", "DURATION"),
        ("reel token create ci", "--scope"),
        ("reel token create ci --scope root", "admin"),
        ("reel completions tcsh", "zsh"),
    ] {
        let error = words(line).unwrap_err();
        assert!(
            error.use_stderr() && error.to_string().contains(told),
            "{line}: {error}"
        );
    }
}

#[test]
fn the_contracts_words_are_taken() {
    for line in [
        "reel --linear --read-only --profile ssh",
        "reel --connect unix:/a --connect ws://b:1",
        "reel submit video -p a=b --params f.json --id x --name n --priority -5 --after y --at +90m --webhook https://h/x --label k=v --wait",
        "reel run --name n --dir d --env k=v --resource cpu=2 --retry 1 --priority 5 --after y --wait -- true -x",
        "reel ls --status failed --pipeline video --label k=v --limit 5 --json",
        "reel --json show cm1",
        "reel logs cm1 -f --stage s --level warn",
        "reel retry a b --from s -p k=v",
        "reel prioritise cm1 -5",
        "reel answer cm1 --stage s k=v l=w",
        "reel confirm a b --no",
        "reel extend cm1 1h30m --stage s",
        "reel pipelines show video",
        "reel schedules run nightly",
        "reel token create ci --scope read --user u --own --ttl 90d",
        "reel token ls",
        "reel token revoke tok_1",
        "reel drain box-a",
        "reel undrain",
        "reel dial-stdio",
        "reel completions bash",
        "reel man",
    ] {
        assert!(words(line).is_ok(), "{line}: {}", words(line).unwrap_err());
    }
}

#[test]
fn run_read_by_itself_says_and_takes_the_same() {
    let mut whole = help::command();
    whole.build();
    let verb = whole.find_subcommand_mut("run").unwrap();
    let mut alone = RunAlone::command();
    alone.build();
    let options = |command: &clap::Command| -> Vec<String> {
        let mut ids: Vec<String> = command
            .get_arguments()
            .map(|arg| format!("{arg}"))
            .collect();
        ids.sort();
        ids
    };
    assert_eq!(options(verb), options(&alone));
    assert_eq!(
        verb.render_help().to_string(),
        alone.render_help().to_string()
    );
    assert_eq!(
        words("reel --json run -- true").unwrap().verb.is_some(),
        words("reel run --json -- true").unwrap().json
    );
}
