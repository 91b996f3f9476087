//! One turn of a conversation: a message, what it wants, and what came of it.

use super::shown;
use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::fields::Fields;
use crate::api::idempotency::Derived;
use crate::api::problem::Problem;
use crate::api::request_id::RequestId;
use crate::api::surfaces::generations::{PIPELINE, shape};
use crate::api::surfaces::making::{Origin, checked, draft, made};
use crate::conversation::intent::Intent;
use crate::conversation::judge;
use crate::conversation::{CONVERSATION, MESSAGE, SURFACE, reply, wording};
use crate::domain::workflow::Status;
use crate::domain::{Command, Values, Workflow, params};
use crate::pipeline::{Draft, ids, json as values, prepare};
use crate::store::list::Filter;
use crate::store::messages::{self, MessageRow};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Open generations of a conversation that are looked at.
const LOOKED_AT: u32 = 20;

/// See the module.
pub(super) struct Turn<'a> {
    pub api: &'a Api,
    pub caller: &'a Caller,
    pub request: &'a RequestId,
    pub derived: Option<&'a Derived>,
    pub conversation: &'a str,
    pub content: &'a str,
}

impl Turn<'_> {
    /// Takes it, and gives the answer's data.
    pub async fn take(&self) -> Result<Value, Problem> {
        let id = self.id(1)?;
        if judge::of(&self.api.config(), self.content).await == Intent::Video {
            return self.generation(&id).await;
        }
        match self.open().await? {
            Some(workflow) => self.answer(&id, &workflow).await,
            None => self.talk(&id, wording::OTHER.to_owned(), None).await,
        }
    }

    /// The id of a message of this turn: the same again where the request carries a key.
    fn id(&self, index: usize) -> Result<String, Problem> {
        let id = match self.derived {
            Some(derived) => derived.id(index),
            None => ids::random()
                .map_err(|error| Problem::internal("the message could not be named", &error))?,
        };
        Ok(format!("msg_{id}"))
    }

    /// A new generation; its messages are written with it.
    async fn generation(&self, id: &str) -> Result<Value, Problem> {
        let origin = Origin {
            caller: self.caller,
            request: self.request,
            surface: SURFACE,
            derived: self.derived,
        };
        let mut params = Map::new();
        params.insert("prompt".to_owned(), self.content.into());
        let labels = [
            (CONVERSATION.to_owned(), self.conversation.to_owned()),
            (MESSAGE.to_owned(), id.to_owned()),
        ];
        let draft = Draft {
            pipeline: PIPELINE.to_owned(),
            params,
            labels: labels.into(),
            ..draft(&origin, 0)
        };
        let mut problems = Fields::new(Map::new());
        let submit = checked(self.api, draft, &mut problems, |field| {
            // The message is all that was sent.
            let _ = field;
            "content".to_owned()
        })
        .await?;
        problems.finish()?;
        let workflow = made(self.api, submit, self.derived).await?;
        self.told(id, "video_generation", Some(&workflow)).await
    }

    /// The newest generation of this conversation that waits for a person before its queue.
    async fn open(&self) -> Result<Option<Arc<Workflow>>, Problem> {
        let filter = Filter {
            statuses: vec![Status::PendingClarification, Status::PendingConfirmation],
            ended: Some(false),
            user: self.caller.only().map(str::to_owned),
            label: Some((CONVERSATION.to_owned(), Some(self.conversation.to_owned()))),
            limit: LOOKED_AT,
            ..Filter::default()
        };
        let found = self.api.engine().reader().list(filter).await?;
        Ok(found.workflows.into_iter().next())
    }

    /// A message that comes while a generation asks: its answer, if it can be read as one.
    async fn answer(&self, id: &str, workflow: &Arc<Workflow>) -> Result<Value, Problem> {
        let by = self.caller.user.to_string();
        let (intent, command) = match workflow.status() {
            Status::PendingConfirmation => {
                let confirmed = reply::yes_or_no(self.content);
                let command = confirmed.map(|confirmed| Command::Confirm {
                    confirmed,
                    stage: None,
                    by,
                });
                ("confirmation", command)
            }
            _ => {
                let questions = params::questions(&workflow.plan, &workflow.params);
                let said = reply::answers(&questions, self.content);
                let responses = match self.fitting(workflow, said) {
                    Ok(responses) => responses,
                    Err(wrong) => {
                        let words = format!("{wrong}\n{}", wording::questions(&questions));
                        return self.talk(id, words, Some(workflow)).await;
                    }
                };
                let command = (!responses.is_empty()).then_some(Command::Clarify {
                    responses,
                    stage: None,
                    by,
                });
                ("clarification", command)
            }
        };
        let Some(command) = command else {
            let words = match workflow.status() {
                Status::PendingConfirmation => wording::confirmation(&workflow.params),
                _ => wording::questions(&params::questions(&workflow.plan, &workflow.params)),
            };
            return self.talk(id, words, Some(workflow)).await;
        };
        // First what was said, so that the replies, which the act's own transaction writes, stand behind it.
        let said = self.message(id, "user", "text", self.content.to_owned(), Some(workflow));
        self.write(vec![said]).await?;
        let ack = self.api.engine().command(&workflow.id, command).await?;
        self.told(id, intent, Some(&ack.workflow)).await
    }

    /// Answers as the parameters take them, or what is wrong with them in words.
    fn fitting(&self, workflow: &Workflow, said: Values) -> Result<Values, String> {
        prepare::edits(&workflow.plan, &values::object(&said), "", false).map_err(|problems| {
            let told = problems.iter().map(|one| {
                let name = one.field.trim_start_matches('.');
                format!("{name}: {}", one.problem)
            });
            told.collect::<Vec<_>>().join("\n")
        })
    }

    /// Stores a message that changes nothing, with a reply to it.
    async fn talk(
        &self,
        id: &str,
        words: String,
        about: Option<&Workflow>,
    ) -> Result<Value, Problem> {
        let said = self.message(id, "user", "text", self.content.to_owned(), about);
        let kind = match about.map(Workflow::status) {
            Some(Status::PendingConfirmation) => "confirmation",
            Some(_) => "clarification",
            None => "text",
        };
        let reply = self.message(&self.id(2)?, "assistant", kind, words, about);
        self.write(vec![said, reply]).await?;
        self.told(id, "other", None).await
    }

    fn message(
        &self,
        id: &str,
        role: &str,
        kind: &str,
        content: String,
        about: Option<&Workflow>,
    ) -> MessageRow {
        MessageRow {
            id: id.to_owned(),
            conversation: self.conversation.to_owned(),
            user: self.caller.user.to_string(),
            role: role.to_owned(),
            kind: kind.to_owned(),
            content,
            generation: about.map(|workflow| workflow.id.clone()),
            at: self.api.engine().now(),
        }
    }

    async fn write(&self, rows: Vec<MessageRow>) -> Result<(), Problem> {
        let written = self.api.engine().write(move |connection| {
            rows.iter()
                .try_for_each(|row| messages::insert(connection, row))
        });
        Ok(written.await?)
    }

    /// The answer: the message and the first reply as they are stored, and the generation that it is about.
    async fn told(
        &self,
        id: &str,
        intent: &str,
        workflow: Option<&Arc<Workflow>>,
    ) -> Result<Value, Problem> {
        let name = id.to_owned();
        let (message, reply) = self
            .api
            .engine()
            .reader()
            .ask(move |connection| {
                Ok((
                    messages::one(connection, &name)?,
                    messages::reply(connection, &name)?,
                ))
            })
            .await?;
        let mut answer = json!({
            "message": message.as_ref().map(shown),
            "intent": intent,
            "reply": reply.as_ref().map(shown),
            "generation": null,
            "clarificationQuestions": [],
        });
        if let Some(workflow) = workflow {
            let progress = workflow.progress;
            answer["generation"] = shape::generation(self.api, workflow, progress);
            answer["clarificationQuestions"] = shape::questions(workflow);
        }
        Ok(answer)
    }
}
