//! Every service that is asked over the network, and every fault that it may answer with: one that passes costs a request more
//! and nothing else, a key that is refused is told at once. S3 and YouTube, whose protocols have faults of their own, are in
//! `faults_of_stores`.

use crate::providers::{chat, film, heard, page, pipeline, settings, sound};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reel_tests::{Asked, Daemon, Home, Reply, StandIn, request, submit, wait_for_end};
use serde_json::json;
use std::sync::{Arc, Mutex};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Ill,
    Cut,
    Busy,
    Locked,
}

/// What goes wrong the next time somebody asks for this.
type Next = Arc<Mutex<Option<(&'static str, Fault)>>>;

/// A service, its stages, what is asked of it, and the configuration beside the keys.
struct Case {
    stages: &'static [&'static str],
    source: &'static str,
    path: &'static str,
    speech: &'static str,
}

const fn case(
    stages: &'static [&'static str],
    source: &'static str,
    path: &'static str,
    speech: &'static str,
) -> Case {
    Case {
        stages,
        source,
        path,
        speech,
    }
}

const CASES: [Case; 7] = [
    case(&["script"], "", "/v1/chat/completions", "openai"),
    case(&["tts"], "", "/v1/audio/speech", "openai"),
    case(&["tts"], "", "/v1/text:synthesize", "google_tts"),
    case(
        &["tts", "transcribe"],
        "",
        "/v1/audio/transcriptions",
        "openai",
    ),
    case(&["tts", "search"], "pexels", "/v1/videos/search", "openai"),
    case(&["tts", "search"], "pexels", "/film.mp4", "openai"),
    case(
        &["tts", "generate"],
        "veo",
        "/v1beta/interactions/int_1",
        "openai",
    ),
];

fn spoilt(fault: Fault, good: Reply) -> Reply {
    let said = |status| Reply::json(status, &json!({"error": {"message": "not now"}}));
    match fault {
        Fault::Ill => said(500),
        Fault::Busy => said(429).with("retry-after", "1"),
        Fault::Locked => said(401),
        Fault::Cut => Reply {
            cut: Some(good.body.len() / 2),
            ..good
        },
    }
}

async fn service(home: &Home, next: Next) -> StandIn {
    let (film, sound) = (film(home), sound(home));
    let encoded = STANDARD.encode(&sound);
    StandIn::start(move |asked: &Asked| {
        let path = asked.path.split('?').next().unwrap_or_default();
        let url = format!("http://{}", asked.header("host").unwrap_or_default());
        let good = match path {
            "/v1/chat/completions" => Reply::json(200, &chat()),
            "/v1/audio/speech" => Reply::new(200, sound.clone()),
            "/v1/text:synthesize" => Reply::json(200, &json!({ "audioContent": encoded })),
            "/v1/audio/transcriptions" => Reply::json(200, &heard()),
            "/v1/videos/search" => Reply::json(200, &page(&url)),
            "/v1beta/interactions" => Reply::json(200, &json!({"id": "int_1", "status": "queued"})),
            "/v1beta/interactions/int_1" => Reply::json(200, &json!({"id": "int_1", "status": "completed", "steps": [
                {"type": "model_output", "content": [{"type": "video", "mime_type": "video/mp4", "uri": format!("{url}/film.mp4")}]}]})),
            "/film.mp4" => Reply::new(200, film.clone()),
            _ => Reply::new(404, ""),
        };
        let fault = next.lock().unwrap().take_if(|(wanted, _)| *wanted == path);
        match fault {
            Some((_, fault)) => spoilt(fault, good),
            None => good,
        }
    })
    .await
    .unwrap()
}

/// How often it was asked for since then.
fn asked(service: &StandIn, path: &str, from: usize) -> usize {
    let all = service.asked();
    let later = all.iter().skip(from);
    later
        .filter(|one| one.path.split('?').next() == Some(path))
        .count()
}

#[tokio::test]
async fn a_fault_that_passes_costs_one_request_and_a_refused_key_nothing_more() {
    let home = Home::scratch().unwrap();
    let next: Next = Arc::default();
    let service = service(&home, Arc::clone(&next)).await;
    for speech in ["openai", "google_tts"] {
        let more = format!(
            "[cache]\nmax = \"0\"\n[providers.google_tts]\nbase_url = \"{}/v1\"\napi_key = \"k\"\n\
             [providers]\nspeech = \"{speech}\"\ntranscription = \"openai\"\nchat = \"openai\"\n",
            service.url()
        );
        home.configure(&settings(service.url(), &more)).unwrap();
        let daemon = Daemon::start(&home).unwrap();
        for case in CASES.iter().filter(|case| case.speech == speech) {
            try_all(&home, &service, &next, case).await;
        }
        daemon.terminate().unwrap();
    }
}

async fn try_all(home: &Home, service: &StandIn, next: &Next, case: &Case) {
    let name = case
        .path
        .replace(|letter: char| !letter.is_ascii_alphanumeric(), "");
    pipeline(home, &name, case.stages);
    let reloaded = reel_tests::reel(home, &["reload"]).unwrap();
    assert_eq!(reloaded.code, Some(0), "{}", reloaded.stderr);
    let (mut usual, file) = (0, case.path == "/film.mp4");
    for fault in [
        None,
        Some(Fault::Ill),
        Some(Fault::Cut),
        Some(Fault::Busy),
        Some(Fault::Locked),
    ] {
        let from = service.asked().len();
        *next.lock().unwrap() = fault.map(|fault| (case.path, fault));
        let params = json!({"prompt": "The sea is deep.", "videoSource": case.source});
        let made = submit(home, &request(&name, params)).await.unwrap();
        let ended = wait_for_end(home, &made.id).await.unwrap();
        let count = asked(service, case.path, from);
        let words = format!(
            "{} {fault:?}: {count} requests, {:?}",
            case.path, ended.error
        );
        match fault {
            None => {
                assert_eq!(ended.status, "completed", "{words}");
                assert!(count > 0, "{words}");
                usual = count;
            }
            // A file's address is no door with a key.
            Some(Fault::Locked) if !file => {
                let error = ended.error.unwrap();
                assert_eq!(
                    (error.class.as_str(), error.code.as_str()),
                    ("config", "unauthorized"),
                    "{words}"
                );
                assert!(error.hint.contains("api_key"), "{}", error.hint);
                assert_eq!(count, 1, "{words}");
            }
            Some(Fault::Locked) => assert!(ended.error.is_some(), "{words}"),
            Some(_) => {
                assert_eq!(ended.status, "completed", "{words}");
                assert_eq!(count, usual + 1, "{words}");
            }
        }
        assert!(next.lock().unwrap().is_none(), "{words}: the fault came");
    }
}
