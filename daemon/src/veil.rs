//! Keeps configured secrets out of what people read: the daemon's log, attempts' logs as they are shown, words of failures.
//! Nothing writes a secret on purpose; a provider that repeats a key in its refusal, or a program that prints what it was
//! given, would otherwise.

use crate::config::{Config, Secret};
use regex::Regex;
use std::borrow::Cow;
use std::sync::{PoisonError, RwLock};

/// What stands in a secret's place.
const PLACE: &str = "[secret]";
/// Shorter texts are too common to be told from others.
const SHORTEST: usize = 6;

static VEIL: RwLock<Option<Regex>> = RwLock::new(None);

/// From now on the secrets of this configuration are hidden.
pub fn cover(config: &Config) {
    let veil = veil(secrets(config).iter().map(|secret| secret.expose()));
    *VEIL.write().unwrap_or_else(PoisonError::into_inner) = veil;
}

/// The text without any of them.
#[must_use]
pub fn hide(text: &str) -> Cow<'_, str> {
    match &*VEIL.read().unwrap_or_else(PoisonError::into_inner) {
        Some(veil) => hidden(veil, text),
        None => Cow::Borrowed(text),
    }
}

fn hidden<'a>(veil: &Regex, text: &'a str) -> Cow<'a, str> {
    veil.replace_all(text, PLACE)
}

fn veil<'a>(secrets: impl Iterator<Item = &'a str>) -> Option<Regex> {
    let mut texts: Vec<&str> = secrets
        .map(str::trim)
        .filter(|text| text.len() >= SHORTEST)
        .collect();
    // The longest first: one that begins like another is hidden whole.
    texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
    texts.dedup();
    if texts.is_empty() {
        return None;
    }
    let any: Vec<String> = texts.into_iter().map(regex::escape).collect();
    // Escaped texts are always a pattern.
    Regex::new(&any.join("|")).ok()
}

/// Everything in the configuration that is one.
fn secrets(config: &Config) -> Vec<&Secret> {
    let providers = &config.providers;
    let remotes = [
        &providers.openai.remote,
        &providers.google_tts,
        &providers.pexels,
        &providers.veo,
    ];
    let mut found: Vec<&Secret> = remotes
        .into_iter()
        .filter_map(|remote| remote.api_key.as_ref())
        .collect();
    found.extend(&config.boxes.key);
    found.extend(&config.webhooks.default_secret);
    found.extend(config.inbound.secrets.values());
    found.extend(&config.external.create.secret);
    found.extend(&config.external.generate.secret);
    found.extend(&config.storage.access_key_id);
    found.extend(&config.storage.secret_access_key);
    for channel in config.youtube.channels.values() {
        found.extend(&channel.client_secret);
        found.extend(&channel.refresh_token);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_wherever_they_stand() {
        let veil = veil(["key-123456", "key-1234567890", "a.b*c+d", "abc"].into_iter()).unwrap();
        assert_eq!(
            hidden(&veil, "401: key-1234567890 and a.b*c+d, not abc nor axbbc"),
            "401: [secret] and [secret], not abc nor axbbc"
        );
        assert!(super::veil(std::iter::empty()).is_none());
    }

    #[test]
    fn every_configured_one_is_known() {
        let mut config = Config::default_at("/nowhere");
        config.providers.veo.api_key = Some(Secret::new("veo-secret"));
        config.webhooks.default_secret = Some(Secret::new("hook-secret"));
        let found: Vec<&str> = secrets(&config).into_iter().map(Secret::expose).collect();
        assert_eq!(found, ["veo-secret", "hook-secret"]);
    }
}
