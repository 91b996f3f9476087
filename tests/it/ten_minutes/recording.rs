//! The episode: spoken by espeak-ng, with pauses whose lengths vary, over scenes that are cut.

use super::run;
use std::path::{Path, PathBuf};

pub const LENGTH: f64 = 600.0;
/// A cut every so many seconds.
const SCENE: u32 = 24;
const SCENES: u32 = 25;
/// What one sentence is about, and what is said of it.
const THINGS: [&str; 8] = [
    "bridge",
    "harbour",
    "lighthouse",
    "market",
    "railway",
    "river",
    "tower",
    "winter",
];
const SAID: [&str; 6] = [
    "Why does the THING still stand after all those years?",
    "Nobody in this town remembers who built the THING.",
    "Look at the THING number NUMBER from the other side.",
    "It took NUMBER people a whole year to repair the THING.",
    "That is the secret of the THING, and it is a simple one.",
    "In the end the THING was worth every single coin.",
];

/// What is said, from when to when.
pub struct Line {
    pub from: f64,
    pub to: f64,
    pub text: String,
}

/// Speaks sentence after sentence, with pauses between, until the time is up: one sound, and when what was said.
fn speak(folder: &Path) -> (PathBuf, Vec<Line>) {
    let (mut samples, mut lines, mut rate) = (Vec::<u8>::new(), Vec::new(), 22_050_u32);
    let mut chance = fastrand::Rng::with_seed(7);
    let one = folder.join("one.wav");
    for index in 0.. {
        let thing = THINGS[index / SAID.len() % THINGS.len()];
        let text = SAID[index % SAID.len()].replace("THING", thing);
        let text = text.replace("NUMBER", &(index + 2).to_string());
        run(
            "espeak-ng",
            &["-s", "150", "-w", &one.display().to_string(), &text],
        );
        let wav = std::fs::read(&one).unwrap();
        rate = u32::from_le_bytes(wav[24..28].try_into().unwrap());
        // The voice's own silence around its words would blur when it speaks.
        let said = trimmed(&wav[44..]);
        let pause = 0.7 + 0.1 * f64::from(chance.u8(0..14));
        let from = seconds(samples.len(), rate);
        if from + seconds(said.len(), rate) + pause > LENGTH - 1.0 {
            break;
        }
        samples.extend(said);
        lines.push(Line {
            from,
            to: seconds(samples.len(), rate),
            text,
        });
        samples.resize(samples.len() + bytes(pause, rate), 0);
    }
    samples.resize(bytes(LENGTH, rate), 0);
    let raw = folder.join("speech.s16");
    std::fs::write(&raw, samples).unwrap();
    let sound = folder.join("speech.wav");
    let (raw, out) = (raw.display().to_string(), sound.display().to_string());
    run(
        "ffmpeg",
        &[
            "-v",
            "error",
            "-y",
            "-f",
            "s16le",
            "-ar",
            &rate.to_string(),
            "-ac",
            "1",
            "-i",
            &raw,
            &out,
        ],
    );
    (sound, lines)
}

fn trimmed(samples: &[u8]) -> &[u8] {
    let loud = |pair: &[u8]| i16::from_le_bytes([pair[0], pair[1]]).unsigned_abs() > 300;
    let first = samples.chunks_exact(2).position(loud).unwrap_or(0);
    let last = samples.chunks_exact(2).rposition(loud).unwrap_or(0);
    &samples[2 * first..2 * (last + 1)]
}

#[allow(clippy::cast_precision_loss, reason = "ten minutes of samples")]
fn seconds(bytes: usize, rate: u32) -> f64 {
    bytes as f64 / 2.0 / f64::from(rate)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive, small number"
)]
fn bytes(seconds: f64, rate: u32) -> usize {
    2 * (seconds * f64::from(rate)) as usize
}

/// The recording and, beside it, who says what when.
pub fn record(folder: &Path) -> Vec<Line> {
    std::fs::create_dir_all(folder).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let (sound, lines) = speak(scratch.path());
    let sources = [
        "testsrc2",
        "smptehdbars",
        "mandelbrot=start_scale=2",
        "rgbtestsrc",
        "yuvtestsrc",
    ];
    let mut graph = String::new();
    for scene in 0..SCENES {
        let source = sources[scene as usize % sources.len()];
        let separator = if source.contains('=') { ':' } else { '=' };
        let (size, hue) = (
            if source == "mandelbrot=start_scale=2" {
                "size"
            } else {
                "s"
            },
            scene * 40,
        );
        graph.push_str(&format!("{source}{separator}{size}=854x480:r=25,trim=duration={SCENE},hue=h={hue},format=yuv420p,setsar=1[v{scene}];"));
    }
    let all: String = (0..SCENES).map(|scene| format!("[v{scene}]")).collect();
    graph.push_str(&format!("{all}concat=n={SCENES}[v]"));
    let video = folder.join("Town Walk.mp4").display().to_string();
    let sound = sound.display().to_string();
    run(
        "ffmpeg",
        &[
            "-v",
            "error",
            "-y",
            "-i",
            &sound,
            "-filter_complex",
            &graph,
            "-map",
            "[v]",
            "-map",
            "0:a",
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-c:a",
            "aac",
            "-t",
            "600",
            &video,
        ],
    );
    let stamp = |at: f64| {
        let (minutes, rest) = ((at / 60.0).floor(), at % 60.0);
        format!("00:{minutes:02}:{rest:06.3}").replace('.', ",")
    };
    let srt: String = (1..)
        .zip(&lines)
        .map(|(number, line)| {
            format!(
                "{number}\n{} --> {}\n{}\n\n",
                stamp(line.from),
                stamp(line.to),
                line.text
            )
        })
        .collect();
    std::fs::write(folder.join("Town Walk.srt"), srt).unwrap();
    lines
}
