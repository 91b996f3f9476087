//! What a render is, as a player and a viewer would get it.

use super::run;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

pub fn probe(path: &Path) -> (u64, u64, f64) {
    let told = run(
        "ffprobe",
        &[
            "-v",
            "error",
            "-show_streams",
            "-show_format",
            "-of",
            "json",
            &path.display().to_string(),
        ],
    );
    let told: Value = serde_json::from_slice(&told).unwrap();
    let streams = told["streams"].as_array().unwrap();
    let video = streams
        .iter()
        .find(|one| one["codec_type"] == "video")
        .unwrap();
    let audio = streams
        .iter()
        .find(|one| one["codec_type"] == "audio")
        .unwrap();
    assert_eq!(
        (&video["codec_name"], &audio["codec_name"]),
        (&json!("h264"), &json!("aac"))
    );
    let length = told["format"]["duration"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    (
        video["width"].as_u64().unwrap(),
        video["height"].as_u64().unwrap(),
        length,
    )
}

/// When captions stand in the picture: where the two variants differ by more than encoding does. Spans in seconds.
pub fn shown(clean: &Path, subtitled: &Path) -> Vec<(f64, f64)> {
    let graph = "[0:v]scale=180:-2,format=gray[a];[1:v]scale=180:-2,format=gray[b];[a][b]blend=all_mode=difference,\
                 signalstats,metadata=print:key=lavfi.signalstats.YMAX:file=-";
    let (clean, subtitled) = (clean.display().to_string(), subtitled.display().to_string());
    let told = run(
        "ffmpeg",
        &[
            "-v",
            "error",
            "-i",
            &clean,
            "-i",
            &subtitled,
            "-filter_complex",
            graph,
            "-f",
            "null",
            "-",
        ],
    );
    let told = String::from_utf8(told).unwrap();
    let (mut spans, mut at, mut open): (Vec<(f64, f64)>, f64, Option<f64>) =
        (Vec::new(), 0.0, None);
    for line in told.lines() {
        if let Some((_, time)) = line.split_once("pts_time:") {
            at = time.trim().parse().unwrap();
        } else if let Some((_, value)) = line.split_once("YMAX=") {
            let is_shown = value.trim().parse::<f64>().unwrap() > 80.0;
            match (is_shown, open) {
                (true, None) => open = Some(at),
                (false, Some(from)) => {
                    spans.push((from, at));
                    open = None;
                }
                _ => {}
            }
        }
    }
    spans.extend(open.map(|from| (from, at)));
    spans
}

/// When the voice is heard in a render: between its silences.
pub fn heard(path: &Path, length: f64) -> Vec<(f64, f64)> {
    let path = path.display().to_string();
    let told = run(
        "ffmpeg",
        &[
            "-v",
            "error",
            "-i",
            &path,
            "-af",
            "silencedetect=noise=-38dB:d=0.4,ametadata=print:file=-",
            "-vn",
            "-f",
            "null",
            "-",
        ],
    );
    let told = String::from_utf8(told).unwrap();
    let (mut spans, mut from) = (Vec::new(), Some(0.0));
    for line in told.lines() {
        if let Some((_, at)) = line.split_once("silence_start=") {
            let at: f64 = at.trim().parse().unwrap();
            spans.extend(
                from.take()
                    .filter(|from| at - from > 0.2)
                    .map(|from| (from, at)),
            );
        } else if let Some((_, at)) = line.split_once("silence_end=") {
            from = at.trim().parse().ok();
        }
    }
    spans.extend(
        from.filter(|from| length - from > 0.2)
            .map(|from| (from, length)),
    );
    spans
}

/// Each time the voice begins, a caption stands there; and none stands where nothing is said.
pub fn in_time(name: &str, shown: &[(f64, f64)], heard: &[(f64, f64)]) {
    assert!(
        heard.len() >= 3 && shown.len() >= 3,
        "{name}: {shown:?}, {heard:?}"
    );
    let mut late: Vec<f64> = Vec::new();
    for (from, _) in heard {
        let nearest = shown
            .iter()
            .map(|(at, _)| at - from)
            .min_by(|one, other| one.abs().total_cmp(&other.abs()));
        // A caption that goes on from the one before has no beginning that is seen.
        let stands = shown.iter().any(|(begin, end)| begin <= from && from < end);
        match nearest {
            Some(lag) if lag.abs() <= 0.3 => late.push(lag),
            _ => assert!(stands, "{name}: no caption at {from:.2}: {shown:?}"),
        }
    }
    let silent = shown.iter().map(|(from, to)| {
        let spoken: f64 = heard
            .iter()
            .map(|(begin, end)| (to.min(*end) - from.max(*begin)).max(0.0))
            .sum();
        (to - from - spoken).max(0.0)
    });
    let (silent, whole): (f64, f64) =
        (silent.sum(), shown.iter().map(|(from, to)| to - from).sum());
    let worst = late
        .iter()
        .copied()
        .fold(0.0, |worst: f64, lag| worst.max(lag.abs()));
    println!(
        "{name}: {} captions begin with their words, at worst {worst:.3} s apart; {silent:.2} of {whole:.2} s stand in silence",
        late.len()
    );
    assert!(
        late.len() * 10 >= heard.len() * 9,
        "{name}: {shown:?}, {heard:?}"
    );
    assert!(silent <= whole * 0.25, "{name}: {shown:?}, {heard:?}");
}

/// A picture of this moment, for whoever wants to look.
pub fn keep(path: &Path, at: f64) {
    let Some(folder) = std::env::var_os("REEL_KEEP").map(PathBuf::from) else {
        return;
    };
    std::fs::create_dir_all(&folder).unwrap();
    let picture = folder
        .join(path.file_name().unwrap())
        .with_extension("png")
        .display()
        .to_string();
    run(
        "ffmpeg",
        &[
            "-v",
            "error",
            "-y",
            "-ss",
            &at.to_string(),
            "-i",
            &path.display().to_string(),
            "-frames:v",
            "1",
            "-vf",
            "scale=-2:640",
            &picture,
        ],
    );
}
