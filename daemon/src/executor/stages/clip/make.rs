//! Makes one render: cut, fitted into its form, as loud as the platforms play, with what is said in it where that is wanted;
//! then looked at, so that what gets its name is what was asked for.

use super::{Wanted, form};
use crate::attempt_log::Level;
use crate::domain::{ErrorClass, Values};
use crate::episodes::{Clip, Transcript};
use crate::executor::stage::{StageContext, StageError, Step};
use crate::executor::stages::captions::{Layout, ass, cues, fonts, spoken};
use crate::executor::stages::episode::discover::Found;
use crate::executor::stages::ffmpeg::{self, FPS, Ffmpeg};
use crate::executor::stages::reuse::{Look, Piece};
use crate::executor::stages::settings::Frame;
use crate::executor::stages::{files, loudness, probe, programs};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How far a render's length may be from its clip's.
const DRIFT: Duration = Duration::from_millis(250);

/// What a render is made from.
pub struct Source<'a> {
    /// The recording.
    pub path: &'a Path,
    /// What it is.
    pub found: &'a Found,
    /// What is said in it.
    pub transcript: &'a Transcript,
}

/// What was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// The file.
    pub path: PathBuf,
    /// Its bytes.
    pub size: u64,
    /// Its form.
    pub frame: Frame,
    /// Its length.
    pub length: Duration,
    /// Whether captions are in it: they are not where nothing is known of what is said.
    pub captions: bool,
    /// It was made before, and was only copied.
    pub reused: bool,
}

/// Makes a render of a clip in a folder. `name` names its steps.
///
/// # Errors
/// Class `input` for a ratio that there is none of; class `provider`, code `quality`, when what was made is not what was asked
/// for; the steps' own.
pub async fn make(
    context: &StageContext,
    source: &Source<'_>,
    clip: &Clip,
    wanted: &Wanted,
    folder: &Path,
    progress: (f64, f64),
) -> Result<Made, StageError> {
    let size = Frame {
        width: source.found.width.max(2),
        height: source.found.height.max(2),
    };
    let frame = form::frame(&wanted.ratio, size).ok_or_else(|| {
        StageError::failed(
            ErrorClass::Input,
            "ratio",
            format!("`{}` is no aspect ratio", wanted.ratio),
            "Choose 9x16, 16x9 or 1x1.",
        )
    })?;
    let frames =
        ffmpeg::frames_for(Duration::try_from_secs_f64(clip.end - clip.start).unwrap_or_default());
    let name = wanted.file().replace(".mp4", "");
    let captions = if wanted.is_subtitled() {
        captions(context, source.transcript, clip, frame, &name).await?
    } else {
        None
    };
    let path = folder.join(wanted.file());
    let (part, dir) = (files::part(&path), folder.to_path_buf());
    files::blocking(move || files::make_dir(&dir)).await?;
    let step = command(
        source,
        clip,
        frame,
        size,
        frames,
        captions.as_deref(),
        &part,
        progress,
    );
    let length = ffmpeg::frames_long(frames);
    let mut piece = Piece::new("clip of a recording", 1)
        .reads("recording", source.path)
        .makes("clip", &path);
    if let Some(file) = &captions {
        piece = piece.reads("captions", &context.work_dir.join(file));
    }
    let reused = match piece.step(&step).look(context).await? {
        Look::Found(_) => true,
        Look::Missing(making) => {
            programs::run(context, &format!("render-{name}"), step).await?;
            check(context, &name, &part, frame, length).await?;
            let (from, to) = (part, path.clone());
            files::blocking(move || files::finish(&from, &to)).await?;
            making.keep(context, &Values::new()).await;
            false
        }
    };
    let to = path.clone();
    let size = files::blocking(move || {
        Ok(std::fs::metadata(&to)
            .map_err(|error| files::failed("read", &to, &error))?
            .len())
    })
    .await?;
    Ok(Made {
        path,
        size,
        frame,
        length,
        captions: captions.is_some(),
        reused,
    })
}

