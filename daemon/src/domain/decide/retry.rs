//! Opening an ended workflow again, or ending a wait for time now.

use super::draft::Draft;
use super::{Answered, not_now, unknown_stage};
use crate::domain::event::Event;
use crate::domain::pipeline::Pipeline;
use crate::domain::refusal::{Effect, Refusal};
use crate::domain::value::Values;
use crate::domain::workflow::{StageState, State, Wait, Workflow};

/// A new attempt: completed stages are kept unless `from` names one of them or one before them. The gates that were never
/// passed, dependencies that have not completed and a start time in the future still hold.
pub(super) fn retry(
    mut draft: Draft,
    from: Option<String>,
    params: Values,
    by: String,
) -> Answered {
    match draft.workflow.state {
        State::Failed(_) | State::Cancelled => {
            let stages = redo(&draft.workflow, from.as_deref())?;
            draft.push(Event::Retried { stages, params, by });
            draft.enter(draft.workflow.plan.gates.deadline);
            if draft
                .workflow
                .depends_on
                .iter()
                .any(|dependency| !dependency.done)
            {
                draft.effect(Effect::LookUpDependencies);
            }
            Ok(draft.finish())
        }
        State::Waiting if waits_for_time(&draft.workflow).next().is_some() => {
            for (field, given) in [("from", from.is_some()), ("params", !params.is_empty())] {
                if given {
                    let problem = "can be given only once the workflow has failed or was cancelled; without it, \
                                   retry ends the wait now";
                    return Err(Refusal::Invalid {
                        field: field.to_owned(),
                        problem: problem.to_owned(),
                    });
                }
            }
            for stage in waits_for_time(&draft.workflow).collect::<Vec<_>>() {
                draft.push(Event::StageReady { stage });
            }
            draft.settle();
            Ok(draft.finish())
        }
        _ => Err(not_now(&draft.workflow)),
    }
}

/// The stages that wait for a back-off, a quota or a time they asked for.
pub(super) fn waits_for_time(workflow: &Workflow) -> impl Iterator<Item = usize> + '_ {
    workflow
        .stages
        .iter()
        .enumerate()
        .filter_map(|(index, stage)| {
            matches!(
                stage.state,
                StageState::Waiting(Wait::Backoff { .. } | Wait::Parked { .. })
            )
            .then_some(index)
        })
}

/// All that has not completed; with `from`, also that stage and all that needs it, directly or not.
fn redo(workflow: &Workflow, from: Option<&str>) -> Result<Vec<usize>, Refusal> {
    let first = match from {
        Some(id) => Some(
            workflow
                .stage_index(id)
                .ok_or_else(|| unknown_stage("from", id, workflow))?,
        ),
        None => None,
    };
    let after = first
        .map(|first| closure(&workflow.plan, first))
        .unwrap_or_default();
    let done = |index: usize| workflow.stages[index].state == StageState::Completed;
    Ok((0..workflow.stages.len())
        .filter(|index| !done(*index) || after.contains(index))
        .collect())
}

/// `first` and every stage that needs it, directly or through others.
fn closure(plan: &Pipeline, first: usize) -> Vec<usize> {
    let mut found = vec![first];
    let mut next = 0;
    while let Some(stage) = found.get(next).copied() {
        next += 1;
        for (index, spec) in plan.stages.iter().enumerate() {
            if spec.needs.contains(&stage) && !found.contains(&index) {
                found.push(index);
            }
        }
    }
    found
}
