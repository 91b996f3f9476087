//! A channel without keys: a folder below the media directory, with what a channel shows about the video beside it.

use super::about;
use super::note::Note;
use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::files;
use crate::executor::stages::finished::Video;
use crate::executor::stages::kept::Kept;

/// Puts the video there.
///
/// # Errors
/// What the disk says.
pub(super) async fn publish(
    context: &StageContext,
    channel: &str,
    kept: &Kept,
    video: &Video,
    note: &mut Note,
) -> Result<(), StageError> {
    let path = kept.published(channel);
    let about = serde_json::to_vec_pretty(&about::plain(context, channel)).unwrap_or_default();
    let (from, to) = (video.path.clone(), path.clone());
    files::blocking(move || {
        // The description comes first: a video in the folder is complete with all that belongs to it.
        if let Some(folder) = to.parent() {
            files::make_dir(folder)?;
        }
        files::write_whole(&to.with_extension("json"), &about)?;
        files::link(&from, &to)
    })
    .await?;
    note.put_into(&path);
    note.keep(context, channel).await
}
