//! A coordinator and workers as processes of their own, joined by a real Redis.

use reel_shared::workflow::WorkflowView;
use reel_tests::{
    Daemon, Gate, Home, Redis, S3, command, reel, request, run_to_end, submit, wait_for_end,
    wait_for_status,
};
use rustix::process::Signal;
use serde_json::json;
use std::collections::BTreeSet;

/// A pipeline whose one stage runs on box `b` alone.
const ON_B: &str = r#"
[params.script]
type = "string"
[[stages]]
id = "one"
title = "One"
run = ["sh", "-c", "${params.script}"]
box = { where = "b" }
outputs = ["made"]
retry = 0
"#;

struct Site {
    redis: Redis,
    home: Home,
    coordinator: Option<Daemon>,
}

impl Site {
    fn start() -> Self {
        Self::start_with("")
    }

    fn start_with(more: &str) -> Self {
        let (redis, home) = (Redis::start().unwrap(), Home::scratch().unwrap());
        home.configure(&format!(
            "[box]\nname = 'home'\n[resources]\ncpu = 1\n[redis]\nlost_after = '6s'\n[retention]\nmin_free_disk = '1MiB'\n{more}"
        ))
        .unwrap();
        home.pipeline("on_b", ON_B).unwrap();
        let mut site = Self {
            redis,
            home,
            coordinator: None,
        };
        site.begin();
        site
    }

    fn begin(&mut self) {
        let url = self.redis.url();
        let flags = ["--listen", "off", "--redis", &url];
        self.coordinator = Some(Daemon::start_with(&self.home, &flags, &[]).unwrap());
    }

    /// A box's directory, with the key that the coordinator gives it.
    fn box_home(&self, name: &str) -> Home {
        self.box_home_with(name, "")
    }

    fn box_home_with(&self, name: &str, more: &str) -> Home {
        let home = Home::scratch().unwrap();
        let data = self.home.data().display().to_string();
        let key = reel_tests::reeld(&self.home, &["key", "--data-dir", &data, name]).unwrap();
        let key = run_to_end(key).unwrap();
        assert_eq!(key.code, Some(0), "{}", key.stderr);
        std::fs::write(home.data().join("redis.key"), key.stdout).unwrap();
        home.configure(&format!(
            "[box]\nlabels = {{ where = '{name}', kind = 'far' }}\n[resources]\ncpu = 2\n[worker]\ndrain = '30s'\n[retention]\nmin_free_disk = '1MiB'\n{more}"
        ))
        .unwrap();
        home
    }

    fn worker(&self, home: &Home, name: &str) -> Daemon {
        Daemon::start_worker(home, &self.redis.url(), name).unwrap()
    }

    async fn on_b(&self, script: &str) -> WorkflowView {
        submit(&self.home, &request("on_b", json!({ "script": script })))
            .await
            .unwrap()
    }

    /// What a stage says when it has begun, and what it waits for.
    fn gates(&self) -> (Gate, Gate) {
        let gate = |name| Gate::new(&self.home, name).unwrap();
        (gate("ready"), gate("go"))
    }

    fn log(&self, id: &str) -> String {
        reel(&self.home, &["logs", id]).unwrap().stdout
    }
}

fn box_of(workflow: &WorkflowView) -> String {
    let (_, stage) = workflow.stage_views().next().unwrap();
    stage.box_name.clone().unwrap_or_default()
}

