//! `thumbnails`: still pictures from several moments of the video, as JPEG.

use super::ffmpeg::{self, Ffmpeg};
use super::kept::Kept;
use super::reuse::{self, Piece};
use super::{files, finished, settings};
use crate::domain::{Value, Values};
use crate::executor::stage::{StageContext, StageError};
use std::time::Duration;

/// Where in the video, as parts of its length.
const MOMENTS: [f64; 4] = [0.12, 0.37, 0.62, 0.87];

/// How many there are.
pub const COUNT: usize = MOMENTS.len();

/// Runs the stage.
///
/// # Errors
/// Class `config` without a finished video or without ffmpeg; the steps' own.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let video = finished::of(&context)?;
    let kept = Kept::of(&context).await?;
    let form = video
        .form
        .unwrap_or_else(|| settings::frame(&context.params));
    let form = form.scaled(720);
    // Each moment is an input of its own: seeking is far quicker than reading everything between.
    // JPEG's own range of colours makes ffmpeg warn about nothing; only errors are worth the log.
    let mut command = Ffmpeg::new().args(["-loglevel", "error"]);
    for moment in MOMENTS {
        command = command
            .args(["-ss", &ffmpeg::seconds(video.length.mul_f64(moment))])
            .input(&video.path);
    }
    let size = format!("scale={}:{}:flags=bicubic", form.width, form.height);
    for index in 0..COUNT {
        command = command
            .args([
                "-map",
                &format!("{index}:v:0"),
                "-frames:v",
                "1",
                "-vf",
                &size,
                "-q:v",
                "3",
                "-update",
                "1",
                "-f",
                "image2",
            ])
            .output(&files::part(&kept.thumbnail(index)));
    }
    let mut piece = Piece::new("thumbnails", 1).reads("film", &video.path);
    let mut made = Vec::with_capacity(COUNT);
    for index in 0..COUNT {
        let path = kept.thumbnail(index);
        piece = piece.makes(&index.to_string(), &path);
        made.push(Value::from(path.to_string_lossy().into_owned()));
    }
    let step = command.step(Duration::from_secs(1), (0.0, 95.0));
    let reused = reuse::or_run(&context, "take", step, piece).await?;
    let made = Value::List(made);
    let mut outputs = Values::from([
        ("thumbnails".to_owned(), made.clone()),
        (
            "workflow".to_owned(),
            Value::Map(Values::from([("thumbnails".to_owned(), made)])),
        ),
    ]);
    reuse::say(&mut outputs, reused);
    Ok(outputs)
}
