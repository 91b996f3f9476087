//! `qc`: looks at the finished video as a viewer would get it, and fails with what it found: the wrong length or streams,
//! black or frozen pictures, silence, a voice too quiet or too loud.

mod report;
mod verdict;

use super::ffmpeg::Ffmpeg;
use super::narration::Narration;
use super::reuse::{self, Look, Piece};
use super::{files, finished, probe, programs, settings};
use crate::attempt_log::Level;
use crate::domain::{ErrorClass, Value, Values};
use crate::executor::stage::{StageContext, StageError};

/// Runs the stage.
///
/// # Errors
/// Class `provider`, code `quality`, with everything that was found; class `config` without a finished video.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let video = finished::of(&context)?;
    let narration = Narration::read(&context.work_dir).await?;
    let wanted = verdict::Wanted {
        length: narration.length(),
        frame: settings::frame(&context.params),
        has_words: narration.has_words(),
    };
    let step = Ffmpeg::new()
        .input(&video.path)
        .args([
            "-map",
            "0:v:0",
            "-map",
            "0:a:0",
            "-vf",
            &report::picture(),
            "-af",
            &report::sound(),
            "-f",
            "null",
            "-",
        ])
        .step(video.length, (5.0, 99.0));
    // A video that was found good is good; one that was not is looked at again.
    let piece = Piece::new("look at a film", 1)
        .reads("film", &video.path)
        .by("ffprobe")
        .fact("wanted", format!("{wanted:?}"))
        .step(&step);
    let making = match piece.look(&context).await? {
        Look::Found(mut outputs) => {
            reuse::say(&mut outputs, true);
            return Ok(outputs);
        }
        Look::Missing(making) => making,
    };
    let media = probe::probe(&context, "probe", &video.path).await?;
    context.progress(5.0, Some("looking at every frame"));
    programs::run(&context, "look", step).await?;
    let (work, length) = (context.work_dir.clone(), video.length);
    let report = files::blocking(move || report::read(&work, length)).await?;
    let found = verdict::of(&media, &report, &wanted);
    for one in &found {
        context.log(Level::Error, one);
    }
    if !found.is_empty() {
        return Err(StageError::failed(
            ErrorClass::Provider,
            "quality",
            format!("the video is not good enough: {}", found.join("; ")),
            "Look at it, then retry from the stage that made it (`--from processing_video`, or the stage of the pictures).",
        ));
    }
    context.log(Level::Info, "nothing is wrong with it");
    let seconds = |length: std::time::Duration| Value::Number(length.as_secs_f64());
    let mut outputs = Values::from([
        ("black".to_owned(), seconds(report.black)),
        ("frozen".to_owned(), seconds(report.frozen)),
        ("silent".to_owned(), seconds(report.silent)),
        (
            "duration".to_owned(),
            seconds(media.duration.unwrap_or(video.length)),
        ),
    ]);
    if let Some(loudness) = report.loudness {
        outputs.insert("loudness".to_owned(), Value::Number(loudness));
    }
    making.keep(&context, &outputs).await;
    Ok(outputs)
}
