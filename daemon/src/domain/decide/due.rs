//! Looking at the clock: start times, waits that are over, deadlines of gates.

use super::Answered;
use super::draft::{CONFIRM, Draft};
use crate::domain::event::Event;
use crate::domain::params;
use crate::domain::pipeline::ErrorClass;
use crate::domain::ready;
use crate::domain::value::{Value, Values};
use crate::domain::workflow::{Answer, Failure, StageState, State, Wait};
use std::time::Duration;

/// Who answers when time does.
const BY: &str = "deadline";

/// Does what is due by now; nothing when `ready::next_due` lies ahead. Never early, at any later moment as good.
pub(super) fn due(mut draft: Draft) -> Answered {
    if ready::next_due(&draft.workflow).is_none_or(|due| due > draft.now) {
        return Ok(draft.finish());
    }
    match draft.workflow.state {
        State::PendingClarification { deadline } => {
            let patience = draft.patience(deadline);
            clarification(&mut draft, patience);
        }
        State::PendingConfirmation { .. } => {
            let confirmed = draft.workflow.plan.gates.confirmed;
            let answer = answer(&draft, None, CONFIRM, Value::Bool(confirmed));
            draft.push(Event::Answered {
                params: Values::new(),
                answers: vec![answer],
            });
            if confirmed {
                draft.onward();
            } else {
                draft.cancel(BY);
            }
        }
        State::Running { .. } | State::Waiting => {
            for stage in 0..draft.workflow.stages.len() {
                stage_due(&mut draft, stage);
            }
        }
        _ => {}
    }
    draft.settle();
    Ok(draft.finish())
}

/// The questions' own defaults are taken; a question without one fails the workflow.
fn clarification(draft: &mut Draft, patience: Option<Duration>) {
    let questions = params::questions(&draft.workflow.plan, &draft.workflow.params);
    let open: Vec<&str> = questions
        .iter()
        .filter(|question| question.default.is_none())
        .map(|question| question.key.as_str())
        .collect();
    if !open.is_empty() {
        let message = format!("nobody answered in time: {}", open.join(", "));
        let failure = Failure {
            class: ErrorClass::Input,
            code: "clarification_deadline".to_owned(),
            message,
            stage: None,
            hint: format!("submit it again with {}", open.join(", ")),
        };
        draft.fail(failure);
        return;
    }
    let given: Values = questions
        .iter()
        .filter_map(|question| Some((question.key.clone(), question.default.clone()?)))
        .collect();
    let answers = given
        .iter()
        .map(|(key, value)| answer(draft, None, key, value.clone()))
        .collect();
    draft.push(Event::Answered {
        params: given,
        answers,
    });
    draft.after_clarification(patience);
}

fn stage_due(draft: &mut Draft, stage: usize) {
    // An earlier stage of this round may have ended the workflow.
    if !matches!(draft.workflow.state, State::Running { .. } | State::Waiting) {
        return;
    }
    let StageState::Waiting(wait) = draft.workflow.stages[stage].state.clone() else {
        return;
    };
    if ready::until(&draft.workflow.stages[stage].state).is_none_or(|until| until > draft.now) {
        return;
    }
    let id = draft.workflow.plan.stages[stage].id.clone();
    match wait {
        Wait::Backoff { .. } | Wait::Parked { .. } => draft.push(Event::StageReady { stage }),
        Wait::Approval { default, .. } => {
            let said = answer(draft, Some(id.clone()), CONFIRM, Value::Bool(default));
            draft.push(Event::Answered {
                params: Values::new(),
                answers: vec![said],
            });
            if default {
                draft.push(Event::StageReady { stage });
            } else {
                draft.fail_stage(
                    stage,
                    Failure {
                        class: ErrorClass::Rejected,
                        code: "approval_deadline".to_owned(),
                        message: "nobody approved it in time".to_owned(),
                        stage: Some(id.clone()),
                        hint: format!("retry from `{id}` to be asked again"),
                    },
                );
            }
        }
        Wait::Callback { reason, .. } => draft.fail_stage(
            stage,
            Failure {
                class: ErrorClass::Timeout,
                code: "callback_deadline".to_owned(),
                message: format!("no callback came in time ({reason})"),
                stage: Some(id.clone()),
                hint: format!(
                    "look whether the service did the work; retry from `{id}` asks it again"
                ),
            },
        ),
    }
}

fn answer(draft: &Draft, stage: Option<String>, key: &str, value: Value) -> Answer {
    Answer {
        stage,
        key: key.to_owned(),
        value,
        by: BY.to_owned(),
        at: draft.now,
    }
}
