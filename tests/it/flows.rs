//! Workflows through the HTTP interface: submit, order, hold, repeat, list.

use reel_shared::client::{ClientError, Method};
use reel_shared::request::{BatchRequest, SubmitRequest};
use reel_shared::workflow::WorkflowView;
use reel_tests::{
    Daemon, Gate, Home, act, command, shown, submit, wait_for, wait_for_end, wait_for_status,
};
use serde_json::{Value, json};

#[tokio::test]
async fn a_program_runs_and_its_outputs_and_log_are_kept() {
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let script = "echo hello; echo place=/a/b >> \"$REEL_OUTPUT\"; echo oops >&2";
    let made = submit(&home, &command(&["/bin/sh", "-c", script]))
        .await
        .unwrap();
    assert_eq!(made.id, made.video_id);
    assert!(
        made.id.len() == 12
            && made
                .id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()),
        "{}",
        made.id
    );
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!(
        (ended.status.as_str(), ended.progress),
        ("completed", 100.0)
    );
    let (_, stage) = ended.stage_views().next().unwrap();
    assert_eq!(stage.outputs["place"], "/a/b");
    let log: Value = home
        .client()
        .get(&format!("/api/workflow/{}/logs", made.id))
        .await
        .unwrap();
    let lines: Vec<&str> = log["lines"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|line| line["line"].as_str())
        .collect();
    assert!(lines.contains(&"hello") && lines.contains(&"oops"), "{log}");
    assert_eq!(log["lines"][0]["offset"], 0);
}

