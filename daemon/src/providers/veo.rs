//! Pictures from words, by Google's models: asked once, then looked at until they are made.
//!
//! ```text
//!  model "gemini-…"            POST /v1beta/interactions            GET /v1beta/interactions/ID      file by uri, or in the answer
//!  model "veo-…"               POST /v1beta/models/M:predict…       GET /v1beta/OPERATION            file by uri
//!  model "projects/…/models/M" POST /v1/M:predictLongRunning        POST /v1/M:fetchPredictOperation bytes in the answer
//! ```
//!
//! What was asked is known by a name; with it the work can be looked at again after any restart. Asking is what is paid for.

use super::call::{Service, Shown};
use super::{Lacks, Trouble, base, key};
use crate::config::Config;
use crate::domain::ErrorClass;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};
use std::time::Duration;

const TOTAL: Duration = Duration::from_secs(120);
/// An answer that holds a clip of ten seconds.
const LARGEST: usize = 192 << 20;
const MODEL: &str = "gemini-omni-1.1-flash";
/// What the models make: seconds.
const SHORTEST: f64 = 3.0;
const LONGEST: f64 = 10.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wire {
    Interactions,
    Operations,
    Vertex,
}

/// A model that makes clips.
#[derive(Clone)]
pub struct Veo {
    service: Service,
    model: String,
    wire: Wire,
}

/// A clip that is wanted.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// In words.
    pub prompt: &'a str,
    /// Wider than high.
    pub wide: bool,
    /// Seconds; made as near to it as the model can.
    pub duration: f64,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Not done.
    Going,
    /// Made: its file is there.
    At(String),
    /// Made: these are its bytes.
    Bytes(Vec<u8>),
}

impl Veo {
    /// `[providers.veo]`.
    ///
    /// # Errors
    /// What it lacks.
    pub fn of(config: &Config) -> Result<Self, Lacks> {
        let veo = &config.providers.veo;
        let model = veo.model.clone().unwrap_or_else(|| MODEL.to_owned());
        let wire = if model.starts_with("projects/") {
            Wire::Vertex
        } else if model.starts_with("veo") {
            Wire::Operations
        } else {
            Wire::Interactions
        };
        let own = match wire {
            Wire::Vertex => {
                let place = model.split('/').nth(3).unwrap_or("us-central1");
                format!("https://{place}-aiplatform.googleapis.com")
            }
            _ => "https://generativelanguage.googleapis.com".to_owned(),
        };
        let shown = if wire == Wire::Vertex {
            Shown::Bearer
        } else {
            Shown::Google
        };
        let base = base(veo.base_url.as_deref(), &own);
        let key = key("veo", veo.api_key.as_ref())?;
        let service = Service::new("veo", base, key, shown, config, TOTAL, LARGEST);
        Ok(Self {
            service,
            model,
            wire,
        })
    }

    /// Its service alone.
    #[must_use]
    pub(super) fn into_service(self) -> Service {
        self.service
    }

    /// What tells of its model and makes nothing.
    pub(super) fn model_path(&self) -> String {
        match self.wire {
            Wire::Vertex => format!("/v1/{}", self.model),
            _ => format!("/v1beta/models/{}", self.model),
        }
    }

    /// Where its service is: files on the same origin are trusted like it, and shown the key.
    #[must_use]
    pub fn base(&self) -> &str {
        self.service.base()
    }

    /// The header with which its files are fetched.
    ///
    /// # Errors
    /// A key that no header can hold.
    pub fn proof(&self) -> Result<(HeaderName, HeaderValue), Trouble> {
        self.service.proof()
    }

