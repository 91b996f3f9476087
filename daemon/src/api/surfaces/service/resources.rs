//! `GET /api/video/{avatars,voices,topics}`

use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::extract::Asked;
use crate::api::problem::Problem;
use crate::cast::Cast;
use axum::extract::State;
use serde_json::{Value, json};

async fn cast(api: &Api) -> Result<Cast, Problem> {
    let config = api.config();
    let read = tokio::task::spawn_blocking(move || Cast::read(&config)).await;
    let read =
        read.map_err(|error| Problem::internal("the catalogue could not be read", &error))?;
    read.map_err(|error| {
        Problem::internal(
            "the catalogue of avatars, voices and topics can't be used",
            &error,
        )
    })
}

/// `GET /api/video/avatars`
pub async fn avatars(
    State(api): State<Api>,
    Asked(asked): Asked,
) -> Result<Answer<Value>, Problem> {
    asked.finish()?;
    let avatars = cast(&api).await?.avatars;
    Ok(answer::ok(
        json!({ "count": avatars.len(), "avatars": avatars }),
    ))
}

/// `GET /api/video/voices`: those of the outside makers, as the catalogue names them, and those that speak here.
pub async fn voices(State(api): State<Api>, Asked(asked): Asked) -> Result<Answer<Value>, Problem> {
    asked.finish()?;
    let mut voices = cast(&api).await?.voices;
    for spoken in api.spoken().voices().await {
        if voices.iter().all(|voice| voice.voice_id != spoken.voice_id) {
            voices.push(spoken);
        }
    }
    Ok(answer::ok(
        json!({ "count": voices.len(), "voices": voices }),
    ))
}

/// `GET /api/video/topics`
pub async fn topics(State(api): State<Api>, Asked(asked): Asked) -> Result<Answer<Value>, Problem> {
    asked.finish()?;
    let topics = cast(&api).await?.topics;
    Ok(answer::ok(
        json!({ "count": topics.len(), "topics": topics }),
    ))
}
