//! Work for each second of finished film, stage by stage, beside a bare ffmpeg that does the same: what Reel adds to it, what
//! bounds it, and what of it runs at once.

use super::table::Table;
use super::{Ground, daemon};
use reel_shared::workflow::{StageView, WorkflowView};
use reel_tests::{Failure, Home, LIMIT, Result, Watch, request, submit};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// A quarter of a minute when spoken, with pictures that are drawn: no service, no library.
const PROMPT: &str = "The tide turns twice a day, whatever the town does. In the morning the boats go out past the old \
    lighthouse, and in the evening they come home. Nobody counts them any more. The sea does, wave by wave, and it has \
    never been wrong so far.";

/// Stages that need nothing of each other.
const AT_ONCE: [&str; 3] = ["renditions", "thumbnails", "checking"];

/// What a finished film is encoded with.
const FINISHED: [&str; 18] = [
    "-c:v",
    "libx264",
    "-preset",
    "veryfast",
    "-crf",
    "21",
    "-profile:v",
    "high",
    "-g",
    "60",
    "-c:a",
    "aac",
    "-b:a",
    "160k",
    "-ar",
    "48000",
    "-ac",
    "2",
];

/// Makes a film, then the same with ffmpeg alone.
pub fn measure(ground: &Ground) -> Result<Table> {
    let (home, daemon) = daemon()?;
    let ended = ground.runtime.block_on(make(&home))?;
    let number = |name: &str| ended.outputs.get(name).and_then(serde_json::Value::as_f64);
    let seconds = number("duration").unwrap_or(0.0) / 1_000.0;
    let film = ended
        .outputs
        .get("videoPath")
        .and_then(serde_json::Value::as_str);
    let (Some(film), true) = (film, seconds > 1.0) else {
        return Err(Failure::new(format!(
            "no film was made: {:?}",
            ended.outputs
        )));
    };
    let mut table = Table::default();
    table.figure("film, 1080 × 1920", seconds, "s");
    let stages: BTreeMap<&str, StageView> = ended.stage_views().collect();
    let (mut whole, mut slowest) = (0.0, ("", 0.0, 0.0));
    for (id, stage) in ended.stage_views() {
        let (wall, cpu) = (wall(&stage), cpu(&stage));
        if stage.duration.is_none() || wall < 0.01 {
            continue;
        }
        whole += wall;
        if wall > slowest.1 {
            slowest = (id, wall, cpu);
        }
        let unit = format!("s/s, {:.2} cpu", cpu / seconds);
        table.figure(&format!("{id}, a second of film"), wall / seconds, &unit);
    }
    let span = span(ended.stage_views().map(|(_, stage)| stage));
    table.figure(
        "all stages, one after the other, a second of film",
        whole / seconds,
        "s/s",
    );
    table.figure(
        "from the first to the last, a second of film",
        span / seconds,
        "s/s",
    );
    let together = || AT_ONCE.iter().filter_map(|id| stages.get(id));
    let sum: f64 = together().map(wall).sum();
    let at_once = sum / self::span(together().cloned()).max(1e-3);
    table.figure(
        "renditions, thumbnails, checking: run at once",
        at_once,
        "x",
    );
    let unit = format!(
        "cores of {}",
        std::thread::available_parallelism().map_or(1, usize::from)
    );
    table.figure(
        &format!("{} is the longest; it keeps busy", slowest.0),
        slowest.2 / slowest.1,
        &unit,
    );
    beside(&mut table, &home, Path::new(film), &stages)?;
    daemon.terminate()?;
    Ok(table)
}

async fn make(home: &Home) -> Result<WorkflowView> {
    let wanted = request(
        "video",
        json!({"prompt": PROMPT, "videoSource": "drawn", "aspectRatio": "9:16"}),
    );
    let made = submit(home, &wanted).await?;
    let mut watch = Watch::open(home, &made.id).await?;
    let ended = watch
        .until_within(LIMIT * 20, |view| {
            ["completed", "failed"].contains(&view.status.as_str())
        })
        .await?;
    if ended.status == "completed" {
        return Ok(ended);
    }
    Err(Failure::new(format!("the film failed: {:?}", ended.error)))
}

