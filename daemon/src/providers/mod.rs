//! The services that make things for a key: text, speech, transcripts, footage, pictures. Each speaks its service's protocol
//! and nothing else: who asks, where results stand and what is tried again is the stages' business.
//!
//! ```text
//!  stage ─▶ provider (Chat, Speech, …) ─▶ call: one request, judged ─▶ answer, or Trouble {class, wait?}
//!                                           429 ─▶ `rate_limit`, until the service says · credit used up ─▶ `quota`
//!                                           401, 403, a retired model ─▶ `config` · 400 ─▶ `input` · 5xx ─▶ `provider` · no answer ─▶ `network`
//! ```
//!
//! - Addresses, models and keys come from the configuration alone; a provider without its key can't be made, and says why.
//! - A key stands in a header, never in an address, a log line, an argument or an output. What a service says about a refusal
//!   is told without it.
//! - What a service answers is bounded in size, and read as what it is: nonsense is a failure with its place, not a panic.

pub mod call;
pub mod chat;
pub mod door;
pub mod multipart;
pub mod pexels;
pub mod speech;
pub mod transcription;
pub mod trouble;
pub mod veo;
pub mod voices;

pub use chat::{Ask, Chat, Said};
pub use speech::Speech;
pub use trouble::Trouble;
pub use voices::{Voice, voices};

use crate::config::{Config, Secret};
use crate::outbound::{Client, Limits, Policy, SystemResolver};
use std::sync::Arc;

/// Where OpenAI's own server is.
const OPENAI: &str = "https://api.openai.com/v1";

/// A client for addresses that stand in the configuration.
#[must_use]
pub fn client(config: &Config, limits: Limits) -> Client {
    Client::new(
        Policy::trusted(),
        config.webhooks.ca_file.clone(),
        Arc::new(SystemResolver),
        limits,
    )
}

/// Why a provider that is named can't work here: the setting that lacks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{provider} has no {} ([providers.{provider}] {setting})", .setting.strip_prefix("api_").unwrap_or(.setting))]
pub struct Lacks {
    /// Its name in the configuration.
    pub provider: &'static str,
    /// Which setting.
    pub setting: &'static str,
}

fn key(provider: &'static str, key: Option<&Secret>) -> Result<Secret, Lacks> {
    key.filter(|key| !key.expose().trim().is_empty())
        .cloned()
        .ok_or(Lacks {
            provider,
            setting: "api_key",
        })
}

/// An address of the configuration without a slash at its end.
fn base(said: Option<&str>, own: &str) -> String {
    said.unwrap_or(own).trim_end_matches('/').to_owned()
}
