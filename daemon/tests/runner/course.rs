//! Attempts that begin and end in one daemon's life.

use super::yard::*;
use reeld::config::Config;
use reeld::domain::pipeline::{FailMatch, Work};
use reeld::domain::{ErrorClass, Outcome, Resources, Value, Values};
use reeld::engine::ports::{Order, StageRunner};
use reeld::executor::{LocalRunner, Outside, Parts, Registry};
use reeld::objects::Objects;
use reeld::outbound::Own;
use rustix::process::{Signal, kill_process};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

#[test]
fn a_program_is_told_its_place_and_gives_outputs() {
    let yard = Yard::new();
    let daemon = Daemon::start(yard.path());
    let script = "echo \"$REEL_WORKFLOW_ID $REEL_STAGE $REEL_ATTEMPT $REEL_REQUEST_ID\" \"$PWD\" | tee /dev/stderr; echo place=$REEL_WORKDIR >> $REEL_OUTPUT";
    let place = yard.path().join("work/w1");
    let seen = outputs(daemon.run(yard.script("w1", script)));
    assert_eq!(seen["place"], place.to_str().unwrap());
    let words = format!("w1 one 1 request {}", place.display());
    assert_eq!(yard.log("w1"), [words.clone(), words]);
}

#[test]
fn a_command_takes_its_arguments_directory_and_variables_as_they_are() {
    let yard = Yard::new();
    let daemon = Daemon::start(yard.path());
    let env = Value::Map(Values::from([
        ("WORD".to_owned(), Value::from("a 'b' ${params.x} é\n%")),
        ("REEL_STAGE".to_owned(), Value::from("forged")),
    ]));
    let order = yard.command(
        "w1",
        &[
            "sh",
            "-c",
            "pwd; echo \"$0|$1|$WORD|$REEL_STAGE\"",
            "${params.x}",
            "*",
        ],
        &[("dir", Value::from("/usr")), ("env", env)],
    );
    assert_eq!(outputs(daemon.run(order)), BTreeMap::new());
    assert_eq!(
        yard.log("w1"),
        ["/usr", "${params.x}|*|a 'b' ${params.x} é", "%|one"]
    );
}

#[test]
fn what_is_wrong_is_named_with_its_remedy() {
    let yard = Yard::new();
    let daemon = Daemon::start(yard.path());
    let missing = failure(daemon.run(yard.command("w1", &["no-such-program"], &[])));
    assert_eq!(
        (
            missing.class,
            missing.code.as_str(),
            missing.stage.as_deref()
        ),
        (ErrorClass::Config, "program_missing", Some("one"))
    );
    assert!(
        missing.message.contains("no-such-program")
            && missing.message.contains("/bin")
            && !missing.hint.is_empty(),
        "{missing:?}"
    );
    let nowhere =
        failure(daemon.run(yard.command("w2", &["true"], &[("dir", Value::from("/no/such"))])));
    assert_eq!(
        (nowhere.class, nowhere.code.as_str()),
        (ErrorClass::Config, "dir")
    );
    let nul = failure(daemon.run(yard.command("w3", &["true", "a\0b"], &[])));
    assert_eq!((nul.class, nul.code.as_str()), (ErrorClass::Input, "nul"));
    let empty = failure(daemon.run(yard.command("w4", &[], &[])));
    assert_eq!(
        (empty.class, empty.code.as_str()),
        (ErrorClass::Input, "argv")
    );
    let unknown = failure(daemon.run(yard.built_in("w5", "magic")));
    assert!(
        unknown.class == ErrorClass::Config && unknown.hint.contains("two_steps"),
        "{unknown:?}"
    );
    let outputs = failure(daemon.run(yard.script("w6", "echo nonsense > $REEL_OUTPUT")));
    assert_eq!(
        (outputs.class, outputs.code.as_str()),
        (ErrorClass::Config, "outputs")
    );
}

