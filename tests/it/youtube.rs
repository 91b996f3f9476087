//! Videos on YouTube: every channel gets its own, once, whatever breaks on the way.

use reel_shared::workflow::WorkflowView;
use reel_tests::{
    Daemon, Fault, Home, YouTube, act, request, submit, wait_for, wait_for_end, wait_for_status,
};
use serde_json::{Value, json};

/// A pipeline that publishes a file which a program makes, so that nothing but publishing takes time.
fn pipeline(size: usize) -> String {
    let script = format!(
        "mkdir -p \\\"$0\\\"; head -c {size} /dev/zero | tr '\\\\0' 'v' > \\\"$0/film.mp4\\\"; echo videoPath=$0/film.mp4 >> \\\"$REEL_OUTPUT\\\"; echo duration=1000 >> \\\"$REEL_OUTPUT\\\""
    );
    format!(
        "description = \"publishes\"\n\
         [params.channels]\ntype = \"list\"\n\
         [params.title]\ntype = \"string\"\n\
         [params.place]\ntype = \"string\"\n\
         [params.madeForKids]\ntype = \"bool\"\n\
         [params.publishAt]\ntype = \"string\"\n\
         [params.tags]\ntype = \"list\"\n\
         [[stages]]\nid = \"making\"\nrun = [\"/bin/sh\", \"-c\", \"{script}\", \"${{params.place}}\"]\n\
         [[stages]]\nid = \"publishing\"\nuses = \"publish\"\n"
    )
}

pub struct Scene {
    pub home: Home,
    pub youtube: YouTube,
}

const SIZE: usize = 20 << 20;

impl Scene {
    pub async fn new(more: &str) -> Self {
        let (home, youtube) = (Home::scratch().unwrap(), YouTube::start().await.unwrap());
        let settings = format!(
            "[retry]\nfirst = \"100ms\"\n[retention]\nmin_free_disk = \"16MiB\"\n{}",
            youtube.settings(more, &["one", "two"])
        );
        home.configure(&settings).unwrap();
        home.pipeline("publish", &pipeline(SIZE)).unwrap();
        Self { home, youtube }
    }

    pub async fn publish(&self, channels: &[&str]) -> WorkflowView {
        let place = self.home.data().join("film");
        let params = json!({ "channels": channels, "title": "A <film>", "place": place, "tags": ["a", "b"],
            "madeForKids": true, "publishAt": "2030-01-01T00:00:00Z" });
        submit(&self.home, &request("publish", params))
            .await
            .unwrap()
    }

    async fn channel(&self, id: &str, channel: &str) -> Value {
        let path = format!("/api/workflow/youtube/{id}/{channel}");
        self.home.client().get(&path).await.unwrap()
    }

