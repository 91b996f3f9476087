//! Calling a workflow by another name.

use super::Answered;
use super::draft::Draft;
use crate::domain::event::Event;
use crate::domain::refusal::Decision;

pub(super) fn rename(mut draft: Draft, name: String, by: String) -> Answered {
    if draft.workflow.name == name {
        return Ok(Decision::AlreadySo);
    }
    draft.push(Event::Renamed { name, by });
    Ok(draft.finish())
}
