//! Document 004: its calls, answers and webhook as they are printed, on a real episode.

use reel_tests::{
    Asked, Daemon, Home, Reply, StandIn, ask, assert_like, curl, wait_for, wait_for_end,
    wait_for_status,
};
use serde_json::{Value, json};
use std::process::Command;

const OPEN: &str = "[auth]\nloopback = \"operate\"\n[webhooks]\nallow_http = true\nallow_private = true\n\
                    [retention]\nmin_free_disk = \"16MiB\"\n";

/// A recording of 24 seconds: two pictures, two tones, pauses between.
fn record(home: &Home, name: &str) {
    let folder = home.data().join("episodes");
    std::fs::create_dir_all(&folder).unwrap();
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-y"])
        .args(["-f", "lavfi", "-i", "testsrc2=s=320x180:r=10:d=12"])
        .args(["-f", "lavfi", "-i", "smptebars=s=320x180:r=10:d=12"])
        .args(["-f", "lavfi", "-i", "sine=f=300:d=10,apad=pad_dur=2"])
        .args(["-f", "lavfi", "-i", "sine=f=600:d=10,apad=pad_dur=2"])
        .args([
            "-filter_complex",
            "[0:v][1:v]concat=n=2:v=1[v];[2:a][3:a]concat=n=2:v=0:a=1[a]",
        ])
        .args([
            "-map",
            "[v]",
            "-map",
            "[a]",
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-c:a",
            "aac",
        ])
        .arg(folder.join(name))
        .status();
    assert!(made.unwrap().success());
}

fn get(home: &Home, path: &str) -> Value {
    let reply = ask(home, "GET", path, &Value::Null).unwrap();
    assert_eq!(reply.status, 200, "{path}: {reply:?}");
    assert_eq!(reply.body.get("success"), None, "bare: {reply:?}");
    reply.body
}