#[tokio::test]
async fn jobs_are_spread_over_boxes_and_come_back_whole() {
    let site = Site::start();
    let (b, c) = (site.box_home("b"), site.box_home("c"));
    let _workers = [site.worker(&b, "b"), site.worker(&c, "c")];
    // All five slots are taken at once before anyone may go on.
    let (ready, go) = site.gates();
    let script = format!(
        "echo said 1; echo said 2; echo here > {}; read x < {}; echo key=value > $REEL_OUTPUT",
        ready.path().display(),
        go.path().display()
    );
    let mut ids = Vec::new();
    for _ in 0..20 {
        let made = submit(&site.home, &command(&["sh", "-c", &script])).await;
        ids.push(made.unwrap().id);
    }
    let mut arrived = 0;
    while arrived < 5 {
        arrived += ready.take().unwrap().lines().count();
    }
    let mut boxes = BTreeSet::new();
    for id in &ids {
        let shown: WorkflowView = site
            .home
            .client()
            .get(&format!("/api/workflow/status/{id}"))
            .await
            .unwrap();
        if shown.status == "running" {
            boxes.insert(box_of(&shown));
        }
    }
    assert_eq!(boxes, ["b", "c", "home"].map(str::to_owned).into());
    (0..20).for_each(|_| go.give("go").unwrap());
    for id in ids {
        let ended = wait_for_end(&site.home, &id).await.unwrap();
        let (_, stage) = ended.stage_views().next().unwrap();
        assert_eq!((ended.status.as_str(), stage.attempts), ("completed", 1));
        assert_eq!(stage.outputs.get("key"), Some(&json!("value")));
        let log = site.log(&id);
        let said: Vec<&str> = log
            .lines()
            .filter_map(|line| line.rsplit("said ").next())
            .collect();
        assert_eq!(said, ["1", "2"], "{log}");
    }
}

#[tokio::test]
async fn a_worker_that_is_killed_finds_its_stages_again() {
    let mut site = Site::start();
    let b = site.box_home("b");
    let worker = site.worker(&b, "b");
    let (ready, go) = site.gates();
    let script = format!(
        "echo before; echo here > {}; read x < {}; echo after; mkdir made; echo film > made/film",
        ready.path().display(),
        go.path().display()
    );
    let made = site.on_b(&script).await;
    ready.take().unwrap();
    worker.kill().unwrap();
    site.redis.lose_all().unwrap();
    let _worker = site.worker(&b, "b");
    go.give("go").unwrap();
    let ended = wait_for_end(&site.home, &made.id).await.unwrap();
    let (_, stage) = ended.stage_views().next().unwrap();
    assert_eq!(
        (ended.status.as_str(), stage.attempts, box_of(&ended)),
        ("completed", 1, "b".to_owned())
    );
    let log = site.log(&made.id);
    assert_eq!(
        (log.matches("before").count(), log.matches("after").count()),
        (1, 1),
        "{log}"
    );
}

#[tokio::test]
async fn a_coordinator_that_is_killed_goes_on_with_what_runs_elsewhere() {
    let mut site = Site::start();
    let b = site.box_home("b");
    let _worker = site.worker(&b, "b");
    let (ready, go) = site.gates();
    let script = format!(
        "echo here > {}; read x < {}; echo after",
        ready.path().display(),
        go.path().display()
    );
    let made = site.on_b(&script).await;
    ready.take().unwrap();
    site.coordinator.take().unwrap().kill().unwrap();
    go.give("go").unwrap();
    site.begin();
    let ended = wait_for_end(&site.home, &made.id).await.unwrap();
    let (_, stage) = ended.stage_views().next().unwrap();
    assert_eq!((ended.status.as_str(), stage.attempts), ("completed", 1));
    assert!(site.log(&made.id).contains("after"));
}

#[tokio::test]
async fn a_cancel_reaches_a_stage_on_another_box() {
    let site = Site::start();
    let b = site.box_home("b");
    let _worker = site.worker(&b, "b");
    let ready = Gate::new(&site.home, "ready").unwrap();
    let script = format!("echo here > {}; sleep 1000", ready.path().display());
    let made = site.on_b(&script).await;
    ready.take().unwrap();
    let told = reel(&site.home, &["cancel", &made.id]).unwrap();
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    wait_for_status(&site.home, &made.id, "cancelled")
        .await
        .unwrap();
    assert!(
        reel_tests::running_under(b.root())
            .iter()
            .all(|process| !process.command[0].ends_with("sleep"))
    );
}

