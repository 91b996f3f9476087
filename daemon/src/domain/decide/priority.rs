//! Moving a workflow in the queue.

use super::draft::Draft;
use super::{Answered, not_now};
use crate::domain::event::Event;
use crate::domain::refusal::{Decision, Refusal};

pub(super) fn prioritise(mut draft: Draft, priority: i32) -> Answered {
    if draft.workflow.status().is_terminal() {
        return Err(not_now(&draft.workflow));
    }
    check(priority)?;
    if draft.workflow.priority == priority {
        return Ok(Decision::AlreadySo);
    }
    draft.push(Event::Prioritised { priority });
    Ok(draft.finish())
}

/// Whether this is a priority at all.
pub(super) fn check(priority: i32) -> Result<(), Refusal> {
    if (-1000..=1000).contains(&priority) {
        return Ok(());
    }
    Err(Refusal::Invalid {
        field: "priority".to_owned(),
        problem: format!("{priority} is out of bounds: −1000 to 1000, larger first"),
    })
}
