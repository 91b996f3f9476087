//! Services that make things for a key, stood in for by servers that speak their protocols, faults included: asked as they
//! want it, waited for as they say, never paid twice.
//!
//! Lines: the services and their faults are one set of answers, which all of these tests speak to.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reel_tests::{
    Asked, Daemon, Home, Reply, StandIn, act, request, submit, wait_for, wait_for_end,
    wait_for_status,
};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub const KEY: &str = "sk-secret-of-the-test";

/// A file that ffmpeg makes.
fn made(folder: &Path, name: &str, args: &[&str]) -> Vec<u8> {
    let path = folder.join(name);
    let status = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i"])
        .args(args)
        .arg(&path)
        .status();
    assert!(status.unwrap().success());
    std::fs::read(path).unwrap()
}

pub fn film(home: &Home) -> Vec<u8> {
    let source = "testsrc2=size=360x640:rate=10:duration=4";
    made(home.root(), "film.mp4", &[source, "-pix_fmt", "yuv420p"])
}

pub fn sound(home: &Home) -> Vec<u8> {
    made(
        home.root(),
        "sound.wav",
        &["sine=frequency=300:duration=1", "-ar", "24000"],
    )
}

pub fn settings(url: &str, more: &str) -> String {
    format!(
        "[retry]\nfirst = \"10ms\"\n[retention]\nmin_free_disk = \"16MiB\"\n\
         [providers.openai]\nbase_url = \"{url}/v1\"\napi_key = \"{KEY}\"\nspeech_model = \"say\"\nchat_model = \"think\"\ntranscription_model = \"hear\"\n\
         [providers.pexels]\nbase_url = \"{url}/v1\"\napi_key = \"{KEY}\"\n\
         [providers.veo]\nbase_url = \"{url}\"\napi_key = \"{KEY}\"\n{more}"
    )
}

/// A pipeline of these built-in stages, one after the other.
pub fn pipeline(home: &Home, name: &str, stages: &[&str]) {
    let mut text = String::from(
        "description = \"x\"\n[params.prompt]\ntype = \"text\"\nrequired = true\n[params.videoSource]\ntype = \"string\"\n",
    );
    for stage in stages {
        text.push_str(&format!(
            "[[stages]]\nid = \"{stage}\"\nuses = \"{stage}\"\n"
        ));
    }
    std::fs::write(home.pipelines().join(format!("{name}.toml")), text).unwrap();
}

pub fn count(service: &StandIn, path: &str) -> usize {
    service
        .asked()
        .iter()
        .filter(|asked| asked.path.starts_with(path))
        .count()
}

pub fn chat() -> Value {
    let script = json!({"script": "The sea is deep. It is never still.", "title": "The sea", "search": ["ocean waves", "deep sea"]});
    json!({"choices": [{"message": {"content": format!("```json\n{script}\n```")}, "finish_reason": "stop"}], "usage": {"total_tokens": 77}})
}

pub fn heard() -> Value {
    let word = |word: &str, start: f64| json!({"word": word, "start": start, "end": start + 0.2});
    json!({"task": "transcribe", "language": "english", "duration": 2.9, "text": "The sea is deep. It is never still.",
        "segments": [{"id": 0, "start": 0.1, "end": 2.9, "text": " The sea is deep. It is never still."}],
        "words": [word("The", 0.2), word("sea", 0.5), word("is", 0.7), word("deep.", 0.9), word("It", 1.5), word("is", 1.7), word("never", 1.9), word("still.", 2.1)]})
}

pub fn page(url: &str) -> Value {
    let file = |width: u32, height: u32| json!({"id": 1, "quality": "hd", "file_type": "video/mp4", "width": width, "height": height, "fps": 25, "link": format!("{url}/film.mp4")});
    let video = |id: u64| json!({"id": id, "width": 1080, "height": 1920, "duration": 30, "url": format!("https://pexels.test/{id}"), "user": {"id": 1, "name": "Ann Lee", "url": "u"}, "video_files": [file(1080, 1920)]});
    json!({"page": 1, "per_page": 40, "total_results": 2, "videos": [video(7), video(8)]})
}

