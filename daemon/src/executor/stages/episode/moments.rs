//! What is seen and heard in an episode, moment by moment: where pictures change, where nobody speaks, how loud it is.
//! ffmpeg's detectors write it into files of the work directory, in one pass over the recording.

use super::discover::Found;
use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::ffmpeg::Ffmpeg;
use crate::executor::stages::{files, programs};
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::Duration;

const CUTS: &str = "episode-cuts.txt";
const SOUND: &str = "episode-sound.txt";
/// A detector's file is read so far: enough for a day of film.
const READ: u64 = 64 << 20;
/// A change of picture below this (of 100) is none, however still the recording is.
const LEAST_CUT: f64 = 3.0;
/// Quieter than this for so long is a pause.
const PAUSE: &str = "silencedetect=noise=-35dB:d=0.35";

/// Two numbers each: a span, or a moment and what was measured then.
type Pairs = Vec<(f64, f64)>;

/// What was found. Times are seconds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Moments {
    /// Where one picture gives way to another.
    pub cuts: Vec<f64>,
    /// Beginning and end of each pause, in order.
    pub pauses: Vec<(f64, f64)>,
    /// LUFS over the last 400 ms, ten times a second.
    pub loudness: Vec<(f64, f64)>,
}

/// Looks and listens. `pictures`: also for cuts, which costs far more.
///
/// # Errors
/// The steps' own; what the disk says.
pub async fn look(
    context: &StageContext,
    path: &Path,
    found: &Found,
    pictures: bool,
    progress: (f64, f64),
) -> Result<Moments, StageError> {
    let mut command = Ffmpeg::new();
    if !pictures {
        command = command.args(["-vn"]);
    }
    let mut command = command.input(path);
    if pictures {
        // Five small pictures a second show a cut as well as all of them.
        let filter = format!(
            "fps=5,scale=160:-2:flags=fast_bilinear,scdet=threshold=100,metadata=print:file={CUTS}"
        );
        command = command.args(["-map", "0:v:0", "-vf", &filter]);
    }
    if found.has_sound {
        let filter =
            format!("{PAUSE},ebur128=metadata=1:framelog=verbose,ametadata=print:file={SOUND}");
        command = command.args(["-map", "0:a:0", "-af", &filter]);
    }
    if pictures || found.has_sound {
        let length = Duration::try_from_secs_f64(found.length).unwrap_or_default();
        let step = command.args(["-f", "null", "-"]).step(length, progress);
        let name = if pictures { "look" } else { "listen" };
        programs::run(context, name, step).await?;
    }
    let (work, length, has_sound) = (context.work_dir.clone(), found.length, found.has_sound);
    files::blocking(move || {
        let mut moments = Moments::default();
        if pictures {
            moments.cuts = cuts(&text(&work.join(CUTS))?);
        }
        if has_sound {
            (moments.pauses, moments.loudness) = sound(&text(&work.join(SOUND))?, length);
        }
        Ok(moments)
    })
    .await
}

