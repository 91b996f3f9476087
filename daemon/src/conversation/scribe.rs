//! Writes the assistant's messages, each in the transaction of the event that it tells of.

use super::{CONVERSATION, GENERATIONS, MESSAGE, SURFACE, wording};
use crate::domain::params;
use crate::domain::workflow::Status;
use crate::domain::{State, Value, Workflow};
use crate::engine::ports::{Outbox, Written};
use crate::pipeline::ids;
use crate::store::StoreError;
use crate::store::messages::{self, MessageRow};
use rusqlite::Connection;

/// See the module. It remembers nothing: an abandoned transaction takes its messages with it.
#[derive(Debug, Default)]
pub struct Scribe;

/// What is said, and as what.
struct Said {
    kind: &'static str,
    content: String,
}

fn said(kind: &'static str, content: impl Into<String>) -> Option<Said> {
    Some(Said {
        kind,
        content: content.into(),
    })
}

/// What an event is to the one who reads the conversation.
fn tell(event: &Written<'_>, workflow: &Workflow) -> Option<Said> {
    match event.kind {
        "workflow.created" => said("generation_started", wording::STARTED),
        "workflow.clarification_asked" => open(workflow),
        "workflow.confirmation_asked" => {
            said("confirmation", wording::confirmation(&workflow.params))
        }
        "workflow.answered" if workflow.status() == Status::PendingClarification => open(workflow),
        "workflow.answered" if is_confirmed(event.data) => {
            said("generation_started", wording::CONFIRMED)
        }
        "workflow.completed" => said("generation_result", wording::READY),
        "workflow.failed" => match &workflow.state {
            State::Failed(failure) => said("error", wording::failed(failure)),
            _ => None,
        },
        "workflow.cancelled" => said("error", wording::CANCELLED),
        _ => None,
    }
}

fn open(workflow: &Workflow) -> Option<Said> {
    let questions = params::questions(&workflow.plan, &workflow.params);
    said("clarification", wording::questions(&questions))
}

/// Whether an answer was a yes to the confirmation; what a stage asks is its own affair.
fn is_confirmed(data: &str) -> bool {
    let facts: serde_json::Value = serde_json::from_str(data).unwrap_or_default();
    let answers = facts["answers"].as_array();
    answers.is_some_and(|answers| {
        let yes = |answer: &serde_json::Value| {
            answer["key"] == "confirm" && answer["value"] == true && answer["stage"].is_null()
        };
        answers.iter().any(yes)
    })
}

fn write(
    connection: &Connection,
    event: &Written<'_>,
    workflow: &Workflow,
    conversation: &str,
    said: Said,
) -> Result<(), StoreError> {
    tracing::info!(
        component = "WEBHOOK", videoId = %workflow.id, requestId = %workflow.request_id, generationId = %workflow.id, conversationId = conversation,
        messageType = said.kind, "Creating assistant message"
    );
    let id = ids::random().map_err(StoreError::Sqlite)?;
    messages::insert(
        connection,
        &MessageRow {
            id: format!("msg_{id}"),
            conversation: conversation.to_owned(),
            user: workflow.user.clone(),
            role: "assistant".to_owned(),
            kind: said.kind.to_owned(),
            content: said.content,
            generation: Some(workflow.id.clone()),
            at: event.at,
        },
    )
}

/// The message that asked for this generation.
fn write_asked(
    connection: &Connection,
    event: &Written<'_>,
    workflow: &Workflow,
    conversation: &str,
) -> Result<(), StoreError> {
    let (Some(id), Some(content)) = (
        workflow.labels.get(MESSAGE),
        workflow.params.get("prompt").and_then(Value::as_text),
    ) else {
        return Ok(());
    };
    messages::insert(
        connection,
        &MessageRow {
            id: id.clone(),
            conversation: conversation.to_owned(),
            user: workflow.user.clone(),
            role: "user".to_owned(),
            kind: "text".to_owned(),
            content: content.to_owned(),
            generation: Some(workflow.id.clone()),
            at: event.at,
        },
    )
}

impl Outbox for Scribe {
    fn written(&mut self, connection: &Connection, event: Written<'_>) -> Result<(), StoreError> {
        let Some(workflow) = event.workflow else {
            return Ok(());
        };
        let Some(conversation) = workflow.labels.get(CONVERSATION) else {
            return Ok(());
        };
        if ![SURFACE, GENERATIONS].contains(&workflow.surface.as_str()) {
            return Ok(());
        }
        if event.kind == "workflow.created" && workflow.surface == SURFACE {
            write_asked(connection, &event, workflow, conversation)?;
        }
        match tell(&event, workflow) {
            Some(said) => write(connection, &event, workflow, conversation, said),
            None => Ok(()),
        }
    }

    fn committed(&mut self) {}

    fn forget(&mut self) {}
}