#[allow(clippy::cast_precision_loss, reason = "milliseconds of a bench")]
fn wall(stage: &StageView) -> f64 {
    stage.duration.unwrap_or(0) as f64 / 1_000.0
}

fn cpu(stage: &StageView) -> f64 {
    let cost = stage.outputs.get("cost");
    cost.and_then(|cost| cost["cpuSeconds"].as_f64())
        .unwrap_or(0.0)
}

/// From the first start to the last end, in seconds.
fn span(stages: impl Iterator<Item = StageView>) -> f64 {
    let (mut first, mut last) = (f64::INFINITY, 0.0_f64);
    for stage in stages {
        if let (Some(from), Some(to)) = (stage.started_at.as_deref(), stage.completed_at.as_deref())
        {
            first = first.min(clock(from));
            last = last.max(clock(to));
        }
    }
    // A bench that goes over midnight.
    (last - first).rem_euclid(86_400.0)
}

/// Seconds of the day in `2026-01-01T12:00:00.000Z`.
fn clock(text: &str) -> f64 {
    let time = text
        .split_once('T')
        .map_or("", |(_, time)| time.trim_end_matches('Z'));
    time.split(':').fold(0.0, |sum, part| {
        sum * 60.0 + part.parse::<f64>().unwrap_or(0.0)
    })
}

/// The same work by ffmpeg alone; what counts is the processor's time, which other programs' load does not stretch as far.
fn beside(
    table: &mut Table,
    home: &Home,
    film: &Path,
    stages: &BTreeMap<&str, StageView>,
) -> Result<()> {
    let (film, small) = (film.display().to_string(), home.root().join("small.mp4"));
    let (small, out) = (
        small.display().to_string(),
        home.root().join("out.mp4").display().to_string(),
    );
    // Pictures as small as they are drawn.
    bare(&[
        "-i",
        &film,
        "-an",
        "-vf",
        "scale=360:640",
        "-preset",
        "ultrafast",
        "-crf",
        "12",
        &small,
    ])?;
    let voice = "aformat=channel_layouts=stereo,loudnorm=I=-14:TP=-1.5:LRA=11,aresample=48000";
    let inputs = ["-i", &small, "-i", &film, "-map", "0:v", "-map", "1:a"];
    let filters = ["-vf", "scale=1080:1920:flags=bicubic", "-af", voice];
    let compose = bare(&[&inputs[..], &filters, &FINISHED, &[&out]].concat())?;
    let smaller = [
        "-vf",
        "scale=720:1280:flags=bicubic",
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-crf",
        "22",
    ];
    let renditions = bare(&[&["-i", &film][..], &smaller, &["-c:a", "copy", &out]].concat())?;
    let decode = bare(&["-i", &film, "-f", "null", "-"])?;
    let parts = [
        ("processing_video", "encoding it", compose, 1.5),
        ("renditions", "the same", renditions, 1.5),
        ("checking", "decoding it", decode, 2.5),
    ];
    for (id, what, bare, goal) in parts {
        let ours = stages.get(id).map_or(0.0, cpu);
        let what = format!("{id} to ffmpeg alone {what}, processor time");
        table.most(&what, ours / bare.max(1e-3), goal, "x");
    }
    Ok(())
}

/// Runs ffmpeg and answers the processor's seconds that it says it took.
fn bare(args: &[&str]) -> Result<f64> {
    let output = Command::new("ffmpeg")
        .args(["-y", "-nostdin", "-hide_banner", "-benchmark"])
        .args(args)
        .output()
        .map_err(Failure::at("ffmpeg"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said
        .lines()
        .rev()
        .find(|line| line.starts_with("bench: utime="));
    let spent = line.map(|line| {
        let parts = line
            .split(['=', 's', ' '])
            .filter_map(|part| part.parse::<f64>().ok());
        parts.take(2).sum()
    });
    spent.ok_or_else(|| {
        let last = said.lines().last().unwrap_or_default();
        Failure::new(format!("ffmpeg {args:?} says nothing of its time: {last}"))
    })
}
