//! A clip's renders: as shown, and as files, by token or by signed link.

use super::episodes;
use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::extract::Asked;
use crate::api::problem::Problem;
use crate::api::surfaces::media;
use crate::api::surfaces::status::find;
use crate::store::episodes::{self as stored, RenderRow};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};
use std::path::PathBuf;

/// A render as shown; none where it is another user's and the caller sees its own alone.
///
/// # Errors
/// The database's.
pub(super) async fn shown(
    api: &Api,
    caller: &Caller,
    episode: &str,
    clip: &str,
    render: &RenderRow,
) -> Result<Option<Value>, Problem> {
    if caller.own {
        let maker = api.engine().reader().workflow(&render.job).await?;
        if !maker.is_some_and(|maker| caller.sees(&maker.user)) {
            return Ok(None);
        }
    }
    let ready = render.path.is_some();
    let url = ready.then(|| {
        let config = api.config();
        let path = format!(
            "/episodes/{}/clips/{clip}/{}/{}",
            encoded(episode),
            render.variant,
            render.aspect_ratio
        );
        let (now, ttl) = (api.engine().now().0, config.storage.link_ttl);
        api.links().to(&config.http, &path, &[], now, ttl)
    });
    Ok(Some(json!({
        "variant": render.variant, "aspect_ratio": render.aspect_ratio, "status": render.status,
        "url": url, "size": render.size, "job_id": render.job,
    })))
}

/// An episode's id in a path: letters of any script are in it, and nothing that needs more than bytes escaped.
fn encoded(id: &str) -> String {
    let mut path = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path
}

/// `GET /episodes/{id}/clips/{clip}/{variant}/{aspect_ratio}`: the render itself.
pub async fn file(
    State(api): State<Api>,
    caller: Caller,
    Path((id, clip, variant, ratio)): Path<(String, String, String, String)>,
    headers: HeaderMap,
    Asked(mut asked): Asked,
) -> Result<Response, Problem> {
    media::signed(&mut asked);
    asked.finish()?;
    let episode = episodes::find(&api, &id).await?;
    let wanted = clip.clone();
    let found = api
        .engine()
        .reader()
        .ask(move |connection| stored::clips(connection, &episode.id))
        .await?;
    let render = found
        .into_iter()
        .find(|one| one.clip_id == wanted)
        .and_then(|one| {
            one.renders
                .into_iter()
                .find(|render| render.variant == variant && render.aspect_ratio == ratio)
        });
    let missing =
        || Problem::not_found("render of this clip", &format!("{clip} {variant} {ratio}"));
    let render = render.ok_or_else(missing)?;
    let path = render.path.ok_or_else(missing)?;
    let maker = find(&api, &caller, &render.job).await?;
    media::send_file(&api, &headers, &maker, PathBuf::from(path)).await
}
