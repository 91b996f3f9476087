//! Files in a bucket: put once, in parts that go on where they were, kept here while the store is away and stored later.

use reel_shared::workflow::WorkflowView;
use reel_tests::{
    Asked, Daemon, Health, Home, Reply, S3, StandIn, act, raw, reel, request, submit, wait_for,
    wait_for_end,
};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A real video with so many bytes behind it that it goes in parts.
fn film(folder: &Path, padding: usize) -> Vec<u8> {
    let path = folder.join("film.mp4");
    let source = "testsrc2=size=320x180:rate=10:duration=2";
    let made = std::process::Command::new("ffmpeg")
        .args([
            "-v", "error", "-y", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p",
        ])
        .arg(&path)
        .status();
    assert!(made.unwrap().success());
    let mut film = std::fs::read(path).unwrap();
    let length = u32::try_from(padding + 8).unwrap();
    film.extend(length.to_be_bytes());
    film.extend(b"free");
    film.extend((0..padding).map(|n| (n / 3 % 251) as u8));
    film
}

pub struct Scene {
    pub home: Home,
    pub store: S3,
    pub film: Vec<u8>,
    source: StandIn,
}

impl Scene {
    pub async fn new(padding: usize, secret: &str) -> Self {
        let (home, store) = (Home::scratch().unwrap(), S3::start().await.unwrap());
        let film = film(home.root(), padding);
        let served = film.clone();
        let source = StandIn::start(move |_: &Asked| Reply::new(200, served.clone()))
            .await
            .unwrap();
        let settings = format!(
            "[webhooks]\nallow_http = true\nallow_private = true\n[retry]\nfirst = \"200ms\"\n\
             [retention]\nmin_free_disk = \"16MiB\"\n{}",
            store.settings(secret)
        );
        home.configure(&settings).unwrap();
        Self {
            home,
            store,
            film,
            source,
        }
    }

    pub async fn submit(&self) -> WorkflowView {
        let params = json!({ "videoUrl": format!("{}/v.mp4", self.source.url()) });
        submit(&self.home, &request("download-video", params))
            .await
            .unwrap()
    }

    async fn attention(&self) -> Vec<Value> {
        let data: Value = self.home.client().get("/api/attention").await.unwrap();
        let items = data["items"].as_array().unwrap().clone();
        items
            .into_iter()
            .filter(|item| item["kind"] == "unstored")
            .collect()
    }

