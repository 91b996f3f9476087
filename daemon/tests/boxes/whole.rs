//! The scenarios of the port, and what only the whole can show, with the real coordinator before an engine.

use super::house::{House, counts};
use super::orders::Yard;
use reeld::domain::why::Closed;
use reeld::domain::workflow::{StageState, Wait};
use reeld::domain::{ErrorClass, State, Status};
use reeld::engine::boxes::Presence;
use reeld::transport::link::{Link, MemoryLink, RedisLink};
use std::sync::Arc;
use std::time::Duration;

/// So long that no box is lost in these tests.
const LONG: Duration = Duration::from_secs(60);
/// So short that a test can wait for it.
const SHORT: Duration = Duration::from_secs(3);

type Links = Box<dyn Fn() -> Arc<dyn Link>>;

fn over(link: &MemoryLink) -> impl Fn() -> Arc<dyn Link> + 'static {
    let link = link.clone();
    move || Arc::new(link.clone())
}

fn ends_are_folded(links: Links) {
    let (yard, house) = (Yard::new(), House::start(links, LONG, &["b"]));
    house.submit(yard.submit("w1", "echo word; echo key=value > $REEL_OUTPUT"));
    house.submit(yard.submit("w2", "echo oh no; exit 9"));
    house.submit(yard.submit("w3", "echo ::park 90 later; exit 75"));
    let done = house.ended("w1");
    let stage = &done.stages[0];
    assert_eq!(done.status(), Status::Completed);
    assert_eq!(stage.outputs["key"].to_string(), "value");
    assert_eq!((stage.box_name.as_deref(), stage.attempts), (Some("b"), 1));
    assert_eq!(house.log("w1", 1), ["word"]);
    let failed = house.ended("w2");
    let State::Failed(failure) = &failed.state else {
        unreachable!("{failed:?}")
    };
    assert_eq!(
        (failure.class, failure.code.as_str()),
        (ErrorClass::Input, "exit_9")
    );
    let parked = house.reaches("w3", Status::Waiting);
    let StageState::Waiting(Wait::Parked { reason, .. }) = &parked.stages[0].state else {
        unreachable!("{parked:?}")
    };
    assert_eq!(reason, "later");
}

fn all_of_the_log_is_home_before_the_end(links: Links) {
    let (yard, house) = (Yard::new(), House::start(links, LONG, &["b"]));
    let script = "i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done";
    house.submit(yard.submit("w1", script));
    house.ended("w1");
    let expected: Vec<String> = (0..5000).map(|line| format!("line {line}")).collect();
    assert_eq!(house.log("w1", 1), expected);
}

fn what_waits_and_what_runs_is_cancelled(links: Links) {
    let (yard, house) = (Yard::new(), House::start(links, LONG, &["b"]));
    let script = ": > YARD/ready; sleep 1000";
    house.submit(yard.submit("w1", script));
    yard.wait_until_ready();
    house.submit(yard.submit("w2", "sleep 1000"));
    house.reaches("w2", Status::Running);
    house.submit(yard.submit("w3", "echo ran >> YARD/ran"));
    house.cancel("w3");
    assert_eq!(house.ended("w3").status(), Status::Cancelled);
    house.cancel("w1");
    house.cancel("w2");
    for id in ["w1", "w2"] {
        assert_eq!(house.ended(id).status(), Status::Cancelled);
    }
    assert_eq!(yard.lines("ran"), 0);
}

fn many_end_once_each(links: Links) {
    let (yard, house) = (Yard::new(), House::start(links, LONG, &["b", "c"]));
    let ids: Vec<String> = (0..100).map(|n| format!("w{n}")).collect();
    for id in &ids {
        house.submit(yard.submit(id, "echo ran >> YARD/ran; echo said"));
    }
    for id in &ids {
        let ended = house.ended(id);
        assert_eq!(
            (ended.status(), ended.stages[0].attempts),
            (Status::Completed, 1)
        );
        assert_eq!(house.log(id, 1), ["said"]);
    }
    assert_eq!(yard.lines("ran"), ids.len());
    let events = house.events();
    for id in &ids {
        assert_eq!(counts(&events, id)["stage.completed"], 1);
    }
}

