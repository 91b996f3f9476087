//! Attempts that a second daemon finds.

use super::yard::*;
use reeld::domain::workflow::State;
use reeld::domain::{Outcome, Timestamp};
use reeld::engine::ports::StageRunner;
use rustix::process::{Signal, kill_process};
use std::collections::BTreeMap;

/// The first daemon is not dead, only forgotten: what it knows in memory is of no use to the second.
#[test]
fn what_an_earlier_daemon_began_goes_on_and_its_end_is_learned() {
    let yard = Yard::new();
    let first = Daemon::start(yard.path());
    let running = yard.script("w1", "echo ran >> YARD/ran; : > YARD/ready; (while :; do echo ::progress 80; sleep 0.05; done) & read x < YARD/go; kill $!");
    let ended = yard.script("w2", "echo key=kept > $REEL_OUTPUT");
    first.runner.start(vec![ended.clone()]);
    assert_eq!(first.end().0, "w2");
    first.runner.start(vec![running.clone()]);
    yard.wait_until_ready();
    let second = Daemon::start(yard.path());
    second.runner.adopt(vec![
        running.clone(),
        ended,
        yard.script("w3", "echo never"),
    ]);
    let mut ends = BTreeMap::from([second.end(), second.end()]);
    assert_eq!(outputs(ends.remove("w2").unwrap())["key"], "kept");
    assert_eq!(ends.remove("w3").unwrap(), Outcome::NotBegun);
    assert_eq!(
        second.told.recv_timeout(PATIENCE).unwrap(),
        Told::Progress(80.0, None)
    );
    yard.go();
    assert!(matches!(second.end(), (id, Outcome::Completed { .. }) if id == "w1"));
    assert_eq!(yard.lines("ran"), 1);
    // The third finds no attempt in the first one's journal: it goes.
    let before = yard.journals();
    let third = Daemon::start(yard.path());
    third.runner.adopt(vec![yard.script("w4", "true")]);
    assert_eq!(third.end().1, Outcome::NotBegun);
    assert!(before.iter().all(|path| !path.exists()), "{before:?}");
}

#[test]
fn an_adopted_attempt_can_be_cancelled_also_when_that_was_asked_before() {
    for asked_before in [false, true] {
        let yard = Yard::new();
        let first = Daemon::start(yard.path());
        let order = yard.script("w1", ": > YARD/ready; sleep 1000");
        first.runner.start(vec![order.clone()]);
        yard.wait_until_ready();
        let second = Daemon::start(yard.path());
        if asked_before {
            second.runner.adopt(vec![but(order, |workflow, _| {
                workflow.state = State::Cancelling {
                    by: "ann".to_owned(),
                }
            })]);
        } else {
            let key = order.key();
            second.runner.adopt(vec![order]);
            second.runner.cancel(key);
        }
        assert_eq!(second.end().1, Outcome::Cancelled);
        assert_eq!(yard.survivors(), 0);
    }
}

#[test]
fn a_shim_that_was_killed_while_no_daemon_ran_is_a_loss() {
    let yard = Yard::new();
    let first = Daemon::start(yard.path());
    let order = yard.script("w1", ": > YARD/ready; sleep 1000");
    first.runner.start(vec![order.clone()]);
    yard.wait_until_ready();
    // Without the first daemon's help: it would clear up as well.
    kill_process(yard.shim(), Signal::STOP).unwrap();
    let second = Daemon::start(yard.path());
    second.runner.adopt(vec![order]);
    kill_process(yard.shim(), Signal::KILL).unwrap();
    assert!(matches!(second.end().1, Outcome::Lost { .. }));
    assert_eq!(yard.survivors(), 0);
}

#[test]
fn steps_of_a_built_in_stage_run_once_over_daemons() {
    let yard = Yard::new();
    let first = Daemon::start(yard.path());
    first.runner.start(vec![yard.built_in("w1", "two_steps")]);
    yard.wait_until_ready();
    let second = Daemon::start(yard.path());
    second.runner.adopt(vec![yard.built_in("w1", "two_steps")]);
    // The step's own 50 % is the stage's 75 %: told to the first daemon or the second, whichever listened.
    yard.go();
    let seen = outputs(second.end().1);
    assert_eq!(
        (seen["heard"].as_str(), seen["tail"].as_str()),
        ("hear", "said\n")
    );
    assert_eq!((yard.lines("first"), yard.lines("second")), (1, 1));
    assert!(
        yard.log("w1")
            .starts_with(&["said".to_owned(), "between".to_owned()])
    );
    drop((first.runtime, second.runtime));
}

#[test]
fn an_id_that_is_given_again_is_another_run() {
    let yard = Yard::new();
    let first = Daemon::start(yard.path());
    let old = yard.script("w1", "true");
    assert!(matches!(first.run(old.clone()), Outcome::Completed { .. }));
    let second = Daemon::start(yard.path());
    second.runner.adopt(vec![but(old, |workflow, _| {
        workflow.created_at = Timestamp(1_795_000_000_001)
    })]);
    assert_eq!(second.end().1, Outcome::NotBegun);
}