#[test]
fn exits_are_classed_by_table_pattern_and_kind() {
    let yard = Yard::new();
    let daemon = Daemon::start(yard.path());
    let fail = |order: Order| {
        but(order, |_, spec| {
            spec.fail = vec![
                (FailMatch::Code(9), ErrorClass::Input),
                (FailMatch::Code(75), ErrorClass::Input),
                (
                    FailMatch::Pattern("quota.*exceeded".to_owned()),
                    ErrorClass::Quota,
                ),
            ];
        })
    };
    let class = |script: &str, id: &str| failure(daemon.run(fail(yard.script(id, script))));
    assert_eq!(class("exit 9", "w1").class, ErrorClass::Input);
    assert_eq!(
        class("echo the quota is exceeded; exit 4", "w2").class,
        ErrorClass::Quota
    );
    let plain = class("echo oh; echo no; exit 4", "w3");
    assert_eq!(
        (plain.class, plain.code.as_str(), plain.message.as_str()),
        (
            ErrorClass::Provider,
            "exit_4",
            "sh ended with exit code 4: no"
        )
    );
    assert_eq!(class("exit 75", "w4").class, ErrorClass::Provider);
    let killed = class("kill -9 $$", "w5");
    assert_eq!(
        (killed.class, killed.code.as_str()),
        (ErrorClass::Resources, "signal_9")
    );
    let parked = daemon.run(yard.script("w6", "echo ::park 90 later; exit 75"));
    assert_eq!(
        parked,
        Outcome::Parked {
            wait: Duration::from_secs(90),
            reason: "later".to_owned(),
            class: None
        }
    );
    let late = daemon.run(but(yard.script("w7", "sleep 1000"), |_, spec| {
        spec.timeout = Some(Duration::from_millis(100))
    }));
    assert_eq!(failure(late).class, ErrorClass::Timeout);
    let still = daemon.run(but(yard.script("w8", "sleep 1000"), |_, spec| {
        spec.stall = Some(Duration::from_millis(200))
    }));
    assert_eq!(failure(still).class, ErrorClass::Stalled);
}

#[test]
fn arguments_are_filled_in() {
    let yard = Yard::new();
    let daemon = Daemon::start(yard.path());
    let run = |word: &str| Work::Program {
        run: vec!["echo".to_owned(), word.to_owned()],
    };
    let params = Values::from([("word".to_owned(), Value::from("a; ${params.word} $(b)"))]);
    assert_eq!(
        outputs(daemon.run(order("w1", spec(run("${params.word}")), params))),
        BTreeMap::new()
    );
    assert_eq!(yard.log("w1"), ["a; ${params.word} $(b)"]);
    let missing = failure(daemon.run(order("w2", spec(run("${params.other}")), Values::new())));
    assert!(
        missing.class == ErrorClass::Config && missing.message.contains("other"),
        "{missing:?}"
    );
}

#[test]
fn orders_wait_for_their_resources_and_can_be_cancelled_meanwhile() {
    let yard = Yard::new();
    let daemon = Daemon::start(yard.path());
    let wide = but(
        yard.script("w1", ": > YARD/ready; read x < YARD/go"),
        |_, spec| spec.resources = Resources::from([("cpu".to_owned(), 2)]),
    );
    let (second, third) = (yard.script("w2", "true"), yard.script("w3", "true"));
    let waiting = second.key();
    daemon.runner.start(vec![wide, second, third]);
    yard.wait_until_ready();
    daemon.runner.cancel(waiting);
    assert_eq!(daemon.end(), ("w2".to_owned(), Outcome::Cancelled));
    yard.go();
    assert_eq!([daemon.end().0, daemon.end().0], ["w1", "w3"]);
}

#[test]
fn a_cancel_is_told_when_nothing_runs_any_more() {
    let yard = Yard::new();
    let daemon = Daemon::start(yard.path());
    let order = yard.script(
        "w1",
        "trap '' TERM; setsid sleep 1000 & : > YARD/ready; sleep 1000; sleep 1000",
    );
    let key = order.key();
    daemon.runner.start(vec![order]);
    yard.wait_until_ready();
    daemon.runner.cancel(key.clone());
    assert_eq!(daemon.end().1, Outcome::Cancelled);
    assert_eq!(yard.survivors(), 0);
    daemon.runner.cancel(key);
}

