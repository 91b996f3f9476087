//! `Idempotency-Key`: a request that makes something, sent again with the same key and body within a day, gets the first
//! answer again and makes nothing.
//!
//! - The work runs to its end even if its client goes away, so that a key is never left half used.
//! - Only what succeeded is kept: a request that was refused changed nothing and may be sent again.
//! - The client is answered as soon as the work is committed; its answer is kept behind that, without keeping it waiting.
//!   A crash in between loses no exactness: what is made under a key gets ids derived from it (`Derived`), so that making
//!   it again finds it.

use super::Api;
use super::auth::Caller;
use super::problem::Problem;
use super::{answer, extract};
use crate::store::idempotency::{self as kept, Keyed, Known};
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http_body_util::BodyExt as _;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The header.
pub const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// The longest key.
const LONGEST: usize = 255;

/// What ids are derived from where a request carries a key; among its extensions.
#[derive(Debug, Clone)]
pub struct Derived(Arc<str>);

impl Derived {
    /// The id of the `index`th thing that the request makes: 12 of `a-z0-9`, the same whenever it is asked.
    #[must_use]
    pub fn id(&self, index: usize) -> String {
        const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        let digest = Sha256::digest(format!("{}\0{index}", self.0));
        digest
            .iter()
            .take(12)
            .map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]))
            .collect()
    }
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut given = headers.get_all(HEADER).iter();
    let Some(value) = given.next() else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    if text.is_empty() || text.len() > LONGEST || given.next().is_some() {
        let wanted = format!("send one, of 1 to {LONGEST} printable ASCII characters");
        return Err(Problem::field(
            "Idempotency-Key",
            format!("is not usable; {wanted}"),
        ));
    }
    Ok(Some(text.to_owned()))
}

/// Layer of routes that make something.
pub async fn first_answer(State(api): State<Api>, request: Request, next: Next) -> Response {
    match keyed(&api, request, next).await {
        Ok(answer) => answer,
        Err(problem) => problem.into_response(),
    }
}

/// Requests with a key that are at work, or answered and not yet kept.
#[derive(Debug, Default)]
pub struct Flights(Mutex<HashMap<(String, String), Flight>>);

#[derive(Debug, Clone)]
struct Flight {
    hash: [u8; 32],
    /// None while it is at work.
    answer: Option<(StatusCode, Bytes)>,
}

impl Flights {
    fn all(&self) -> MutexGuard<'_, HashMap<(String, String), Flight>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request as at work, unless its key is in use; then what it is used for.
    fn begin(&self, keyed: &Keyed) -> Option<Flight> {
        let mut all = self.all();
        let name = (keyed.scope.clone(), keyed.key.clone());
        if let Some(flight) = all.get(&name) {
            return Some(flight.clone());
        }
        all.insert(
            name,
            Flight {
                hash: keyed.hash,
                answer: None,
            },
        );
        None
    }

    fn answered(&self, keyed: &Keyed, status: StatusCode, bytes: Bytes) {
        if let Some(flight) = self
            .all()
            .get_mut(&(keyed.scope.clone(), keyed.key.clone()))
        {
            flight.answer = Some((status, bytes));
        }
    }
}

/// A request's place among the flights; dropping it lets the key go.
struct Boarded {
    api: Api,
    keyed: Keyed,
}

impl Drop for Boarded {
    fn drop(&mut self) {
        self.api
            .flights()
            .all()
            .remove(&(self.keyed.scope.clone(), self.keyed.key.clone()));
    }
}

fn reused() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "idempotency_key_reused",
        "this Idempotency-Key was sent with another request within 24 h; use a new key for a new request",
    )
}

fn in_use() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "idempotency_key_in_use",
        "the first request with this Idempotency-Key is still at work; send it again shortly",
    )
}

