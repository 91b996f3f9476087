//! Whether a service could be used: one request that makes nothing and costs nothing but itself, with the key.

use super::call::{Service, Shown};
use super::pexels::Pexels;
use super::veo::Veo;
use super::{OPENAI, Trouble, base, key, speech};
use crate::config::Config;
use crate::domain::ErrorClass;
use crate::outbound::Answer;
use hyper::Method;
use std::time::Duration;

/// A list of models or voices is larger than it looks.
const LARGEST: usize = 8 << 20;

/// A service that is chosen and has its key.
pub struct Door {
    service: Service,
    path: String,
}

/// What was found behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It answers; in words, with what is left of its limit where it tells.
    Open(String),
    /// It answers, and lets nobody in for now: its limit is used up.
    Spent(Trouble),
    /// It answers, and does not take the key.
    Locked(Trouble),
    /// It gave no answer.
    Silent(Trouble),
}

/// The services that this configuration chooses, each once, as far as they have their keys. None where everything is simulated.
#[must_use]
pub fn doors(config: &Config, patience: Duration) -> Vec<Door> {
    let providers = &config.providers;
    if providers.simulate {
        return Vec::new();
    }
    let chosen = |name: &str| {
        let optional = [&providers.transcription, &providers.chat];
        let always = [
            &providers.speech,
            &providers.footage,
            &providers.generation,
            &providers.intent,
        ];
        let mut all = always.into_iter().chain(optional.into_iter().flatten());
        all.any(|one| one == name)
    };
    let plain = |name, said: Option<&str>, own, secret, shown| {
        let key = key(name, secret).ok()?;
        let base = base(said, own);
        Some(Service::new(
            name, base, key, shown, config, patience, LARGEST,
        ))
    };
    let (openai, google) = (&providers.openai.remote, &providers.google_tts);
    let all = [
        (
            plain(
                "openai",
                openai.base_url.as_deref(),
                OPENAI,
                openai.api_key.as_ref(),
                Shown::Bearer,
            ),
            "/models".to_owned(),
        ),
        (
            plain(
                "google_tts",
                google.base_url.as_deref(),
                speech::GOOGLE,
                google.api_key.as_ref(),
                Shown::Google,
            ),
            "/voices?languageCode=en-US".to_owned(),
        ),
        (
            Pexels::of(config).ok().map(Pexels::into_service),
            "/videos/search?query=sea&per_page=1".to_owned(),
        ),
    ];
    let veo = Veo::of(config).ok().map(|veo| {
        let path = veo.model_path();
        (Some(veo.into_service()), path)
    });
    all.into_iter()
        .chain(veo)
        .filter_map(|(service, path)| {
            let service = service?;
            chosen(service.name).then_some(Door { service, path })
        })
        .collect()
}

impl Door {
    /// Its name in the configuration.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.service.name
    }

    /// Where it is.
    #[must_use]
    pub fn base(&self) -> &str {
        self.service.base()
    }

    /// Asks once, within this time.
    pub async fn knock(&self, patience: Duration) -> Found {
        let asked = self.service.send(Method::GET, &self.path, None);
        let answer = tokio::time::timeout(patience, asked).await;
        match answer {
            Err(_) => Found::Silent(Trouble::new(
                ErrorClass::Network,
                "timeout",
                format!("{} gave no answer within {patience:?}", self.name()),
                format!(
                    "Look whether [providers.{}] base_url can be reached from this box.",
                    self.name()
                ),
            )),
            Ok(Ok(answer)) => Found::Open(format!("answers, the key is taken{}", left(&answer))),
            Ok(Err(trouble)) => judged(trouble),
        }
    }
}

fn judged(trouble: Trouble) -> Found {
    match (trouble.class, trouble.code) {
        (_, "unauthorized") => Found::Locked(trouble),
        // Google says so of a key that is none.
        (ErrorClass::Input, _) if trouble.message.contains("API key not valid") => {
            Found::Locked(trouble)
        }
        (ErrorClass::RateLimit | ErrorClass::Quota, _) => Found::Spent(trouble),
        (ErrorClass::Network, _) | (_, "blocked" | "bad_address" | "bad_key") => {
            Found::Silent(trouble)
        }
        // Servers that speak the protocol need not have this list.
        _ => Found::Open(trouble.message),
    }
}

/// What the service says is left of its limit.
fn left(answer: &Answer) -> String {
    let number = |names: [&str; 2]| {
        let mut values = names.iter().filter_map(|name| answer.headers.get(*name));
        let value = values.next()?.to_str().ok()?;
        value.trim().parse::<u64>().ok()
    };
    let left = number(["x-ratelimit-remaining", "x-ratelimit-remaining-requests"]);
    let all = number(["x-ratelimit-limit", "x-ratelimit-limit-requests"]);
    match (left, all) {
        (Some(left), Some(all)) => format!("; {left} of {all} requests left"),
        (Some(left), None) => format!("; {left} requests left"),
        _ => String::new(),
    }
}
