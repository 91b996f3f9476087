//! A cancel ends the whole tree of a stage, and is told only when it is gone.

use reel_tests::{Daemon, Gate, Home, act, command, running_under, submit, wait_for};
use serde_json::json;

/// Programs of this home that are not ours: neither shim nor daemon.
fn programs(home: &Home) -> Vec<Vec<String>> {
    let ours =
        |command: &[String]| command[0].ends_with("reel-shim") || command[0].ends_with("reeld");
    running_under(home.root())
        .into_iter()
        .map(|process| process.command)
        .filter(|command| !ours(command))
        .collect()
}

#[tokio::test]
async fn a_cancel_ends_children_that_left_their_session() {
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let ready = Gate::new(&home, "ready").unwrap();
    // One child in the group, one in a session of its own, one orphaned there, one deaf to TERM.
    let script = format!(
        "sleep 1000 & setsid sleep 1000 & (setsid sh -c 'sleep 1000 & exit' &); sh -c 'trap \"\" TERM; echo deaf > {}; sleep 1000 & wait; wait' & wait",
        ready.path().display()
    );
    let made = submit(&home, &command(&["/bin/sh", "-c", &script]))
        .await
        .unwrap();
    assert_eq!(ready.take().unwrap(), "deaf\n");
    assert!(programs(&home).len() >= 4, "{:?}", programs(&home));
    let asked = act(&home, &made.id, "cancel", json!({})).await.unwrap();
    assert!(asked.cancelling == Some(true) || asked.status == "cancelled");
    let ended = wait_for(&home, &made.id, |view| view.status != "running")
        .await
        .unwrap();
    assert_eq!(ended.status, "cancelled");
    assert_eq!(programs(&home), Vec::<Vec<String>>::new());
}

#[tokio::test]
async fn a_time_limit_ends_a_program_with_its_class() {
    let home = Home::scratch().unwrap();
    home.pipeline(
        "long",
        "[[stages]]\nid = 'one'\nrun = ['/bin/sleep', '1000']\ntimeout = '1s'\nretry = 0\n",
    )
    .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let made = submit(&home, &reel_tests::request("long", json!({})))
        .await
        .unwrap();
    let failed = reel_tests::wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!(
        (failed.status.as_str(), failed.error.unwrap().class.as_str()),
        ("failed", "timeout")
    );
    assert_eq!(programs(&home), Vec::<Vec<String>>::new());
}
