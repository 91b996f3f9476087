//! The text of a token: `reel_`, 256 random bits and a checksum, all in URL-safe base64, so that a scanner can find leaked
//! ones, a mistyped one is told from a revoked one, and it fits into a WebSocket subprotocol.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// What every token begins with.
pub const PREFIX: &str = "reel_";
/// Base64 of 32 bytes.
const SECRET: usize = 43;
/// Base64 of 4 bytes.
const CHECKSUM: usize = 6;

/// SHA-256 of a token's text: all that is kept of it.
pub type Hash = [u8; 32];

/// A new token's text.
///
/// # Errors
/// The system has no randomness to give.
pub fn make() -> Result<String, getrandom::Error> {
    let mut secret = [0_u8; 32];
    getrandom::fill(&mut secret)?;
    let body = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(secret));
    let checksum = URL_SAFE_NO_PAD.encode(crc32fast::hash(body.as_bytes()).to_be_bytes());
    Ok(body + &checksum)
}

/// The hash of a text that has a token's form and checksum.
#[must_use]
pub fn hash(text: &str) -> Option<Hash> {
    let (body, checksum) = text.split_at_checked(PREFIX.len() + SECRET)?;
    if !body.starts_with(PREFIX) || checksum.len() != CHECKSUM {
        return None;
    }
    let expected = URL_SAFE_NO_PAD.encode(crc32fast::hash(body.as_bytes()).to_be_bytes());
    (checksum == expected).then(|| Sha256::digest(text.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_made_token_is_known_by_its_hash() {
        let (one, two) = (make().unwrap(), make().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.len(), PREFIX.len() + SECRET + CHECKSUM);
        assert_eq!(hash(&one), Some(Sha256::digest(one.as_bytes()).into()));
        assert!(
            one.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')),
            "{one}"
        );
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_noticed(at in 0_usize..54, with in "[A-Za-z0-9_-]") {
            let token = make().unwrap();
            let mut wrong = token.clone();
            wrong.replace_range(at..=at, &with);
            prop_assert_eq!(hash(&wrong).is_some(), wrong == token);
        }

        #[test]
        fn any_text_is_taken_without_harm(text in "\\PC*") {
            prop_assert!(hash(&text).is_none());
        }
    }
}