/// A service that does all of it; the first answer of each kind is a fault of its own.
async fn service(home: &Home) -> StandIn {
    let (film, sound) = (film(home), sound(home));
    let (chats, speeches, films) = (
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    let first = |counter: &AtomicUsize| counter.fetch_add(1, Ordering::SeqCst) == 0;
    StandIn::start(move |asked: &Asked| {
        let path = asked.path.split('?').next().unwrap_or_default();
        let host = asked.header("host").unwrap_or_default();
        match path {
            "/v1/chat/completions" if first(&chats) => {
                Reply::json(500, &json!({"error": {"message": "oops"}}))
            }
            "/v1/chat/completions" => Reply::json(200, &chat()),
            "/v1/audio/speech" if first(&speeches) => Reply {
                cut: Some(sound.len() / 3),
                ..Reply::new(200, sound.clone())
            },
            "/v1/audio/speech" => Reply::new(200, sound.clone()),
            "/v1/audio/transcriptions" => Reply::json(200, &heard()),
            "/v1/videos/search" => Reply::json(200, &page(&format!("http://{host}"))),
            "/film.mp4" => Reply {
                cut: first(&films).then_some(film.len() / 2),
                ..Reply::new(200, film.clone())
            },
            _ => Reply::json(404, &json!({"error": "no such path"})),
        }
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_prompt_goes_through_every_service_and_its_faults() {
    let home = Home::scratch().unwrap();
    let service = service(&home).await;
    let more = "[providers]\nspeech = \"openai\"\ntranscription = \"openai\"\nchat = \"openai\"\n";
    home.configure(&settings(service.url(), more)).unwrap();
    pipeline(
        &home,
        "services",
        &["script", "tts", "transcribe", "search"],
    );
    let _daemon = Daemon::start(&home).unwrap();
    let params = json!({"prompt": "A film about the sea", "videoSource": "pexels"});
    let made = submit(&home, &request("services", params)).await.unwrap();
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    let outputs = |stage: &str| ended.stages[stage]["outputs"].clone();
    assert_eq!(
        outputs("script")["script"],
        json!("The sea is deep. It is never still.")
    );
    assert_eq!(outputs("script")["cost"]["units"], json!({"openai": 77}));
    let units = |provider: &str| -> i64 {
        let told = ended.stages.keys();
        told.filter_map(|stage| outputs(stage)["cost"]["units"][provider].as_i64())
            .sum()
    };
    let cost = &ended.outputs["cost"];
    assert_eq!(cost["units"]["openai"], json!(units("openai")), "{cost}");
    assert_eq!(cost["units"]["pexels"], json!(units("pexels")), "{cost}");
    assert!(units("openai") > 77 && units("pexels") > 0, "{cost}");
    assert!(
        cost["cpuSeconds"].is_number() && cost["gpuSeconds"] == 0,
        "{cost}"
    );
    assert_eq!(outputs("tts")["provider"], json!("openai"));
    assert_eq!(outputs("transcribe")["provider"], json!("openai"));
    assert_eq!(outputs("search")["provider"], json!("pexels"));
    assert_eq!(
        ended.outputs["credits"][0]["text"],
        json!("Video by Ann Lee on Pexels")
    );
    let captions =
        std::fs::read_to_string(ended.outputs["captions"]["srt"].as_str().unwrap()).unwrap();
    assert!(
        captions.contains("00:00:00,200 --> "),
        "as it was heard: {captions}"
    );
    // Each fault was met with one more request, and nothing was asked besides.
    assert_eq!(count(&service, "/v1/chat/completions"), 2);
    assert_eq!(
        count(&service, "/v1/audio/speech"),
        3,
        "two sentences, the first of them twice"
    );
    assert_eq!(count(&service, "/v1/audio/transcriptions"), 1);
    let asked = service.asked();
    let search = asked
        .iter()
        .find(|asked| asked.path.starts_with("/v1/videos/search"))
        .unwrap();
    assert!(
        search.path.contains("query=ocean+waves") && search.path.contains("orientation=portrait"),
        "{}",
        search.path
    );
    assert_eq!(search.header("authorization"), Some(KEY));
    let speech = asked
        .iter()
        .find(|asked| asked.path == "/v1/audio/speech")
        .unwrap();
    assert_eq!(
        speech.header("authorization"),
        Some(format!("Bearer {KEY}").as_str())
    );
    assert_eq!(speech.json()["model"], json!("say"));
    let fetched = asked
        .iter()
        .find(|asked| asked.path == "/film.mp4")
        .unwrap();
    assert_eq!(
        fetched.header("authorization"),
        None,
        "a file's address is shown no key"
    );
    assert!(!serde_json::to_string(&ended).unwrap().contains(KEY));
    assert!(!std::fs::read_to_string(home.log()).unwrap().contains(KEY));
}

#[tokio::test]
async fn a_limit_parks_until_the_service_says_and_a_bad_key_is_told() {
    let home = Home::scratch().unwrap();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs();
    let service = StandIn::start(move |asked: &Asked| match asked.path.split('?').next() {
        Some("/v1/videos/search") => Reply::json(429, &json!({"error": "Too many requests"}))
            .with("x-ratelimit-reset", (now + 7_200).to_string()),
        Some("/v1/chat/completions") => Reply::json(
            401,
            &json!({"error": {"message": format!("Incorrect API key provided: {KEY}")}}),
        ),
        Some("/v1/audio/speech") => Reply::json(
            429,
            &json!({"error": {"message": "no credit", "code": "insufficient_quota"}}),
        )
        .with("retry-after", "86400"),
        _ => Reply::new(404, ""),
    })
    .await
    .unwrap();
    home.configure(&settings(service.url(), "")).unwrap();
    pipeline(&home, "searching", &["tts", "search"]);
    pipeline(&home, "writing", &["script"]);
    let daemon = Daemon::start(&home).unwrap();
    let params = json!({"prompt": "The sea", "videoSource": "pexels"});
    let made = submit(&home, &request("searching", params.clone()))
        .await
        .unwrap();
    let waiting = wait_for_status(&home, &made.id, "waiting").await.unwrap();
    let why = waiting.waiting_for.unwrap();
    assert_eq!(why.kind, "time");
    let until: String = why.until.unwrap().to_string();
    assert!(
        why.message.contains("pexels answered 429"),
        "{} until {until}",
        why.message
    );
    let refused = submit(&home, &request("writing", params)).await.unwrap();
    let ended = wait_for_end(&home, &refused.id).await.unwrap();
    let error = ended.error.unwrap();
    assert_eq!(
        (error.class.as_str(), error.code.as_str()),
        ("config", "unauthorized")
    );
    assert!(
        !error.message.contains(KEY) && error.hint.contains("[providers.openai] api_key"),
        "{error:?}"
    );
    assert_eq!(
        count(&service, "/v1/chat/completions"),
        1,
        "a bad key is not tried again"
    );
    daemon.terminate().unwrap();
    // Credit that is used up parks as a quota does.
    home.configure(&settings(
        service.url(),
        "[providers]\nspeech = \"openai\"\n",
    ))
    .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let made = submit(&home, &request("searching", json!({"prompt": "The sea"})))
        .await
        .unwrap();
    let waiting = wait_for_status(&home, &made.id, "waiting").await.unwrap();
    assert_eq!(waiting.waiting_for.unwrap().kind, "quota");
}

/// A model that takes a while: the first two looks find nothing yet.
async fn model(home: &Home) -> StandIn {
    let (film, looks) = (film(home), AtomicUsize::new(0));
    StandIn::start(move |asked: &Asked| {
        let host = asked.header("host").unwrap_or_default().to_owned();
        match (asked.method.as_str(), asked.path.as_str()) {
            ("POST", "/v1beta/interactions") => Reply::json(200, &json!({"id": "int_1", "status": "queued", "steps": []})),
            ("GET", "/v1beta/interactions/int_1") if looks.fetch_add(1, Ordering::SeqCst) < 2 => {
                Reply::json(200, &json!({"id": "int_1", "status": "in_progress"}))
            }
            ("GET", "/v1beta/interactions/int_1") => Reply::json(200, &json!({"id": "int_1", "status": "completed", "steps": [
                {"type": "model_output", "content": [{"type": "video", "mime_type": "video/mp4", "uri": format!("http://{host}/v1beta/files/f1")}]}]})),
            ("GET", "/v1beta/files/f1") => Reply::json(200, &json!({"name": "files/f1", "state": "ACTIVE"})),
            ("GET", "/v1beta/files/f1:download?alt=media") => Reply::new(200, film.clone()),
            _ => Reply::new(404, ""),
        }
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_clip_that_was_asked_for_is_found_again_after_a_kill_and_paid_once() {
    let home = Home::scratch().unwrap();
    let model = model(&home).await;
    home.configure(&settings(model.url(), "")).unwrap();
    pipeline(&home, "made", &["tts", "generate"]);
    let daemon = Daemon::start(&home).unwrap();
    let params = json!({"prompt": "The sea", "videoSource": "veo"});
    let made = submit(&home, &request("made", params)).await.unwrap();
    let waiting = wait_for_status(&home, &made.id, "waiting").await.unwrap();
    assert!(
        waiting
            .waiting_for
            .unwrap()
            .message
            .contains("veo is making 1 of 1 clips")
    );
    daemon.kill().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    // A retry of what waits for a time lets it look now.
    let _ = act(&home, &made.id, "retry", json!({})).await;
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    assert_eq!(
        ended.stages["generate"]["outputs"]["provider"],
        json!("veo")
    );
    let stage = &ended.stages["generate"];
    assert!(stage["attempts"].as_u64() > Some(1), "it was looked at");
    assert_eq!(stage["tries"], 1, "no look is a try");
    let asked = model.asked();
    let posts: Vec<&Asked> = asked
        .iter()
        .filter(|asked| asked.method == "POST")
        .collect();
    assert_eq!(posts.len(), 1, "paid once");
    assert_eq!(
        posts[0].json()["response_format"]["aspect_ratio"],
        json!("9:16")
    );
    assert!(
        asked
            .iter()
            .all(|asked| asked.header("x-goog-api-key") == Some(KEY))
    );
}

#[tokio::test]
async fn the_other_protocols_speak_and_make_too() {
    let home = Home::scratch().unwrap();
    let (film, sound) = (STANDARD.encode(film(&home)), STANDARD.encode(sound(&home)));
    let google = StandIn::start(move |asked: &Asked| match asked.path.as_str() {
        "/v1/text:synthesize" => Reply::json(200, &json!({ "audioContent": sound })),
        "/v1/projects/p/locations/l/publishers/google/models/veo-3:predictLongRunning" => {
            Reply::json(200, &json!({"name": "projects/p/locations/l/operations/7"}))
        }
        "/v1/projects/p/locations/l/publishers/google/models/veo-3:fetchPredictOperation" => {
            let video = json!({"bytesBase64Encoded": film, "mimeType": "video/mp4"});
            Reply::json(200, &json!({"done": true, "response": {"videos": [video]}}))
        }
        _ => Reply::new(404, ""),
    })
    .await
    .unwrap();
    let url = google.url();
    let model = "projects/p/locations/l/publishers/google/models/veo-3";
    home.configure(&format!(
        "[retention]\nmin_free_disk = \"16MiB\"\n[providers]\nspeech = \"google_tts\"\n\
         [providers.google_tts]\nbase_url = \"{url}/v1\"\napi_key = \"{KEY}\"\n\
         [providers.veo]\nbase_url = \"{url}\"\napi_key = \"{KEY}\"\nmodel = \"{model}\"\n"
    ))
    .unwrap();
    pipeline(&home, "made", &["tts", "generate"]);
    let _daemon = Daemon::start(&home).unwrap();
    let params = json!({"prompt": "The sea", "videoSource": "veo"});
    let made = submit(&home, &request("made", params)).await.unwrap();
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    assert_eq!(
        ended.stages["tts"]["outputs"]["provider"],
        json!("google_tts")
    );
    let asked = google.asked();
    assert_eq!(asked[0].json()["voice"]["languageCode"], json!("en-US"));
    assert_eq!(asked[0].header("x-goog-api-key"), Some(KEY));
    let bearer = format!("Bearer {KEY}");
    assert_eq!(asked[1].header("authorization"), Some(bearer.as_str()));
    assert_eq!(
        asked[2].json()["operationName"],
        json!("projects/p/locations/l/operations/7")
    );
}

#[tokio::test]
async fn what_may_have_been_paid_for_is_not_asked_again_by_itself() {
    let home = Home::scratch().unwrap();
    let model = StandIn::start(|_: &Asked| Reply {
        cut: Some(3),
        ..Reply::json(200, &json!({"id": "int_1"}))
    })
    .await
    .unwrap();
    home.configure(&settings(model.url(), "")).unwrap();
    pipeline(&home, "made", &["tts", "generate"]);
    let _daemon = Daemon::start(&home).unwrap();
    let params = json!({"prompt": "The sea", "videoSource": "veo"});
    let made = submit(&home, &request("made", params)).await.unwrap();
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!(ended.error.unwrap().code, "maybe_paid");
    assert_eq!(model.asked().len(), 1);
}

#[tokio::test]
async fn nothing_goes_out_before_somebody_has_said_yes() {
    let home = Home::scratch().unwrap();
    pipeline(&home, "asking", &["approve"]);
    let _daemon = Daemon::start(&home).unwrap();
    let made = submit(&home, &request("asking", json!({"prompt": "x"})))
        .await
        .unwrap();
    let waiting = wait_for(&home, &made.id, |view| !view.gates.is_empty())
        .await
        .unwrap();
    assert!(
        waiting.gates[0].questions[0]
            .question
            .starts_with("May it go out?")
    );
    act(&home, &made.id, "confirm", json!({"confirmed": true}))
        .await
        .unwrap();
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    let refused = submit(&home, &request("asking", json!({"prompt": "y"})))
        .await
        .unwrap();
    wait_for_status(&home, &refused.id, "waiting")
        .await
        .unwrap();
    act(&home, &refused.id, "confirm", json!({"confirmed": false}))
        .await
        .unwrap();
    let ended = wait_for_end(&home, &refused.id).await.unwrap();
    assert_eq!(ended.error.unwrap().class, "rejected");
}