#[test]
fn progress_is_heard_while_it_runs() {
    let yard = Yard::new();
    let daemon = Daemon::start(yard.path());
    daemon.runner.start(vec![yard.script(
        "w1",
        "echo ::progress 45.5 half way; : > YARD/ready; read x < YARD/go",
    )]);
    yard.wait_until_ready();
    assert_eq!(
        daemon.told.recv_timeout(PATIENCE).unwrap(),
        Told::Progress(45.5, Some("half way".to_owned()))
    );
    yard.go();
    assert!(matches!(daemon.end().1, Outcome::Completed { .. }));
}

#[test]
fn a_killed_shim_is_a_loss_and_leaves_nothing() {
    let yard = Yard::new();
    let daemon = Daemon::start(yard.path());
    daemon.runner.start(vec![
        yard.script("w1", "setsid sleep 1000 & : > YARD/ready; sleep 1000"),
    ]);
    yard.wait_until_ready();
    kill_process(yard.shim(), Signal::KILL).unwrap();
    assert!(matches!(daemon.end().1, Outcome::Lost { .. }));
    assert_eq!(yard.survivors(), 0);
}

#[test]
fn a_missing_shim_is_a_failure_with_a_remedy() {
    let yard = Yard::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (config, stages, runtime) = (
        Arc::new(Config::default_at(yard.path())),
        Registry::new(),
        runtime.handle().clone(),
    );
    let outside = Outside::of(
        &config,
        Own::default(),
        String::new(),
        Objects::of(&config.storage).unwrap(),
    );
    let runner = LocalRunner::open(Parts {
        outside,
        config,
        stages,
        shim: "/no/shim".into(),
        runtime,
        grace: LocalRunner::GRACE,
    })
    .unwrap();
    let (ear, told) = sync_channel(10);
    runner.attach(Arc::new(Ear(ear)));
    runner.start(vec![yard.script("w1", "true")]);
    let Told::Ended(_, outcome) = told.recv_timeout(PATIENCE).unwrap() else {
        unreachable!()
    };
    assert_eq!(failure(outcome).class, ErrorClass::Config);
}

#[test]
fn built_in_stages_are_cancelled_limited_and_may_panic() {
    let yard = Yard::new();
    let daemon = Daemon::start(yard.path());
    let order = yard.built_in("w1", "waits");
    let key = order.key();
    daemon.runner.start(vec![order]);
    assert_eq!(
        daemon.told.recv_timeout(PATIENCE).unwrap(),
        Told::Progress(10.0, Some("waiting".to_owned()))
    );
    daemon.runner.cancel(key);
    assert_eq!(daemon.end().1, Outcome::Cancelled);
    let late = daemon.run(but(yard.built_in("w2", "waits"), |_, spec| {
        spec.timeout = Some(Duration::from_millis(50))
    }));
    assert_eq!(failure(late).class, ErrorClass::Timeout);
    assert_eq!(
        failure(daemon.run(yard.built_in("w3", "panics"))).code,
        "internal"
    );
    let order = yard.built_in("w4", "two_steps");
    let key = order.key();
    daemon.runner.start(vec![order]);
    yard.wait_until_ready();
    daemon.runner.cancel(key);
    assert_eq!(daemon.end().1, Outcome::Cancelled);
    assert_eq!(yard.survivors(), 0);
}

#[test]
fn directories_go_with_their_workflow() {
    let yard = Yard::new();
    let daemon = Daemon::start(yard.path());
    let order = yard.script("w1", "mkdir -p deep/er; touch deep/er/file; echo word");
    let workflow = Arc::clone(&order.workflow);
    daemon.run(order);
    daemon.runner.clean_up(Arc::clone(&workflow), false);
    assert!(!yard.path().join("work/w1").exists());
    assert_eq!(yard.log("w1"), ["word"]);
    daemon.runner.clean_up(workflow, true);
    assert!(!yard.path().join("attempts/w1").exists());
}
