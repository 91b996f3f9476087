//! What runs outlives the daemon: the same process goes on, and its end is learned even if nobody was there to see it.

use reel_tests::{
    Daemon, Gate, Home, Process, command, running_under, submit, wait_for_end, wait_for_status,
};
use serde_json::json;

fn find(home: &Home, program: &str) -> Option<Process> {
    running_under(home.root())
        .into_iter()
        .find(|process| process.command[0].ends_with(program))
}

/// Waits, by the event stream, until the stage's tool has told some progress: then it runs.
async fn first_progress(home: &Home, id: &str) {
    use reel_shared::client::{Events, EventsQuery};
    use reel_shared::stream::Frame;
    let query = EventsQuery {
        workflow: Some(id.to_owned()),
        ..EventsQuery::default()
    };
    let mut events = Events::connect(&home.endpoint(), &query).await.unwrap();
    while !matches!(events.next().await.unwrap(), Frame::Progress { .. }) {}
}

#[tokio::test]
async fn the_same_ffmpeg_goes_on_after_kill_9() {
    let home = Home::scratch().unwrap();
    let (input, output) = (home.root().join("in.mp4"), home.root().join("out.mp4"));
    let source = "testsrc2=size=160x120:rate=10:duration=8";
    let made = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", source])
        .arg(&input)
        .status();
    assert!(made.unwrap().success());
    let (input, output) = (input.display().to_string(), output.display().to_string());
    let argv = [
        "ffmpeg",
        "-nostdin",
        "-hide_banner",
        "-progress",
        "pipe:1",
        "-re",
        "-i",
        &input,
        "-y",
        &output,
    ];
    let daemon = Daemon::start(&home).unwrap();
    let made = submit(&home, &command(&argv)).await.unwrap();
    wait_for_status(&home, &made.id, "running").await.unwrap();
    first_progress(&home, &made.id).await;
    let before = find(&home, "ffmpeg").expect("ffmpeg runs");
    daemon.kill().unwrap();
    assert_eq!(
        find(&home, "ffmpeg"),
        Some(before.clone()),
        "it outlives the daemon"
    );
    let _daemon = Daemon::start(&home).unwrap();
    let running: reel_shared::workflow::WorkflowView = home
        .client()
        .get(&format!("/api/workflow/status/{}", made.id))
        .await
        .unwrap();
    assert_eq!(running.status, "running");
    assert_eq!(
        find(&home, "ffmpeg"),
        Some(before),
        "no second one was started"
    );
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    let (_, stage) = ended.stage_views().next().unwrap();
    assert_eq!((ended.status.as_str(), stage.attempts), ("completed", 1));
    assert!(std::fs::metadata(output).unwrap().len() > 1000);
}

#[tokio::test]
async fn an_end_that_nobody_saw_is_learned_at_the_next_start() {
    let home = Home::scratch().unwrap();
    let daemon = Daemon::start(&home).unwrap();
    let gates = ["good", "bad"].map(|name| Gate::new(&home, name).unwrap());
    let started = Gate::new(&home, "started").unwrap();
    let script = |gate: &Gate, code: u8| {
        let (started, gate) = (started.path().display(), gate.path().display());
        format!(
            "echo yes > {started}; read line < {gate}; echo seen=yes >> \"$REEL_OUTPUT\"; exit {code}"
        )
    };
    let good = submit(&home, &command(&["/bin/sh", "-c", &script(&gates[0], 0)]))
        .await
        .unwrap();
    started.take().unwrap();
    let bad = submit(&home, &command(&["/bin/sh", "-c", &script(&gates[1], 9)]))
        .await
        .unwrap();
    started.take().unwrap();
    daemon.kill().unwrap();
    let end = running_under(home.root())
        .into_iter()
        .filter(|process| process.command[0].ends_with("reel-shim"))
        .collect::<Vec<_>>();
    assert_eq!(end.len(), 2, "{end:?}");
    for gate in &gates {
        gate.give("go").unwrap();
    }
    for shim in end {
        wait_for_the_end_of(shim.pid);
    }
    let _daemon = Daemon::start(&home).unwrap();
    let good = wait_for_end(&home, &good.id).await.unwrap();
    let (_, stage) = good.stage_views().next().unwrap();
    assert_eq!(
        (good.status.as_str(), stage.attempts, &stage.outputs["seen"]),
        ("completed", 1, &json!("yes"))
    );
    let bad = wait_for_end(&home, &bad.id).await.unwrap();
    assert_eq!(
        (bad.status.as_str(), bad.error.unwrap().code.as_str()),
        ("failed", "exit_9")
    );
}

