//! `episode_render`: the whole episode as it would be published: H.264 and AAC with the index in front, as loud as the
//! platforms play, at most 1080 pixels on the short side, with captions where what is said is known. With the target `clips`
//! also an upright render of each clip.
//!
//! A recording whose picture needs no change keeps it as it is: only its sound is made anew.

use super::discover::{self, Found};
use crate::attempt_log::Level;
use crate::domain::{Value, Values};
use crate::episodes::{Clip, Episode, Transcript};
use crate::executor::stage::{StageContext, StageError, Step};
use crate::executor::stages::captions::{Layout, ass, cues, fonts, spoken, srt};
use crate::executor::stages::clip::make::{Source, make};
use crate::executor::stages::clip::{self, Wanted, form};
use crate::executor::stages::ffmpeg::Ffmpeg;
use crate::executor::stages::kept::Kept;
use crate::executor::stages::reuse::{self, Piece};
use crate::executor::stages::settings::Frame;
use crate::executor::stages::{files, loudness, settings};
use std::path::Path;
use std::time::Duration;

/// The captions in the work directory.
const BURNED: &str = "episode.ass";

/// Runs the stage.
///
/// # Errors
/// Class `config` without the stage that finds the episode; the steps' own.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let found = discover::found(&context)?;
    let episode = super::of(&context).await?;
    let left = super::left(&context);
    let reading = left.clone();
    let (transcript, clips) = files::blocking(move || {
        let failed = super::disk("read", &reading);
        Ok((
            reading.transcript().map_err(&failed)?,
            reading.clips().map_err(&failed)?,
        ))
    })
    .await?;
    let transcript = transcript.unwrap_or_default();
    let clips = clips.unwrap_or_default();
    let with_clips =
        settings::text(&context.params, "target_stage") == Some("clips") && !clips.is_empty();
    let kept = Kept::of(&context).await?;
    let frame = form::within(
        Frame {
            width: found.width,
            height: found.height,
        },
        1_080,
    );
    let captions = settings::flag(&context.params, "captions") && transcript.has_text();
    write_captions(&context, &kept, &transcript, found.length, frame).await?;
    let video = kept.video();
    let share = if with_clips { 60.0 } else { 99.0 };
    let step = command(
        &episode,
        &found,
        frame,
        captions,
        &files::part(&video),
        (0.0, share),
    );
    let mut piece = Piece::new("film of a recording", 1)
        .reads("recording", &episode.path)
        .makes("film", &video);
    if captions {
        piece = piece.reads("captions", &context.work_dir.join(BURNED));
    }
    let mut reused = reuse::or_run(&context, "render", step, piece).await?;
    let to = video.clone();
    let size = files::blocking(move || {
        Ok(std::fs::metadata(&to)
            .map_err(|error| files::failed("read", &to, &error))?
            .len())
    })
    .await?;
    context.log(
        Level::Info,
        &format!(
            "{}: {}×{}, {size} bytes",
            video.display(),
            frame.width,
            frame.height
        ),
    );
    let mut told = Values::new();
    let mut stage = "rendered";
    if with_clips {
        let (renders, all_reused) =
            upright(&context, &episode, &found, &transcript, &clips, share).await?;
        told.insert("renders".to_owned(), Value::List(renders));
        reused &= all_reused;
        stage = "clips";
    }
    let mut own = about(&kept, size, found.length, frame, captions);
    reuse::say(&mut own, reused);
    Ok(super::outputs(&episode.id, stage, found.length, own, told))
}

fn about(kept: &Kept, size: u64, length: f64, frame: Frame, captions: bool) -> Values {
    let whole = |number: u64| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
    let path = |path: std::path::PathBuf| Value::from(path.to_string_lossy().into_owned());
    let files = Values::from([
        ("srt".to_owned(), path(kept.captions("srt"))),
        ("ass".to_owned(), path(kept.captions("ass"))),
    ]);
    let milliseconds = Duration::try_from_secs_f64(length)
        .unwrap_or_default()
        .as_millis();
    let mut outputs = Values::from([
        ("videoPath".to_owned(), path(kept.video())),
        (
            "duration".to_owned(),
            whole(u64::try_from(milliseconds).unwrap_or(u64::MAX)),
        ),
        ("fileSize".to_owned(), whole(size)),
        ("captions".to_owned(), Value::Map(files)),
    ]);
    let mut shared = outputs.clone();
    shared.insert("storage".to_owned(), Value::from("local"));
    outputs.insert("width".to_owned(), whole(frame.width.into()));
    outputs.insert("height".to_owned(), whole(frame.height.into()));
    outputs.insert("captionsBurned".to_owned(), Value::Bool(captions));
    outputs.insert("workflow".to_owned(), Value::Map(shared));
    outputs
}

