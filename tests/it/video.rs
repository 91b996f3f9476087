//! The `video` pipeline, from a prompt to files that players take: real speech, real captions, real ffmpeg.

use reel_shared::workflow::WorkflowView;
use reel_tests::{Daemon, Home, request, submit, wait_for_end};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What ffprobe says of a file.
fn probe(path: &Path) -> Value {
    let output = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-show_streams",
            "-show_format",
            "-of",
            "json",
        ])
        .arg(path)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}: {}",
        path.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn stream<'a>(probe: &'a Value, kind: &str) -> &'a Value {
    probe["streams"]
        .as_array()
        .unwrap()
        .iter()
        .find(|stream| stream["codec_type"] == kind)
        .unwrap()
}

fn file(home: &Home, value: &Value) -> PathBuf {
    let path = PathBuf::from(
        value
            .as_str()
            .unwrap_or_else(|| panic!("{value} is no path")),
    );
    if path.is_absolute() {
        path
    } else {
        home.data().join(path)
    }
}

async fn make(home: &Home, params: Value) -> WorkflowView {
    let made = submit(home, &request("video", params)).await.unwrap();
    let mut ended = wait_for_end(home, &made.id).await;
    // Slow machines need more than one limit for a whole video.
    for _ in 0..5 {
        if ended.is_ok() {
            break;
        }
        ended = wait_for_end(home, &made.id).await;
    }
    let ended = ended.unwrap();
    assert_eq!(
        ended.status,
        "completed",
        "{:?}\n{}",
        ended.error,
        home.last_words()
    );
    ended
}

#[tokio::test]
async fn a_prompt_becomes_a_video_with_captions_renditions_and_thumbnails() {
    let home = Home::scratch().unwrap();
    home.configure("[retention]\nmin_free_disk = \"16MiB\"\n")
        .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let prompt = "The tide turns. A lamp is lit. Somebody laughs.";
    let ended = make(&home, json!({ "prompt": prompt, "aspectRatio": "9:16" })).await;
    let stages: Vec<&str> = ended.stage_views().map(|(id, _)| id).collect();
    for id in ["generating_tts", "transcribing", "processing_video"] {
        assert!(stages.contains(&id), "{stages:?}");
    }
    let video = probe(&file(&home, &ended.outputs["videoPath"]));
    assert_eq!(
        (
            &stream(&video, "video")["codec_name"],
            &stream(&video, "audio")["codec_name"]
        ),
        (&json!("h264"), &json!("aac"))
    );
    assert_eq!(
        (
            &stream(&video, "video")["width"],
            &stream(&video, "video")["height"]
        ),
        (&json!(1080), &json!(1920))
    );
    let seconds: f64 = video["format"]["duration"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let narration = ended
        .stage_views()
        .find(|(id, _)| *id == "generating_tts")
        .unwrap()
        .1
        .outputs["audioLength"]
        .as_f64()
        .unwrap();
    assert!(
        (seconds - narration).abs() <= 0.3,
        "{seconds} s of video for {narration} s of narration"
    );
    let captions = std::fs::read_to_string(file(&home, &ended.outputs["captions"]["srt"])).unwrap();
    assert!(
        captions.contains("A lamp is lit.") && captions.contains(" --> "),
        "{captions}"
    );
    assert!(file(&home, &ended.outputs["captions"]["ass"]).exists());
    assert!(!ended.outputs["thumbnails"].as_array().unwrap().is_empty());
    assert!(!ended.outputs["renditions"].is_null());
}

#[tokio::test]
async fn any_text_goes_through_every_stage_unharmed() {
    let home = Home::scratch().unwrap();
    home.configure("[retention]\nmin_free_disk = \"16MiB\"\n")
        .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let prompt = "It's 100% \"sure\": a\\b {c} [d]; don't, 'e'.\nשלום עולם. 終わり!";
    let ended = make(&home, json!({ "prompt": prompt, "aspectRatio": "16:9" })).await;
    assert_eq!(ended.params["prompt"], prompt);
    let video = probe(&file(&home, &ended.outputs["videoPath"]));
    assert_eq!(stream(&video, "video")["width"], 1920);
    let captions = std::fs::read_to_string(file(&home, &ended.outputs["captions"]["srt"])).unwrap();
    for part in [
        "100% \"sure\": a\\b {c} [d]; don't, 'e'.",
        "שלום עולם.",
        "終わり",
    ] {
        assert!(captions.contains(part), "{part} is missing in {captions}");
    }
}