/// Writes the captions of a clip into the work directory. None where nothing is said in it that is known.
async fn captions(
    context: &StageContext,
    transcript: &Transcript,
    clip: &Clip,
    frame: Frame,
    name: &str,
) -> Result<Option<String>, StageError> {
    let narration = spoken::between(transcript, clip.start, clip.end);
    if narration.sentences.is_empty() {
        context.log(
            Level::Warn,
            &format!(
                "what is said in {} is not known: it gets no captions",
                clip.clip_id
            ),
        );
        return Ok(None);
    }
    let file = format!("captions-{name}.ass");
    let (path, font) = (
        context.work_dir.join(&file),
        context.config.media.font.clone(),
    );
    files::blocking(move || {
        let layout = Layout::of(frame);
        let text: String = narration
            .sentences
            .iter()
            .map(|one| one.text.as_str())
            .collect();
        let found = fonts::find(&font, &text, layout.size);
        let cues = cues::of(&narration, &layout, &found.widths);
        files::write_whole(&path, ass::write(&cues, &layout, &found.family).as_bytes())
    })
    .await?;
    Ok(Some(file))
}

#[allow(
    clippy::too_many_arguments,
    reason = "each says one thing about the render, and they are used once"
)]
fn command(
    source: &Source<'_>,
    clip: &Clip,
    frame: Frame,
    size: Frame,
    frames: u64,
    captions: Option<&str>,
    part: &Path,
    progress: (f64, f64),
) -> Step {
    let length = ffmpeg::frames_long(frames);
    let burned = captions.map_or_else(String::new, |file| format!(",ass=filename={file}"));
    let picture = format!(
        "{},fps={FPS}{burned},format=yuv420p[v]",
        form::fill(size, frame)
    );
    let fade = (length.as_secs_f64() - 0.15).max(0.0);
    let sound = format!(
        "{},aresample=48000,afade=t=in:d=0.05,afade=t=out:st={fade:.3}:d=0.15,apad[a]",
        loudness::setting()
    );
    let start = Duration::try_from_secs_f64(clip.start).unwrap_or_default();
    let mut command = Ffmpeg::new()
        .args(["-ss", &ffmpeg::seconds(start)])
        .input(source.path);
    let graph = if source.found.has_sound {
        format!("{picture};[0:a:0]{sound}")
    } else {
        command = command.args(["-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo"]);
        format!("{picture};[1:a]anull[a]")
    };
    command
        .args([
            "-filter_complex",
            &graph,
            "-map",
            "[v]",
            "-map",
            "[a]",
            "-t",
            &ffmpeg::seconds(length),
        ])
        .finished()
        .output(part)
        .step(length, progress)
}

/// A render is kept only if it is what was asked for.
async fn check(
    context: &StageContext,
    name: &str,
    part: &Path,
    frame: Frame,
    length: Duration,
) -> Result<(), StageError> {
    let media = probe::probe(context, &format!("check-{name}"), part).await?;
    let mut wrong = Vec::new();
    match &media.video {
        Some(video) if (video.width, video.height) != (frame.width, frame.height) => {
            wrong.push(format!(
                "it is {}×{}, not {}×{}",
                video.width, video.height, frame.width, frame.height
            ));
        }
        Some(video) if video.codec != "h264" || video.pixels != "yuv420p" => {
            wrong.push(format!(
                "its picture is {} {}, not h264 yuv420p",
                video.codec, video.pixels
            ));
        }
        Some(_) => {}
        None => wrong.push("it has no picture".to_owned()),
    }
    if media.audio.as_deref() != Some("aac") {
        wrong.push("it has no AAC sound".to_owned());
    }
    if media
        .duration
        .is_none_or(|found| found.abs_diff(length) > DRIFT)
    {
        let found = media.duration.map_or_else(
            || "of unknown length".to_owned(),
            |found| format!("{:.2} s long", found.as_secs_f64()),
        );
        wrong.push(format!(
            "it is {found}, its clip {:.2} s",
            length.as_secs_f64()
        ));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(StageError::failed(
        ErrorClass::Provider,
        "quality",
        format!("the render is not what was asked for: {}", wrong.join("; ")),
        "Look at the recording around the clip; the episode may be shorter than it was when its clips were found.",
    ))
}