fn a_new_coordinator_goes_on(links: Links) {
    let (yard, mut house) = (Yard::new(), House::start(links, LONG, &["b"]));
    let script = "echo ran >> YARD/ran; echo before; : > YARD/ready; read x < YARD/go; echo after";
    house.submit(yard.submit("w1", script));
    house.submit(yard.submit("w2", "sleep 1000"));
    yard.wait_until_ready();
    house.reaches("w2", Status::Running);
    house.end_lead();
    yard.go();
    house.begin();
    let ended = house.ended("w1");
    assert_eq!(
        (ended.status(), ended.stages[0].attempts, yard.lines("ran")),
        (Status::Completed, 1, 1)
    );
    assert_eq!(house.log("w1", 1), ["before", "after"]);
    house.cancel("w2");
    assert_eq!(house.ended("w2").status(), Status::Cancelled);
}

fn a_new_worker_goes_on(links: Links) {
    let (yard, mut house) = (Yard::new(), House::start(links, LONG, &["b"]));
    let script = "echo ran >> YARD/ran; echo before; : > YARD/ready; read x < YARD/go; echo after";
    house.submit(yard.submit("w1", script));
    yard.wait_until_ready();
    house.end_worker("b");
    yard.go();
    house.begin_worker("b");
    let ended = house.ended("w1");
    assert_eq!(
        (ended.status(), ended.stages[0].attempts, yard.lines("ran")),
        (Status::Completed, 1, 1)
    );
    assert_eq!(house.log("w1", 1), ["before", "after"]);
}

fn all(links: impl Fn() -> Links) {
    for scenario in [
        ends_are_folded,
        all_of_the_log_is_home_before_the_end,
        what_waits_and_what_runs_is_cancelled,
        many_end_once_each,
        a_new_coordinator_goes_on,
        a_new_worker_goes_on,
    ] {
        scenario(links());
    }
}

#[test]
fn the_whole_conforms_over_memory() {
    all(|| Box::new(over(&MemoryLink::default())));
}

#[test]
fn the_whole_conforms_over_redis() {
    all(|| {
        let server = reel_tests::Redis::start().unwrap();
        Box::new(move || Arc::new(RedisLink::open(&server.url()).unwrap()))
    });
}

#[test]
fn all_is_cut_and_lost_and_nobody_is_judged() {
    let (link, yard) = (MemoryLink::default(), Yard::new());
    let house = House::start(over(&link), LONG, &["b"]);
    let script = "echo ran >> YARD/ran; : > YARD/ready; read x < YARD/go; echo said";
    house.submit(yard.submit("w1", script));
    yard.wait_until_ready();
    link.cut(true);
    yard.go();
    let mut busy = house.huts["b"].worker.as_ref().unwrap().busy();
    let idle = busy.wait_for(|busy| *busy == 0);
    house.runtime.block_on(idle).unwrap();
    house.submit(yard.submit("w2", "echo ran >> YARD/ran"));
    link.flush();
    link.cut(false);
    for id in ["w1", "w2"] {
        let ended = house.ended(id);
        assert_eq!(
            (ended.status(), ended.stages[0].attempts),
            (Status::Completed, 1)
        );
    }
    assert_eq!(
        (house.log("w1", 1), yard.lines("ran")),
        (vec!["said".to_owned()], 2)
    );
    assert!(house.events().iter().all(|event| event.kind != "box.lost"));
}

#[test]
fn what_a_lost_box_held_runs_elsewhere_and_its_own_end_is_refused() {
    let (link, yard) = (MemoryLink::default(), Yard::new());
    let mut house = House::start(over(&link), SHORT, &["lost-one"]);
    // The first attempt never ends by itself.
    let script = "echo attempt $REEL_ATTEMPT; [ $REEL_ATTEMPT = 1 ] && { : > YARD/ready; sleep 1000; }; true";
    house.submit(yard.submit("w1", script));
    yard.wait_until_ready();
    house.huts["lost-one"].way.cut(true);
    house.until_told("box.lost", "lost-one");
    house.add("other");
    let ended = house.ended("w1");
    let stage = &ended.stages[0];
    assert_eq!(ended.status(), Status::Completed);
    assert_eq!(
        (stage.box_name.as_deref(), stage.attempts, stage.losses),
        (Some("other"), 2, 1)
    );
    assert_eq!(house.log("w1", 2), ["attempt 2"]);
    house.huts["lost-one"].way.cut(false);
    house.until_refused("lost-one");
    assert_eq!(house.now("w1").unwrap().stages[0].attempts, 2);
}

