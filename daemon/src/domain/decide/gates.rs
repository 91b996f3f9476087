//! Answers of people: to a clarification, to a confirmation, and to a stage that asks for approval.

use super::draft::{CONFIRM, Draft};
use super::{Answered, not_now, unknown_stage};
use crate::domain::event::Event;
use crate::domain::nearest;
use crate::domain::params;
use crate::domain::pipeline::ErrorClass;
use crate::domain::refusal::{Decision, Refusal};
use crate::domain::value::{Value, Values};
use crate::domain::workflow::{Answer, Failure, Question, StageState, State, Wait, Workflow};

pub(super) fn clarify(
    mut draft: Draft,
    responses: Values,
    stage: Option<&str>,
    by: &str,
) -> Answered {
    let deadline = match draft.workflow.state {
        State::PendingClarification { deadline } | State::PendingConfirmation { deadline } => {
            deadline
        }
        _ => return clarify_approval(draft, responses, stage, by),
    };
    if let Some(stage) = stage {
        let problem = format!("no stage of this workflow asks yet; leave `{stage}` out");
        return Err(Refusal::Invalid {
            field: "stage".to_owned(),
            problem,
        });
    }
    for key in responses.keys() {
        if !draft
            .workflow
            .plan
            .params
            .iter()
            .any(|spec| spec.name == *key)
        {
            let known = draft
                .workflow
                .plan
                .params
                .iter()
                .map(|spec| spec.name.as_str());
            let problem = format!("no such parameter; {}", nearest::suggest(key, known));
            return Err(Refusal::Invalid {
                field: key.clone(),
                problem,
            });
        }
    }
    if responses
        .iter()
        .all(|(key, value)| draft.workflow.params.get(key) == Some(value))
    {
        return Ok(Decision::AlreadySo);
    }
    answered(&mut draft, None, responses, by);
    let open = params::questions(&draft.workflow.plan, &draft.workflow.params);
    match (&draft.workflow.state, open.first()) {
        (State::PendingClarification { .. }, None) => {
            let patience = draft.patience(deadline);
            draft.after_clarification(patience);
        }
        (State::PendingConfirmation { .. }, Some(question)) => {
            let problem = "is required; a correction can't take it away".to_owned();
            return Err(Refusal::Invalid {
                field: question.key.clone(),
                problem,
            });
        }
        _ => {}
    }
    Ok(draft.finish())
}

pub(super) fn confirm(
    mut draft: Draft,
    confirmed: bool,
    stage: Option<&str>,
    by: &str,
) -> Answered {
    if !matches!(draft.workflow.state, State::PendingConfirmation { .. }) {
        return confirm_approval(draft, confirmed, stage, by);
    }
    if let Some(stage) = stage {
        let problem = format!("the workflow itself is to be confirmed; leave `{stage}` out");
        return Err(Refusal::Invalid {
            field: "stage".to_owned(),
            problem,
        });
    }
    let responses = Values::from([(CONFIRM.to_owned(), Value::Bool(confirmed))]);
    answered(&mut draft, None, responses, by);
    if confirmed {
        draft.onward();
    } else {
        draft.cancel(by);
    }
    Ok(draft.finish())
}

/// Answers to a stage's questions: it goes on when the required ones are answered.
fn clarify_approval(
    mut draft: Draft,
    responses: Values,
    stage: Option<&str>,
    by: &str,
) -> Answered {
    let Some((index, questions)) = approval(&draft.workflow, stage)? else {
        return repeated(&draft.workflow, stage, &responses);
    };
    let id = draft.workflow.plan.stages[index].id.clone();
    for (key, value) in &responses {
        let Some(question) = questions.iter().find(|question| question.key == *key) else {
            let known = questions.iter().map(|question| question.key.as_str());
            let problem = format!("`{id}` does not ask that; {}", nearest::suggest(key, known));
            return Err(Refusal::Invalid {
                field: key.clone(),
                problem,
            });
        };
        params::answers(question, value).map_err(|problem| Refusal::Invalid {
            field: key.clone(),
            problem,
        })?;
    }
    if responses.is_empty() {
        return Ok(Decision::AlreadySo);
    }
    answered(&mut draft, Some(&id), responses, by);
    if open_question(&draft.workflow, index, &questions).is_none() {
        draft.push(Event::StageReady { stage: index });
        draft.settle();
    }
    Ok(draft.finish())
}

