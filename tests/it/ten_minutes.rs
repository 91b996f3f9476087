//! A spoken episode of ten minutes with pauses and cuts becomes clips in two variants and two ratios, each of them measured:
//! its form, its length, and whether its captions stand in the picture while the voice speaks.
//!
//! It takes minutes, so that it is left out by default: `cargo xtask soak episode` runs it, and with `REEL_KEEP=DIR` leaves
//! pictures of every render there for somebody to look at.

mod measures;
mod recording;

use measures::{heard, in_time, keep, probe, shown};
use recording::{LENGTH, Line, record};
use reel_shared::workflow::WorkflowView;
use reel_tests::{Daemon, Home, LIMIT, Watch, raw, request, submit};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

/// Runs a program, which has to succeed, and answers what it wrote.
fn run(program: &str, args: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(args).output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program} {args:?}: {words}");
    output.stdout
}

async fn make(home: &Home, pipeline: &str, params: Value) -> WorkflowView {
    let made = submit(home, &request(pipeline, params)).await.unwrap();
    let mut watch = Watch::open(home, &made.id).await.unwrap();
    let ended = watch.until_within(LIMIT * 30, |view| {
        ["completed", "failed"].contains(&view.status.as_str())
    });
    let ended = ended.await.unwrap();
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    ended
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it takes minutes: cargo xtask soak episode"]
async fn an_episode_of_ten_minutes_becomes_clips_whose_captions_are_in_time() {
    let home = Home::scratch().unwrap();
    let lines = record(&home.data().join("episodes"));
    home.configure("[retention]\nmin_free_disk = \"16MiB\"\n")
        .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let began = Instant::now();
    let episode = make(
        &home,
        "episode",
        json!({"episode_id": "town-walk", "target_stage": "enriched"}),
    )
    .await;
    let found = began.elapsed().as_secs_f64();
    for (id, stage) in episode
        .stage_views()
        .filter(|(_, stage)| stage.status == "completed")
    {
        println!("{id}: {} ms", stage.duration.unwrap_or(0));
    }
    let told = raw(&home, "GET", "/episodes/town-walk/clips", "", b"")
        .unwrap()
        .body;
    let clips = told["clips"].as_array().unwrap().clone();
    assert!(clips.len() >= 4, "{told}");
    println!(
        "{} sentences in {LENGTH} s, {} clips found in {found:.1} s",
        lines.len(),
        clips.len()
    );
    for clip in &clips {
        let (start, end) = (
            clip["start"].as_f64().unwrap(),
            clip["end"].as_f64().unwrap(),
        );
        let cuts_into = |line: &&Line| {
            (line.from < start) != (line.to <= start) || (line.from < end) != (line.to <= end)
        };
        let cut: Vec<&str> = lines
            .iter()
            .filter(cuts_into)
            .map(|line| line.text.as_str())
            .collect();
        assert!(cut.is_empty(), "{start}–{end} cuts into {cut:?}");
    }
    let wanted: Vec<&str> = clips
        .iter()
        .take(2)
        .map(|clip| clip["clip_id"].as_str().unwrap())
        .collect();
    let began = Instant::now();
    let params = json!({"episode_id": "town-walk", "clip_ids": wanted, "variants": ["clean", "subtitled"], "aspect_ratios": ["9x16", "16x9"]});
    let ended = make(&home, "clips", params).await;
    let took = began.elapsed().as_secs_f64();
    let renders = ended.outputs["renders"].as_array().unwrap();
    assert_eq!(renders.len(), 8);
    let path = |clip: &str, variant: &str, ratio: &str| {
        let one = renders.iter().find(|one| {
            one["clip_id"] == clip && one["variant"] == variant && one["aspect_ratio"] == ratio
        });
        PathBuf::from(one.unwrap()["path"].as_str().unwrap())
    };
    let mut made = 0.0;
    for clip in clips.iter().take(2) {
        let id = clip["clip_id"].as_str().unwrap();
        let (start, end) = (
            clip["start"].as_f64().unwrap(),
            clip["end"].as_f64().unwrap(),
        );
        for (ratio, form) in [("9x16", (720, 1280)), ("16x9", (1280, 720))] {
            for variant in ["clean", "subtitled"] {
                let (width, height, length) = probe(&path(id, variant, ratio));
                assert_eq!((width, height), form, "{id} {variant} {ratio}");
                assert!(
                    (length - (end - start)).abs() < 0.1,
                    "{id}: {length} of {}",
                    end - start
                );
                made += length;
            }
            let (clean, subtitled) = (path(id, "clean", ratio), path(id, "subtitled", ratio));
            let (shown, heard) = (shown(&clean, &subtitled), heard(&subtitled, end - start));
            in_time(&format!("{id} {ratio}"), &shown, &heard);
            for path in [clean, subtitled] {
                keep(&path, f64::midpoint(shown[1].0, shown[1].1));
            }
        }
    }
    println!(
        "8 renders, {made:.1} s of film in {took:.1} s: {:.2} s a second",
        took / made
    );
}
