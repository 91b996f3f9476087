//! What an upload's sender is told: how much is there, and why it does not go on.

use super::content_range::Sent;
use crate::api::answer;
use crate::api::problem::{Problem, excerpt};
use crate::episodes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};
use std::io;

/// The episode is there: the same upload sent again is answered again, another one is refused.
pub(super) fn has_it(
    id: &str,
    there: &episodes::Episode,
    sent: Option<Sent>,
) -> Result<Response, Problem> {
    let again = match sent {
        Some(Sent::Asks) => true,
        Some(Sent::Part { to, total, .. }) => total == Some(there.size) && to + 1 == there.size,
        None => false,
    };
    if again {
        return Ok(bare(StatusCode::OK, &stored(id, &there.place, there.size)));
    }
    Err(Problem::new(
        StatusCode::CONFLICT,
        "id_taken",
        format!(
            "the episode `{id}` is there already, as {}; choose another id",
            excerpt(&there.place)
        ),
    ))
}

pub(super) fn stored(id: &str, path: &str, size: u64) -> Value {
    json!({ "episode_id": id, "status": "stored", "path": path, "received": size, "size": size })
}

/// 202: how much is there.
pub(super) fn so_far(id: &str, arrived: u64, total: Option<u64>) -> Response {
    let said =
        json!({ "episode_id": id, "status": "receiving", "received": arrived, "size": total });
    let mut response = bare(StatusCode::ACCEPTED, &said);
    if let Some(last) = arrived.checked_sub(1)
        && let Ok(range) = HeaderValue::from_str(&format!("bytes=0-{last}"))
    {
        response.headers_mut().insert(header::RANGE, range);
    }
    response
}

pub(super) fn bare(status: StatusCode, said: &Value) -> Response {
    answer::json(status, said.to_string().into())
}

pub(super) fn gap(id: &str, from: u64, arrived: u64) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "upload_offset",
        format!("of `{id}` {arrived} bytes have arrived, and this part begins at {from}; go on from {arrived}, or begin again from 0"),
    )
    .with(json!({ "received": arrived }))
}

pub(super) fn too_large(largest: u64) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "upload_too_large",
        format!("the upload is over {largest} bytes; send less, or raise [limits] upload"),
    )
}

pub(super) fn full() -> Problem {
    Problem::new(
        StatusCode::INSUFFICIENT_STORAGE,
        "disk_full",
        "the disk has no room for this upload; free some space and go on from where it stopped",
    )
}

pub(super) fn failed(error: &io::Error) -> Problem {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => full(),
        _ => Problem::internal("the upload could not be written", error),
    }
}

pub(super) fn late() -> Problem {
    Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "request_timeout",
        "the upload came too slowly; go on from where it stopped",
    )
}
