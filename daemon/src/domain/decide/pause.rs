//! Holding a workflow, and letting it go on.
//!
//! A stage that runs is not disturbed: the workflow is held when its last running stage has ended (the stage boundary).
//! While it is held nothing of it moves by time: start times, back-offs and deadlines that pass meanwhile count from the
//! moment it is resumed.

use super::draft::Draft;
use super::{Answered, not_now};
use crate::domain::event::Event;
use crate::domain::refusal::Decision;
use crate::domain::workflow::State;

pub(super) fn pause(mut draft: Draft) -> Answered {
    match draft.workflow.state {
        State::Paused { .. } | State::Running { pausing: true } => return Ok(Decision::AlreadySo),
        State::Running { pausing: false } if draft.runs() => draft.push(Event::PauseAsked),
        State::Blocked
        | State::Scheduled
        | State::Queued
        | State::Running { pausing: false }
        | State::Waiting => {
            draft.push(Event::Paused);
        }
        _ => return Err(not_now(&draft.workflow)),
    }
    Ok(draft.finish())
}

/// Also takes back a pause that has not come about yet.
pub(super) fn resume(mut draft: Draft) -> Answered {
    match draft.workflow.state {
        State::Paused { .. } | State::Running { pausing: true } => {
            draft.push(Event::Resumed);
            draft.settle();
            Ok(draft.finish())
        }
        _ => Err(not_now(&draft.workflow)),
    }
}
