//! Prompts through everything that there is, on services that stand in: script, speech, transcript, footage, composing,
//! renditions, quality check, object store, two YouTube channels, webhooks; and the daemon is killed again and again at random
//! moments. In the end everything is there once, was paid once, was told, and came about by legal steps.
//!
//! `REEL_KILLS` says how often, `REEL_SEED` draws the same moments again; `cargo xtask soak chain` kills thirty times.

use reel_shared::workflow::WorkflowView;
use reel_tests::{
    Asked, Daemon, Home, LIMIT, Makers, Reply, S3, StandIn, Timeline, Watch, YouTube, act, raw,
    request, submit,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Kills where nothing else is said.
const KILLS: usize = 6;
/// A life lasts at most so many microseconds.
const LONGEST: u64 = 3_000_000;
/// A video on a busy machine.
const PATIENCE: Duration = LIMIT.saturating_mul(8);

const SETTINGS: &str = "[retry]\nfirst = \"100ms\"\n[retention]\nmin_free_disk = \"16MiB\"\n\
     [webhooks]\nallow_http = true\nallow_private = true\nrate = \"1000/s\"\nschedule = [\"0s\", \"1s\", \"1s\", \"1s\", \"1s\"]\n";

const JSON: &str = "Content-Type: application/json";

struct Scene {
    home: Home,
    makers: Makers,
    store: S3,
    youtube: YouTube,
    receiver: StandIn,
    chance: fastrand::Rng,
    /// What was submitted, by id.
    made: BTreeMap<String, String>,
    /// Requests that the makers had seen at each kill.
    kills: Vec<usize>,
    /// Clips of which nobody can know whether they were paid for, and that a person let be asked for again.
    allowed: usize,
}

impl Scene {
    async fn new(seed: u64) -> Self {
        let home = Home::scratch().unwrap();
        let (makers, store) = (
            Makers::start(&home).await.unwrap(),
            S3::start().await.unwrap(),
        );
        let youtube = YouTube::start().await.unwrap();
        let receiver = StandIn::start(|_: &Asked| Reply::new(200, ""))
            .await
            .unwrap();
        let settings = format!(
            "{SETTINGS}{}{}{}",
            makers.settings(),
            store.settings("secret"),
            youtube.settings("", &["one", "two"])
        );
        home.configure(&settings).unwrap();
        Self {
            home,
            makers,
            store,
            youtube,
            receiver,
            chance: fastrand::Rng::with_seed(seed),
            made: BTreeMap::new(),
            kills: Vec::new(),
            allowed: 0,
        }
    }

    /// Two prompts, each with footage of its own kind.
    async fn submit(&mut self) {
        for source in ["pexels", "veo"] {
            let prompt = format!("film number {}", self.made.len() + 1);
            let params = json!({"prompt": prompt, "title": prompt, "videoSource": source, "channels": ["one", "two"]});
            let mut wanted = request("video", params);
            wanted.webhook_url = Some(format!("{}/own", self.receiver.url()));
            let made = submit(&self.home, &wanted).await.unwrap();
            self.made.insert(made.id, prompt);
        }
    }

    /// Waits for a random moment: some time, or that a service is asked something.
    async fn moment(&mut self) {
        let longest = Duration::from_micros(self.chance.u64(0..LONGEST));
        let more = |service: &StandIn| service.asked().len() + 1;
        let kind = self.chance.u8(0..8);
        let asked = async {
            match kind {
                0 => drop(
                    self.makers
                        .server()
                        .until_asked(more(self.makers.server()))
                        .await,
                ),
                1 => drop(
                    self.youtube
                        .server()
                        .until_asked(more(self.youtube.server()))
                        .await,
                ),
                2 => drop(self.receiver.until_asked(more(&self.receiver)).await),
                3 => self.store.until_asked_more().await,
                _ => std::future::pending().await,
            }
        };
        let _ = tokio::time::timeout(longest, asked).await;
    }

    async fn look(&self, id: &str) -> WorkflowView {
        let path = format!("/api/workflow/status/{id}");
        self.home.client().get(&path).await.unwrap()
    }

    /// A clip that may have been paid for waits for a person, who lets it be asked for again. Nothing else may fail.
    async fn decide(&mut self, view: &WorkflowView) {
        let error = view.error.as_ref().unwrap();
        assert_eq!(error.code, "maybe_paid", "{}: {error:?}", view.id);
        self.allowed += 1;
        act(&self.home, &view.id, "retry", json!({})).await.unwrap();
    }

    /// Kills it at a random moment and starts it again; whether everything has ended.
    async fn kill(&mut self, daemon: Daemon) -> (Daemon, bool) {
        self.moment().await;
        daemon.kill().unwrap();
        self.makers.server().until_left().await.unwrap();
        self.kills.push(self.makers.server().asked().len());
        let daemon = Daemon::start(&self.home).unwrap();
        let mut is_over = true;
        for id in self.made.keys().cloned().collect::<Vec<_>>() {
            let view = self.look(&id).await;
            if view.status == "failed" {
                self.decide(&view).await;
            }
            is_over &= view.status == "completed";
        }
        (daemon, is_over)
    }

    async fn end(&mut self, id: &str) -> WorkflowView {
        loop {
            let mut watch = Watch::open(&self.home, id).await.unwrap();
            let ended = watch.until_within(PATIENCE, |view| {
                ["completed", "failed", "cancelled"].contains(&view.status.as_str())
            });
            let ended = ended.await.unwrap();
            if ended.status == "completed" {
                return ended;
            }
            self.decide(&ended).await;
        }
    }

    /// Everything that was to be told has arrived: none is pending any more.
    async fn told(&self, endpoint: &str) -> Vec<Value> {
        let began = Instant::now();
        loop {
            let (mut all, mut is_over) = (Vec::new(), true);
            for offset in (0..).step_by(200) {
                let path = format!("/api/webhooks/{endpoint}/deliveries?limit=200&offset={offset}");
                let page: Value = self.home.client().get(&path).await.unwrap();
                let rows = page["deliveries"].as_array().unwrap();
                is_over &= rows.iter().all(|row| row["status"] != "pending");
                all.extend(rows.iter().cloned());
                if rows.len() < 200 {
                    break;
                }
            }
            if is_over {
                return all;
            }
            assert!(began.elapsed() < LIMIT, "some are still pending: {all:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn killed_at_random_moments_everything_is_there_once() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let kills = number("REEL_KILLS").map_or(KILLS, |kills: u64| usize::try_from(kills).unwrap());
    let seed: u64 = number("REEL_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("seed {seed}, {kills} kills");
    let began = Instant::now();
    let mut scene = Scene::new(seed).await;
    let mut daemon = Daemon::start(&scene.home).unwrap();
    let register = json!({"url": format!("{}/all", scene.receiver.url()), "events": ["*"]});
    let registered = raw(
        &scene.home,
        "POST",
        "/api/webhooks/register",
        JSON,
        register.to_string().as_bytes(),
    )
    .unwrap();
    let endpoint = registered.body["webhookId"].as_str().unwrap().to_owned();
    scene.submit().await;
    for _ in 0..kills {
        let is_over;
        (daemon, is_over) = scene.kill(daemon).await;
        if is_over {
            scene.submit().await;
        }
    }
    let mut ended = Vec::new();
    for id in scene.made.keys().cloned().collect::<Vec<_>>() {
        ended.push(scene.end(&id).await);
    }
    let told = scene.told(&endpoint).await;
    stored_once(&scene, &ended);
    published_once(&scene);
    let repeated = paid_once(&scene);
    told_once(&scene, &told);
    let (mut attempts, mut lost) = (0, 0);
    for view in &ended {
        let timeline = Timeline::of(&scene.home, &view.id).await.unwrap();
        assert!(timeline.has_completed(), "{timeline:?}");
        attempts += timeline.attempts;
        lost += timeline.lost;
    }
    println!(
        "{kills} kills in {} s: {} workflows completed, {attempts} attempts of stages ({lost} begun anew), {} objects, {} uploads, \
         {} deliveries; {} things paid for, {repeated} asked again because the answer died with the daemon, {} by a person's leave",
        began.elapsed().as_secs(),
        ended.len(),
        scene.store.keys().len(),
        scene.youtube.uploaded().len(),
        told.len(),
        scene.makers.paid().len(),
        scene.allowed
    );
    daemon.terminate().unwrap();
    left_nothing(&scene);
}

/// Each stage's keys hold an object, and the store holds nothing else; nothing half-made is left on the disk.
fn stored_once(scene: &Scene, ended: &[WorkflowView]) {
    let mut keys: Vec<String> = Vec::new();
    for view in ended {
        assert_eq!(view.outputs["storage"], "s3", "{:?}", view.outputs);
        let told = view.stages["storing"]["outputs"]["keys"]
            .as_array()
            .unwrap();
        keys.extend(told.iter().map(|key| key.as_str().unwrap().to_owned()));
    }
    keys.sort_unstable();
    assert_eq!(
        scene.store.keys(),
        keys,
        "one object a key, and nothing else"
    );
    assert_eq!(scene.store.left_over(), 0);
    for key in &keys {
        let here = scene
            .home
            .data()
            .join("media")
            .join(key.strip_prefix("reel/").unwrap());
        let object = std::fs::read(scene.store.object(key)).unwrap();
        assert!(
            std::fs::read(&here).unwrap() == object,
            "{key} is not {}",
            here.display()
        );
    }
    let mut open = vec![scene.home.data().join("media")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let (name, size) = (path.display().to_string(), path.metadata().unwrap().len());
            assert!(
                !name.ends_with(".part") && size > 0,
                "{name} is left over, {size} bytes"
            );
        }
    }
}

/// What the stages worked on is gone with their workflows; what is only renamed so far goes at the next start.
fn left_nothing(scene: &Scene) {
    let work = std::fs::read_dir(scene.home.data().join("work")).unwrap();
    let left: Vec<String> = work
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with(".gone-"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Each channel has each video, once.
fn published_once(scene: &Scene) {
    let mut uploaded = BTreeMap::new();
    for one in scene.youtube.uploaded() {
        let title = one.about["snippet"]["title"].as_str().unwrap().to_owned();
        *uploaded.entry((title, one.by)).or_insert(0) += 1;
        assert!(one.bytes.len() > 10_000, "{} bytes", one.bytes.len());
    }
    let wanted = scene
        .made
        .values()
        .flat_map(|title| ["one", "two"].map(|channel| ((title.clone(), channel.to_owned()), 1)));
    assert_eq!(uploaded, wanted.collect());
}

/// Requests that can be on their way at once: one for each slot, and those that a search or a look makes besides.
const AT_ONCE: usize = 4;

/// Nothing that has a price was asked for twice, but where a kill took the answer along: then it was among the last requests
/// of that life. A clip, which is dear, not even then without a person's leave. Answers how often.
fn paid_once(scene: &Scene) -> usize {
    let (mut repeated, mut clips) = (0, 0);
    for (thing, asked) in scene.makers.paid() {
        for pair in asked.windows(2) {
            let ended = scene.kills.iter().find(|seen| **seen > pair[0]);
            let with_its_life =
                ended.is_some_and(|seen| *seen <= pair[1] && seen - pair[0] <= AT_ONCE);
            assert!(with_its_life, "{pair:?}, {:?}: {thing:.300}", scene.kills);
        }
        if thing.starts_with("/v1beta/interactions") {
            clips += asked.len() - 1;
        } else {
            repeated += asked.len() - 1;
        }
    }
    assert!(
        clips <= scene.allowed,
        "{clips} clips paid again, {} allowed",
        scene.allowed
    );
    repeated
}

/// Every event that was told of arrived, under one id, with the same bytes however often.
fn told_once(scene: &Scene, deliveries: &[Value]) {
    let mut arrived: BTreeMap<String, BTreeSet<Vec<u8>>> = BTreeMap::new();
    let mut kinds: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for asked in scene.receiver.asked() {
        let id = asked.header("webhook-id").unwrap().to_owned();
        let kind = asked.header("x-webhook-event").unwrap().to_owned();
        let place = if asked.path == "/own" { "own" } else { "all" };
        arrived
            .entry(format!("{place} {id}"))
            .or_default()
            .insert(asked.body.clone());
        kinds
            .entry((place.to_owned(), kind))
            .or_default()
            .insert(id);
    }
    for (id, bodies) in &arrived {
        assert_eq!(bodies.len(), 1, "{id} came with different bytes");
    }
    for row in deliveries {
        assert_eq!(row["status"], "delivered", "{row}");
        let id = format!("all {}", row["eventId"].as_str().unwrap());
        assert!(arrived.contains_key(&id), "{row}");
    }
    let ids: BTreeSet<&str> = deliveries
        .iter()
        .map(|row| row["eventId"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), deliveries.len(), "an event is delivered once");
    let count = |place: &str, kind: &str| {
        kinds
            .get(&(place.to_owned(), kind.to_owned()))
            .map_or(0, BTreeSet::len)
    };
    let videos = scene.made.len();
    assert_eq!(count("all", "video.completed"), videos);
    assert_eq!(count("own", "video.completed"), videos);
    assert_eq!(count("all", "youtube.uploaded"), 2 * videos);
    assert_eq!(count("all", "video.failed"), scene.allowed);
    assert!(count("all", "workflow.state_changed") >= 3 * videos);
}
