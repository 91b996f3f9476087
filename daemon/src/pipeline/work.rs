//! What a stage does: `uses` or `run`, and whether what it made is kept (`cache`).

use super::error::FileError;
use super::stage::BUILT_IN_STAGES;
use super::tree::{Entry, Section};
use crate::domain::nearest::suggest;
use crate::domain::pipeline::Work;
use std::collections::BTreeMap;

/// A stage's work.
pub(super) fn work_of(section: &Section<'_>) -> Result<Work, FileError> {
    match (section.get("uses"), section.get("run")) {
        (Some(_), Some(run)) => Err(run.error_at_key(format!(
            "{} has both `uses` and `run`; a stage does one thing",
            section.what
        ))),
        (None, None) => Err(section.error(format!(
            "{} lacks `uses = \"BUILT-IN\"` or `run = [\"program\", …]`",
            section.what
        ))),
        (Some(uses), None) => {
            let name = uses.text()?;
            if !BUILT_IN_STAGES.contains(&name.as_str()) {
                let near = suggest(&name, BUILT_IN_STAGES.iter().copied());
                return Err(uses.error(format!(
                    "{} is `{name}`, which is no built-in stage; {near}",
                    uses.what
                )));
            }
            if name == "command" {
                return Ok(Work::Command);
            }
            let with = section.get("with").map_or_else(
                || Ok(BTreeMap::new()),
                |entry| {
                    entry
                        .section(format!("`with` of {}", section.what))?
                        .values()
                },
            )?;
            Ok(Work::BuiltIn { uses: name, with })
        }
        (None, Some(run)) => {
            let arguments = run.texts()?;
            if arguments.first().is_none_or(String::is_empty) {
                return Err(run.error(format!(
                    "{} names no program; write run = [\"program\", \"arg\", …]",
                    run.what
                )));
            }
            if let Some(with) = section.get("with") {
                return Err(with.error_at_key(format!(
                    "{} has `with`, which only goes with `uses`",
                    section.what
                )));
            }
            Ok(Work::Program { run: arguments })
        }
    }
}

/// Whether what the stage makes is kept, where that can be said of it.
pub(super) fn cache_of(
    entry: &Entry<'_>,
    section: &Section<'_>,
    work: &Work,
) -> Result<bool, FileError> {
    if !entry.flag()? {
        return Ok(false);
    }
    if !matches!(work, Work::Program { .. }) {
        return Err(entry.error_at_key(format!(
            "{} has `cache`, which only goes with `run`; built-in stages reuse what they made by themselves, `command` never does",
            section.what
        )));
    }
    let outputs = section.get("outputs").map(|e| e.texts()).transpose()?;
    if outputs.is_none_or(|files| files.is_empty()) {
        return Err(entry.error_at_key(format!(
            "{} has `cache` but names no files to keep; add outputs = [\"FILE\", …], below the work directory",
            section.what
        )));
    }
    Ok(true)
}