#[test]
fn the_third_loss_fails() {
    let (link, yard) = (MemoryLink::default(), Yard::new());
    let house = House::start(over(&link), SHORT, &["weak"]);
    house.submit(yard.submit("w1", ": > YARD/ready; sleep 1000"));
    for loss in 1..=3 {
        yard.wait_until_ready();
        house.huts["weak"].way.cut(true);
        house.until("w1", |workflow| {
            workflow.stages[0].losses == loss || workflow.status().is_terminal()
        });
        house.huts["weak"].way.cut(false);
    }
    let State::Failed(failure) = &house.ended("w1").state else {
        unreachable!()
    };
    assert_eq!(failure.class, ErrorClass::Lost);
    assert!(
        failure.message.contains("lost 3 times"),
        "{}",
        failure.message
    );
}

#[test]
fn a_coordinator_that_was_restored_from_a_copy_goes_on() {
    let (link, yard) = (MemoryLink::default(), Yard::new());
    let mut house = House::start(over(&link), LONG, &["b"]);
    let runs = |id: &str| yard.submit(id, "echo ran >> YARD/ran");
    house.submit(runs("w1"));
    house.ended("w1");
    house.end_lead();
    let copy = house.copy();
    house.begin();
    // One ends and is answered, one goes on, one ends while nobody listens: the copy knows of none of them.
    house.submit(runs("w2"));
    house.ended("w2");
    let script = ": > YARD/ready; read x < YARD/go; echo ran >> YARD/ran";
    house.submit(yard.submit("w3", script));
    yard.wait_until_ready();
    house.end_lead();
    house.restore(&copy);
    house.begin();
    assert!(house.now("w2").is_none() && house.now("w1").is_some());
    for id in ["w2", "w4", "w5"] {
        house.submit(runs(id));
    }
    for id in ["w2", "w4", "w5"] {
        assert_eq!(house.ended(id).status(), Status::Completed);
    }
    assert!(house.now("w3").is_none());
}

#[test]
fn a_box_that_was_stopped_is_not_missed() {
    let (link, yard) = (MemoryLink::default(), Yard::new());
    let mut house = House::start(over(&link), SHORT, &["calm"]);
    house.submit(yard.submit("w1", "true"));
    house.ended("w1");
    let worker = house.huts.get_mut("calm").unwrap().worker.take().unwrap();
    house.runtime.block_on(worker.drain(Duration::ZERO));
    house.until_box("calm", |facts| facts.closed == Some(Closed::Stopping));
    house.runtime.block_on(worker.stop());
    house.until_told("box.left", "calm");
    // Another life of the coordinator knows it as that, and nobody is told that it is lost.
    house.end_lead();
    house.begin();
    house.until_box("calm", |facts| facts.presence == Presence::Left);
    house.begin_worker("calm");
    house.until_told("box.back", "calm");
    assert!(house.events().iter().all(|event| event.kind != "box.lost"));
    house.submit(yard.submit("w2", "true"));
    assert_eq!(house.ended("w2").status(), Status::Completed);
}

#[test]
fn a_workflow_that_is_deleted_leaves_nothing_there_although_the_word_is_lost() {
    let (link, yard) = (MemoryLink::default(), Yard::new());
    let house = House::start(over(&link), LONG, &["b"]);
    house.submit(yard.submit("w1", "echo word > file"));
    house.ended("w1");
    let place = house.huts["b"].root.path().join("work/w1");
    // Its end was word enough; what stands there when it is deleted is put there anew.
    house.until_seen(|| !place.exists());
    std::fs::create_dir(&place).unwrap();
    house.huts["b"].way.cut(true);
    house.delete("w1");
    // What was said by now is gone; what was not is said for the first time.
    link.flush();
    house.huts["b"].way.cut(false);
    house.until_seen(|| !place.exists());
}
