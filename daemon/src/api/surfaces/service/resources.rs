//! `GET /api/video/{avatars,voices,topics}`

use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::extract::Asked;
use crate::api::problem::Problem;
use crate::cast::{Cast, Voice};
use crate::config::Config;
use crate::providers;
use axum::extract::State;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

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

/// How long a service's list holds.
const HOLDS: Duration = Duration::from_secs(600);

/// The voices that the configured speech service last listed, and which service that was.
#[derive(Debug, Default)]
pub struct Listed(Mutex<Option<(Instant, String, Vec<Voice>)>>);

impl Listed {
    /// The service's voices; none where it can't be asked, which the log tells: the others are told all the same.
    async fn voices(&self, config: &Config) -> Vec<Voice> {
        let name = config.providers.speech.clone();
        let mut held = self.0.lock().await;
        if let Some((at, of, voices)) = &*held
            && *of == name
            && at.elapsed() < HOLDS
        {
            return voices.clone();
        }
        let voices = match providers::voices(config).await {
            Ok(voices) => voices,
            Err(trouble) => {
                tracing::warn!(component = "PROVIDER", provider = %name, "the speech service's voices can't be listed: {}", trouble.message);
                Vec::new()
            }
        };
        let voices: Vec<Voice> = voices
            .into_iter()
            .map(|one| Voice {
                voice_id: one.voice_id,
                name: one.name,
                gender: one.gender,
                language: one.language,
                preview_url: None,
            })
            .collect();
        *held = Some((Instant::now(), name, voices.clone()));
        voices
    }
}

/// `GET /api/video/voices`: those of the outside makers, as the catalogue names them, those of the configured speech
/// service, and those that speak here.
pub async fn voices(State(api): State<Api>, Asked(asked): Asked) -> Result<Answer<Value>, Problem> {
    asked.finish()?;
    let mut voices = cast(&api).await?.voices;
    let mut speaking = api.listed_voices().voices(&api.config()).await;
    speaking.extend(api.spoken().voices().await);
    for spoken in speaking {
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