async fn write_captions(
    context: &StageContext,
    kept: &Kept,
    transcript: &Transcript,
    length: f64,
    frame: Frame,
) -> Result<(), StageError> {
    let narration = spoken::between(transcript, 0.0, length);
    let (font, burned) = (
        context.config.media.font.clone(),
        context.work_dir.join(BURNED),
    );
    let (srt_path, ass_path) = (kept.captions("srt"), kept.captions("ass"));
    files::blocking(move || {
        let layout = Layout::of(frame);
        let text: String = narration
            .sentences
            .iter()
            .map(|one| one.text.as_str())
            .collect();
        let font = fonts::find(&font, &text, layout.size);
        let cues = cues::of(&narration, &layout, &font.widths);
        let shown = ass::write(&cues, &layout, &font.family);
        files::write_whole(&burned, shown.as_bytes())?;
        files::write_whole(&ass_path, shown.as_bytes())?;
        files::write_whole(&srt_path, srt::write(&cues).as_bytes())
    })
    .await
}

fn command(
    episode: &Episode,
    found: &Found,
    frame: Frame,
    captions: bool,
    part: &Path,
    progress: (f64, f64),
) -> Step {
    let length = Duration::try_from_secs_f64(found.length).unwrap_or_default();
    let unchanged = !captions
        && found.codec == "h264"
        && (frame.width, frame.height) == (found.width, found.height);
    let mut command = Ffmpeg::new().input(&episode.path).args(["-map", "0:v:0"]);
    if unchanged {
        command = command.args(["-c:v", "copy"]);
    } else {
        let burned = if captions {
            format!(",ass=filename={BURNED}")
        } else {
            String::new()
        };
        let filters = format!(
            "scale={}:{}:flags=bicubic,setsar=1{burned},format=yuv420p",
            frame.width, frame.height
        );
        command = command
            .args(["-vf", &filters])
            .picture()
            .args(["-fpsmax", "60"]);
    }
    if found.has_sound {
        let sound = format!("{},aresample=48000", loudness::setting());
        command = command.args(["-map", "0:a:0", "-af", &sound]).sound();
    }
    command
        .args(["-sn", "-dn"])
        .file()
        .output(part)
        .step(length, progress)
}

/// An upright render of each clip, one after the other; what is told of them, and whether all were made before.
async fn upright(
    context: &StageContext,
    episode: &Episode,
    found: &Found,
    transcript: &Transcript,
    clips: &[Clip],
    from: f64,
) -> Result<(Vec<Value>, bool), StageError> {
    let folder = clip::folder(&context.media_dir, &episode.id, &context.workflow_id);
    let source = Source {
        path: &episode.path,
        found,
        transcript,
    };
    #[allow(clippy::cast_precision_loss, reason = "a count of clips")]
    let share = |done: usize| from + (99.0 - from) * done as f64 / clips.len() as f64;
    let (mut renders, mut reused) = (Vec::with_capacity(clips.len()), true);
    for (index, one) in clips.iter().enumerate() {
        context.progress(
            share(index),
            Some(&format!("clip {} of {}", index + 1, clips.len())),
        );
        let wanted = Wanted {
            clip_id: one.clip_id.clone(),
            variant: "clean".to_owned(),
            ratio: "9x16".to_owned(),
        };
        let made = make(
            context,
            &source,
            one,
            &wanted,
            &folder,
            (share(index), share(index + 1)),
        )
        .await?;
        renders.push(wanted.told(Some((&made.path, made.size))));
        reused &= made.reused;
    }
    Ok((renders, reused))
}
