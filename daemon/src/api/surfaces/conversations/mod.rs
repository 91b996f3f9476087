//! Document 002: conversations. A message is stored and its intent found; one that asks for a video makes a generation, one
//! that answers what a generation of the conversation asks is its answer, and each is replied to by an assistant's message.

mod turn;

use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::auth::Caller;
use crate::api::extract::{Asked, Sent, is_id};
use crate::api::idempotency::Derived;
use crate::api::problem::{Problem, excerpt};
use crate::api::request_id::RequestId;
use crate::api::view::time::text;
use crate::store::messages::{self, MessageRow};
use axum::Extension;
use axum::extract::{Path, State};
use serde_json::{Value, json};

/// Characters of a message.
const LONGEST: usize = 20_000;
/// Messages of a page.
const MOST: i64 = 200;
const DEFAULT: i64 = 50;

/// A message as shown.
fn shown(message: &MessageRow) -> Value {
    json!({
        "id": message.id,
        "conversationId": message.conversation,
        "role": message.role,
        "type": message.kind,
        "content": message.content,
        "generationId": message.generation,
        "createdAt": text(message.at),
    })
}

/// Refuses a conversation of somebody else to a caller that sees its own alone.
///
/// # Errors
/// 404; the database's.
pub async fn may_enter(api: &Api, caller: &Caller, conversation: &str) -> Result<(), Problem> {
    match of(api, caller, conversation).await? {
        Some(false) => Err(Problem::not_found("conversation", conversation)),
        Some(true) | None => Ok(()),
    }
}

/// Whether a conversation is the caller's to see; none where there is none.
async fn of(api: &Api, caller: &Caller, conversation: &str) -> Result<Option<bool>, Problem> {
    let (id, user) = (conversation.to_owned(), caller.only().map(str::to_owned));
    let reader = api.engine().reader();
    Ok(reader
        .ask(move |connection| messages::is_of(connection, &id, user.as_deref()))
        .await?)
}

/// `GET /api/conversations/{id}/messages`
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Asked(mut asked): Asked,
) -> Result<Answer<Value>, Problem> {
    let after = asked.text("after");
    let limit = asked.whole("limit", 1, MOST).unwrap_or(DEFAULT);
    let limit = u32::try_from(limit).unwrap_or(50);
    asked.finish()?;
    if !is_id(&id) || of(&api, &caller, &id).await? != Some(true) {
        return Err(Problem::not_found("conversation", &id));
    }
    let (user, from) = (caller.only().map(str::to_owned), after.clone());
    let page = api
        .engine()
        .reader()
        .ask(move |connection| {
            messages::page(connection, &id, user.as_deref(), from.as_deref(), limit)
        })
        .await?;
    let Some((found, more)) = page else {
        let named = excerpt(after.as_deref().unwrap_or_default());
        return Err(Problem::field(
            "after",
            format!(
                "is `{named}`, which is no message of this conversation (it may be gone); leave it out to begin again"
            ),
        ));
    };
    let next = found
        .last()
        .filter(|_| more)
        .map(|message| message.id.clone());
    let list: Vec<Value> = found.iter().map(shown).collect();
    Ok(answer::ok(
        json!({ "messages": list, "count": list.len(), "next": next }),
    ))
}

/// `POST /api/conversations/{id}/messages`
pub async fn say(
    State(api): State<Api>,
    caller: Caller,
    Extension(request): Extension<RequestId>,
    derived: Option<Extension<Derived>>,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Answer<Value>, Problem> {
    if !is_id(&id) {
        let told = format!(
            "is `{}`; a conversation's id is 1 to 64 of A-Z, a-z, 0-9, `_` and `-`",
            excerpt(&id)
        );
        return Err(Problem::field("id", told));
    }
    let mut body = sent.fields()?;
    let content = body.text("content");
    let content = body.require("content", content).unwrap_or_default();
    let length = content.chars().count();
    if length > LONGEST {
        body.problem(
            "content",
            format!("has {length} characters; a message has at most {LONGEST}"),
        );
    } else if content.trim().is_empty() && length > 0 || content.contains('\0') {
        body.problem("content", "says nothing; send text");
    }
    let _ = body.rest();
    if content.is_empty() {
        body.require::<()>("content", None);
    }
    body.finish()?;
    may_enter(&api, &caller, &id).await?;
    let turn = turn::Turn {
        api: &api,
        caller: &caller,
        request: &request,
        derived: derived.as_deref(),
        conversation: &id,
        content: &content,
    };
    tracing::info!(component = "CONVERSATION", userId = %caller.user, conversationId = %id, "Message received");
    Ok(answer::created(turn.take().await?))
}
