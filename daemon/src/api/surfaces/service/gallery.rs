//! `GET /api/video/gallery`, `GET /api/video/status/{id}`

use super::super::history::page_of;
use super::super::status::find;
use super::super::words;
use super::{page, shape, wanted};
use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::auth::Caller;
use crate::api::extract::{Asked, Id};
use crate::api::problem::Problem;
use crate::store::list::Filter;
use axum::extract::State;
use serde_json::{Value, json};

/// `GET /api/video/gallery?limit&offset&status`
pub async fn gallery(
    State(api): State<Api>,
    caller: Caller,
    Asked(mut asked): Asked,
) -> Result<Answer<Value>, Problem> {
    let (limit, offset) = page_of(&mut asked);
    let wanted = wanted(&mut asked, words::video);
    let user = asked.text("user");
    asked.finish()?;
    let filter = Filter {
        user: caller.only().map(str::to_owned).or(user),
        limit,
        offset,
        ..Filter::default()
    };
    let page = page(&api, filter, wanted, words::video).await?;
    let videos: Vec<Value> = page
        .workflows
        .iter()
        .map(|workflow| shape::video(&api, workflow))
        .collect();
    Ok(answer::ok(
        json!({ "videos": videos, "total": page.total, "limit": limit, "offset": offset }),
    ))
}

/// `GET /api/video/status/{id}`
pub async fn status(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
    Asked(asked): Asked,
) -> Result<Answer<Value>, Problem> {
    asked.finish()?;
    let workflow = find(&api, &caller, &id).await?;
    let mut video = shape::video(&api, &workflow);
    video["progress"] = api.show(&workflow).await?.progress.into();
    video["error"] = shape::error(&workflow).into();
    Ok(answer::ok(video))
}
