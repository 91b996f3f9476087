//! What the end of another workflow means for one that waits for it.

use super::Answered;
use super::draft::{Draft, dependency_failure};
use crate::domain::event::Event;
use crate::domain::refusal::Decision;
use crate::domain::workflow::State;

/// A dependency that completed is ticked off, in whatever state before the queue; the last one lets the workflow on.
/// One that ended otherwise fails the workflow at once, also at a gate or while it is held.
pub(super) fn ended(mut draft: Draft, id: String, completed: bool) -> Answered {
    let open = draft
        .workflow
        .depends_on
        .iter()
        .any(|dependency| dependency.id == id && !dependency.done);
    if !open
        || draft.workflow.status().is_terminal()
        || matches!(draft.workflow.state, State::Cancelling { .. })
    {
        return Ok(Decision::AlreadySo);
    }
    if completed {
        draft.push(Event::DependencyMet { id });
        draft.settle();
    } else {
        draft.fail(dependency_failure(&id));
    }
    Ok(draft.finish())
}
