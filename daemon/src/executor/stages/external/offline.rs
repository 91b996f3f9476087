//! What works where no maker is configured: a short drawn clip, so that everything behind it can be tried. It says so.

use crate::attempt_log::Level;
use crate::config::Missing;
use crate::domain::{ErrorClass, Value, Values};
use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::drawing::Artist;
use crate::executor::stages::ffmpeg::{self, Ffmpeg};
use crate::executor::stages::settings::{self, Frame};
use crate::executor::stages::{files, programs};

/// The clip's name in the work directory.
const CLIP: &str = "drawn-instead.mp4";
const FRAMES: u64 = 6 * 30;
const FORM: Frame = Frame {
    width: 720,
    height: 1280,
};

/// Draws the clip.
///
/// # Errors
/// Class `config` where `[providers] missing = "refuse"`; the step's own.
pub(super) async fn run(context: &StageContext, name: &str) -> Result<Values, StageError> {
    if context.config.providers.missing == Missing::Refuse {
        return Err(StageError::failed(
            ErrorClass::Config,
            "no_maker",
            format!("no maker `{name}` is configured"),
            format!("Set [external.{name}] url, then retry."),
        ));
    }
    let words =
        format!("no maker is configured ([external.{name}] url); a short clip is drawn instead");
    context.log(Level::Warn, &words);
    let subject = ["title", "prompt", "hook"]
        .into_iter()
        .find_map(|name| settings::text(&context.params, name))
        .unwrap_or(&context.workflow_name);
    let graph = Artist::of(subject).graph(0, FORM);
    let length = ffmpeg::frames_long(FRAMES);
    let path = context.work_dir.join(CLIP);
    let part = files::part(&path);
    let size = format!("scale={}:{}:flags=bicubic", FORM.width, FORM.height);
    let step = Ffmpeg::new()
        .drawn(&graph)
        .drawn("anullsrc=r=48000:cl=stereo")
        .args(["-vf", &size, "-t", &ffmpeg::seconds(length), "-r", "30"])
        .finished()
        .output(&part)
        .step(length, (0.0, 99.0));
    programs::run(context, "draw", step).await?;
    files::blocking(move || files::finish(&part, &path)).await?;
    Ok(Values::from([
        ("file".to_owned(), Value::from(CLIP)),
        ("provider".to_owned(), Value::from("drawn")),
        ("warning".to_owned(), Value::from(words)),
    ]))
}
