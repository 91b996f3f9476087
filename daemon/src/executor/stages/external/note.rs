//! What is known of an attempt's request to a maker, on the disk before the request goes out and after its answer came.

use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::files;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One attempt's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    /// When it was asked, in milliseconds.
    pub at: i64,
    /// It said yes.
    pub taken: bool,
    /// Its own id of the work.
    pub execution_id: Option<String>,
}

fn place(context: &StageContext) -> PathBuf {
    let (stage, attempt) = (&context.stage_id, context.attempt);
    context.work_dir.join(format!(".asked-{stage}-{attempt}"))
}

impl Note {
    /// It is being asked.
    pub fn asking(at: i64) -> Self {
        Self {
            at,
            taken: false,
            execution_id: None,
        }
    }

    /// It took it.
    pub fn asked(self, execution_id: Option<String>) -> Self {
        Self {
            taken: true,
            execution_id,
            ..self
        }
    }

    /// What an earlier call of this attempt left.
    ///
    /// # Errors
    /// What the disk says. A note that can't be understood counts as one: better not asked than asked twice.
    pub async fn read(context: &StageContext) -> Result<Option<Self>, StageError> {
        let path = place(context);
        files::blocking(move || match std::fs::read(&path) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text).unwrap_or_else(|_| {
                Self::asking(jiff::Timestamp::now().as_millisecond())
            }))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(files::failed("read", &path, &error)),
        })
        .await
    }

    /// Writes it, and its name, through to the disk.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn keep(&self, context: &StageContext) -> Result<(), StageError> {
        let path = place(context);
        let text = serde_json::to_vec(self).unwrap_or_default();
        files::blocking(move || {
            files::write_whole(&path, &text)?;
            let folder = path.parent().unwrap_or(&path);
            std::fs::File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map_err(|error| files::failed("written", folder, &error))
        })
        .await
    }

    /// The request came to nothing: the next try may ask.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn take_back(context: &StageContext) -> Result<(), StageError> {
        let path = place(context);
        files::blocking(move || match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(files::failed("removed", &path, &error))
            }
            _ => Ok(()),
        })
        .await
    }
}