fn wait_for_the_end_of(pid: i32) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{Pid, PidfdFlags, pidfd_open};
    // Gone already is as good.
    let Ok(end) = pidfd_open(Pid::from_raw(pid).unwrap(), PidfdFlags::empty()) else {
        return;
    };
    let limit = Timespec {
        tv_sec: 60,
        tv_nsec: 0,
    };
    assert_eq!(
        poll(&mut [PollFd::new(&end, PollFlags::IN)], Some(&limit)).unwrap(),
        1,
        "it never ends"
    );
}

#[tokio::test]
async fn a_queue_survives_and_a_stop_leaves_what_runs() {
    let home = Home::scratch().unwrap();
    home.configure("[resources]\ncpu = 1\n").unwrap();
    let daemon = Daemon::start(&home).unwrap();
    let gates = ["started", "gate"].map(|name| Gate::new(&home, name).unwrap());
    let script = format!(
        "echo yes > {}; read line < {}",
        gates[0].path().display(),
        gates[1].path().display()
    );
    let running = submit(&home, &command(&["/bin/sh", "-c", &script]))
        .await
        .unwrap();
    gates[0].take().unwrap();
    let queued = submit(&home, &command(&["/bin/true"])).await.unwrap();
    assert!(daemon.terminate().unwrap().success());
    assert!(find(&home, "/bin/sh").is_some());
    let _daemon = Daemon::start(&home).unwrap();
    gates[1].give("go").unwrap();
    assert_eq!(
        wait_for_end(&home, &running.id).await.unwrap().status,
        "completed"
    );
    assert_eq!(
        wait_for_end(&home, &queued.id).await.unwrap().status,
        "completed"
    );
}

#[tokio::test]
async fn the_stream_resumes_behind_the_last_number_over_a_restart() {
    use reel_shared::client::{Events, EventsQuery};
    use reel_shared::stream::Frame;
    let home = Home::scratch().unwrap();
    let daemon = Daemon::start(&home).unwrap();
    let mut events = Events::connect(&home.endpoint(), &EventsQuery::default())
        .await
        .unwrap();
    let Frame::Hello { instance, .. } = events.next().await.unwrap() else {
        panic!("hello comes first")
    };
    let Frame::Snapshot { mut seq, .. } = events.next().await.unwrap() else {
        panic!("then the snapshot")
    };
    let made = submit(&home, &command(&["/bin/true"])).await.unwrap();
    let Frame::Event {
        seq: first,
        workflow_id,
        ..
    } = events.next().await.unwrap()
    else {
        panic!("then events")
    };
    assert_eq!((first, workflow_id), (seq + 1, Some(made.id)));
    seq = first;
    daemon.kill().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let query = EventsQuery {
        since: Some((seq, instance.clone())),
        ..EventsQuery::default()
    };
    let mut events = Events::connect(&home.endpoint(), &query).await.unwrap();
    let Frame::Hello {
        instance: again, ..
    } = events.next().await.unwrap()
    else {
        panic!("hello")
    };
    assert_eq!(again, instance);
    for _ in 0..3 {
        match events.next().await.unwrap() {
            Frame::Event { seq: next, .. } => {
                assert_eq!(next, seq + 1);
                seq = next;
            }
            Frame::Progress { .. } | Frame::Ping => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn what_a_workflow_worked_on_goes_although_the_daemon_died_over_its_end() {
    let home = Home::scratch().unwrap();
    let daemon = Daemon::start(&home).unwrap();
    let good = submit(&home, &command(&["/bin/true"])).await.unwrap();
    let bad = submit(&home, &command(&["/bin/false"])).await.unwrap();
    for id in [&good.id, &bad.id] {
        wait_for_end(&home, id).await.unwrap();
    }
    daemon.kill().unwrap();
    // As it stands when the end is on the disk and the removal is not begun.
    let work = |id: &str| home.data().join("work").join(id);
    for id in [&good.id, &bad.id] {
        std::fs::create_dir_all(work(id)).unwrap();
        std::fs::write(work(id).join("narration.wav"), "x").unwrap();
    }
    let _daemon = Daemon::start(&home).unwrap();
    assert!(!work(&good.id).exists());
    assert!(
        work(&bad.id).join("narration.wav").exists(),
        "a retry goes on from it"
    );
}
