//! Voices behind a key: the OpenAI-compatible protocol and Google's.

use super::call::{Service, Shown};
use super::{Lacks, OPENAI, Trouble, base, key};
use crate::config::Config;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::Method;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// Where Google's own server is.
pub(super) const GOOGLE: &str = "https://texttospeech.googleapis.com/v1";
const TOTAL: Duration = Duration::from_secs(120);
/// A sentence's sound: ten minutes of the widest form.
const LARGEST: usize = 128 << 20;
/// What the services take at once: characters, and bytes.
const OPENAI_LONGEST: usize = 4_096;
const GOOGLE_LONGEST: usize = 5_000;

/// Who speaks.
#[derive(Clone)]
pub enum Speech {
    /// `POST {base}/audio/speech`.
    OpenAi {
        /// Where.
        service: Service,
        /// With which model.
        model: String,
    },
    /// `POST {base}/text:synthesize`.
    Google {
        /// Where.
        service: Service,
    },
}

/// How it is spoken.
#[derive(Debug, Clone, Copy)]
pub struct Manner<'a> {
    /// The language's tag, `en-US` or `en`.
    pub language: &'a str,
    /// The voice's name; none: the service's own for the language.
    pub voice: Option<&'a str>,
}

#[derive(Deserialize)]
struct Synthesized {
    #[serde(rename = "audioContent")]
    audio: String,
}

impl Speech {
    /// The provider of this name: `openai` or `google_tts`. None for one that needs no service.
    ///
    /// # Errors
    /// What it lacks.
    pub fn of(config: &Config, name: &str) -> Result<Option<Self>, Lacks> {
        let providers = &config.providers;
        match name {
            "openai" => {
                let openai = &providers.openai;
                let model = openai.speech_model.clone().ok_or(Lacks {
                    provider: "openai",
                    setting: "speech_model",
                })?;
                let base = base(openai.remote.base_url.as_deref(), OPENAI);
                let key = key("openai", openai.remote.api_key.as_ref())?;
                let service =
                    Service::new("openai", base, key, Shown::Bearer, config, TOTAL, LARGEST);
                Ok(Some(Self::OpenAi { service, model }))
            }
            "google_tts" => {
                let google = &providers.google_tts;
                let base = base(google.base_url.as_deref(), GOOGLE);
                let key = key("google_tts", google.api_key.as_ref())?;
                let service = Service::new(
                    "google_tts",
                    base,
                    key,
                    Shown::Google,
                    config,
                    TOTAL,
                    LARGEST,
                );
                Ok(Some(Self::Google { service }))
            }
            _ => Ok(None),
        }
    }

    /// Its name in the configuration.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::OpenAi { service, .. } | Self::Google { service } => service.name,
        }
    }

    /// Everything of it that a sound depends on besides the text, the language and the voice.
    #[must_use]
    pub fn identity(&self) -> String {
        match self {
            Self::OpenAi { service, model } => {
                format!("{} {} {model}", service.name, service.base())
            }
            Self::Google { service } => format!("{} {}", service.name, service.base()),
        }
    }

    /// What it takes at once; a longer text must be cut.
    #[must_use]
    pub fn fits(&self, text: &str) -> bool {
        match self {
            Self::OpenAi { .. } => text.chars().count() <= OPENAI_LONGEST,
            Self::Google { .. } => text.len() <= GOOGLE_LONGEST,
        }
    }

    /// Speaks a text: a sound file's bytes, in WAVE form unless the service chose another.
    ///
    /// # Errors
    /// The service's; class `provider` for an answer that holds no sound.
    pub async fn speak(&self, text: &str, manner: Manner<'_>) -> Result<Vec<u8>, Trouble> {
        let sound = match self {
            Self::OpenAi { service, model } => {
                let body = json!({
                    "model": model, "input": text, "voice": manner.voice.unwrap_or("alloy"), "response_format": "wav",
                });
                service.post_raw("/audio/speech", &body).await?.body
            }
            Self::Google { service } => {
                let mut voice = json!({"languageCode": google_language(manner)});
                if let Some(name) = manner.voice {
                    voice["name"] = name.into();
                }
                let body = json!({
                    "input": {"text": text}, "voice": voice,
                    "audioConfig": {"audioEncoding": "LINEAR16", "sampleRateHertz": 24_000},
                });
                let made: Synthesized = service.post("/text:synthesize", &body).await?;
                STANDARD
                    .decode(made.audio)
                    .map_err(|error| Trouble::unreadable(service.name, &error.to_string()))?
            }
        };
        if sound.len() > LARGEST {
            return Err(Trouble::unreadable(
                self.name(),
                "the sound is larger than is read",
            ));
        }
        if sound.len() < 64 || sound.starts_with(b"{") || sound.starts_with(b"<") {
            return Err(Trouble::unreadable(self.name(), "it is no sound"));
        }
        Ok(sound)
    }

    /// The voices that the service tells of, as it tells them.
    ///
    /// # Errors
    /// The service's.
    pub(super) async fn list(&self) -> Result<serde_json::Value, Trouble> {
        let (service, path) = match self {
            Self::OpenAi { service, .. } => (service, "/audio/voices"),
            Self::Google { service } => (service, "/voices"),
        };
        let answer = service.send(Method::GET, path, None).await?;
        service.json(&answer)
    }
}

/// Google wants a region with every language, and the language of a voice that is named: its name begins with it.
fn google_language(manner: Manner<'_>) -> String {
    if let Some(voice) = manner.voice {
        let mut parts = voice.split('-');
        if let (Some(language), Some(region)) = (parts.next(), parts.next()) {
            return format!("{language}-{region}");
        }
    }
    let regions = [
        ("en", "US"),
        ("de", "DE"),
        ("fr", "FR"),
        ("es", "ES"),
        ("it", "IT"),
        ("pt", "BR"),
        ("nl", "NL"),
        ("pl", "PL"),
        ("ru", "RU"),
        ("uk", "UA"),
        ("tr", "TR"),
        ("ar", "XA"),
        ("he", "IL"),
        ("hi", "IN"),
        ("ja", "JP"),
        ("ko", "KR"),
        ("cmn", "CN"),
        ("zh", "CN"),
        ("el", "GR"),
        ("sv", "SE"),
        ("da", "DK"),
        ("fi", "FI"),
        ("cs", "CZ"),
        ("hu", "HU"),
    ];
    let found = regions
        .iter()
        .find(|(language, _)| *language == manner.language);
    match found {
        Some(("zh", region)) => format!("cmn-{region}"),
        Some((language, region)) => format!("{language}-{region}"),
        None => manner.language.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_gets_its_region() {
        let language = |language, voice| google_language(Manner { language, voice });
        assert_eq!(language("en", None), "en-US");
        assert_eq!(language("zh", None), "cmn-CN");
        assert_eq!(language("en", Some("en-GB-Neural2-A")), "en-GB");
        assert_eq!(language("sw-KE", None), "sw-KE");
    }
}
