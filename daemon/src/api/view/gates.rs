//! What a workflow asks of a person, as shown.

use super::time::text;
use crate::domain::params;
use crate::domain::workflow::{Question, StageState, State, Wait, Workflow};
use crate::pipeline::json;
use reel_shared::workflow::{Gate, QuestionView};

/// The open gates.
#[must_use]
pub fn open(workflow: &Workflow) -> Vec<Gate> {
    let mut gates = Vec::new();
    match &workflow.state {
        State::PendingClarification { deadline } => gates.push(Gate {
            stage: None,
            kind: "clarification".to_owned(),
            questions: params::questions(&workflow.plan, &workflow.params)
                .iter()
                .map(question)
                .collect(),
            deadline: deadline.map(text),
        }),
        State::PendingConfirmation { deadline } => gates.push(Gate {
            stage: None,
            kind: "confirmation".to_owned(),
            questions: vec![QuestionView {
                // What time will say, where it will.
                default: deadline.map(|_| workflow.plan.gates.confirmed.into()),
                ..yes_or_no(format!(
                    "Start `{}` with these parameters?",
                    workflow.plan.name
                ))
            }],
            deadline: deadline.map(text),
        }),
        _ => {}
    }
    for (stage, spec) in workflow.stages.iter().zip(&workflow.plan.stages) {
        if let StageState::Waiting(Wait::Approval {
            questions,
            deadline,
            ..
        }) = &stage.state
        {
            let asked = if questions.is_empty() {
                vec![yes_or_no(format!("Let `{}` go on?", spec.title))]
            } else {
                questions.iter().map(question).collect()
            };
            gates.push(Gate {
                stage: Some(spec.id.clone()),
                kind: "approval".to_owned(),
                questions: asked,
                deadline: deadline.map(text),
            });
        }
    }
    gates
}

fn yes_or_no(question: String) -> QuestionView {
    QuestionView {
        key: "confirm".to_owned(),
        question,
        kind: "bool".to_owned(),
        options: None,
        default: None,
        required: true,
    }
}

fn question(question: &Question) -> QuestionView {
    QuestionView {
        key: question.key.clone(),
        question: question.question.clone(),
        kind: question.kind.word().to_owned(),
        options: (!question.options.is_empty()).then(|| question.options.clone()),
        default: question.default.as_ref().map(json::to_json),
        required: question.required,
    }
}
