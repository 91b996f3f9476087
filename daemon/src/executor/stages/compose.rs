//! `compose`: puts the clips behind each other, the captions into them and the narration under them, in one pass.
//!
//! The result is H.264 and AAC with its index in front, as loud as the platforms play, exactly as long as the narration,
//! and gets its name only when it is whole.

use super::ffmpeg::{self, FPS, Ffmpeg};
use super::kept::Kept;
use super::narration::{self, Narration};
use super::reuse::{self, Piece};
use super::{clips, files, loudness, probe, settings, transcribe};
use crate::attempt_log::Level;
use crate::domain::{Value, Values};
use crate::executor::stage::{StageContext, StageError, Step};
use std::path::{Path, PathBuf};
use std::time::Duration;

const LIST: &str = "clips.txt";

/// Runs the stage.
///
/// # Errors
/// Class `config` without a narration, pictures or ffmpeg; the steps' own.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let narration = Narration::read(&context.work_dir).await?;
    let names = clips::given(&context)?;
    let kept = Kept::of(&context).await?;
    let list = context.work_dir.join(LIST);
    let lines: String = names
        .iter()
        .map(|name| format!("file '{}'\n", name.display()))
        .collect();
    files::blocking(move || files::write_whole(&list, lines.as_bytes())).await?;
    let video = kept.video();
    let frames = ffmpeg::frames_for(narration.length());
    let step = command(
        &context,
        narration.has_words(),
        frames,
        &files::part(&video),
    );
    let mut piece = Piece::new("film", 1)
        .makes("film", &video)
        .reads("sound", &context.work_dir.join(narration::SOUND));
    if burns(&context, narration.has_words()) {
        piece = piece.reads("captions", &context.work_dir.join(transcribe::BURNED));
    }
    for (index, name) in names.iter().enumerate() {
        piece = piece.reads(&format!("clip {index}"), &context.work_dir.join(name));
    }
    let reused = reuse::or_run(&context, "compose", step, piece).await?;
    let to = video.clone();
    let size = files::blocking(move || {
        Ok(std::fs::metadata(&to)
            .map_err(|error| files::failed("read", &to, &error))?
            .len())
    })
    .await?;
    let length = ffmpeg::frames_long(frames);
    context.log(
        Level::Info,
        &format!(
            "{} has {size} bytes and {:.2} s",
            video.display(),
            length.as_secs_f64()
        ),
    );
    let technical = probe::probe(&context, "probe", &video).await?.technical;
    let mut outputs = outputs(&context, &video, length, size);
    outputs.insert("technical".to_owned(), Value::Map(technical));
    reuse::say(&mut outputs, reused);
    Ok(outputs)
}

/// Whether captions are burned in.
fn burns(context: &StageContext, has_words: bool) -> bool {
    has_words && settings::flag(&context.params, "captions")
}

fn outputs(context: &StageContext, video: &Path, length: Duration, size: u64) -> Values {
    let frame = settings::frame(&context.params);
    let whole = |number: u64| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
    let shared = Values::from([
        (
            "videoPath".to_owned(),
            Value::from(video.to_string_lossy().into_owned()),
        ),
        (
            "duration".to_owned(),
            whole(u64::try_from(length.as_millis()).unwrap_or(u64::MAX)),
        ),
        ("fileSize".to_owned(), whole(size)),
        ("storage".to_owned(), Value::from("local")),
    ]);
    let mut outputs = shared.clone();
    outputs.remove("storage");
    outputs.insert("width".to_owned(), whole(frame.width.into()));
    outputs.insert("height".to_owned(), whole(frame.height.into()));
    outputs.insert("workflow".to_owned(), Value::Map(shared));
    outputs
}

fn command(context: &StageContext, has_words: bool, frames: u64, part: &Path) -> Step {
    let settings::Frame { width, height } = settings::frame(&context.params);
    let captions = if burns(context, has_words) {
        format!("ass=filename={},", transcribe::BURNED)
    } else {
        String::new()
    };
    let voice = if has_words {
        loudness::setting()
    } else {
        "aformat=channel_layouts=stereo".to_owned()
    };
    let graph = format!(
        "[0:v]scale={width}:{height}:flags=bicubic,setsar=1,fps={FPS},{captions}format=yuv420p[v];\
         [1:a]{voice},aresample=48000,apad[a]"
    );
    let length = ffmpeg::frames_long(frames);
    Ffmpeg::new()
        .args([
            "-protocol_whitelist",
            "file",
            "-f",
            "concat",
            "-safe",
            "1",
            "-i",
            LIST,
        ])
        .input(&PathBuf::from(narration::SOUND))
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
        .step(length, (0.0, 99.0))
}
