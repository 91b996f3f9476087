//! An episode from its file to its clips: found, written down by a recogniser, cut, rendered in several forms at once.

use reel_tests::{Daemon, Home, raw, request, submit, wait_for_end};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

/// Nine seconds of speech-like sound with pauses, over three scenes.
pub fn record(path: &Path) {
    let picture = "color=c=navy:s=320x180:r=10:d=3[a];color=c=orange:s=320x180:r=10:d=3[b];testsrc2=s=320x180:r=10:d=3[c];[a][b][c]concat=n=3[v]";
    let sound = "aevalsrc='0.3*sin(2*PI*220*t)*gt(sin(2*PI*t/3),-0.8)':d=9:s=44100[s]";
    let made = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-y",
            "-filter_complex",
            &format!("{picture};{sound}"),
        ])
        .args([
            "-map", "[v]", "-map", "[s]", "-pix_fmt", "yuv420p", "-t", "9",
        ])
        .arg(path)
        .status();
    assert!(made.unwrap().success());
}

/// A program that answers as whisper.cpp's does, whatever it hears.
pub fn recogniser(home: &Home) -> String {
    let token =
        |text: &str, from: u32| json!({"text": text, "offsets": {"from": from, "to": from + 300}});
    let piece = |from: u32, text: &str| {
        let words: Vec<Value> = text
            .split(' ')
            .enumerate()
            .map(|(index, word)| token(&format!(" {word}"), from + 400 * index as u32))
            .collect();
        json!({"offsets": {"from": from, "to": from + 2_600}, "text": text, "tokens": words})
    };
    let said = json!({"result": {"language": "en"}, "transcription": [piece(100, "Who built this bridge?"), piece(3_100, "Nobody knows it today."), piece(6_100, "It stands all the same.")]});
    let (answer, program, model) = (
        home.root().join("answer.json"),
        home.root().join("whisper"),
        home.root().join("model.bin"),
    );
    std::fs::write(&answer, said.to_string()).unwrap();
    std::fs::write(&model, "x").unwrap();
    std::fs::write(&program, format!("#!/bin/sh\nwhile [ $# -gt 1 ]; do [ \"$1\" = -of ] && out=$2; shift; done\ncp {} \"$out.json\"\n", answer.display())).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!(
        "[providers.whisper_cpp]\nprogram = \"{}\"\nmodel = \"{}\"\n",
        program.display(),
        model.display()
    )
}

fn shape(path: &str) -> String {
    let output = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-show_entries",
            "stream=codec_name,width,height",
            "-of",
            "csv=p=0",
            path,
        ])
        .output()
        .unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// What is told of its clips.
fn clips(home: &Home) -> Value {
    raw(home, "GET", "/episodes/old-bridge/clips", "", b"")
        .unwrap()
        .body
}

#[tokio::test]
async fn an_episode_becomes_clips_in_every_form() {
    let home = Home::scratch().unwrap();
    let folder = home.data().join("episodes");
    std::fs::create_dir_all(&folder).unwrap();
    record(&folder.join("Old Bridge.mp4"));
    home.configure(&format!(
        "[retention]\nmin_free_disk = \"16MiB\"\n{}",
        recogniser(&home)
    ))
    .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let early = submit(
        &home,
        &request("clips", json!({"episode_id": "old-bridge"})),
    )
    .await;
    assert!(
        early
            .unwrap_err()
            .to_string()
            .contains("process the episode first")
    );
    let params = json!({"episode_id": "old-bridge", "target_stage": "enriched"});
    let made = submit(&home, &request("episode", params)).await.unwrap();
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    assert_eq!(
        ended.stages["transcribing"]["outputs"]["provider"],
        json!("whisper_cpp")
    );
    assert_eq!(ended.stages["rendering"]["status"], "skipped");
    assert_eq!(ended.outputs["episode"]["stage"], json!("enriched"));
    let srt = std::fs::read_to_string(
        ended.stages["transcribing"]["outputs"]["srt"]
            .as_str()
            .unwrap(),
    )
    .unwrap();
    assert!(
        srt.contains("00:00:03,100 --> ") && srt.contains("Nobody knows it today."),
        "{srt}"
    );
    let told = clips(&home);
    assert_eq!(
        (&told["count"], &told["clips"][0]["clip_id"]),
        (&json!(1), &json!("c1")),
        "{told}"
    );

    let params = json!({"episode_id": "old-bridge", "aspect_ratios": ["1x1"]});
    let made = submit(&home, &request("clips", params)).await.unwrap();
    let ended = wait_for_end(&home, &made.id).await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    let ids: Vec<&str> = ended.stages.keys().map(String::as_str).collect();
    assert_eq!(
        ids,
        ["selecting", "c1-clean-1x1", "c1-subtitled-1x1", "storing"]
    );
    assert_eq!(
        ended.stages["c1-subtitled-1x1"]["needs"],
        json!(["selecting"])
    );
    assert_eq!(
        ended.stages["c1-subtitled-1x1"]["outputs"]["captions"],
        json!(true)
    );
    let renders = ended.outputs["renders"].as_array().unwrap().clone();
    assert_eq!(renders.len(), 2);
    for render in &renders {
        assert_eq!(shape(render["path"].as_str().unwrap()), "h264,720,720 aac");
    }
    let told = clips(&home);
    let ready: Vec<&Value> = told["clips"][0]["renders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|render| &render["status"])
        .collect();
    assert_eq!(ready, ["ready", "ready"]);

    let path = format!("/api/workflow/{}", made.id);
    assert_eq!(raw(&home, "DELETE", &path, "", b"").unwrap().status, 200);
    let told = clips(&home);
    assert_eq!(told["clips"][0]["renders"], json!([]));
}
