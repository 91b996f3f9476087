//! What a program of a stage may say and how it may end: outputs, progress, log lines, parks, exit codes, floods.

use reel_tests::{Daemon, Gate, Home, act, command, request, submit, wait_for, wait_for_end};
use serde_json::{Value, json};

#[tokio::test]
async fn parameters_reach_programs_as_they_are() {
    let home = Home::scratch().unwrap();
    home.pipeline(
        "greet",
        "[params.word]\ntype = 'text'\nrequired = true\n[[stages]]\nid = 'one'\nrun = ['/bin/sh', '-c', 'printf %s \"$1\" > word; echo size=$(wc -c < word) >> \"$REEL_OUTPUT\"', 'sh', '${params.word}']\n[[stages]]\nid = 'two'\nrun = ['/bin/sh', '-c', 'echo got=$1 >> \"$REEL_OUTPUT\"', 'sh', '${stages.one.outputs.size}']\n",
    )
    .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let word = "שלום ' \" $(touch /nope) `x` ${params.word} % : \\ \n второй — 終わり 🎬";
    let made = submit(&home, &request("greet", json!({ "word": word })))
        .await
        .unwrap();
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    let stages: Vec<_> = ended.stage_views().collect();
    assert_eq!(stages[1].1.outputs["got"], word.len().to_string());
}

#[tokio::test]
async fn exit_codes_and_log_lines_give_the_failures_class() {
    let home = Home::scratch().unwrap();
    let pipeline = "[params.say]\ntype = 'string'\nrequired = true\n[params.code]\ntype = 'int'\nrequired = true\n[[stages]]\nid = 'one'\nrun = ['/bin/sh', '-c', 'echo \"$1\"; exit $2', 'sh', '${params.say}', '${params.code}']\nretry = 0\n[stages.fail]\n'9' = 'input'\n'/quota.*exceeded/' = 'quota'\n";
    home.pipeline("fails", pipeline).unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    for (say, code, class) in [("x", 9, "input"), ("x", 3, "provider")] {
        let made = submit(
            &home,
            &request("fails", json!({ "say": say, "code": code })),
        )
        .await
        .unwrap();
        let failed = wait_for_end(&home, &made.id).await.unwrap();
        let error = failed.error.unwrap();
        assert_eq!(
            (
                error.class.as_str(),
                error.code.clone(),
                error.hint.is_empty()
            ),
            (class, format!("exit_{code}"), false)
        );
    }
    let made = submit(
        &home,
        &request(
            "fails",
            json!({ "say": "the quota is exceeded", "code": 1 }),
        ),
    )
    .await
    .unwrap();
    let parked = wait_for(&home, &made.id, |view| view.status == "waiting")
        .await
        .unwrap();
    assert_eq!(parked.waiting_for.unwrap().kind, "quota");
}

#[tokio::test]
async fn a_park_waits_for_its_time_and_a_retry_ends_the_wait() {
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let flag = home.root().join("flag");
    let script = format!(
        "test -e {} || {{ echo '::park 3600 the shop is closed'; exit 75; }}",
        flag.display()
    );
    let made = submit(&home, &command(&["/bin/sh", "-c", &script]))
        .await
        .unwrap();
    let parked = wait_for(&home, &made.id, |view| view.status == "waiting")
        .await
        .unwrap();
    let waiting = parked.waiting_for.unwrap();
    assert_eq!(
        (
            waiting.kind.as_str(),
            waiting.message.contains("the shop is closed")
        ),
        ("time", true)
    );
    assert!(waiting.until.is_some());
    std::fs::write(flag, "").unwrap();
    act(&home, &made.id, "retry", json!({})).await.unwrap();
    assert_eq!(
        wait_for_end(&home, &made.id).await.unwrap().status,
        "completed"
    );
}

