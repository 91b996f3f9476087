//! `clip_render`: one clip in one variant and one ratio.

use super::make::{Source, make};
use super::{Wanted, folder, selected};
use crate::attempt_log::Level;
use crate::domain::{ErrorClass, Value, Values};
use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::episode::{self, discover};
use crate::executor::stages::{files, reuse};

/// Runs the stage.
///
/// # Errors
/// Class `config` for a stage without its options; those of `make`.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let wanted = Wanted::of(&context.with).ok_or_else(|| {
        StageError::failed(
            ErrorClass::Config,
            "no_render",
            format!(
                "the stage `{}` does not say which clip it renders, and how",
                context.stage_id
            ),
            "Give it `with = { each = \"clips\" }`, and submit the workflow anew.",
        )
    })?;
    let clip = selected(&context, &wanted.clip_id)?;
    let found = discover::found(&context)?;
    let recording = episode::of(&context).await?;
    let left = episode::left(&context);
    let transcript =
        files::blocking(move || left.transcript().map_err(episode::disk("read", &left))).await?;
    let transcript = transcript.unwrap_or_default();
    let source = Source {
        path: &recording.path,
        found: &found,
        transcript: &transcript,
    };
    let folder = folder(&context.media_dir, &recording.id, &context.workflow_id);
    let made = make(&context, &source, &clip, &wanted, &folder, (0.0, 97.0)).await?;
    context.log(
        Level::Info,
        &format!(
            "{}: {}×{}, {:.2} s, {} bytes",
            made.path.display(),
            made.frame.width,
            made.frame.height,
            made.length.as_secs_f64(),
            made.size
        ),
    );
    let told = Values::from([
        ("id".to_owned(), Value::from(recording.id.as_str())),
        (
            "renders".to_owned(),
            Value::List(vec![wanted.told(Some((&made.path, made.size)))]),
        ),
    ]);
    let mut outputs = Values::from([
        (
            "path".to_owned(),
            Value::from(made.path.to_string_lossy().into_owned()),
        ),
        (
            "size".to_owned(),
            Value::Int(i64::try_from(made.size).unwrap_or(i64::MAX)),
        ),
        (
            "seconds".to_owned(),
            Value::Number(made.length.as_secs_f64()),
        ),
        (
            "renderWidth".to_owned(),
            Value::Int(made.frame.width.into()),
        ),
        (
            "renderHeight".to_owned(),
            Value::Int(made.frame.height.into()),
        ),
        ("captions".to_owned(), Value::Bool(made.captions)),
        ("episode".to_owned(), Value::Map(told)),
    ]);
    reuse::say(&mut outputs, made.reused);
    Ok(outputs)
}
