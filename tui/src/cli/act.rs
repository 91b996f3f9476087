//! Acts upon workflows: one request for each id, each told apart.
//!
//! The text is tried as an id as it stands; only if the daemon knows none is it taken for the beginning of one. With
//! one id alone its failure is the verb's; with several the verb goes on, says which failed, and ends with 1. A daemon
//! that can't be reached ends it at once.

use super::context::Context;
use super::failure::{Failure, Outcome};
use super::ids;
use reel_shared::client::{ClientError, Http, Method, Reply};
use reel_shared::workflow::WorkflowView;
use serde::Serialize;
use serde_json::Value;

/// What is asked for each id.
pub struct Act {
    method: Method,
    /// Behind the id: `/cancel`.
    suffix: &'static str,
    body: Option<Vec<u8>>,
    /// What is said of it afterwards, where its answer is the workflow as it was.
    said: Option<&'static str>,
}

/// An act that was done.
pub struct Done {
    /// The id that was meant, whole.
    id: String,
    reply: Reply,
    said: Option<&'static str>,
}

impl Act {
    /// `POST /api/workflow/{id}/{word}` with a body.
    pub fn post(suffix: &'static str, body: &impl Serialize) -> Outcome<Self> {
        let body = serde_json::to_vec(body)
            .map_err(|error| Failure::failed(format!("the request can't be written: {error}")))?;
        Ok(Self {
            method: Method::POST,
            suffix,
            body: Some(body),
            said: None,
        })
    }

    /// `DELETE /api/workflow/{id}`
    pub fn delete() -> Self {
        Self {
            method: Method::DELETE,
            suffix: "",
            body: None,
            said: Some("removed"),
        }
    }

    async fn once(&self, http: &mut Http, id: &str) -> Result<Reply, ClientError> {
        let path = format!("/api/workflow/{id}{}", self.suffix);
        http.request(self.method.clone(), &path, self.body.clone(), &[])
            .await
    }

    /// Acts on the workflow that `text` names.
    pub async fn on(&self, http: &mut Http, text: &str) -> Outcome<Done> {
        ids::check(text)?;
        match self.once(http, text).await {
            Err(ClientError::Problem { status: 404, .. }) => {}
            other => return Ok(self.done(text.to_owned(), other?)),
        }
        let id = ids::search(http, text).await?;
        let reply = self.once(http, &id).await?;
        Ok(self.done(id, reply))
    }

    fn done(&self, id: String, reply: Reply) -> Done {
        Done {
            id,
            reply,
            said: self.said,
        }
    }
}

/// Acts on each id and prints a line for each: the id and what it is now.
pub async fn each(context: &mut Context, ids: &[String], act: &Act) -> Outcome {
    each_by(context, ids, async |http, text| act.on(http, text).await).await
}

/// The same for acts that differ from id to id.
pub async fn each_by(
    context: &mut Context,
    ids: &[String],
    act: impl AsyncFn(&mut Http, &str) -> Outcome<Done>,
) -> Outcome {
    let mut failed = false;
    for text in ids {
        let done = match act(&mut context.http, text).await {
            Ok(done) => print(context, &done),
            Err(failure) => Err(failure),
        };
        match done {
            Ok(()) => {}
            Err(failure) if ids.len() == 1 || ends_all(&failure) => return Err(failure),
            Err(failure) => {
                context.out.flush()?;
                failure.tell(Some(text));
                failed = true;
            }
        }
    }
    if failed {
        Err(Failure::Told(1))
    } else {
        Ok(())
    }
}

fn ends_all(failure: &Failure) -> bool {
    match failure {
        Failure::Pipe => true,
        Failure::Client(error) => error.is_unreachable() || error.status() == Some(401),
        _ => false,
    }
}

fn print(context: &mut Context, done: &Done) -> Outcome {
    if context.out.json {
        let data: Value = done.reply.data()?;
        return context.out.json(&data);
    }
    let said = match done.said {
        Some(said) => said.to_owned(),
        None => words(&done.reply.data()?),
    };
    context.out.line(&format!("{} {said}", done.id))
}

/// What it is now, with what is still under way.
fn words(view: &WorkflowView) -> String {
    if view.cancelling == Some(true) {
        return format!("{}, cancelling until its processes are gone", view.status);
    }
    if view.pausing == Some(true) {
        return format!("{}, pausing at the end of its stage", view.status);
    }
    view.status.clone()
}
