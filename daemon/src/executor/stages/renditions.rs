//! `renditions`: smaller forms of the finished video for slower lines, all from one decode of it. The video itself is the
//! largest, 1080p: encoding it once more would only cost quality.

use super::ffmpeg::{self, Ffmpeg};
use super::kept::Kept;
use super::reuse::{self, Piece};
use super::{files, finished, settings};
use crate::domain::{Value, Values};
use crate::executor::stage::{StageContext, StageError};

/// What the video itself is.
const WHOLE: &str = "1080p";

/// Runs the stage.
///
/// # Errors
/// Class `config` without a finished video or without ffmpeg; the steps' own.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let video = finished::of(&context)?;
    let kept = Kept::of(&context).await?;
    let levels = settings::texts(&context.params, "quality_levels");
    let wanted = if levels.is_empty() {
        vec!["720p".to_owned(), WHOLE.to_owned()]
    } else {
        levels
    };
    let smaller: Vec<(String, u32)> = wanted
        .iter()
        .filter(|level| *level != WHOLE)
        .filter_map(|level| Some((level.clone(), level.strip_suffix('p')?.parse().ok()?)))
        .collect();
    let (mut made, mut reused) = (Values::new(), false);
    if wanted.iter().any(|level| level == WHOLE) {
        made.insert(
            WHOLE.to_owned(),
            Value::from(video.path.to_string_lossy().into_owned()),
        );
    }
    if !smaller.is_empty() {
        reused = encode(&context, &video, &kept, &smaller).await?;
        for (level, _) in &smaller {
            let path = kept.rendition(level);
            made.insert(
                level.clone(),
                Value::from(path.to_string_lossy().into_owned()),
            );
        }
    }
    let made = Value::Map(made);
    let mut outputs = Values::from([
        ("renditions".to_owned(), made.clone()),
        (
            "workflow".to_owned(),
            Value::Map(Values::from([("renditions".to_owned(), made)])),
        ),
    ]);
    reuse::say(&mut outputs, reused);
    Ok(outputs)
}

async fn encode(
    context: &StageContext,
    video: &finished::Video,
    kept: &Kept,
    levels: &[(String, u32)],
) -> Result<bool, StageError> {
    let frame = settings::frame(&context.params);
    let outputs: String = (0..levels.len())
        .map(|index| format!("[s{index}]"))
        .collect();
    let scales = levels.iter().enumerate().map(|(index, (_, short))| {
        let form = frame.scaled(*short);
        format!(
            "[s{index}]scale={}:{}:flags=bicubic,setsar=1[v{index}]",
            form.width, form.height
        )
    });
    let graph = format!(
        "[0:v]split={}{outputs};{}",
        levels.len(),
        scales.collect::<Vec<_>>().join(";")
    );
    let mut piece = Piece::new("renditions", 1).reads("film", &video.path);
    let mut command = Ffmpeg::new()
        .input(&video.path)
        .args(["-filter_complex", &graph]);
    for (index, (level, _)) in levels.iter().enumerate() {
        piece = piece.makes(level, &kept.rendition(level));
        command = command
            .args(["-map", &format!("[v{index}]"), "-map", "0:a:0"])
            .picture()
            .args(["-c:a", "copy"])
            .file()
            .output(&files::part(&kept.rendition(level)));
    }
    let step = command.step(ffmpeg::frames_long(video.frames()), (0.0, 99.0));
    reuse::or_run(context, "encode", step, piece).await
}
