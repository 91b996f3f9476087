//! Work directories of workflows that came to their end in the moment in which an earlier daemon died: the end is on the disk,
//! but the word that their directory may go was lost with the daemon.

use super::Fault;
use crate::domain::{StageState, State, Workflow};
use crate::engine::Engine;
use crate::engine::ports::StageRunner;
use std::path::Path;
use std::sync::Arc;

/// Has them removed. To be called before anything runs: nothing that is looked at here changes meanwhile.
///
/// # Errors
/// What the database says.
pub async fn sweep(
    engine: &Engine,
    runner: &Arc<dyn StageRunner>,
    data_dir: &Path,
) -> Result<(), Fault> {
    // Where there is no such directory yet, nothing is left in it.
    for entry in std::fs::read_dir(data_dir.join("work"))
        .into_iter()
        .flatten()
        .flatten()
    {
        let Ok(id) = entry.file_name().into_string() else {
            continue;
        };
        let found = engine.reader().workflow(&id).await.map_err(Fault::of)?;
        if let Some(workflow) = found.filter(|workflow| needs_none(workflow)) {
            tracing::info!(component = "FILE", videoId = %id, "what an ended workflow worked on is removed: an earlier daemon died over it");
            runner.clean_up(workflow, false);
        }
    }
    Ok(())
}

/// Its end asked for the directory's removal: a failed one, or a cancelled one with something to go on from, keeps it.
fn needs_none(workflow: &Workflow) -> bool {
    let is_done = |state: &StageState| *state == StageState::Completed;
    match workflow.state {
        State::Completed => true,
        State::Cancelled => !workflow.stages.iter().any(|stage| is_done(&stage.state)),
        _ => false,
    }
}
