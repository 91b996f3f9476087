//! Signing secrets: the text that the two schemes key with, and the form that their libraries take.
//!
//! - `X-Webhook-Signature` is keyed with the UTF-8 text of the whole secret, whatever it looks like.
//! - Standard Webhooks keys with the bytes behind `whsec_`, or with the secret's own bytes where it has no such prefix; the
//!   signing secret is that key in `whsec_` form.

use crate::config::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What a secret in that form begins with.
pub const PREFIX: &str = "whsec_";
/// Characters of a secret.
pub const LENGTH: std::ops::RangeInclusive<usize> = 8..=256;
/// Random bytes of one that is made here.
const MADE: usize = 32;

/// A fresh secret, in `whsec_` form.
///
/// # Errors
/// The system's source of randomness, where it fails.
pub fn make() -> Result<Secret, String> {
    let mut bytes = [0_u8; MADE];
    getrandom::fill(&mut bytes)
        .map_err(|error| format!("no randomness from the system: {error}"))?;
    Ok(Secret::new(format!("{PREFIX}{}", STANDARD.encode(bytes))))
}

/// Takes a secret that somebody brought.
///
/// # Errors
/// What is wrong with it.
pub fn check(text: &str) -> Result<Secret, String> {
    if !LENGTH.contains(&text.chars().count()) {
        return Err(format!(
            "must have {} to {} characters",
            LENGTH.start(),
            LENGTH.end()
        ));
    }
    let secret = Secret::new(text);
    match text.strip_prefix(PREFIX) {
        Some(rest) if rest.is_empty() || STANDARD.decode(rest).is_err() => Err(format!(
            "begins with `{PREFIX}` but is not base64 behind it; send base64, or a secret without that beginning"
        )),
        _ => Ok(secret),
    }
}

/// The key of Standard Webhooks.
#[must_use]
pub fn key(secret: &Secret) -> Vec<u8> {
    let text = secret.expose();
    text.strip_prefix(PREFIX)
        .and_then(|rest| STANDARD.decode(rest).ok())
        .unwrap_or_else(|| text.as_bytes().to_vec())
}

/// The key in the form that Standard Webhooks' libraries take.
#[must_use]
pub fn signing_secret(secret: &Secret) -> Secret {
    Secret::new(format!("{PREFIX}{}", STANDARD.encode(key(secret))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signing_secret_always_leads_to_the_same_key() {
        for text in [
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "my-secret-key",
            "geheimnis-äöü",
        ] {
            let secret = check(text).unwrap();
            let signing = signing_secret(&secret);
            assert_eq!(key(&secret), key(&signing), "{text}");
            assert!(signing.expose().starts_with(PREFIX));
        }
        assert_eq!(key(&Secret::new("my-secret-key")), b"my-secret-key");
        let made = make().unwrap();
        assert_eq!(key(&made).len(), MADE);
        assert_eq!(signing_secret(&made), made);
    }

    #[test]
    fn a_secret_that_cannot_be_used_is_refused() {
        for text in [
            "",
            "short",
            "whsec_",
            "whsec_not base64!",
            "whsec_YWJj=YWJj",
        ] {
            assert!(check(text).is_err(), "{text}");
        }
        assert!(check(&"x".repeat(257)).is_err());
        assert!(check(&"x".repeat(256)).is_ok());
    }
}