fn text(path: &Path) -> Result<String, StageError> {
    let read = || -> std::io::Result<String> {
        let mut bytes = Vec::new();
        std::fs::File::open(path)?
            .take(READ)
            .read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    match read() {
        // A detector that finds nothing may make no file.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        other => other.map_err(|error| files::failed("read", path, &error)),
    }
}

/// Where a picture differs far more from the one before than pictures of this recording do: in a quiet one a little is a
/// cut, in a restless one much is none.
fn cuts(text: &str) -> Vec<f64> {
    let (mut now, mut scores) = (0.0_f64, Vec::new());
    for line in text.lines() {
        if let Some((_, time)) = line.split_once("pts_time:") {
            now = time.trim().parse().unwrap_or(now);
        } else if let Some(score) = line.strip_prefix("lavfi.scd.score=") {
            scores.extend(score.trim().parse().ok().map(|score: f64| (now, score)));
        }
    }
    let mut sorted: Vec<f64> = scores.iter().map(|(_, score)| *score).collect();
    sorted.sort_by(f64::total_cmp);
    let usual = sorted.get(sorted.len() * 9 / 10).copied().unwrap_or(0.0);
    let least = LEAST_CUT.max(usual * 3.0);
    scores.retain(|(_, score)| *score >= least);
    scores.into_iter().map(|(at, _)| at).collect()
}

/// Pauses and loudness. What begins and does not end lasts to the recording's end.
fn sound(text: &str, length: f64) -> (Pairs, Pairs) {
    let (mut pauses, mut loudness) = (Vec::new(), Vec::new());
    let (mut now, mut open) = (0.0_f64, None);
    for line in text.lines() {
        if let Some((_, time)) = line.split_once("pts_time:") {
            now = time.trim().parse().unwrap_or(now);
        } else if let Some((key, value)) = line.split_once('=') {
            let Ok(value) = value.trim().parse::<f64>() else {
                continue;
            };
            match key {
                "lavfi.silence_start" => open = Some(value.max(0.0)),
                "lavfi.silence_end" => pauses.extend(open.take().map(|from| (from, value))),
                // -70 is what the meter says before it has heard enough, and for silence.
                "lavfi.r128.M" => loudness.push((now, value.max(-70.0))),
                _ => {}
            }
        }
    }
    pauses.extend(open.map(|from| (from, length)));
    pauses.retain(|(from, to)| to > from);
    (pauses, loudness)
}

/// Where somebody speaks, or something is heard: what lies between the pauses, in pieces of at most `longest`.
#[must_use]
pub fn heard(pauses: &[(f64, f64)], length: f64, longest: f64) -> Vec<(f64, f64)> {
    let mut spans = Vec::new();
    let mut from = 0.0;
    for (pause, end) in pauses.iter().copied().chain([(length, length)]) {
        let whole = pause - from;
        if whole > 0.2 {
            let pieces = (whole / longest).ceil().max(1.0);
            let mut piece = 0.0;
            while piece < pieces {
                spans.push((
                    from + whole * piece / pieces,
                    from + whole * (piece + 1.0) / pieces,
                ));
                piece += 1.0;
            }
        }
        from = end;
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_the_detectors_write() {
        let scores = |bump: f64| -> String {
            let score = |at: u32| if at == 25 { bump } else { f64::from(at % 3) };
            let line = |at: u32| {
                format!(
                    "frame:{at}   pts:{at}      pts_time:{}\nlavfi.scd.mafd=1\nlavfi.scd.score={}\n",
                    f64::from(at) / 5.0,
                    score(at)
                )
            };
            (0..50).map(line).collect()
        };
        assert_eq!(cuts(&scores(12.0)), [5.0]);
        assert!(cuts(&scores(4.0)).is_empty());
        assert!(cuts("").is_empty());
        let text = "frame:0    pts:0       pts_time:0\nlavfi.r128.M=-120.691\nframe:1 pts:4800 pts_time:0.1\nlavfi.silence_start=0.05\n\
                    frame:9 pts:1 pts_time:2.5\nlavfi.silence_end=2.5\nlavfi.silence_duration=2.45\nlavfi.r128.M=-18.2\nlavfi.silence_start=8\n";
        let (pauses, loudness) = sound(text, 10.0);
        assert_eq!(pauses, [(0.05, 2.5), (8.0, 10.0)]);
        assert_eq!(loudness, [(0.0, -70.0), (2.5, -18.2)]);
    }

    #[test]
    fn what_is_heard_lies_between_the_pauses() {
        assert_eq!(
            heard(&[(0.0, 1.0), (5.0, 6.0)], 10.0, 30.0),
            [(1.0, 5.0), (6.0, 10.0)]
        );
        assert_eq!(heard(&[], 10.0, 5.0), [(0.0, 5.0), (5.0, 10.0)]);
        assert_eq!(heard(&[(0.0, 10.0)], 10.0, 5.0), []);
    }

    proptest! {
        #[test]
        fn spans_are_ordered_and_short(marks in prop::collection::vec(0.0_f64..100.0, 0..20), longest in 1.0_f64..40.0) {
            let mut marks = marks;
            marks.sort_by(f64::total_cmp);
            let pauses: Vec<(f64, f64)> = marks.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
            let spans = heard(&pauses, 100.0, longest);
            for (from, to) in &spans {
                prop_assert!(to > from && to - from <= longest + 1e-6 && *to <= 100.0 + 1e-6);
            }
            for pair in spans.windows(2) {
                prop_assert!(pair[0].1 <= pair[1].0 + 1e-6);
            }
        }
    }
}