    /// Asks for a clip; the name under which it can be looked at. What is ready at once is looked at all the same.
    ///
    /// # Errors
    /// The service's. With `sent`, it may have been taken.
    pub async fn ask(&self, wanted: &Wanted<'_>) -> Result<String, Trouble> {
        let ratio = if wanted.wide { "16:9" } else { "9:16" };
        let seconds = whole(wanted.duration.clamp(SHORTEST, LONGEST).ceil());
        let (path, body, name) = match self.wire {
            Wire::Interactions => (
                "/v1beta/interactions".to_owned(),
                json!({
                    "model": self.model, "input": wanted.prompt, "background": true, "store": true,
                    "response_format": {"type": "video", "aspect_ratio": ratio, "resolution": "720p", "duration": format!("{seconds}s"), "delivery": "uri"},
                    "generation_config": {"video_config": {"task": "text_to_video"}},
                }),
                "id",
            ),
            Wire::Operations => (
                format!("/v1beta/models/{}:predictLongRunning", self.model),
                json!({
                    "instances": [{"prompt": wanted.prompt}],
                    "parameters": {"aspectRatio": ratio, "durationSeconds": seconds.clamp(4, 8), "sampleCount": 1},
                }),
                "name",
            ),
            Wire::Vertex => (
                format!("/v1/{}:predictLongRunning", self.model),
                json!({
                    "instances": [{"prompt": wanted.prompt}],
                    "parameters": {"aspectRatio": ratio, "durationSeconds": seconds.clamp(4, 8), "sampleCount": 1, "generateAudio": false},
                }),
                "name",
            ),
        };
        let answer: Value = self.service.post(&path, &body).await.map_err(|trouble| {
            // An answer that came and can't be read was taken all the same.
            Trouble {
                sent: trouble.sent || trouble.code == "bad_answer",
                ..trouble
            }
        })?;
        match answer.get(name).and_then(Value::as_str) {
            Some(name) if is_name(name) => Ok(name.to_owned()),
            _ => Err(Trouble {
                sent: true,
                ..Trouble::unreadable("veo", &format!("it has no `{name}`"))
            }),
        }
    }

    /// Looks at what was asked under this name.
    ///
    /// # Errors
    /// The service's; class `input` when the model won't make it.
    pub async fn look(&self, name: &str) -> Result<Work, Trouble> {
        if !is_name(name) {
            return Err(Trouble::unreadable(
                "veo",
                "the name of what was asked is none",
            ));
        }
        match self.wire {
            Wire::Interactions => {
                let state: Value = self
                    .service
                    .get(&format!("/v1beta/interactions/{name}"))
                    .await?;
                self.stored(interaction(&state)?).await
            }
            Wire::Operations => {
                let state: Value = self.service.get(&format!("/v1beta/{name}")).await?;
                operation(&state)
            }
            Wire::Vertex => {
                let path = format!("/v1/{}:fetchPredictOperation", self.model);
                let state: Value = self
                    .service
                    .post(&path, &json!({"operationName": name}))
                    .await?;
                operation(&state)
            }
        }
    }

    /// A file in the service's own store: it can be fetched once it is active, by another address.
    async fn stored(&self, work: Work) -> Result<Work, Trouble> {
        let Work::At(uri) = &work else {
            return Ok(work);
        };
        let file = uri
            .strip_prefix(self.base())
            .and_then(|rest| rest.strip_prefix("/v1beta/files/"))
            .filter(|file| is_name(file) && !file.contains([':', '/']));
        let Some(file) = file else {
            return Ok(work);
        };
        let state: Value = self.service.get(&format!("/v1beta/files/{file}")).await?;
        match state
            .get("state")
            .and_then(Value::as_str)
            .unwrap_or("ACTIVE")
        {
            "ACTIVE" => {
                let place = format!("{}/v1beta/files/{file}:download?alt=media", self.base());
                Ok(Work::At(place))
            }
            "FAILED" => Err(refused("its file could not be stored")),
            _ => Ok(Work::Going),
        }
    }
}

/// What may stand in a path.
fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./~:".contains(&byte);
    !name.is_empty() && name.len() <= 512 && name.bytes().all(fits) && !name.contains("..")
}

