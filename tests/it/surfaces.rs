//! One core, many surfaces: whatever made a job, every surface shows it in its own words, cancels it and does it again.

use reel_tests::{Daemon, Home, RawReply, ask, raw, reel, wait_for_status};
use serde_json::{Value, json};

const JSON: &str = "Content-Type: application/json";

/// Work that stays until it is ended.
const HELD: &str = "[[stages]]\nid = \"work\"\nrun = [\"/bin/sleep\", \"600\"]\n";

/// How a surface makes a job: its path, its request, and where the id stands in its answer.
type Maker = (&'static str, Value, &'static str);

fn makers() -> Vec<Maker> {
    vec![
        (
            "/api/workflow",
            json!({"pipeline": "video", "params": {"prompt": "x"}}),
            "/data/id",
        ),
        (
            "/api/video/generate",
            json!({"prompt": "x"}),
            "/data/videoId",
        ),
        (
            "/api/v1/videos/generate",
            json!({"prompt": "x", "title": "t"}),
            "/job_id",
        ),
        (
            "/api/generations",
            json!({"prompt": "x"}),
            "/data/generationId",
        ),
        (
            "/api/conversations/c/messages",
            json!({"content": "Create a video of x"}),
            "/data/generation/id",
        ),
        (
            "/api/video/create",
            json!({"prompt": "x", "name": "Anna", "videoTopic": "homes", "email": "a@b.co"}),
            "/data/videoId",
        ),
        (
            "/async/episodes/talk/process",
            json!({"target_stage": "discovered"}),
            "/job_id",
        ),
    ]
}

/// Where each surface shows a job, where its word stands, and its words for running, cancelled and completed.
const SHOWN: [(&str, &str, [&str; 2]); 5] = [
    (
        "/api/workflow/status/{id}",
        "/data/status",
        ["running", "cancelled"],
    ),
    (
        "/api/v1/videos/jobs/{id}/status",
        "/status",
        ["running", "failed"],
    ),
    (
        "/api/generations/{id}/status",
        "/data/status",
        ["processing", "failed"],
    ),
    (
        "/api/video/status/{id}",
        "/data/status",
        ["processing", "failed"],
    ),
    ("/async/jobs/{id}", "/status", ["running", "failed"]),
];

fn word(answer: &RawReply, place: &str) -> String {
    let found = answer.body.pointer(place).and_then(Value::as_str);
    found
        .unwrap_or_else(|| panic!("{place} in {answer:?}"))
        .to_owned()
}

/// Every surface's word, and the command line's.
fn assert_shown(home: &Home, id: &str, state: usize) {
    for (path, place, words) in SHOWN {
        let path = path.replace("{id}", id);
        let shown = ask(home, "GET", &path, &Value::Null).unwrap();
        assert_eq!(shown.status, 200, "{path}: {shown:?}");
        assert_eq!(word(&shown, place), words[state], "{path}");
    }
    let shown = reel(home, &["show", "--json", id]).unwrap();
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(shown["status"], SHOWN[0].2[state]);
    let listed = reel(home, &["ls", "--json"]).unwrap();
    assert!(listed.stdout.contains(id), "{listed:?}");
    let listed = ask(home, "GET", "/async/jobs?limit=200", &Value::Null).unwrap();
    assert!(listed.body.to_string().contains(id), "{listed:?}");
    let gallery = ask(home, "GET", "/api/video/gallery", &Value::Null).unwrap();
    assert_eq!(gallery.status, 200, "{gallery:?}");
}

fn cancel(home: &Home, id: &str, way: usize) {
    match way % 3 {
        0 => {
            let path = format!("/api/workflow/{id}/cancel");
            assert_eq!(ask(home, "POST", &path, &json!({})).unwrap().status, 200);
        }
        1 => {
            let path = format!("/async/jobs/{id}");
            assert_eq!(
                ask(home, "DELETE", &path, &Value::Null).unwrap().status,
                200
            );
        }
        _ => assert_eq!(reel(home, &["cancel", id]).unwrap().code, Some(0)),
    }
}

fn retry(home: &Home, id: &str, way: usize) {
    match way % 3 {
        0 => {
            let path = format!("/api/workflow/{id}/retry");
            assert_eq!(ask(home, "POST", &path, &json!({})).unwrap().status, 200);
        }
        // An administrator's: over the operator's socket.
        1 => {
            let path = format!("/api/v1/admin/jobs/{id}/reprocess");
            let again = raw(home, "POST", &path, JSON, b"{}").unwrap();
            assert_eq!(again.status, 202, "{again:?}");
            assert_eq!(word(&again, "/job_id"), id);
        }
        _ => assert_eq!(reel(home, &["retry", id]).unwrap().code, Some(0)),
    }
}