async fn keyed(api: &Api, request: Request, next: Next) -> Result<Response, Problem> {
    let Some(key) = key(request.headers())? else {
        return Ok(next.run(request).await);
    };
    let Some(caller) = request.extensions().get::<Caller>() else {
        return Err(Problem::internal(
            "the caller is not known",
            &"no caller among the extensions",
        ));
    };
    let scope = caller.key();
    let (mut parts, body) = request.into_parts();
    let bytes = extract::read(&parts.headers, body, api.config().limits.body).await?;
    let mut hasher = Sha256::new();
    for part in [
        parts.method.as_str().as_bytes(),
        b"\0",
        parts.uri.path().as_bytes(),
        b"\0",
        &bytes,
    ] {
        hasher.update(part);
    }
    let keyed = Keyed {
        scope,
        key,
        hash: hasher.finalize().into(),
    };
    match api.flights().begin(&keyed) {
        Some(flight) if flight.hash != keyed.hash => return Err(reused()),
        Some(Flight {
            answer: Some((status, bytes)),
            ..
        }) => return Ok(answer::json(status, bytes)),
        Some(_) => return Err(in_use()),
        None => {}
    }
    let boarded = Boarded {
        api: api.clone(),
        keyed: keyed.clone(),
    };
    match api
        .engine()
        .reader()
        .first_answer(keyed.clone(), api.engine().now())
        .await?
    {
        Known::New => {}
        Known::Answered { status, body } => {
            return Ok(answer::json(
                StatusCode::from_u16(status).unwrap_or(StatusCode::OK),
                body.into(),
            ));
        }
        Known::Other => return Err(reused()),
    }
    let instance = api.engine().reader().instance();
    let derived = format!(
        "{instance}\0{}\0{}\0{}",
        keyed.scope,
        keyed.key,
        parts.uri.path()
    );
    parts.extensions.insert(Derived(derived.into()));
    let request = Request::from_parts(parts, Body::from(bytes));
    // A task of its own: a client that goes away must not leave the key half used.
    let worked = tokio::spawn(work(boarded, request, next));
    worked
        .await
        .unwrap_or_else(|error| Err(Problem::internal("the request was broken off", &error)))
}

/// Runs the request; a success is kept behind its answer.
async fn work(boarded: Boarded, request: Request, next: Next) -> Result<Response, Problem> {
    let (parts, body) = next.run(request).await.into_parts();
    let collected = body.collect().await;
    let bytes = collected
        .map_err(|error| Problem::internal("the answer could not be put together", &error))?
        .to_bytes();
    if parts.status.is_success() {
        let said = parts
            .extensions
            .get::<Kept>()
            .map_or_else(|| bytes.clone(), |kept| kept.0.clone());
        boarded
            .api
            .flights()
            .answered(&boarded.keyed, parts.status, said.clone());
        tokio::spawn(keep(boarded, parts.status, said));
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

async fn keep(boarded: Boarded, status: StatusCode, said: Bytes) {
    let (keyed, now) = (boarded.keyed.clone(), boarded.api.engine().now());
    let kept = boarded
        .api
        .engine()
        .write(move |connection| kept::keep(connection, &keyed, status.as_u16(), &said, now))
        .await;
    if let Err(error) = kept {
        // What was made is committed, and found again by its derived id.
        tracing::warn!(component = "HTTP", %error, "a first answer could not be kept");
    }
}

/// What is kept in an answer's place where the answer holds a secret; among the answer's extensions.
#[derive(Debug, Clone)]
pub struct Kept(pub Bytes);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_are_ids_and_differ_by_place() {
        let one = Derived("scope key".into());
        assert_eq!(one.id(0), one.id(0));
        assert_ne!(one.id(0), one.id(1));
        assert_ne!(one.id(0), Derived("scope kez".into()).id(0));
        assert!(
            one.id(7).len() == 12
                && one
                    .id(7)
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        );
    }

    #[test]
    fn a_key_must_be_one_sane_header() {
        let with = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(HEADER, value.parse().unwrap());
            }
            key(&headers)
        };
        assert_eq!(with(&[]).unwrap(), None);
        assert_eq!(with(&["a"]).unwrap().as_deref(), Some("a"));
        assert!(
            with(&[""]).is_err()
                && with(&["a", "b"]).is_err()
                && with(&[&"x".repeat(256)]).is_err()
        );
    }
}