    /// Each of these channels has it whole, once.
    pub fn each_once(&self, channels: &[&str]) {
        let uploaded = self.youtube.uploaded();
        let mut by: Vec<&str> = uploaded.iter().map(|one| one.by.as_str()).collect();
        by.sort_unstable();
        assert_eq!(by, channels);
        assert!(
            uploaded
                .iter()
                .all(|one| one.bytes.len() == SIZE && one.bytes.iter().all(|byte| *byte == b'v'))
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_channels_get_it_whatever_breaks_on_the_way() {
    let scene = Scene::new("").await;
    scene
        .youtube
        .fails(&[Fault::Token, Fault::Short, Fault::Ill, Fault::Gone]);
    let _daemon = Daemon::start(&scene.home).unwrap();
    let made = scene.publish(&["one", "two"]).await;
    let ended = wait_for_end(&scene.home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    scene.each_once(&["one", "two"]);
    let about = &scene.youtube.uploaded()[0].about;
    assert_eq!(about["snippet"]["title"], "A film");
    assert_eq!(
        (
            &about["status"]["privacyStatus"],
            &about["status"]["publishAt"],
            &about["status"]["selfDeclaredMadeForKids"]
        ),
        (
            &json!("private"),
            &json!("2030-01-01T00:00:00Z"),
            &json!(true)
        )
    );
    let told = scene.channel(&made.id, "one").await;
    assert_eq!(
        (&told["state"], &told["channelName"]),
        (&json!("uploaded"), &json!("one"))
    );
    assert!(
        told["youtubeUrl"]
            .as_str()
            .unwrap()
            .contains(told["youtubeVideoId"].as_str().unwrap())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_and_again_it_uploads_once() {
    let scene = Scene::new("").await;
    scene.youtube.fails(&[Fault::Mute]);
    let mut daemon = Daemon::start(&scene.home).unwrap();
    let made = scene.publish(&["one", "two"]).await;
    // In the middle of the first, behind its last byte (whose answer never comes), and in the second.
    for count in [4, 6, 9] {
        scene.youtube.server().until_asked(count).await.unwrap();
        daemon.kill().unwrap();
        daemon = Daemon::start(&scene.home).unwrap();
    }
    let ended = wait_for_end(&scene.home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    scene.each_once(&["one", "two"]);
    daemon.terminate().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_fails_keeps_no_other_from_it_and_is_asked_alone_again() {
    let scene = Scene::new("").await;
    scene.youtube.fails(&[Fault::Consent]);
    let _daemon = Daemon::start(&scene.home).unwrap();
    let made = scene.publish(&["one", "two"]).await;
    let ended = wait_for_end(&scene.home, &made.id).await.unwrap();
    let error = ended.error.unwrap();
    assert_eq!(
        (ended.status.as_str(), error.class.as_str()),
        ("failed", "config")
    );
    assert!(error.hint.contains("agree again"), "{}", error.hint);
    let one = scene.channel(&made.id, "one").await;
    assert_eq!(
        (&one["state"], &one["error"]["retryable"]),
        (&json!("failed"), &json!(false))
    );
    assert_eq!(scene.channel(&made.id, "two").await["state"], "uploaded");
    scene.each_once(&["two"]);
    act(&scene.home, &made.id, "retry", json!({}))
        .await
        .unwrap();
    let ended = wait_for_status(&scene.home, &made.id, "completed")
        .await
        .unwrap();
    scene.each_once(&["one", "two"]);
    assert_eq!(ended.status, "completed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_that_is_used_up_parks_and_spends_no_try() {
    let scene = Scene::new("daily_uploads = 1").await;
    let _daemon = Daemon::start(&scene.home).unwrap();
    let made = scene.publish(&["one", "two"]).await;
    let waiting = wait_for_status(&scene.home, &made.id, "waiting")
        .await
        .unwrap();
    let waits = waiting.waiting_for.unwrap();
    assert_eq!(waits.kind, "quota", "{}", waits.message);
    assert!(
        waits.message.contains("1 of 1 uploads"),
        "{}",
        waits.message
    );
    let two = scene.channel(&made.id, "two").await;
    assert_eq!(
        (&two["state"], &two["error"]["retryable"]),
        (&json!("pending"), &json!(true))
    );
    assert_eq!(scene.channel(&made.id, "one").await["state"], "uploaded");
    scene.each_once(&["one"]);
    let stats: Value = scene.home.client().get("/api/stats").await.unwrap();
    let quota = &stats["quota"];
    assert_eq!(
        (&quota["dailyUploads"], &quota["dailyUnits"]),
        (&json!(1), &json!(10_000))
    );
    assert_eq!(
        quota["projects"],
        json!([{ "project": "project", "channels": ["one", "two"], "uploads": 1, "units": 0, "usedUp": true }])
    );
    assert!(
        quota["resetsAt"].as_str() > quota["day"].as_str(),
        "{quota}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_youtube_does_not_like_is_told_by_its_word() {
    let scene = Scene::new("").await;
    scene.youtube.fails(&[Fault::Title]);
    let _daemon = Daemon::start(&scene.home).unwrap();
    let made = scene.publish(&["one"]).await;
    let ended = wait_for(&scene.home, &made.id, |view| view.status == "failed")
        .await
        .unwrap();
    let error = ended.error.unwrap();
    assert_eq!(
        (error.class.as_str(), error.code.as_str()),
        ("input", "invalidTitle")
    );
    assert!(scene.youtube.uploaded().is_empty());
}