fn job_id(answer: &Value) -> String {
    answer["job_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_episode_is_processed_polled_counted_and_told() {
    let home = Home::scratch().unwrap();
    let n8n = StandIn::start(|_: &Asked| Reply::new(200, ""))
        .await
        .unwrap();
    home.configure(OPEN).unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    record(&home, "newsroom 2024 video.mp4");
    let found = get(&home, "/episodes/discover");
    assert_like(
        &json!({"episodes": [{
            "episode_id": "newsroom-2024-video", "title": "newsroom 2024 video", "path": "newsroom 2024 video.mp4",
            "size": -1, "duration": -1, "stage": "discovered", "job_id": null, "discovered_at": "T",
        }], "count": 1}),
        &found,
    );
    let body = json!({
        "episode_id": "newsroom-2024-video", "target_stage": "rendered", "force_reprocess": false,
        "webhook_url": format!("{}/webhook/episode-complete", n8n.url()),
    });
    let taken = ask(
        &home,
        "POST",
        "/async/episodes/newsroom-2024-video/process",
        &body,
    )
    .unwrap();
    assert_eq!(taken.status, 202, "{taken:?}");
    assert_like(
        &json!({"job_id": "<abc-123>", "status": "queued", "message": "Episode processing queued"}),
        &taken.body,
    );
    let id = job_id(&taken.body);
    assert_eq!(
        get(&home, "/episodes/discover")["count"],
        0,
        "it is at work"
    );
    // A running one is the answer to the same request; another episode's name in the body is refused.
    let again = ask(
        &home,
        "POST",
        "/async/episodes/newsroom-2024-video/process",
        &json!({}),
    )
    .unwrap();
    assert_eq!((again.status, job_id(&again.body)), (202, id.clone()));
    let other = ask(
        &home,
        "POST",
        "/async/episodes/newsroom-2024-video/process",
        &json!({"episode_id": "x"}),
    );
    assert_eq!(other.unwrap().status, 422);

    wait_for(&home, &id, |view| {
        view.current_state == "transcribing" || view.status == "completed"
    })
    .await
    .unwrap();
    assert_like(
        &json!({
            "job_id": id, "job_type": "process_episode", "status": "<running>", "progress": -1,
            "current_stage": "<transcribing>", "message": "<Processing audio segment 3/7>", "eta_seconds": null,
            "created_at": "T", "started_at": "T", "completed_at": null, "result": null, "error": null,
        }),
        &get(&home, &format!("/async/jobs/{id}")),
    );

    // The same work again answers at its end.
    let ended = ask(
        &home,
        "POST",
        "/episodes/newsroom-2024-video/process?wait=55",
        &Value::Null,
    )
    .unwrap();
    assert_eq!(ended.status, 200, "{ended:?}");
    let result = json!({"episode_id": "newsroom-2024-video", "stage": "rendered", "duration": -1});
    let whole = json!({
        "job_id": id, "job_type": "process_episode", "status": "completed", "progress": 100,
        "current_stage": "completed", "message": "<…>", "eta_seconds": 0, "created_at": "T", "started_at": "T",
        "completed_at": "T", "result": result, "error": null,
    });
    assert_like(&whole, &ended.body);
    assert_like(
        &json!({"jobs": [whole], "count": 1}),
        &get(&home, "/async/jobs?status=completed&limit=50"),
    );
    assert_eq!(
        get(&home, "/async/jobs?status=running&limit=50"),
        json!({"jobs": [], "count": 0})
    );
    assert_eq!(
        get(&home, "/async/stats"),
        json!({"queued": 0, "running": 0, "completed": 1, "failed": 0, "total": 1, "max_workers": 2})
    );
    let told = n8n.until_asked(1).await.unwrap();
    assert_eq!(told[0].path, "/webhook/episode-complete");
    assert_eq!(told[0].header("x-webhook-event"), Some("video.completed"));
    assert_like(
        &json!({
            "job_id": id, "job_type": "process_episode", "status": "completed", "progress": 100, "result": result,
        }),
        &told[0].json(),
    );
    // A finished one is the answer too, unless it is forced.
    let again = ask(
        &home,
        "POST",
        "/async/episodes/newsroom-2024-video/process",
        &json!({}),
    )
    .unwrap();
    assert_eq!(
        (job_id(&again.body), again.body["status"].as_str()),
        (id.clone(), Some("completed"))
    );
    let forced = json!({"force_reprocess": true, "target_stage": "discovered"});
    let forced = ask(
        &home,
        "POST",
        "/async/episodes/newsroom-2024-video/process",
        &forced,
    )
    .unwrap();
    assert_ne!(job_id(&forced.body), id);
    wait_for_end(&home, &job_id(&forced.body)).await.unwrap();

    // Its clips, and their renders.
    let clips = get(&home, "/episodes/newsroom-2024-video/clips");
    assert_like(
        &json!({"episode_id": "newsroom-2024-video", "clips": [{
            "clip_id": "<c1>", "title": "<…>", "start": -1, "end": -1, "score": -1, "text": "<…>", "renders": [],
        }], "count": -1}),
        &clips,
    );
    let render = json!({
        "episode_id": "newsroom-2024-video", "clip_ids": [clips["clips"][0]["clip_id"]], "variants": ["clean"],
        "aspect_ratios": ["1x1"], "webhook_url": format!("{}/webhook/clips-complete", n8n.url()),
    });
    let taken = ask(
        &home,
        "POST",
        "/async/episodes/newsroom-2024-video/render_clips",
        &render,
    )
    .unwrap();
    assert_eq!(taken.status, 202, "{taken:?}");
    assert_like(
        &json!({"job_id": "<abc-123>", "status": "queued", "message": "Clip rendering queued"}),
        &taken.body,
    );
    let ended = wait_for_end(&home, &job_id(&taken.body)).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    let clips = get(&home, "/episodes/newsroom-2024-video/clips");
    let made = &clips["clips"][0]["renders"][0];
    assert_like(
        &json!({"variant": "clean", "aspect_ratio": "1x1", "status": "ready", "url": "<https://…>", "size": -1}),
        made,
    );
    let link = made["url"].as_str().unwrap();
    let path = &link[link.find("/episodes/").unwrap()..];
    let served = ask(&home, "HEAD", path, &Value::Null).unwrap();
    assert_eq!(served.status, 200, "{served:?}");
    assert!(served.head.contains("video/mp4"), "{served:?}");
}

#[tokio::test]
async fn the_printed_calls_are_answered_as_printed() {
    let home = Home::scratch().unwrap();
    home.configure(OPEN).unwrap();
    // What is printed does not depend on what is done in it: a program stands in for the work, held until it is cancelled.
    home.pipeline(
        "episode",
        "[params.episode_id]\ntype = \"string\"\nrequired = true\n[params.target_stage]\ntype = \"string\"\n\
         [[stages]]\nid = \"discovering\"\nuses = \"episode_discover\"\n\
         [[stages]]\nid = \"transcribing\"\nrun = [\"/bin/sh\", \"-c\", \"echo ::progress 45 Processing audio segment 3/7; exec sleep 600\"]\n",
    )
    .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    record(&home, "test-episode.mp4");
    let call = "curl -X POST http://localhost:8000/async/episodes/test-episode/process `\n  -H \"Content-Type: application/json\" `\n  \
                -d '{\"episode_id\":\"test-episode\",\"target_stage\":\"rendered\"}'";
    let taken = curl(&home, call, &[]).unwrap();
    assert_eq!(taken.status, 202, "{taken:?}");
    let status = taken.body["status"].as_str();
    assert_eq!(status, Some("queued"));
    let id = job_id(&taken.body);
    wait_for(&home, &id, |view| {
        view.message.as_deref() == Some("Processing audio segment 3/7")
    })
    .await
    .unwrap();
    let poll = "curl http://localhost:8000/async/jobs/abc-123";
    let running = curl(&home, poll, &[("abc-123", &id)]).unwrap();
    assert_like(
        &json!({
            "job_id": id, "status": "running", "progress": -1, "current_stage": "transcribing",
            "message": "Processing audio segment 3/7",
        }),
        &running.body,
    );
    assert_like(
        &json!({"queued": 0, "running": 1, "completed": 0, "failed": 0, "total": 1, "max_workers": 2}),
        &get(&home, "/async/stats"),
    );
    // 202 where the end does not come in time.
    let late = ask(
        &home,
        "POST",
        "/episodes/test-episode/process",
        &json!({"wait": 0}),
    )
    .unwrap();
    assert_eq!((late.status, job_id(&late.body)), (202, id.clone()));
    // A paused one shows as what it was paused from.
    let held = reel_tests::submit(
        &home,
        &reel_shared::request::SubmitRequest {
            not_before: Some("2999-01-01T00:00:00Z".into()),
            ..reel_tests::command(&["/bin/true"])
        },
    )
    .await
    .unwrap();
    reel_tests::act(&home, &held.id, "pause", json!({}))
        .await
        .unwrap();
    let queued = get(&home, "/async/jobs?status=queued");
    assert_eq!(
        (&queued["count"], &queued["jobs"][0]["job_id"]),
        (&json!(1), &json!(held.id))
    );
    assert_eq!(get(&home, "/async/stats")["queued"], 1);
    for id in [&held.id, &id] {
        let gone = ask(&home, "DELETE", &format!("/async/jobs/{id}"), &Value::Null).unwrap();
        assert_eq!(gone.status, 200, "{gone:?}");
        assert_like(
            &json!({"job_id": id, "status": "failed", "message": "Cancelled"}),
            &gone.body,
        );
        wait_for_status(&home, id, "cancelled").await.unwrap();
        let shown = get(&home, &format!("/async/jobs/{id}"));
        assert_eq!(
            (&shown["status"], &shown["error"]["code"]),
            (&json!("failed"), &json!("cancelled"))
        );
    }
    assert_eq!(get(&home, "/async/stats")["failed"], 2);
    for path in [
        "/async/episodes/nobody/process",
        "/async/episodes/nobody/render_clips",
        "/episodes/nobody/process",
        "/async/episodes/..%2Ftest-episode/process",
    ] {
        let missing = ask(&home, "POST", path, &json!({})).unwrap();
        assert_eq!(missing.status, 404, "{path}: {missing:?}");
    }
    assert_eq!(
        ask(&home, "GET", "/async/jobs?status=bogus", &Value::Null)
            .unwrap()
            .status,
        422
    );
    assert_eq!(
        ask(&home, "GET", "/async/jobs/nobody", &Value::Null)
            .unwrap()
            .status,
        404
    );
}

#[tokio::test]
async fn a_schedule_submits_each_episode_that_is_left() {
    let home = Home::scratch().unwrap();
    home.configure(&format!(
        "{OPEN}[[schedules]]\nname = \"nightly\"\ncron = \"0 2 * * *\"\npipeline = \"episode\"\nfor_each = \"episodes\"\n"
    ))
    .unwrap();
    home.pipeline(
        "episode",
        "[params.episode_id]\ntype = \"string\"\nrequired = true\n[params.target_stage]\ntype = \"string\"\n\
         [[stages]]\nid = \"discovering\"\nuses = \"episode_discover\"\n\
         [[stages]]\nid = \"transcribing\"\nrun = [\"/bin/sleep\", \"600\"]\n",
    )
    .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let run = || ask(&home, "POST", "/api/schedules/nightly/run", &json!({})).unwrap();
    let none = run();
    assert_eq!(
        (none.status, none.body["error"]["code"].as_str()),
        (409, Some("nothing_to_do"))
    );
    for name in ["one.mp4", "two.mp4"] {
        record(&home, name);
    }
    let taken = run();
    assert_eq!(taken.status, 202, "{taken:?}");
    let jobs = get(&home, "/async/jobs");
    assert_eq!(jobs["count"], 2, "{jobs}");
    let all = get(&home, "/episodes/discover?all=true");
    let mut of: Vec<&str> = all["episodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["job_id"].as_str())
        .collect();
    of.sort_unstable();
    of.dedup();
    assert_eq!(of.len(), 2, "each has a job of its own: {all}");
    assert_eq!(run().status, 409, "both are at work");
}