    /// The video's metadata tells a link to this object, and whoever follows it gets the film.
    async fn tells_links(&self, id: &str, key: &str) {
        let path = format!("/api/v1/videos/jobs/{id}/metadata");
        let told = raw(&self.home, "GET", &path, "", b"").unwrap().body;
        let result = &told["result"]["s3_upload_results"][0];
        assert_eq!(result["s3_key"], key, "{told}");
        let link = result["signed_url"].as_str().unwrap();
        let (host, path) = link
            .strip_prefix("http://")
            .and_then(|rest| rest.split_once('/'))
            .unwrap();
        let mut store = TcpStream::connect(host).await.unwrap();
        let asked = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        store.write_all(asked.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        store.read_to_end(&mut answer).await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{link}");
        assert!(answer.ends_with(&self.film), "{link}");
    }

    /// The film's object holds the film.
    fn holds_film(&self, ended: &WorkflowView) {
        let keys = &storing(ended)["keys"];
        let key = keys[0].as_str().unwrap();
        assert!(key.starts_with("reel/videos/"), "{keys}");
        assert_eq!(std::fs::read(self.store.object(key)).unwrap(), self.film);
        let mut stored: Vec<&str> = keys
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        stored.sort_unstable();
        assert_eq!(
            self.store.keys(),
            stored,
            "one object a key, and nothing else"
        );
    }
}

pub fn storing(view: &WorkflowView) -> serde_json::Map<String, Value> {
    let (_, stage) = view.stage_views().find(|(id, _)| *id == "storing").unwrap();
    json!(stage.outputs).as_object().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_of_a_put_it_goes_on_behind_the_last_part() {
    let scene = Scene::new(26 << 20, "secret").await;
    scene.store.becomes(Health::Holds(3));
    let daemon = Daemon::start(&scene.home).unwrap();
    let made = scene.submit().await;
    scene
        .store
        .until_asked(|asked| asked.contains("partNumber=3&"))
        .await
        .unwrap();
    daemon.kill().unwrap();
    scene.store.becomes(Health::Well);
    let _daemon = Daemon::start(&scene.home).unwrap();
    let ended = wait_for_end(&scene.home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    assert_eq!(ended.outputs["storage"], "s3");
    scene.holds_film(&ended);
    let asked = scene.store.asked();
    let count = |like: &str| asked.iter().filter(|asked| asked.contains(like)).count();
    assert_eq!(
        (
            count("?uploads"),
            count("partNumber=1&"),
            count("partNumber=2&")
        ),
        (1, 1, 1),
        "{asked:?}"
    );
    let result = &storing(&ended)["s3_upload_results"][0];
    assert_eq!(
        (&result["success"], &result["file_size"]),
        (&json!(true), &json!(scene.film.len()))
    );
    scene
        .tells_links(&made.id, result["s3_key"].as_str().unwrap())
        .await;
    act_delete(&scene, &made.id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_it_knows_what_was_begun_it_leaves_nothing_at_the_store() {
    let scene = Scene::new(26 << 20, "secret").await;
    let store = &scene.store;
    store.becomes(Health::Mute);
    let daemon = Daemon::start(&scene.home).unwrap();
    let made = scene.submit().await;
    store.until_begun().await.unwrap();
    daemon.kill().unwrap();
    store.becomes(Health::Well);
    let _daemon = Daemon::start(&scene.home).unwrap();
    let ended = wait_for_end(&scene.home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    scene.holds_film(&ended);
    assert_eq!(store.left_over(), 1, "the one that nobody knows of");
    let key = storing(&ended)["keys"][0].as_str().unwrap().to_owned();
    let other = "7d444840-9dc0-11d1-b245-5ffdce74fad2";
    store
        .begin_elsewhere(&format!("{key}.other"), other)
        .unwrap();
    let notes = scene.home.data().join("uploads");
    let done = reel(&scene.home, &["store", "retry"]).unwrap();
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(store.left_over(), 2, "it may be somebody's a moment ago");
    store.age(&notes, Duration::from_secs(180)).unwrap();
    let done = reel(&scene.home, &["store", "retry"]).unwrap();
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(store.left_over(), 1, "{:?}", store.asked());
    let asked = store.asked();
    let given_up = |asked: &&String| asked.starts_with("DELETE ");
    assert_eq!(asked.iter().filter(given_up).count(), 1, "{asked:?}");
    assert!(!asked.iter().any(|asked| asked.contains(other)));
    assert_eq!(std::fs::read_dir(notes).unwrap().count(), 0);
    scene.holds_film(&ended);
}

/// What a deleted workflow stored goes with it.
async fn act_delete(scene: &Scene, id: &str) {
    let gone = reel(&scene.home, &["rm", id]).unwrap();
    assert_eq!(gone.code, Some(0), "{}", gone.stderr);
    scene
        .store
        .until_asked(|asked| asked.starts_with("DELETE "))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_breaks_costs_one_try_and_no_byte_twice() {
    let scene = Scene::new(26 << 20, "secret").await;
    scene.store.becomes(Health::Breaks(2));
    let _daemon = Daemon::start(&scene.home).unwrap();
    let made = scene.submit().await;
    let ended = wait_for_end(&scene.home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    scene.holds_film(&ended);
    let result = &storing(&ended)["s3_upload_results"][0];
    assert_eq!(
        (&result["retry_count"], &result["error"]),
        (&json!(1), &Value::Null)
    );
    let asked = scene.store.asked();
    assert_eq!(
        asked
            .iter()
            .filter(|asked| asked.contains("partNumber=1&"))
            .count(),
        1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_store_does_not_take_stays_here_and_is_stored_later() {
    let scene = Scene::new(0, "secret").await;
    scene.store.becomes(Health::Down);
    let _daemon = Daemon::start(&scene.home).unwrap();
    let made = scene.submit().await;
    let ended = wait_for_end(&scene.home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    assert_eq!(
        (&ended.outputs["storage"], &ended.outputs["degraded"]),
        (&json!("local"), &json!(true))
    );
    let tries = scene
        .store
        .asked()
        .iter()
        .filter(|asked| asked.contains(".mp4"))
        .count();
    assert_eq!(tries, 4, "the first and exactly three more");
    let items = scene.attention().await;
    assert_eq!((items.len(), &items[0]["videoId"]), (1, &json!(made.id)));
    let still: Value = scene
        .home
        .client()
        .post("/api/store/retry", &json!({}))
        .await
        .unwrap();
    assert_eq!(still, json!({ "stored": 0, "left": 1 }));
    scene.store.becomes(Health::Well);
    let done = reel(&scene.home, &["store", "retry"]).unwrap();
    assert_eq!(
        (done.code, done.stdout.contains("1 stored")),
        (Some(0), true),
        "{}",
        done.stdout
    );
    let now = wait_for(&scene.home, &made.id, |view| {
        view.outputs["storage"] == "s3"
    })
    .await
    .unwrap();
    assert_eq!(
        (now.status.as_str(), now.outputs.get("degraded")),
        ("completed", None)
    );
    scene.holds_film(&now);
    assert!(scene.attention().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_refuses_us_costs_no_video() {
    let scene = Scene::new(0, "wrong").await;
    let _daemon = Daemon::start(&scene.home).unwrap();
    let made = scene.submit().await;
    let ended = wait_for_end(&scene.home, &made.id).await.unwrap();
    assert_eq!(
        (ended.status.as_str(), &ended.outputs["storage"]),
        ("completed", &json!("local"))
    );
    let error = storing(&ended)["s3_upload_results"][0]["error"].to_string();
    assert!(error.contains("refuses us"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_of_a_cancelled_put_are_given_up() {
    let scene = Scene::new(26 << 20, "secret").await;
    scene.store.becomes(Health::Holds(2));
    let _daemon = Daemon::start(&scene.home).unwrap();
    let made = scene.submit().await;
    scene
        .store
        .until_asked(|asked| asked.contains("partNumber=2&"))
        .await
        .unwrap();
    act(&scene.home, &made.id, "cancel", json!({}))
        .await
        .unwrap();
    wait_for_end(&scene.home, &made.id).await.unwrap();
    scene.store.becomes(Health::Well);
    assert!(scene.store.left_over() > 0);
    reel(&scene.home, &["store", "retry"]).unwrap();
    assert_eq!(scene.store.left_over(), 0);
    assert!(!scene.store.keys().iter().any(|key| key.ends_with(".mp4")));
}
