//! A video as document 003 shows it.

use super::super::media::{Assets, media_dir, number, text, whole};
use super::super::words;
use crate::api::Api;
use crate::api::view::{self, time};
use crate::domain::workflow::{State, Status};
use crate::domain::{Value as Given, Workflow};
use crate::links::Door;
use serde_json::{Value, json};

/// The video, with signed links where there is a file.
pub(super) fn video(api: &Api, workflow: &Workflow) -> Value {
    let config = api.config();
    let assets =
        Assets::of(workflow, &media_dir(api)).filter(|_| workflow.status() == Status::Completed);
    let link = |path: String| {
        let (now, ttl) = (api.engine().now().0, config.storage.link_ttl);
        api.links().to(&config.http, &path, &[], now, ttl)
    };
    let made = assets.is_some();
    let format = assets
        .as_ref()
        .and_then(|assets| assets.video.asset.path.extension())
        .map(|word| word.to_string_lossy().to_lowercase());
    let original = workflow
        .params
        .get("videoUrl")
        .and_then(Given::as_text)
        .or_else(|| text(workflow, "originalUrl"));
    json!({
        "_id": workflow.id,
        "videoId": workflow.id,
        "userId": workflow.user,
        "title": workflow.name,
        "status": words::video(words::standing(workflow)),
        "downloadUrl": made.then(|| link(format!("/api/video/download/{}", workflow.id))),
        "videoUrl": made.then(|| link(Door::Stream.path(&workflow.id))),
        "s3Key": assets
            .and_then(|assets| assets.video.asset.key)
            .map(|key| api.objects().whole(&key)),
        "metadata": {
            "size": whole(number(workflow, "fileSize")),
            "format": format,
            "duration": number(workflow, "duration").map(|milliseconds| milliseconds / 1000.0),
            "originalUrl": original,
        },
        "createdAt": time::text(workflow.created_at),
        "updatedAt": time::text(workflow.updated_at),
    })
}

/// Why it failed, in words; a cancel is a failure here.
pub(super) fn error(workflow: &Workflow) -> Option<String> {
    match &workflow.state {
        State::Cancelled => Some("it was cancelled".to_owned()),
        _ => view::failure(workflow).map(|failure| failure.message.clone()),
    }
}