#[tokio::test]
async fn a_worker_that_is_stopped_finishes_and_ends_well() {
    let site = Site::start();
    let b = site.box_home("b");
    let worker = site.worker(&b, "b");
    let (ready, go) = site.gates();
    let script = format!(
        "echo here > {}; read x < {}",
        ready.path().display(),
        go.path().display()
    );
    let made = site.on_b(&script).await;
    ready.take().unwrap();
    go.give("go").unwrap();
    let status = worker.terminate().unwrap();
    assert_eq!(status.code(), Some(0));
    let ended = wait_for_end(&site.home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed");
}

#[tokio::test]
async fn a_worker_that_was_stopped_for_long_ends_what_others_run_by_now() {
    let site = Site::start();
    let homes = [site.box_home("b"), site.box_home("c")];
    let gates = |name: &str| [&homes[0], &homes[1]].map(|home| Gate::new(home, name).unwrap());
    let (go, gone) = (gates("go"), gates("gone"));
    let workers = [site.worker(&homes[0], "b"), site.worker(&homes[1], "c")];
    let ready = Gate::new(&site.home, "ready").unwrap();
    let script = format!(
        "trap 'echo ended > ../../../gone; exit 1' TERM; pwd > {}; read x < ../../../go",
        ready.path().display()
    );
    site.home
        .pipeline("on_bc", &ON_B.replace("where = \"b\"", "kind = \"far\""))
        .unwrap();
    reel(&site.home, &["reload"]).unwrap();
    let made = submit(&site.home, &request("on_bc", json!({ "script": script })))
        .await
        .unwrap();
    let place = ready.take().unwrap();
    let first = usize::from(!place.contains(&homes[0].root().display().to_string()));
    workers[first].signal(Signal::STOP).unwrap();
    // The other one runs it once the first is lost.
    let place = ready.take().unwrap();
    assert!(place.contains(&homes[1 - first].root().display().to_string()));
    workers[first].signal(Signal::CONT).unwrap();
    gone[first].take().unwrap();
    go[1 - first].give("go").unwrap();
    let ended = wait_for_end(&site.home, &made.id).await.unwrap();
    let expected = ["b", "c"][1 - first];
    assert_eq!(
        (ended.status.as_str(), box_of(&ended).as_str()),
        ("completed", expected)
    );
}

/// A film is made on one box and looked at on another.
const MOVES: &str = r#"
[[stages]]
id = "make"
title = "Make"
run = ["sh", "-c", "mkdir made; head -c 20971520 /dev/urandom > made/film; sha256sum made/film > made/sum"]
box = { where = "b" }
outputs = ["made"]
[[stages]]
id = "look"
title = "Look"
run = ["sh", "-c", "sha256sum -c made/sum"]
box = { where = "c" }
needs = ["make"]
"#;

#[tokio::test]
async fn a_large_file_moves_by_the_object_store_and_leaves_nothing_there() {
    let store = S3::start().await.unwrap();
    let settings = store.settings("secret");
    let site = Site::start_with(&settings);
    site.home.pipeline("moves", MOVES).unwrap();
    reel(&site.home, &["reload"]).unwrap();
    let homes = ["b", "c"].map(|name| site.box_home_with(name, &settings));
    let _workers = [site.worker(&homes[0], "b"), site.worker(&homes[1], "c")];
    let made = submit(&site.home, &request("moves", json!({})))
        .await
        .unwrap();
    let ended = wait_for_end(&site.home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed");
    let written = site.redis.written().unwrap();
    assert!(written < 1 << 20, "Redis carried {written} bytes");
    let moved = |asked: &String| asked.starts_with("PUT") && asked.contains("/transfer/");
    assert!(store.asked().iter().any(moved), "{:?}", store.asked());
    // Home's copy is removed when it is here, the other box's when it is there.
    while !store.keys().is_empty() {
        store.until_asked_more().await;
    }
}

#[test]
fn what_a_worker_lacks_is_told_at_once() {
    let home = Home::scratch().unwrap();
    let data = home.data().display().to_string();
    let said = |arguments: &[&str]| {
        let mut all = vec!["worker", "--data-dir", data.as_str()];
        all.extend(arguments);
        let ended = run_to_end(reel_tests::reeld(&home, &all).unwrap()).unwrap();
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        ended.stderr
    };
    assert!(said(&[]).contains("--redis URL"));
    assert!(said(&["--redis", "http://x"]).contains("redis://HOST:PORT"));
    let no_key = said(&["--redis", "redis://127.0.0.1:1", "--name", "b"]);
    assert!(no_key.contains("reeld key b"), "{no_key}");
    let no_name = said(&["--redis", "redis://127.0.0.1:1", "--name", "a b"]);
    assert!(no_name.contains("box.name"), "{no_name}");
}
