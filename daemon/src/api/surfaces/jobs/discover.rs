//! `GET /episodes/discover` and `GET /episodes/{id}/clips`: what lies there, how far it is, and what was made of it.

use super::{bare, episodes, renders};
use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::extract::Asked;
use crate::api::problem::Problem;
use crate::api::view::time::text;
use crate::domain::Timestamp;
use crate::store::episodes as stored;
use crate::store::processed::{Known, known};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

/// `GET /episodes/discover?all`: what is still to be processed, or everything.
pub async fn discover(
    State(api): State<Api>,
    _: Caller,
    Asked(mut asked): Asked,
) -> Result<Response, Problem> {
    let all = asked.truth("all").unwrap_or(false);
    asked.finish()?;
    let listed = api.episodes().list(api.config()).await;
    let known = api.engine().reader().ask(known).await?;
    let shown = listed.into_iter().filter_map(|one| {
        let episode = one.episode;
        let known = known.get(&episode.id);
        if !all && known.is_some_and(Known::is_processed) {
            return None;
        }
        let row = known.map(|known| &known.row);
        let since = row.map_or(Timestamp(episode.modified), |row| row.discovered_at);
        Some(json!({
            "episode_id": episode.id,
            "title": episode.title,
            "path": episode.place,
            "size": episode.size,
            "duration": one.duration.or_else(|| row.and_then(|row| row.duration)).map(tenths),
            "stage": row.and_then(|row| row.stage.as_deref()).unwrap_or("discovered"),
            "job_id": row.and_then(|row| row.job.as_deref()),
            "discovered_at": text(since),
        }))
    });
    let episodes: Vec<Value> = shown.collect();
    Ok(bare(
        StatusCode::OK,
        &json!({ "episodes": episodes, "count": episodes.len() }),
    ))
}

fn tenths(seconds: f64) -> f64 {
    (seconds * 10.0).round() / 10.0
}

/// `GET /episodes/{id}/clips`
pub async fn clips(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Asked(asked): Asked,
) -> Result<Response, Problem> {
    asked.finish()?;
    let episode = episodes::find(&api, &id).await?;
    let wanted = episode.id.clone();
    let found = api
        .engine()
        .reader()
        .ask(move |connection| stored::clips(connection, &wanted))
        .await?;
    let mut clips = Vec::with_capacity(found.len());
    for clip in found {
        let mut made = Vec::with_capacity(clip.renders.len());
        for render in &clip.renders {
            made.push(renders::shown(&api, &caller, &episode.id, &clip.clip_id, render).await?);
        }
        clips.push(json!({
            "clip_id": clip.clip_id, "title": clip.title, "start": clip.start, "end": clip.end,
            "score": clip.score, "text": clip.text,
            "renders": made.into_iter().flatten().collect::<Vec<Value>>(),
        }));
    }
    Ok(bare(
        StatusCode::OK,
        &json!({ "episode_id": episode.id, "clips": clips, "count": clips.len() }),
    ))
}
