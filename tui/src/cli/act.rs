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
        })
    }

    /// `DELETE /api/workflow/{id}`
    pub fn delete() -> Self {
        Self {
            method: Method::DELETE,
            suffix: "",
            body: None,
        }
    }

    async fn once(&self, http: &mut Http, id: &str) -> Result<Reply, ClientError> {
        let path = format!("/api/workflow/{id}{}", self.suffix);
        http.request(self.method.clone(), &path, self.body.clone(), &[])
            .await
    }

    /// Acts on the workflow that `text` names; the id that was meant, and the answer.
    pub async fn on(&self, http: &mut Http, text: &str) -> Outcome<(String, Reply)> {
        ids::check(text)?;
        match self.once(http, text).await {
            Err(ClientError::Problem { status: 404, .. }) => {}
            other => return Ok((text.to_owned(), other?)),
        }
        let id = ids::search(http, text).await?;
        let reply = self.once(http, &id).await?;
        Ok((id, reply))
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
    act: impl AsyncFn(&mut Http, &str) -> Outcome<(String, Reply)>,
) -> Outcome {
    let mut failed = false;
    for text in ids {
        let done = match act(&mut context.http, text).await {
            Ok((id, reply)) => print(context, &id, &reply),
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

fn print(context: &mut Context, id: &str, reply: &Reply) -> Outcome {
    if context.out.json {
        let data: Value = reply.data()?;
        return context.out.json(&data);
    }
    // A deletion answers no workflow.
    let words = match reply.data::<WorkflowView>() {
        Ok(view) if !view.status.is_empty() => words(&view),
        _ => "removed".to_owned(),
    };
    context.out.line(&format!("{id} {words}"))
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
