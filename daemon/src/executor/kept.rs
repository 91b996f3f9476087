//! A workflow's finished files outside of its work directory, for who moves them from box to box.

use super::stages::kept::Kept;
use crate::domain::Workflow;
use crate::domain::pipeline::Work;
use std::path::{Path, PathBuf};

/// Built-in stages that keep files under the workflow's number.
pub(super) const KEEPERS: &[&str] = &["tts", "transcribe", "compose", "renditions", "thumbnails"];

fn keeps(workflow: &Workflow) -> bool {
    let keeper = |work: &Work| work.uses().is_some_and(|uses| KEEPERS.contains(&uses));
    workflow.plan.stages.iter().any(|spec| keeper(&spec.work))
}

/// Claims the number under which the workflow's files are kept, so that no other box chooses one that is taken here.
///
/// # Errors
/// What the disk says, for people.
pub fn claim(data_dir: &Path, workflow: &Workflow) -> Result<(), String> {
    if !keeps(workflow) {
        return Ok(());
    }
    let work = data_dir.join("work").join(&workflow.id);
    std::fs::create_dir_all(&work)
        .map_err(|error| format!("{} can't be made: {error}", work.display()))?;
    Kept::claim_for(&data_dir.join("media"), &work, &workflow.user)
        .map(|_| ())
        .map_err(|error| format!("its number can't be claimed: {error:?}"))
}

/// The finished files that are here.
#[must_use]
pub fn files(data_dir: &Path, workflow: &Workflow) -> Vec<PathBuf> {
    let work = data_dir.join("work").join(&workflow.id);
    let Some(kept) = Kept::claimed(&data_dir.join("media"), &work, &workflow.user) else {
        return Vec::new();
    };
    let whole = |file: &PathBuf| {
        let is_part = file.extension().is_some_and(|end| end == "part");
        // The claim itself is an empty file.
        !is_part && std::fs::metadata(file).is_ok_and(|found| found.len() > 0)
    };
    kept.all().into_iter().filter(whole).collect()
}