#[tokio::test]
async fn a_job_of_any_surface_is_seen_cancelled_and_retried_by_every_other() {
    let home = Home::scratch().unwrap();
    home.configure("[auth]\nloopback = \"operate\"\n[resources]\ncpu = 16\n")
        .unwrap();
    let prompt = "[params.prompt]\ntype = \"text\"\nrequired = true\n";
    for name in ["video", "generation"] {
        home.pipeline(name, &format!("{prompt}{HELD}")).unwrap();
    }
    let wanted = "[params.name]\ntype = \"string\"\n[params.videoTopic]\ntype = \"string\"\n[params.email]\ntype = \"email\"\n\
                  [params.service]\ntype = \"string\"\n";
    home.pipeline("avatar", &format!("{prompt}{wanted}{HELD}"))
        .unwrap();
    home.pipeline(
        "episode",
        &format!("[params.episode_id]\ntype = \"string\"\n[params.target_stage]\ntype = \"string\"\n{HELD}"),
    )
    .unwrap();
    let folder = home.data().join("episodes");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("talk.mp4"), b"a recording").unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let mut ids = Vec::new();
    for (path, body, place) in makers() {
        let made = ask(&home, "POST", path, &body).unwrap();
        assert!([201, 202].contains(&made.status), "{path}: {made:?}");
        ids.push(word(&made, place));
    }
    let submitted = reel(&home, &["submit", "video", "-p", "prompt=x"]).unwrap();
    ids.push(submitted.stdout.trim().to_owned());
    for (way, id) in ids.iter().enumerate() {
        wait_for_status(&home, id, "running").await.unwrap();
        assert_shown(&home, id, 0);
        cancel(&home, id, way);
        wait_for_status(&home, id, "cancelled").await.unwrap();
        assert_shown(&home, id, 1);
        retry(&home, id, way);
        wait_for_status(&home, id, "running").await.unwrap();
        assert_shown(&home, id, 0);
        cancel(&home, id, way + 1);
        wait_for_status(&home, id, "cancelled").await.unwrap();
    }
    let stats = ask(&home, "GET", "/async/stats", &Value::Null).unwrap();
    assert_eq!(stats.body["failed"], ids.len());
}

#[test]
fn the_gates_are_held_from_the_command_line_too() {
    let home = Home::scratch().unwrap();
    home.pipeline(
        "generation",
        "clarify = true\nconfirm = true\n[params.prompt]\ntype = \"text\"\nrequired = true\n\
         [params.style]\ntype = \"enum\"\noptions = [\"cinematic\", \"plain\"]\nrequired = true\ndefault = \"cinematic\"\n\
         question = \"Which style?\"\n[params.duration]\ntype = \"number\"\nrequired = true\nmax = 60\n\
         [[stages]]\nid = \"work\"\nrun = [\"/bin/true\"]\n",
    )
    .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let made = reel(&home, &["submit", "generation", "-p", "prompt=x"]).unwrap();
    let id = made.stdout.trim().to_owned();
    assert_eq!(made.stdout, format!("{id}\n"), "the id alone");
    for words in [
        "Which style? (cinematic, plain) [cinematic]",
        &format!("`reel answer {id} style=cinematic duration=…`"),
    ] {
        assert!(made.stderr.contains(words), "{words} in {}", made.stderr);
    }
    let wrong = reel(&home, &["answer", &id, "duration=900"]).unwrap();
    assert_eq!(wrong.code, Some(1));
    assert!(wrong.stderr.contains("at most 60"), "{wrong:?}");
    let half = reel(&home, &["answer", &id, "duration=10"]).unwrap();
    assert_eq!(half.code, Some(0), "{half:?}");
    assert!(half.stderr.contains("style=cinematic"), "{half:?}");
    let early = reel(&home, &["confirm", &id]).unwrap();
    assert_eq!(early.code, Some(1), "{early:?}");
    let whole = reel(&home, &["answer", &id, "style=plain"]).unwrap();
    assert!(
        whole.stderr.contains(&format!("`reel confirm {id}`")),
        "{whole:?}"
    );
    // A correction is typed as the parameter is, although it is no longer asked.
    let corrected = reel(&home, &["answer", &id, "duration=7.5"]).unwrap();
    assert_eq!(corrected.code, Some(0), "{corrected:?}");
    assert_eq!(reel(&home, &["confirm", &id]).unwrap().code, Some(0));
    let shown: Value =
        serde_json::from_str(&reel(&home, &["show", "--json", &id]).unwrap().stdout).unwrap();
    assert_eq!(
        (&shown["params"]["duration"], &shown["params"]["style"]),
        (&json!(7.5), &json!("plain"))
    );
    // Any pipeline may be confirmed first.
    let body = json!({"pipeline": "command", "params": {"argv": ["/bin/true"]}, "requireConfirmation": true});
    let body = body.to_string();
    let asked = raw(&home, "POST", "/api/workflow", JSON, body.as_bytes()).unwrap();
    assert_eq!(asked.body["data"]["status"], "pending_confirmation");
    let id = asked.body["data"]["id"].as_str().unwrap();
    assert_eq!(reel(&home, &["confirm", "--no", id]).unwrap().code, Some(0));
    let shown: Value =
        serde_json::from_str(&reel(&home, &["show", "--json", id]).unwrap().stdout).unwrap();
    assert_eq!(shown["status"], "cancelled");
    assert!(
        shown["answers"][0]["by"]
            .as_str()
            .is_some_and(|by| !by.is_empty())
    );
}
