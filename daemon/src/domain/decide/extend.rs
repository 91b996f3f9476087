//! More time for an open gate, so that nobody's silence is taken for an answer yet. A deadline is only ever moved away, and
//! what happens at it stays as it was.

use super::draft::Draft;
use super::{Answered, gates, not_now};
use crate::domain::command::Extension;
use crate::domain::event::Event;
use crate::domain::refusal::{Decision, Refusal};
use crate::domain::time::Timestamp;
use crate::domain::workflow::{StageState, State, Wait};
use std::time::Duration;

/// From now on a gate stays open at most so long: what is further away is a mistake.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

pub(super) fn extend(
    mut draft: Draft,
    extension: Extension,
    stage: Option<&str>,
    by: String,
) -> Answered {
    let (stage, deadline) = open_gate(&draft, stage)?;
    let Some(deadline) = deadline else {
        return Err(invalid(
            extension,
            "this gate has no deadline: it stays open until it is answered",
        ));
    };
    let wanted = match extension {
        Extension::Until(at) => at,
        Extension::By(span) => deadline.plus(span),
    };
    if wanted <= draft.now {
        return Err(invalid(extension, "lies in the past; name a later time"));
    }
    if wanted > draft.now.plus(LONGEST) {
        return Err(invalid(
            extension,
            "is more than a year ahead; name an earlier time",
        ));
    }
    if wanted < deadline {
        return Err(invalid(
            extension,
            "is earlier than the deadline that stands; a deadline only moves away",
        ));
    }
    if wanted == deadline {
        return Ok(Decision::AlreadySo);
    }
    draft.push(Event::DeadlineExtended {
        stage,
        deadline: wanted,
        by,
    });
    Ok(draft.finish())
}

/// The gate that is meant: its stage, none for the workflow's own, and until when it is open.
fn open_gate(
    draft: &Draft,
    stage: Option<&str>,
) -> Result<(Option<usize>, Option<Timestamp>), Refusal> {
    let workflow = &draft.workflow;
    match (&workflow.state, stage) {
        (
            State::PendingClarification { deadline } | State::PendingConfirmation { deadline },
            None,
        ) => return Ok((None, *deadline)),
        (State::PendingClarification { .. } | State::PendingConfirmation { .. }, Some(stage)) => {
            return Err(Refusal::Invalid {
                field: "stage".to_owned(),
                problem: format!("the workflow itself asks; leave `{stage}` out"),
            });
        }
        _ => {}
    }
    let Some((index, _)) = gates::approval(workflow, stage)? else {
        return Err(not_now(workflow));
    };
    match &workflow.stages[index].state {
        StageState::Waiting(Wait::Approval { deadline, .. }) => Ok((Some(index), *deadline)),
        _ => Err(not_now(workflow)),
    }
}

fn invalid(extension: Extension, problem: &str) -> Refusal {
    Refusal::Invalid {
        field: match extension {
            Extension::Until(_) => "until",
            Extension::By(_) => "by",
        }
        .to_owned(),
        problem: problem.to_owned(),
    }
}
