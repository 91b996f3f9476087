//! `clip_store`: reads every render once more, so that what is told as made is on the disk, whole, with its hash.

use crate::attempt_log::Level;
use crate::domain::{ErrorClass, Value, Values};
use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::{files, store};
use std::path::PathBuf;

/// Runs the stage.
///
/// # Errors
/// Class `config` when nothing was rendered; class `storage` when a render is missing or can't be read.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let renders: Vec<Values> = context
        .outputs
        .values()
        .filter_map(|outputs| outputs.get("episode")?.as_map()?.get("renders")?.as_list())
        .flatten()
        .filter_map(Value::as_map)
        .filter(|render| render.contains_key("path"))
        .cloned()
        .collect();
    if renders.is_empty() {
        return Err(StageError::failed(
            ErrorClass::Config,
            "no_renders",
            "no stage before this one rendered a clip",
            "Retry from the stage that renders.",
        ));
    }
    let (count, mut bytes, mut clips) = (renders.len(), 0, Vec::with_capacity(renders.len()));
    for (index, mut render) in renders.into_iter().enumerate() {
        let path = PathBuf::from(
            render
                .get("path")
                .and_then(Value::as_text)
                .unwrap_or_default(),
        );
        let stop = context.cancelled().clone();
        let (hash, size) =
            files::blocking(move || store::verified(&path, &|| stop.is_cancelled())).await?;
        bytes += size;
        render.insert("sha256".to_owned(), Value::from(hash));
        clips.push(Value::Map(render));
        #[allow(clippy::cast_precision_loss, reason = "a count of files")]
        context.progress(100.0 * (index + 1) as f64 / count as f64, None);
    }
    context.log(
        Level::Info,
        &format!("{count} renders with {bytes} bytes are kept in the media directory"),
    );
    let episode = context
        .params
        .get("episode_id")
        .cloned()
        .unwrap_or(Value::Null);
    let shared = Values::from([
        ("storage".to_owned(), Value::from("local")),
        ("renders".to_owned(), Value::List(clips)),
        (
            "episode".to_owned(),
            Value::Map(Values::from([
                ("episode_id".to_owned(), episode),
                ("stage".to_owned(), Value::from("clips")),
            ])),
        ),
    ]);
    Ok(Values::from([
        ("storage".to_owned(), Value::from("local")),
        (
            "bytes".to_owned(),
            Value::Int(i64::try_from(bytes).unwrap_or(i64::MAX)),
        ),
        ("workflow".to_owned(), Value::Map(shared)),
    ]))
}
