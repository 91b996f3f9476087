//! `[providers]`: who makes speech, transcripts, footage, pictures and text. Each kind has one that needs no network.

use super::http::read_url;
use super::secret::Secret;
use super::section::Section;
use std::path::PathBuf;

/// `[providers]`
#[derive(Debug, Clone, PartialEq)]
pub struct Providers {
    /// `espeak`, `openai`, `google_tts`.
    pub speech: String,
    /// `aligned`, `file`, `whisper_cpp`, `openai`; none: the first of the offline ones that can.
    pub transcription: Option<String>,
    /// `library`, `pexels`.
    pub footage: String,
    /// `drawn`, `veo`.
    pub generation: String,
    /// `openai`; none: no script is written.
    pub chat: Option<String>,
    /// `rules`, `openai`.
    pub intent: String,
    /// What happens when a named one has no key.
    pub missing: Missing,
    /// Short drawn clips instead of everything.
    pub simulate: bool,
    /// `[providers.openai]`: any compatible server.
    pub openai: OpenAi,
    /// `[providers.google_tts]`
    pub google_tts: Remote,
    /// `[providers.pexels]`
    pub pexels: Remote,
    /// `[providers.veo]`
    pub veo: Remote,
    /// `[providers.whisper_cpp]`
    pub whisper_cpp: WhisperCpp,
}

/// `[providers] missing`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The offline one works, and the outputs say so.
    Fallback,
    /// 422.
    Refuse,
}

/// A service with an address and a key.
#[derive(Debug, Clone, PartialEq)]
pub struct Remote {
    /// None: the service's own.
    pub base_url: Option<String>,
    /// None: it can't be used.
    pub api_key: Option<Secret>,
    /// Where it has several.
    pub model: Option<String>,
}

/// `[providers.openai]`
#[derive(Debug, Clone, PartialEq)]
pub struct OpenAi {
    /// Address and key.
    pub remote: Remote,
    /// For narrations.
    pub speech_model: Option<String>,
    /// For captions.
    pub transcription_model: Option<String>,
    /// For scripts and intents.
    pub chat_model: Option<String>,
}

/// `[providers.whisper_cpp]`
#[derive(Debug, Clone, PartialEq)]
pub struct WhisperCpp {
    /// Its command line tool.
    pub program: PathBuf,
    /// The model's file; none: it can't be used.
    pub model: Option<PathBuf>,
}

impl Providers {
    /// The addresses of the services: links on their own origins are trusted like them.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        [
            &self.openai.remote,
            &self.google_tts,
            &self.pexels,
            &self.veo,
        ]
        .into_iter()
        .filter_map(|remote| remote.base_url.as_deref())
    }

    pub(super) fn read(section: &mut Section<'_, '_, '_>) -> Self {
        Self {
            speech: named(
                section,
                "speech",
                &["espeak", "openai", "google_tts"],
                "espeak",
            ),
            transcription: optional(
                section,
                "transcription",
                &["aligned", "file", "whisper_cpp", "openai"],
            ),
            footage: named(section, "footage", &["library", "pexels"], "library"),
            generation: named(section, "generation", &["drawn", "veo"], "drawn"),
            chat: optional(section, "chat", &["openai"]),
            intent: named(section, "intent", &["rules", "openai"], "rules"),
            missing: section.choice_or(
                "missing",
                &[("fallback", Missing::Fallback), ("refuse", Missing::Refuse)],
                0,
            ),
            simulate: optional(section, "all", &["simulate"]).is_some(),
            openai: section.section("openai", |section| OpenAi {
                remote: Remote::read(section),
                speech_model: section.text("speech_model"),
                transcription_model: section.text("transcription_model"),
                chat_model: section.text("chat_model"),
            }),
            google_tts: section.section("google_tts", Remote::read),
            pexels: section.section("pexels", Remote::read),
            veo: section.section("veo", |section| {
                let model = section.text("model");
                Remote {
                    model,
                    ..Remote::read(section)
                }
            }),
            whisper_cpp: section.section("whisper_cpp", |section| WhisperCpp {
                program: PathBuf::from(section.text_or("program", "whisper-cli")),
                model: section.path("model"),
            }),
        }
    }
}

impl Remote {
    fn read(section: &mut Section<'_, '_, '_>) -> Self {
        Self {
            base_url: read_url(section, "base_url", &["http", "https"]),
            api_key: section.secret("api_key"),
            model: None,
        }
    }
}

fn optional(section: &mut Section<'_, '_, '_>, kind: &str, names: &[&str]) -> Option<String> {
    let said = section.said(kind)?;
    if names.contains(&said.text.as_str()) {
        return Some(said.text);
    }
    let remedy = format!(
        "write {}",
        names
            .iter()
            .map(|name| format!("\"{name}\""))
            .collect::<Vec<_>>()
            .join(" or ")
    );
    section.refuse(
        kind,
        Some(said.place),
        format!("no provider is called {:?}", said.text),
        remedy,
    );
    None
}

fn named(section: &mut Section<'_, '_, '_>, kind: &str, names: &[&str], default: &str) -> String {
    if section.place_of(kind).is_none() {
        return section.text_or(kind, default);
    }
    optional(section, kind, names).unwrap_or_else(|| default.to_owned())
}
