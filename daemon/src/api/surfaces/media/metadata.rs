//! `GET /api/v1/videos/jobs/{id}/metadata`: everything that is known of a finished video, with signed links to its files.

use super::assets::{Asset, Assets, Rendition, dimensions, list, map, number, text, whole};
use super::made;
use crate::api::Api;
use crate::api::answer;
use crate::api::auth::Caller;
use crate::api::extract::{Asked, Id};
use crate::api::problem::Problem;
use crate::api::view::{self, time};
use crate::domain::workflow::Status;
use crate::domain::{Timestamp, Value as Given, Workflow};
use crate::links::{Door, expiry};
use crate::pipeline::json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The label under which a video that was made again carries its version.
pub const VERSION: &str = "reel.version";

/// The how-manieth making of a video this is: from 1, counting on when it is made again.
#[must_use]
pub fn version(workflow: &Workflow) -> u64 {
    let base = workflow
        .labels
        .get(VERSION)
        .and_then(|text| text.parse::<u64>().ok())
        .unwrap_or(1)
        .max(1);
    base.saturating_add(u64::from(workflow.attempt.saturating_sub(1)))
}

/// Answers in the same sixtieth of a link's life carry the same links, so that an answer can be kept and known again.
fn step(ttl: Duration) -> Duration {
    (ttl / 60).min(Duration::from_secs(60))
}

/// `GET …/jobs/{id}/metadata`
pub async fn metadata(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
    Asked(asked): Asked,
) -> Result<Response, Problem> {
    asked.finish()?;
    let (workflow, assets) = made(&api, &caller, &id).await?;
    let ttl = api.config().storage.link_ttl;
    let step = step(ttl);
    let begin = begin(api.engine().now(), step);
    let mut shown = shown(&api, &workflow, &assets, begin, ttl);
    shown["result"]["s3_upload_results"] = uploads(&api, &workflow, ttl).await;
    let mut answer = answer::json(StatusCode::OK, shown.to_string().into());
    let kept = format!("private, max-age={}", step.as_secs());
    if let Ok(kept) = HeaderValue::from_str(&kept) {
        answer.headers_mut().insert(header::CACHE_CONTROL, kept);
    }
    Ok(answer)
}

fn begin(now: Timestamp, step: Duration) -> i64 {
    let step = i64::try_from(step.as_millis()).unwrap_or(1).max(1);
    now.0 - now.0.rem_euclid(step)
}

fn shown(api: &Api, workflow: &Workflow, assets: &Assets, begin: i64, ttl: Duration) -> Value {
    let config = api.config();
    let link = |door: Door, query: &[(&str, &str)]| {
        let path = door.path(&workflow.id);
        api.links().to(&config.http, &path, query, begin, ttl)
    };
    let videos: Map<String, Value> = assets
        .renditions
        .iter()
        .map(|one| {
            let query = [("quality", one.quality.as_str())];
            // Only a measured quality can be asked for by name.
            let named = super::lines(&one.quality).is_some();
            let url = link(Door::Stream, if named { &query } else { &[] });
            (one.quality.clone(), url.into())
        })
        .collect();
    let thumbnails: Vec<String> = (0..assets.thumbnails.len())
        .map(|index| link(Door::Thumbnail, &[("index", &index.to_string())]))
        .collect();
    let qualities: Vec<&str> = assets
        .renditions
        .iter()
        .map(|one| one.quality.as_str())
        .collect();
    let streams = !matches!(
        workflow.params.get("enable_streaming"),
        Some(Given::Bool(false))
    );
    json!({
        "job_id": workflow.id,
        "version": version(workflow),
        "video_urls": videos,
        "thumbnail_urls": thumbnails,
        "technical_metadata": technical(workflow, &assets.renditions),
        "streaming_info": {
            "enabled": streams, "qualities": qualities, "range_requests": true,
            "stream_url": Door::Stream.path(&workflow.id),
        },
        "s3_keys": keys(workflow),
        "created_at": time::text(workflow.created_at),
        "file_size": whole(number(workflow, "fileSize")),
        "duration": seconds(workflow),
        "dimensions": dimensions(workflow).map(|(width, height)| [width, height]),
        "urls_expire_at": time::text(Timestamp(expiry(begin, ttl).saturating_mul(1000))),
        "result": result(workflow, assets),
    })
}

/// Seconds, of the milliseconds that stages tell.
fn seconds(workflow: &Workflow) -> Option<f64> {
    number(workflow, "duration").map(|milliseconds| milliseconds / 1000.0)
}

/// Keys of the store under which its files are.
fn keys(workflow: &Workflow) -> Vec<&str> {
    list(workflow, "keys")
        .iter()
        .filter_map(Given::as_text)
        .collect()
}

fn technical(workflow: &Workflow, renditions: &[Rendition]) -> Value {
    let mut told = map(workflow, "technical")
        .map(json::object)
        .unwrap_or_default();
    for name in [
        "format",
        "video_codec",
        "audio_codec",
        "frame_rate",
        "bit_rate",
        "sample_rate",
        "channels",
    ] {
        told.entry(name).or_insert(Value::Null);
    }
    let hashes: Map<String, Value> = renditions
        .iter()
        .filter_map(|one| Some((one.quality.clone(), one.asset.sha256.clone()?.into())))
        .collect();
    told.insert("sha256".to_owned(), hashes.into());
    Value::Object(told)
}

/// What became of each file's upload, with a link to what is in the store.
async fn uploads(api: &Api, workflow: &Workflow, ttl: Duration) -> Value {
    let mut told = Vec::new();
    for one in list(workflow, "s3_upload_results") {
        let mut one = json::to_json(one);
        let stored = one["success"] == true;
        if let Some(key) = one["s3_key"].as_str().filter(|_| stored) {
            // A store without credentials to sign with tells no link; the rest is told all the same.
            let link = api.objects().signed_url(api.objects().own(key), ttl).await;
            one["signed_url"] = link.ok().flatten().into();
        }
        told.push(one);
    }
    told.into()
}

fn result(workflow: &Workflow, assets: &Assets) -> Value {
    let path = |asset: &Asset| asset.path.to_string_lossy().into_owned();
    let param = |name: &str| workflow.params.get(name).and_then(Given::as_text);
    let time = workflow
        .completed_at
        .zip(workflow.started_at)
        .map(|(end, start)| end.since(start).as_secs_f64());
    json!({
        "success": workflow.status() == Status::Completed,
        "video_path": path(&assets.video.asset),
        "thumbnail_paths": assets.thumbnails.iter().map(path).collect::<Vec<_>>(),
        "metadata": {
            "title": workflow.name,
            "description": param("description").unwrap_or_default(),
            "storage": text(workflow, "storage"),
        },
        "error": view::failure(workflow).map(|failure| failure.message.as_str()),
        "processing_time": time,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_the_same_for_a_while() {
        let hour = step(Duration::from_secs(3600));
        assert_eq!(hour, Duration::from_secs(60));
        assert_eq!(begin(Timestamp(119_999), hour), 60_000);
        assert_eq!(begin(Timestamp(120_000), hour), 120_000);
        assert_eq!(begin(Timestamp(5), step(Duration::ZERO)), 5);
    }
}
