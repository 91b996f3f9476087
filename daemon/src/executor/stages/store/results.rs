//! What came of each file so far, over all tries of the stage: kept in the work directory, told in document 001's words.

use crate::domain::{Value, Values};
use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::files;
use crate::objects::{Item, ObjectError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct One {
    stored: bool,
    /// Seconds of the put that succeeded.
    seconds: f64,
    /// Tries after the first.
    retries: u32,
    error: Option<String>,
}

/// By key.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Results(BTreeMap<String, One>);

fn place(context: &StageContext) -> PathBuf {
    context
        .work_dir
        .join(format!(".stored-{}.json", context.stage_id))
}

impl Results {
    /// What earlier tries left.
    ///
    /// # Errors
    /// What the disk says. Results that can't be understood are none: the store itself knows what it has.
    pub async fn read(context: &StageContext) -> Result<Self, StageError> {
        let path = place(context);
        files::blocking(move || match std::fs::read(&path) {
            Ok(text) => Ok(serde_json::from_slice(&text).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(files::failed("read", &path, &error)),
        })
        .await
    }

    /// Keeps them.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn keep(&self, context: &StageContext) -> Result<(), StageError> {
        let (path, text) = (place(context), serde_json::to_vec(self).unwrap_or_default());
        files::blocking(move || files::write_whole(&path, &text)).await
    }

    /// Whether this file is there.
    pub fn is_stored(&self, key: &str) -> bool {
        self.0.get(key).is_some_and(|one| one.stored)
    }

    /// It is there now.
    pub fn stored(&mut self, key: &str, took: Duration) {
        let one = self.0.entry(key.to_owned()).or_default();
        one.stored = true;
        one.seconds = took.as_secs_f64();
        one.error = None;
    }

    /// It is not; a further try comes unless this was the last.
    pub fn failed(&mut self, key: &str, error: &ObjectError, last: bool) {
        let one = self.0.entry(key.to_owned()).or_default();
        one.error = Some(error.to_string());
        one.retries += u32::from(!last);
    }

    /// As document 001 prints a result.
    pub fn told(&self, context: &StageContext, item: &Item) -> Value {
        let none = One::default();
        let one = self.0.get(&item.key).unwrap_or(&none);
        let objects = &context.outside.objects;
        let quality = context
            .outputs
            .values()
            .filter_map(|outputs| outputs.get("renditions")?.as_map())
            .flatten()
            .find(|(_, path)| path.as_text() == item.path.to_str())
            .map(|(quality, _)| Value::from(quality.as_str()));
        let text = |text: Option<String>| text.map_or(Value::Null, Value::from);
        Value::Map(Values::from([
            ("success".to_owned(), Value::Bool(one.stored)),
            ("s3_key".to_owned(), Value::from(objects.whole(&item.key))),
            ("s3_url".to_owned(), text(objects.address(&item.key))),
            ("signed_url".to_owned(), Value::Null),
            (
                "file_size".to_owned(),
                Value::Int(i64::try_from(item.size).unwrap_or(i64::MAX)),
            ),
            ("upload_time".to_owned(), Value::Number(one.seconds)),
            ("error".to_owned(), text(one.error.clone())),
            ("retry_count".to_owned(), Value::Int(one.retries.into())),
            ("quality_level".to_owned(), quality.unwrap_or(Value::Null)),
        ]))
    }
}
