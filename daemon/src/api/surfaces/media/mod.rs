//! A workflow's finished files over HTTP: `GET /api/v1/videos/jobs/{id}/{download,stream,thumbnail,metadata}` (document 001)
//! and `GET /api/video/download/{id}` (document 003).
//!
//! - Sent from this box while the file is here, else the client is sent on to the object store by a link that ends.
//! - A file is opened only where it lies below the media directory, whatever an output says.
//! - A signed link opens what it names without a token; everything else is held to the caller's own workflows.

mod assets;
mod metadata;
mod open;
mod range;
mod serve;

pub use assets::{Assets, number, text, whole};
pub use metadata::{VERSION, metadata, version};

use super::status::find;
use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::extract::{Asked, Id};
use crate::api::fields::Fields;
use crate::api::problem::{Problem, excerpt};
use crate::domain::Workflow;
use assets::{Asset, lines};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serve::Served;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Names the quality that is sent.
pub const QUALITY: HeaderName = HeaderName::from_static("x-reel-quality");
/// Asked again each time, by its tag: a retry may make the video anew.
const ASK_AGAIN: &str = "private, no-cache";
/// Thumbnails are many and small, and looked at again and again.
const AN_HOUR: &str = "private, max-age=3600";

/// The directory of finished files.
pub fn media_dir(api: &Api) -> PathBuf {
    api.config().data_dir.join("media")
}

/// What an ended workflow made.
///
/// # Errors
/// 404 for a workflow that isn't there or made no video, 409 `not_ready` before its end.
async fn made(api: &Api, caller: &Caller, id: &str) -> Result<(Arc<Workflow>, Assets), Problem> {
    let workflow = find(api, caller, id).await?;
    let status = workflow.status();
    if !status.is_terminal() {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "not_ready",
            format!(
                "`{id}` is {}; its video is there when it is completed",
                status.word()
            ),
        )
        .with(serde_json::json!({ "status": status.word() })));
    }
    let assets = Assets::of(&workflow, &media_dir(api)).ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("`{id}` is {} and made no video", status.word()),
        )
    })?;
    Ok((workflow, assets))
}

/// What a signed link adds to a query was judged before.
pub(super) fn signed(asked: &mut Fields) {
    let _ = (asked.any("expires"), asked.any("signature"));
}

/// `GET …/jobs/{id}/download`, `GET /api/video/download/{id}`: the video itself, to be kept.
pub async fn download(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
    headers: HeaderMap,
    Asked(mut asked): Asked,
) -> Result<Response, Problem> {
    signed(&mut asked);
    asked.finish()?;
    let (workflow, assets) = made(&api, &caller, &id).await?;
    let asset = assets.video.asset;
    send(
        &api,
        &headers,
        &workflow,
        asset,
        "attachment",
        ASK_AGAIN,
        &[],
    )
    .await
}

/// `GET …/jobs/{id}/stream?quality`: the video to be watched, in the quality that is asked for or the next lower.
pub async fn stream(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
    headers: HeaderMap,
    Asked(mut asked): Asked,
) -> Result<Response, Problem> {
    signed(&mut asked);
    let quality = asked.text("quality");
    if let Some(word) = quality.as_deref().filter(|word| lines(word).is_none()) {
        let problem = format!("is `{}`; write it like `720p` or `1080p`", excerpt(word));
        asked.problem("quality", problem);
    }
    asked.finish()?;
    let (workflow, assets) = made(&api, &caller, &id).await?;
    let rendition = match &quality {
        Some(quality) => assets.at_most(quality).clone(),
        None => assets.video,
    };
    let named = HeaderValue::from_str(&rendition.quality)
        .map_err(|error| Problem::internal("the quality's name can't be sent", &error))?;
    let more = [(QUALITY, named)];
    let asset = rendition.asset;
    send(&api, &headers, &workflow, asset, "inline", ASK_AGAIN, &more).await
}