#[tokio::test]
async fn progress_comes_from_the_program_and_never_goes_back() {
    use reel_shared::client::{Events, EventsQuery};
    use reel_shared::stream::Frame;
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let gate = Gate::new(&home, "gate").unwrap();
    let script = format!(
        "read x < {}; for p in 10 45.5 30 80; do echo \"::progress $p step $p\"; done",
        gate.path().display()
    );
    let made = submit(&home, &command(&["/bin/sh", "-c", &script]))
        .await
        .unwrap();
    let query = EventsQuery {
        workflow: Some(made.id.clone()),
        ..EventsQuery::default()
    };
    let mut events = Events::connect(&home.endpoint(), &query).await.unwrap();
    gate.give("go").unwrap();
    let mut seen = Vec::new();
    loop {
        match events.next().await.unwrap() {
            Frame::Progress {
                workflow_progress, ..
            } => seen.push(workflow_progress),
            Frame::Event {
                workflow: Some(view),
                ..
            } => {
                seen.push(view.progress);
                if view.status == "completed" {
                    break;
                }
            }
            _ => {}
        }
    }
    assert!(seen.is_sorted(), "{seen:?}");
    assert_eq!(seen.last(), Some(&100.0));
}

#[tokio::test]
async fn a_flood_of_output_is_kept_at_head_and_tail_and_blocks_nobody() {
    let home = Home::scratch().unwrap();
    home.configure("[limits]\nlog = \"1MiB\"\n").unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let script = "echo first; i=0; while [ $i -lt 60000 ]; do echo \"line $i ......................................\"; i=$((i+1)); done; head -c 300000 /dev/zero | tr '\\0' x; echo; echo last";
    let made = submit(&home, &command(&["/bin/sh", "-c", script]))
        .await
        .unwrap();
    assert_eq!(
        wait_for_end(&home, &made.id).await.unwrap().status,
        "completed"
    );
    let page = async |after: u64| -> Value {
        home.client()
            .get(&format!(
                "/api/workflow/{}/logs?after={after}&limit=200",
                made.id
            ))
            .await
            .unwrap()
    };
    assert_eq!(page(0).await["lines"].as_array().unwrap().len(), 200);
    let attempts = home.data().join("attempts").join(&made.id);
    let kept: u64 = std::fs::read_dir(attempts)
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert!(kept < 3 << 20, "{kept} bytes are kept");
    let whole = reel_tests::reel(&home, &["logs", &made.id]).unwrap();
    assert!(
        whole.stdout.contains("first") && whole.stdout.contains("last"),
        "{}",
        whole.stderr
    );
}

#[tokio::test]
async fn a_program_that_is_not_there_fails_with_its_name_and_a_remedy() {
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let made = submit(&home, &command(&["no-such-program-here"]))
        .await
        .unwrap();
    let failed = wait_for_end(&home, &made.id).await.unwrap();
    let error = failed.error.unwrap();
    assert_eq!(
        (failed.status.as_str(), error.class.as_str()),
        ("failed", "config")
    );
    assert!(
        error.message.contains("no-such-program-here") && !error.hint.is_empty(),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_broken_pipeline_file_is_named_and_the_others_load() {
    let home = Home::scratch().unwrap();
    home.pipeline("broken", "[[stages]]\nid = 'one'\nrun = 'not a list'\n")
        .unwrap();
    home.pipeline("fine", "[[stages]]\nid = 'one'\nrun = ['/bin/true']\n")
        .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let made = submit(&home, &request("fine", json!({}))).await.unwrap();
    assert_eq!(
        wait_for_end(&home, &made.id).await.unwrap().status,
        "completed"
    );
    let refused = submit(&home, &request("broken", json!({})))
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("broken"), "{refused}");
    let listed: Value = home.client().get("/api/pipelines").await.unwrap();
    assert!(listed.to_string().contains("\"fine\"") && listed.to_string().contains("\"video\""));
}

#[tokio::test]
async fn a_failed_try_is_retried_after_its_back_off() {
    let home = Home::scratch().unwrap();
    home.pipeline(
        "flaky",
        "[[stages]]\nid = 'one'\nrun = ['/bin/sh', '-c', 'test \"$REEL_ATTEMPT\" -gt 1']\nretry = { times = 2, first = '100ms', max = '1s' }\n",
    )
    .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let made = submit(&home, &request("flaky", json!({}))).await.unwrap();
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    let (_, stage) = ended.stage_views().next().unwrap();
    assert_eq!((ended.status.as_str(), stage.attempts), ("completed", 2));
}
