//! `clip_store`: puts every render into the store. Each is read once more first, so that what is told as made is on the disk,
//! whole, with its hash. A store that is away is waited for and given up like a video's.

use crate::attempt_log::Level;
use crate::domain::{ErrorClass, Value, Values};
use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::{files, store};
use crate::objects::Item;
use std::path::PathBuf;

/// Runs the stage.
///
/// # Errors
/// Class `config` when nothing was rendered; class `storage` when a render is missing or can't be read, or the store does not
/// take one and tries are left.
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
    let mut items = Vec::with_capacity(renders.len());
    for (index, render) in renders.iter().enumerate() {
        items.push(item(&context, render).await?);
        context.progress(store::read(&context, index + 1, renders.len()), None);
    }
    let mut outputs = store::keep(&context, &items).await?;
    let bytes: u64 = items.iter().map(|item| item.size).sum();
    context.log(
        Level::Info,
        &format!("{} renders with {bytes} bytes", items.len()),
    );
    let clips = renders
        .into_iter()
        .zip(&items)
        .map(|(render, item)| Value::Map(told(&context, render, item)));
    let episode = context
        .params
        .get("episode_id")
        .cloned()
        .unwrap_or(Value::Null);
    let episode = Values::from([
        ("episode_id".to_owned(), episode),
        ("stage".to_owned(), Value::from("clips")),
    ]);
    outputs.insert(
        "bytes".to_owned(),
        Value::Int(i64::try_from(bytes).unwrap_or(i64::MAX)),
    );
    let shared = outputs
        .entry("workflow".to_owned())
        .or_insert_with(|| Value::Map(Values::new()));
    if let Value::Map(shared) = shared {
        shared.insert("renders".to_owned(), Value::List(clips.collect()));
        shared.insert("episode".to_owned(), Value::Map(episode));
    }
    Ok(outputs)
}

/// A render as a file of the store: its key is its path below the media directory.
async fn item(context: &StageContext, render: &Values) -> Result<Item, StageError> {
    let path = render.get("path").and_then(Value::as_text);
    let path = PathBuf::from(path.unwrap_or_default());
    let Ok(below) = path.strip_prefix(&context.media_dir) else {
        let error = std::io::Error::from(std::io::ErrorKind::InvalidInput);
        return Err(files::failed("stored", &path, &error));
    };
    let key = below.to_string_lossy().into_owned();
    store::item(context, key, path).await
}

/// What is told of a render that is stored.
fn told(context: &StageContext, mut render: Values, item: &Item) -> Values {
    render.insert("sha256".to_owned(), Value::from(item.sha256.as_str()));
    let objects = &context.outside.objects;
    if objects.is_remote() {
        render.insert("s3_key".to_owned(), Value::from(objects.whole(&item.key)));
    }
    render
}