/// Yes lets the stage go on, no fails it.
fn confirm_approval(mut draft: Draft, confirmed: bool, stage: Option<&str>, by: &str) -> Answered {
    let responses = Values::from([(CONFIRM.to_owned(), Value::Bool(confirmed))]);
    let Some((index, questions)) = approval(&draft.workflow, stage)? else {
        return repeated(&draft.workflow, stage, &responses);
    };
    let id = draft.workflow.plan.stages[index].id.clone();
    if confirmed && let Some(question) = open_question(&draft.workflow, index, &questions) {
        let problem = format!("`{id}` wants an answer first: {}", question.question);
        return Err(Refusal::Invalid {
            field: question.key.clone(),
            problem,
        });
    }
    answered(&mut draft, Some(&id), responses, by);
    if confirmed {
        draft.push(Event::StageReady { stage: index });
    } else {
        let failure = Failure {
            class: ErrorClass::Rejected,
            code: "rejected".to_owned(),
            message: format!("{by} refused it"),
            stage: Some(id.clone()),
            hint: format!("retry from `{id}` to be asked again"),
        };
        draft.fail_stage(index, failure);
    }
    draft.settle();
    Ok(draft.finish())
}

fn answered(draft: &mut Draft, stage: Option<&str>, responses: Values, by: &str) {
    let answer = |(key, value): (&String, &Value)| Answer {
        stage: stage.map(str::to_owned),
        key: key.clone(),
        value: value.clone(),
        by: by.to_owned(),
        at: draft.now,
    };
    let answers = responses.iter().map(answer).collect();
    // What a stage or a confirmation asks is kept as an answer; only a clarification's answers are parameters.
    let plan = &draft.workflow.plan;
    let params = if stage.is_none() {
        responses
            .into_iter()
            .filter(|(key, _)| plan.params.iter().any(|spec| spec.name == *key))
            .collect()
    } else {
        Values::new()
    };
    draft.push(Event::Answered { params, answers });
}

/// The approval that is meant, with its questions; none when none is open. Answers are taken as long as the workflow
/// lives, also while other stages of it still run.
pub(super) fn approval(
    workflow: &Workflow,
    stage: Option<&str>,
) -> Result<Option<(usize, Vec<Question>)>, Refusal> {
    if let Some(id) = stage
        && workflow.stage_index(id).is_none()
    {
        return Err(unknown_stage("stage", id, workflow));
    }
    let open = open_approvals(workflow);
    let chosen = match (stage, open.as_slice()) {
        (Some(id), open) => open
            .iter()
            .copied()
            .find(|index| workflow.plan.stages[*index].id == id),
        (None, []) => None,
        (None, [only]) => Some(*only),
        (None, several) => {
            let ids: Vec<&str> = several
                .iter()
                .map(|index| workflow.plan.stages[*index].id.as_str())
                .collect();
            let problem = format!(
                "several stages wait for an approval; name one of {}",
                ids.join(", ")
            );
            return Err(Refusal::Invalid {
                field: "stage".to_owned(),
                problem,
            });
        }
    };
    Ok(
        chosen.and_then(|index| match &workflow.stages[index].state {
            StageState::Waiting(Wait::Approval { questions, .. }) => {
                Some((index, questions.clone()))
            }
            _ => None,
        }),
    )
}

/// Stages that wait for a person, while the workflow can take an answer.
pub(super) fn open_approvals(workflow: &Workflow) -> Vec<usize> {
    if !matches!(workflow.state, State::Running { .. } | State::Waiting) {
        return Vec::new();
    }
    let asks = |state: &StageState| matches!(state, StageState::Waiting(Wait::Approval { .. }));
    (0..workflow.stages.len())
        .filter(|index| asks(&workflow.stages[*index].state))
        .collect()
}

/// The first required question that this stage's approval has no answer to yet.
fn open_question<'a>(
    workflow: &Workflow,
    index: usize,
    questions: &'a [Question],
) -> Option<&'a Question> {
    let id = &workflow.plan.stages[index].id;
    let since = workflow.stages[index]
        .started_at
        .unwrap_or(workflow.created_at);
    let answered = |question: &Question| {
        question.default.is_some()
            || workflow.answers.iter().any(|answer| {
                answer.stage.as_ref() == Some(id)
                    && answer.key == question.key
                    && answer.at >= since
            })
    };
    questions
        .iter()
        .find(|question| question.required && !answered(question))
}

/// No gate is open: the same answer given again is already so, anything else comes too late.
fn repeated(workflow: &Workflow, stage: Option<&str>, responses: &Values) -> Answered {
    let last = |key: &str| {
        workflow.answers.iter().rev().find(|answer| {
            answer.key == key && (stage.is_none() || answer.stage.as_deref() == stage)
        })
    };
    let same =
        |(key, value): (&String, &Value)| last(key).is_some_and(|answer| answer.value == *value);
    let past = !matches!(workflow.state, State::PendingClarification { .. });
    if past && !responses.is_empty() && responses.iter().all(same) {
        return Ok(Decision::AlreadySo);
    }
    Err(not_now(workflow))
}
