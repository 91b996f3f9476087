//! Forgetting a workflow that has ended.

use super::draft::Draft;
use super::{Answered, not_now};
use crate::domain::event::Event;
use crate::domain::refusal::Effect;

pub(super) fn delete(mut draft: Draft, by: String) -> Answered {
    if !draft.workflow.status().is_terminal() {
        return Err(not_now(&draft.workflow));
    }
    draft.push(Event::Deleted { by });
    draft.effect(Effect::CleanUp);
    Ok(draft.finish())
}
