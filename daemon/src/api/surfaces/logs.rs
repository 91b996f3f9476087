//! `GET /api/workflow/{id}/logs` and `…/events`.

use super::history::page_of;
use super::status::find;
use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::auth::Caller;
use crate::api::extract::{Asked, Id};
use crate::api::logs::{Attempts, Wanted};
use crate::api::problem::Problem;
use crate::api::view::time::text;
use crate::attempt_log::Level;
use crate::store::events::EventRow;
use axum::extract::State;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// The largest number that every JSON reader holds exactly.
const LARGEST: i64 = (1 << 53) - 1;

/// `GET /api/workflow/{id}/logs?after&limit&stage&level`: `after` is the `next` of the page before.
pub async fn lines(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
    Asked(mut asked): Asked,
) -> Result<Answer<Value>, Problem> {
    let limit = asked.whole("limit", 1, 200).unwrap_or(50);
    let after = asked.whole("after", 0, LARGEST).unwrap_or(0);
    let words = [Level::Debug, Level::Info, Level::Warn, Level::Error].map(Level::word);
    let level = asked
        .word("level", &words, Level::from_word)
        .unwrap_or(Level::Debug);
    let stage = asked.text("stage");
    asked.finish()?;
    let workflow = find(&api, &caller, &id).await?;
    if let Some(stage) = stage
        .as_deref()
        .filter(|stage| workflow.stage_index(stage).is_none())
    {
        return Err(Problem::field(
            "stage",
            super::acts::no_stage(&workflow, stage),
        ));
    }
    let mut attempts = Attempts::default();
    attempts.learn(&api, &id).await?;
    let wanted = Wanted {
        from: u64::try_from(after).unwrap_or(0),
        limit: usize::try_from(limit).unwrap_or(50),
        stage: stage.as_deref(),
        level,
    };
    let page = attempts.page(&api, &id, wanted).await?;
    let lines: Vec<Value> = page
        .lines
        .iter()
        .map(|line| {
            json!({
                "offset": line.offset, "stage": line.stage, "attempt": line.attempt, "timestamp": line.timestamp,
                "level": line.level.word(), "line": line.text,
            })
        })
        .collect();
    Ok(answer::ok(
        json!({ "lines": lines, "next": page.next, "truncated": page.truncated }),
    ))
}

/// `GET /api/workflow/{id}/events?after&limit`
pub async fn events(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
    Asked(mut asked): Asked,
) -> Result<Answer<Value>, Problem> {
    let after = asked.whole("after", 0, LARGEST).unwrap_or(0);
    let (limit, _) = page_of(&mut asked);
    asked.finish()?;
    find(&api, &caller, &id).await?;
    let rows = api
        .engine()
        .reader()
        .events(u64::try_from(after).unwrap_or(0), limit, Some(&id))
        .await?;
    let events: Vec<Value> = rows.into_iter().map(told).collect();
    Ok(answer::ok(json!({ "events": events })))
}

/// `GET /api/events/past?before&limit`
pub async fn past(
    State(api): State<Api>,
    caller: Caller,
    Asked(mut asked): Asked,
) -> Result<Answer<Value>, Problem> {
    let before = asked.whole("before", 1, LARGEST).unwrap_or(LARGEST);
    let (limit, _) = page_of(&mut asked);
    asked.finish()?;
    let before = u64::try_from(before).unwrap_or(0);
    let reader = api.engine().reader();
    let rows = reader.events_before(before, limit, caller.only()).await?;
    // A page that is not full is the last one.
    let full = rows.len() == usize::try_from(limit).unwrap_or(usize::MAX);
    let next = rows.last().map(|row| row.seq).filter(|_| full);
    let events: Vec<Value> = rows.into_iter().map(told).collect();
    Ok(answer::ok(json!({ "events": events, "next": next })))
}

fn told(row: EventRow) -> Value {
    let data = RawValue::from_string(row.data).unwrap_or_else(|_| RawValue::NULL.to_owned());
    json!({
        "seq": row.seq, "timestamp": text(row.at), "workflowId": row.workflow_id, "kind": row.kind, "data": data,
    })
}