/// `GET …/jobs/{id}/thumbnail?index`: a still picture, the first unless said.
pub async fn thumbnail(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
    headers: HeaderMap,
    Asked(mut asked): Asked,
) -> Result<Response, Problem> {
    signed(&mut asked);
    let index = asked.whole("index", 0, i64::MAX).unwrap_or(0);
    asked.finish()?;
    let (workflow, mut assets) = made(&api, &caller, &id).await?;
    let count = assets.thumbnails.len();
    let index = usize::try_from(index).unwrap_or(usize::MAX);
    if index >= count {
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!(
                "`{id}` has {count} thumbnails, counted from 0; there is none with index {index}"
            ),
        ));
    }
    let asset = assets.thumbnails.swap_remove(index);
    send(&api, &headers, &workflow, asset, "inline", AN_HOUR, &[]).await
}

/// A file that a workflow made beside its video, to be watched.
///
/// # Errors
/// 404 when it is gone; what the disk says.
pub(super) async fn send_file(
    api: &Api,
    headers: &HeaderMap,
    workflow: &Workflow,
    path: PathBuf,
) -> Result<Response, Problem> {
    let below = path.strip_prefix(media_dir(api)).ok();
    let asset = Asset {
        key: below.map(|key| key.to_string_lossy().into_owned()),
        sha256: None,
        path,
    };
    send(api, headers, workflow, asset, "inline", ASK_AGAIN, &[]).await
}

/// The file from here, else the way to where it is.
async fn send(
    api: &Api,
    headers: &HeaderMap,
    workflow: &Workflow,
    asset: Asset,
    kind: &'static str,
    cache: &'static str,
    more: &[(HeaderName, HeaderValue)],
) -> Result<Response, Problem> {
    let (media, path) = (media_dir(api), asset.path.clone());
    let opened = tokio::task::spawn_blocking(move || open::below(&media, &path))
        .await
        .map_err(|error| Problem::internal("the file could not be opened", &error))?;
    match opened {
        // A video's name is claimed by an empty file before there is a video.
        Ok((file, facts)) if facts.len() > 0 => {
            let extension = extension(&asset.path);
            let served = Served {
                file,
                facts,
                sha256: asset.sha256,
                content_type: serve::content_type(&extension),
                disposition: serve::disposition(kind, &workflow.name, &extension),
                cache,
            };
            Ok(serve::answer(headers, served, more))
        }
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Problem::internal("the file can't be opened", &error))
        }
        _ => match elsewhere(api, workflow, &asset).await? {
            Some(link) => redirect(&link, more),
            None => Err(Problem::new(
                StatusCode::NOT_FOUND,
                "not_found",
                format!(
                    "the file of `{}` is no longer in the media directory; retry the workflow from the stage that made it",
                    workflow.id
                ),
            )),
        },
    }
}

/// A plain extension to show; what is no such word is none.
fn extension(path: &Path) -> String {
    let found = path.extension().and_then(|word| word.to_str());
    found
        .filter(|word| word.len() <= 8 && word.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        .unwrap_or("bin")
        .to_ascii_lowercase()
}

/// A link to the file in the object store, where it was put there.
async fn elsewhere(
    api: &Api,
    workflow: &Workflow,
    asset: &Asset,
) -> Result<Option<String>, Problem> {
    let kept_here = text(workflow, "storage").is_none_or(|place| place == "local");
    let Some(key) = asset.key.as_deref().filter(|_| !kept_here) else {
        return Ok(None);
    };
    let ttl = api.config().storage.link_ttl;
    let link = api.objects().signed_url(key, ttl).await;
    link.map_err(|error| {
        tracing::error!(component = "STORE", videoId = %workflow.id, %error, "no link to the stored file can be made");
        Problem::new(
            StatusCode::BAD_GATEWAY,
            "store_unreachable",
            format!("the file is in the object store, and no link to it can be made: {error}"),
        )
    })
}

/// 307, so that a range is asked for there too. The link ends, so it is never kept.
fn redirect(link: &str, more: &[(HeaderName, HeaderValue)]) -> Result<Response, Problem> {
    let location = HeaderValue::from_str(link)
        .map_err(|error| Problem::internal("the store's link can't be sent", &error))?;
    let fixed = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    let headers: HeaderMap = fixed.into_iter().chain(more.iter().cloned()).collect();
    Ok((StatusCode::TEMPORARY_REDIRECT, headers).into_response())
}