#[allow(clippy::cast_possible_truncation, reason = "seconds between 3 and 10")]
fn whole(seconds: f64) -> i64 {
    seconds as i64
}

fn refused(why: &str) -> Trouble {
    let words: String = why.chars().take(300).collect();
    Trouble::new(
        ErrorClass::Input,
        "refused",
        format!("the model does not make this clip: {words}"),
        "Change the prompt, then retry; or choose another videoSource.".to_owned(),
    )
}

fn interaction(state: &Value) -> Result<Work, Trouble> {
    let steps = state.get("steps").and_then(Value::as_array);
    let steps = steps.map(Vec::as_slice).unwrap_or_default();
    let error = || {
        let message = steps
            .iter()
            .rev()
            .find_map(|step| step.get("error")?.get("message")?.as_str());
        message
            .or_else(|| state.get("error")?.get("message")?.as_str())
            .unwrap_or("it gave no reason")
            .to_owned()
    };
    match state
        .get("status")
        .and_then(Value::as_str)
        .unwrap_or_default()
    {
        "completed" | "incomplete" => {}
        "failed" | "cancelled" | "requires_action" => return Err(refused(&error())),
        "budget_exceeded" => {
            let hint =
                "Raise the budget of the account behind [providers.veo] api_key, then retry.";
            return Err(Trouble {
                wait: Some(Duration::from_secs(3_600)),
                ..Trouble::new(
                    ErrorClass::Quota,
                    "quota",
                    format!("veo's budget is used up: {}", error()),
                    hint.to_owned(),
                )
            });
        }
        // A state that is not known yet is one of those before the end.
        _ => return Ok(Work::Going),
    }
    let content = steps
        .iter()
        .rev()
        .filter_map(|step| step.get("content")?.as_array())
        .flatten()
        .rfind(|content| content.get("type").and_then(Value::as_str) == Some("video"));
    content.map_or_else(|| Err(refused("it made no video")), clip)
}

fn operation(state: &Value) -> Result<Work, Trouble> {
    if state.get("done").and_then(Value::as_bool) != Some(true) {
        return Ok(Work::Going);
    }
    if let Some(error) = state.get("error") {
        return Err(refused(
            error
                .get("message")
                .and_then(Value::as_str)
                .unwrap_or("it gave no reason"),
        ));
    }
    let response = state.get("response").unwrap_or(&Value::Null);
    let vertex = response.get("videos").and_then(|videos| videos.get(0));
    let generated = response
        .get("generateVideoResponse")
        .and_then(|made| made.get("generatedSamples")?.get(0)?.get("video"));
    match vertex.or(generated) {
        Some(video) => clip(video),
        None => {
            let reasons = ["raiMediaFilteredReasons"].iter().find_map(|key| {
                let made = response.get("generateVideoResponse").unwrap_or(response);
                made.get(key)?.get(0)?.as_str()
            });
            Err(refused(reasons.unwrap_or("it was filtered")))
        }
    }
}

/// A clip's address, or its bytes.
fn clip(video: &Value) -> Result<Work, Trouble> {
    let text = |key: &str| {
        video
            .get(key)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    if let Some(uri) = text("uri").or_else(|| text("fileUri")) {
        return Ok(Work::At(uri.to_owned()));
    }
    if let Some(data) = text("data")
        .or_else(|| text("bytesBase64Encoded"))
        .or_else(|| text("encodedVideo"))
    {
        let bytes = STANDARD
            .decode(data)
            .map_err(|error| Trouble::unreadable("veo", &error.to_string()))?;
        return Ok(Work::Bytes(bytes));
    }
    let place = text("gcsUri").unwrap_or_default();
    Err(Trouble::unreadable(
        "veo",
        &format!("the clip is neither in the answer nor at an address that can be fetched {place}"),
    ))
}

#[cfg(test)]
mod tests;
