//! `thumbnails`: still pictures from several moments of the video, as JPEG.

use super::ffmpeg::{self, Ffmpeg};
use super::kept::Kept;
use super::{files, finished, programs, settings};
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
    programs::run(
        &context,
        "take",
        command.step(Duration::from_secs(1), (0.0, 95.0)),
    )
    .await?;
    let mut made = Vec::with_capacity(COUNT);
    for index in 0..COUNT {
        let path = kept.thumbnail(index);
        let (part, named) = (files::part(&path), path.clone());
        files::blocking(move || files::finish(&part, &named)).await?;
        made.push(Value::from(path.to_string_lossy().into_owned()));
    }
    let made = Value::List(made);
    Ok(Values::from([
        ("thumbnails".to_owned(), made.clone()),
        (
            "workflow".to_owned(),
            Value::Map(Values::from([("thumbnails".to_owned(), made)])),
        ),
    ]))
}
