//! Tokens: made, listed, revoked. A token's text is in the answer that makes it, and nowhere else.

use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::auth::book::Entry;
use crate::api::auth::{Caller, Scope, token};
use crate::api::extract::{Asked, Sent};
use crate::api::idempotency::Kept;
use crate::api::problem::{Problem, excerpt};
use crate::api::view::time::text;
use crate::config::quantity::parse_duration;
use crate::domain::Timestamp;
use crate::store::tokens::{self as stored, TokenRow};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use std::time::Duration;

/// Characters of a name.
const LONGEST: usize = 100;
/// Tokens at once.
const MOST: usize = 10_000;

fn shown(entry: &Entry) -> Value {
    json!({
        "id": entry.id, "name": entry.name, "scope": entry.scope.word(), "user": &*entry.user, "own": entry.own,
        "createdAt": text(entry.created_at), "expiresAt": entry.expires_at.map(text),
        "lastUsedAt": entry.last_used().map(text),
    })
}

/// `GET /api/tokens`
pub async fn list(State(api): State<Api>, Asked(asked): Asked) -> Result<Answer<Value>, Problem> {
    asked.finish()?;
    let tokens: Vec<Value> = api
        .tokens()
        .all()
        .iter()
        .map(|entry| shown(entry))
        .collect();
    Ok(answer::ok(
        json!({ "count": tokens.len(), "tokens": tokens }),
    ))
}

/// `POST /api/tokens`
pub async fn make(State(api): State<Api>, caller: Caller, sent: Sent) -> Result<Response, Problem> {
    let row = read(&api, &caller, sent)?;
    if api.tokens().all().len() >= MOST {
        return Err(Problem::field(
            "name",
            format!("there are {MOST} tokens; revoke some first"),
        ));
    }
    let secret =
        token::make().map_err(|error| Problem::internal("no token could be made", &error))?;
    let hash = token::hash(&secret)
        .ok_or_else(|| Problem::internal("no token could be made", &"its form is wrong"))?;
    let row = TokenRow { hash, ..row };
    let entry = crate::api::entry(&row)?;
    api.engine()
        .write(move |connection| stored::insert(connection, &row))
        .await?;
    let entry = api.tokens().add(entry);
    let mut data = shown(&entry);
    if let Some(data) = data.as_object_mut() {
        data.remove("lastUsedAt");
    }
    // What is kept for a repeated request must not hold the secret: nothing of it is ever written down.
    let kept: Bytes = json!({ "success": true, "data": data })
        .to_string()
        .into_bytes()
        .into();
    data["token"] = secret.into();
    let mut answer = answer::created(data).into_response();
    answer.extensions_mut().insert(Kept(kept));
    Ok(answer)
}

fn read(api: &Api, caller: &Caller, sent: Sent) -> Result<TokenRow, Problem> {
    let mut body = sent.fields()?;
    let name = body.text("name");
    let name = body.require("name", name).unwrap_or_default();
    if name.chars().count() > LONGEST
        || name.chars().any(char::is_control)
        || (name.trim().is_empty() && !name.is_empty())
    {
        body.problem(
            "name",
            format!("must be 1 to {LONGEST} printable characters"),
        );
    }
    let scope = body.word("scope", &Scope::ALL.map(Scope::word), Scope::from_word);
    let scope = body.require("scope", scope).unwrap_or(Scope::Read);
    let user = body.text("user");
    if user.as_ref().is_some_and(|user| !is_user(user)) {
        body.problem(
            "user",
            "must be 1 to 64 letters, digits, `.`, `_`, `-` or `@`",
        );
    }
    let own = body.truth("own").unwrap_or(false);
    let ttl = body.text("ttl").and_then(|text| {
        let ttl = parse_duration(&text).filter(|ttl| *ttl >= Duration::from_secs(1));
        if ttl.is_none() {
            body.problem(
                "ttl",
                format!(
                    "is `{}`; write a duration of at least a second, like 12h or 90d",
                    excerpt(&text)
                ),
            );
        }
        ttl
    });
    if name.is_empty() {
        body.require::<()>("name", None);
    }
    body.finish()?;
    let now = api.engine().now();
    let id = crate::pipeline::ids::random()
        .map_err(|error| Problem::internal("no token could be made", &error))?;
    Ok(TokenRow {
        id: format!("tok_{id}"),
        name,
        hash: [0; 32],
        scope: scope.word().to_owned(),
        user: Some(user.unwrap_or_else(|| caller.user.to_string())),
        own,
        created_at: now,
        expires_at: ttl
            .map(|ttl| now.plus(ttl))
            .filter(|at| *at < Timestamp(i64::MAX)),
        last_used_at: None,
    })
}

/// A user's name is part of paths in the store, so it must be plain.
fn is_user(text: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'@');
    (1..=64).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with('.')
}

/// `DELETE /api/tokens/{id}`: what it holds open ends at once.
pub async fn revoke(
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Result<Answer<Value>, Problem> {
    if !api.tokens().contains(&id) {
        return Err(Problem::not_found("token", &id));
    }
    let of = id.clone();
    api.engine()
        .write(move |connection| stored::revoke(connection, &of))
        .await?;
    api.tokens().remove(&id);
    Ok(answer::ok(json!({})))
}
