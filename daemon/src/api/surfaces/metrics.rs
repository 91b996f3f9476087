//! `GET /metrics`: what was counted, and what stands at this moment, in Prometheus's text format.

use super::health::free_bytes;
use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::problem::Problem;
use crate::domain::workflow::Status;
use crate::metrics::{CONTENT_TYPE, Slots, Standing, metrics};
use crate::store::stats;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use std::collections::BTreeMap;

/// `GET /metrics`
///
/// # Errors
/// A caller that sees only its own, for the counts are everybody's; the database's.
pub async fn page(State(api): State<Api>, caller: Caller) -> Result<Response, Problem> {
    if caller.own {
        return Err(Problem::forbidden(
            "the counts are everybody's, and this token was made with --own; use one without",
        ));
    }
    let standing = standing(&api).await?;
    let page = metrics()
        .page(&standing)
        .map_err(|error| Problem::internal("the metrics could not be written", &error))?;
    let headers = [
        (header::CONTENT_TYPE, CONTENT_TYPE),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, page).into_response())
}

async fn standing(api: &Api) -> Result<Standing, Problem> {
    let counts = api.engine().reader().ask(stats::standing).await?;
    // Every status stands there, so that a graph shows nothing as 0 and not as a gap.
    let open = Status::ALL.into_iter().filter(|one| !one.is_terminal());
    let mut queue: BTreeMap<&'static str, u64> = open.map(|one| (one.word(), 0)).collect();
    for (word, count) in counts {
        if let Some(status) = Status::from_word(&word) {
            queue.insert(status.word(), count);
        }
    }
    let (house, dir) = (api.clone(), api.config().data_dir.clone());
    let disk = tokio::task::spawn_blocking(move || {
        let (_, bytes) = house.kept().count(&dir.join("media"));
        (bytes, free_bytes(&dir).ok())
    });
    let (media_bytes, free_bytes) = disk
        .await
        .map_err(|error| Problem::internal("the files could not be counted", &error))?;
    let mut slots: BTreeMap<String, Slots> = BTreeMap::new();
    let mut beats = BTreeMap::new();
    let mut box_slots = BTreeMap::new();
    for one in api.engine().boxes() {
        for (name, total) in &one.capacity {
            let used = one.used.get(name).copied().unwrap_or(0);
            let slot = slots.entry(name.clone()).or_default();
            slot.used += used;
            slot.free += total - used.min(*total);
            let own = Slots {
                used,
                free: total - used.min(*total),
            };
            box_slots.insert((one.name.clone(), name.clone()), own);
        }
        // This daemon's own box is heard as long as it answers; one that was not heard since the start has no age yet.
        if let Some(at) = one.beat_at {
            beats.insert(one.name, api.engine().now().since(at).as_secs_f64());
        }
    }
    Ok(Standing {
        queue,
        media_bytes,
        free_bytes,
        beats,
        slots,
        box_slots,
    })
}