#[tokio::test]
async fn event_numbers_have_no_gap_and_a_submit_is_its_workflows_first() {
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    for _ in 0..5 {
        let made = submit(&home, &command(&["/bin/true"])).await.unwrap();
        wait_for_end(&home, &made.id).await.unwrap();
        let page: Value = home
            .client()
            .get(&format!("/api/workflow/{}/events", made.id))
            .await
            .unwrap();
        assert_eq!(page["events"][0]["kind"], "workflow.created");
        assert_eq!(
            page["events"].as_array().unwrap().last().unwrap()["kind"],
            "workflow.completed"
        );
    }
    let database = rusqlite::Connection::open(home.database()).unwrap();
    let (count, last): (i64, i64) = database
        .query_row("SELECT count(*), max(seq) FROM events", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(count, last);
    // Paged back from the newest, the same numbers come, each once.
    let (mut told, mut before) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/events/past?limit=7{before}");
        let page: Value = home.client().get(&path).await.unwrap();
        let events = page["events"].as_array().unwrap();
        told.extend(events.iter().filter_map(|event| event["seq"].as_i64()));
        match page["next"].as_i64() {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }
    assert_eq!(told, (1..=last).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_batch_is_taken_whole_or_not_at_all() {
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let good = |id: &str| SubmitRequest {
        id: Some(id.into()),
        ..command(&["/bin/true"])
    };
    let bad = SubmitRequest {
        pipeline: "comand".into(),
        ..good("three")
    };
    let refused: Result<Value, _> = home
        .client()
        .post(
            "/api/workflow/batch",
            &BatchRequest {
                workflows: vec![good("one"), good("two"), bad],
            },
        )
        .await;
    let Err(ClientError::Problem {
        status: 422,
        problem,
        ..
    }) = refused
    else {
        panic!("{refused:?}")
    };
    let details = problem.details.unwrap().to_string();
    assert!(
        details.contains("workflows[2].pipeline") && details.contains("command"),
        "{details}"
    );
    let none: Result<Value, _> = home.client().get("/api/workflow/status/one").await;
    assert!(none.unwrap_err().is_not_found());
    let taken: Value = home
        .client()
        .post(
            "/api/workflow/batch",
            &BatchRequest {
                workflows: vec![good("one"), good("two")],
            },
        )
        .await
        .unwrap();
    assert_eq!(
        (
            taken["count"].as_u64(),
            taken["workflows"][1]["id"].as_str()
        ),
        (Some(2), Some("two"))
    );
    wait_for_status(&home, "two", "completed").await.unwrap();
}

#[tokio::test]
async fn an_idempotency_key_gives_the_first_answer_again() {
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let body = serde_json::to_vec(&command(&["/bin/true"])).unwrap();
    let headers = [("idempotency-key", "once")];
    let mut client = home.client();
    let first = client
        .request(Method::POST, "/api/workflow", Some(body.clone()), &headers)
        .await
        .unwrap();
    let again = client
        .request(Method::POST, "/api/workflow", Some(body), &headers)
        .await
        .unwrap();
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    let other = serde_json::to_vec(&command(&["/bin/false"])).unwrap();
    let reused = client
        .request(Method::POST, "/api/workflow", Some(other), &headers)
        .await;
    let Err(ClientError::Problem {
        status: 422,
        problem,
        ..
    }) = reused
    else {
        panic!("{reused:?}")
    };
    assert_eq!(problem.code, "idempotency_key_reused");
}

#[tokio::test]
async fn what_depends_waits_and_fails_with_what_it_depends_on() {
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let gate = Gate::new(&home, "gate").unwrap();
    let script = format!("read line < {}; exit $line", gate.path().display());
    let first = submit(&home, &command(&["/bin/sh", "-c", &script]))
        .await
        .unwrap();
    let after = |id: &str| SubmitRequest {
        depends_on: vec![id.to_owned()],
        ..command(&["/bin/true"])
    };
    let second = submit(&home, &after(&first.id)).await.unwrap();
    assert_eq!(second.status, "blocked");
    assert_eq!(second.waiting_for.unwrap().kind, "dependency");
    let why: Value = home
        .client()
        .get(&format!("/api/workflow/{}/why", second.id))
        .await
        .unwrap();
    assert_eq!(why["waitingFor"]["kind"], "dependency");
    gate.give("1").unwrap();
    assert_eq!(
        wait_for_end(&home, &first.id).await.unwrap().status,
        "failed"
    );
    let second = wait_for_end(&home, &second.id).await.unwrap();
    assert_eq!(
        (second.status.as_str(), second.error.unwrap().class.as_str()),
        ("failed", "dependency")
    );
    let third = submit(&home, &after(&first.id)).await.unwrap();
    assert_eq!(
        (third.status.as_str(), third.error.unwrap().class.as_str()),
        ("failed", "dependency")
    );
}

#[tokio::test]
async fn slots_hold_the_rest_back_and_priority_decides_who_is_next() {
    let home = Home::scratch().unwrap();
    home.configure("[resources]\ncpu = 1\n").unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let gate = Gate::new(&home, "gate").unwrap();
    let blocker = submit(
        &home,
        &command(&[
            "/bin/sh",
            "-c",
            &format!("read line < {}", gate.path().display()),
        ]),
    )
    .await
    .unwrap();
    wait_for_status(&home, &blocker.id, "running")
        .await
        .unwrap();
    let order = home.root().join("order");
    let job = |name: &str, priority| SubmitRequest {
        id: Some(name.to_owned()),
        priority: Some(priority),
        ..command(&[
            "/bin/sh",
            "-c",
            &format!("echo {name} >> {}", order.display()),
        ])
    };
    for (name, priority) in [("low", -10), ("mid", 0), ("high", 10)] {
        let queued = submit(&home, &job(name, priority)).await.unwrap();
        assert_eq!(
            (
                queued.status.as_str(),
                queued.waiting_for.unwrap().kind.as_str()
            ),
            ("queued", "slot")
        );
    }
    shown(&home, "low", |view| view.queue_position == Some(3))
        .await
        .unwrap();
    act(&home, "low", "priority", json!({"priority": 100}))
        .await
        .unwrap();
    act(&home, "mid", "pause", json!({})).await.unwrap();
    gate.give("go").unwrap();
    wait_for_end(&home, "high").await.unwrap();
    let paused: WorkflowView = home.client().get("/api/workflow/status/mid").await.unwrap();
    assert_eq!(paused.status, "paused");
    assert_eq!(
        act(&home, "mid", "pause", json!({})).await.unwrap().status,
        "paused"
    );
    act(&home, "mid", "resume", json!({})).await.unwrap();
    wait_for_end(&home, "mid").await.unwrap();
    assert_eq!(std::fs::read_to_string(order).unwrap(), "low\nhigh\nmid\n");
}

#[tokio::test]
async fn a_start_time_is_kept_and_can_be_cancelled() {
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let later = SubmitRequest {
        not_before: Some("2999-01-01T00:00:00Z".into()),
        ..command(&["/bin/true"])
    };
    let scheduled = submit(&home, &later).await.unwrap();
    assert_eq!(
        (
            scheduled.status.as_str(),
            scheduled.waiting_for.unwrap().kind.as_str()
        ),
        ("scheduled", "time")
    );
    assert_eq!(
        act(&home, &scheduled.id, "cancel", json!({}))
            .await
            .unwrap()
            .status,
        "cancelled"
    );
    assert_eq!(
        act(&home, &scheduled.id, "cancel", json!({}))
            .await
            .unwrap()
            .status,
        "cancelled"
    );
}

#[tokio::test]
async fn a_failed_one_is_retried_with_its_finished_stages_kept() {
    let home = Home::scratch().unwrap();
    let once = home.root().join("once");
    home.pipeline(
        "two",
        &format!(
            "[[stages]]\nid = 'first'\nrun = ['/bin/sh', '-c', 'echo run >> {0}']\n[[stages]]\nid = 'second'\nrun = ['/usr/bin/test', '-e', '{0}.ok']\nretry = 0\n",
            once.display()
        ),
    )
    .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let made = submit(&home, &reel_tests::request("two", json!({})))
        .await
        .unwrap();
    let failed = wait_for_end(&home, &made.id).await.unwrap();
    let error = failed.error.clone().unwrap();
    assert_eq!(
        (
            failed.status.as_str(),
            error.stage.as_deref(),
            error.class.as_str()
        ),
        ("failed", Some("second"), "provider")
    );
    assert!(!error.hint.is_empty());
    std::fs::write(home.root().join("once.ok"), "").unwrap();
    act(&home, &made.id, "retry", json!({})).await.unwrap();
    let done = wait_for(&home, &made.id, |view| view.status == "completed")
        .await
        .unwrap();
    assert_eq!(done.attempt, 2);
    assert_eq!(std::fs::read_to_string(&once).unwrap(), "run\n");
    let again: Result<WorkflowView, _> = home
        .client()
        .post(&format!("/api/workflow/{}/retry", made.id), &json!({}))
        .await;
    let Err(ClientError::Problem {
        status: 409,
        problem,
        ..
    }) = again
    else {
        panic!("{again:?}")
    };
    assert_eq!(
        (problem.code.as_str(), &problem.details.unwrap()["status"]),
        ("invalid_transition", &json!("completed"))
    );
}

#[tokio::test]
async fn history_lists_what_ended_by_status_and_label_of_its_name() {
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    for (name, program) in [("good", "/bin/true"), ("bad", "/bin/false")] {
        let made = submit(
            &home,
            &SubmitRequest {
                name: Some(name.into()),
                ..command(&[program])
            },
        )
        .await
        .unwrap();
        wait_for_end(&home, &made.id).await.unwrap();
    }
    let names = async |query: &str| {
        let page: Value = home
            .client()
            .get(&format!("/api/workflow/history{query}"))
            .await
            .unwrap();
        let key = page
            .as_object()
            .unwrap()
            .iter()
            .find(|(_, value)| value.is_array())
            .map(|(key, _)| key.clone())
            .unwrap();
        page[&key]
            .as_array()
            .unwrap()
            .iter()
            .map(|view| view["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("?status=failed").await, ["bad"]);
    assert_eq!(names("?q=good").await, ["good"]);
    assert_eq!(names("?limit=1&offset=1").await.len(), 1);
    assert_eq!(names("").await.len(), 2);
}
