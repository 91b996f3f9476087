//! What every form of the port does alike.

use super::orders::{Yard, gives};
use super::sides::{Alone, PATIENCE, Remote, Side, Told};
use reeld::domain::{ErrorClass, Outcome, Values};
use reeld::engine::ports::AttemptKey;
use reeld::transport::link::{Link, MemoryLink, RedisLink};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

fn outputs(outcome: Outcome) -> Values {
    match outcome {
        Outcome::Completed { outputs } => outputs,
        other => unreachable!("{other:?}"),
    }
}

fn ends_are_told(side: &mut dyn Side) {
    let yard = Yard::new();
    let run = |side: &dyn Side, id: &str, script: &str| {
        side.runner().start(vec![yard.script(id, script)]);
        side.end().1
    };
    let gave = outputs(run(side, "w1", "echo word; echo key=value > $REEL_OUTPUT"));
    assert_eq!(gave["key"].to_string(), "value");
    assert_eq!(side.log("w1"), ["word"]);
    let Outcome::Failed { failure } = run(side, "w2", "echo oh no; exit 9") else {
        unreachable!()
    };
    assert_eq!(
        (
            failure.class,
            failure.code.as_str(),
            failure.stage.as_deref()
        ),
        (ErrorClass::Input, "exit_9", Some("one"))
    );
    let parked = run(side, "w3", "echo ::park 90 later; exit 75");
    let Outcome::Parked { wait, reason, .. } = parked else {
        unreachable!("{parked:?}")
    };
    assert_eq!((wait, reason.as_str()), (Duration::from_secs(90), "later"));
}

fn all_of_the_log_comes_before_the_end(side: &mut dyn Side) {
    let yard = Yard::new();
    let script = "i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done";
    side.runner().start(vec![yard.script("w1", script)]);
    assert!(matches!(side.end().1, Outcome::Completed { .. }));
    let expected: Vec<String> = (0..5000).map(|line| format!("line {line}")).collect();
    assert_eq!(side.log("w1"), expected);
}

fn what_waits_and_what_runs_can_be_cancelled(side: &mut dyn Side) {
    let yard = Yard::new();
    let runner = side.runner();
    let holds = |id: &str| yard.script(id, ": > YARD/ready; read x < YARD/go; sleep 1000");
    // Two run, on two cpus.
    runner.start(vec![holds("w1"), holds("w2"), yard.script("w3", "true")]);
    yard.wait_until_ready();
    let key = |id: &str| AttemptKey {
        workflow: id.to_owned(),
        stage: 0,
        attempt: 1,
    };
    runner.cancel(key("nobody"));
    runner.cancel(key("w3"));
    assert_eq!(side.end(), ("w3".to_owned(), Outcome::Cancelled));
    runner.cancel(key("w1"));
    runner.cancel(key("w2"));
    let ends = BTreeSet::from([side.end().0, side.end().0]);
    assert_eq!(ends, BTreeSet::from(["w1".to_owned(), "w2".to_owned()]));
    runner.cancel(key("w1"));
}

fn progress_goes_forward_and_ends_with_the_end(side: &mut dyn Side) {
    let yard = Yard::new();
    let script = "echo ::progress 25; : > YARD/ready; read x < YARD/go; for p in 30 50 70 90; do echo ::progress $p; done";
    side.runner().start(vec![yard.script("w1", script)]);
    yard.wait_until_ready();
    let first = side.told().recv_timeout(PATIENCE).unwrap();
    assert_eq!(first, Told::Progress("w1".into(), 25.0));
    yard.go();
    let mut before = 25.0;
    loop {
        match side.told().recv_timeout(PATIENCE).unwrap() {
            Told::Progress(_, now) => {
                assert!(now >= before, "{now} after {before}");
                before = now;
            }
            Told::Ended(_, started, outcome) => {
                assert!(started.is_some() && matches!(outcome, Outcome::Completed { .. }));
                break;
            }
            other => unreachable!("{other:?}"),
        }
    }
    // Another's end comes after all that is still to come of the first.
    side.runner().start(vec![yard.script("w2", "true")]);
    let next = side.told().recv_timeout(PATIENCE).unwrap();
    assert!(matches!(next, Told::Ended(id, ..) if id == "w2"));
}

fn what_is_given_comes_before_the_end(side: &mut dyn Side) {
    side.runner().start(vec![gives("w1")]);
    let Told::Gave(id, values) = side.told().recv_timeout(PATIENCE).unwrap() else {
        unreachable!()
    };
    assert_eq!((id.as_str(), values.len()), ("w1", 1));
    assert_eq!(outputs(side.end().1).len(), 2);
}

fn many_are_run_once_each(side: &mut dyn Side) {
    let yard = Yard::new();
    let orders = (0..200).map(|n| yard.script(&format!("w{n}"), "echo ran >> YARD/ran"));
    side.runner().start(orders.collect());
    let ends: BTreeSet<String> = (0..200).map(|_| side.end().0).collect();
    assert_eq!((ends.len(), yard.lines("ran")), (200, 200));
}

fn a_restart_finds_what_runs(side: &mut dyn Side) {
    let yard = Yard::new();
    let script = "echo ran >> YARD/ran; echo before; : > YARD/ready; read x < YARD/go; echo after; echo key=kept > $REEL_OUTPUT";
    let order = yard.script("w1", script);
    side.runner().start(vec![order.clone()]);
    yard.wait_until_ready();
    side.restart(vec![order]);
    yard.go();
    let (id, outcome) = side.end();
    assert_eq!(
        (id.as_str(), outputs(outcome)["key"].to_string().as_str()),
        ("w1", "kept")
    );
    assert_eq!(
        (yard.lines("ran"), side.log("w1")),
        (1, vec!["before".to_owned(), "after".to_owned()])
    );
}

fn all(make: impl Fn() -> Box<dyn Side>) {
    for scenario in [
        ends_are_told,
        all_of_the_log_comes_before_the_end,
        what_waits_and_what_runs_can_be_cancelled,
        progress_goes_forward_and_ends_with_the_end,
        what_is_given_comes_before_the_end,
        many_are_run_once_each,
        a_restart_finds_what_runs,
    ] {
        scenario(&mut *make());
    }
}

#[test]
fn the_runner_of_this_box_conforms() {
    all(|| Box::new(Alone::start()));
}

#[test]
fn a_worker_over_memory_conforms() {
    all(|| {
        let link = MemoryLink::default();
        Box::new(Remote::start(move || Arc::new(link.clone())))
    });
}

#[test]
fn a_worker_over_redis_conforms() {
    let server = reel_tests::Redis::start().unwrap();
    let url = server.url();
    all(|| {
        let url = url.clone();
        Box::new(Remote::start(move || {
            Arc::new(RedisLink::open(&url).unwrap()) as Arc<dyn Link>
        }))
    });
}
