//! Ending a workflow on request.

use super::draft::Draft;
use super::{Answered, not_now};
use crate::domain::event::Event;
use crate::domain::refusal::Decision;
use crate::domain::workflow::State;

/// With processes still there the workflow is `cancelling` until the last of them is reported gone; without, it is
/// cancelled at once. A workflow that is failing was on its way out anyway: the person's word stands above the failure.
pub(super) fn cancel(mut draft: Draft, by: String) -> Answered {
    match draft.workflow.state {
        State::Cancelled | State::Cancelling { .. } => Ok(Decision::AlreadySo),
        State::Completed | State::Failed(_) => Err(not_now(&draft.workflow)),
        _ if draft.runs() => {
            draft.push(Event::CancelAsked { by });
            draft.stop_attempts();
            Ok(draft.finish())
        }
        _ => {
            draft.cancel(&by);
            Ok(draft.finish())
        }
    }
}
