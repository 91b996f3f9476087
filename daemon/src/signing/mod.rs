//! The two signatures: of the `sha256=` scheme over the body, and of Standard Webhooks over id, time and body. Made for what
//! goes out, checked for what comes in, in constant time.

pub mod secret;

use crate::config::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt::Write as _;
use subtle::{Choice, ConstantTimeEq as _};

/// Seconds that a sent time may lie from ours.
pub const TOLERANCE: i64 = 300;

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes a key of any length; an empty one stands in for the refusal that can't come.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return [0; 32];
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// `sha256=…`, keyed with the secret's text.
#[must_use]
pub fn legacy(secret: &Secret, body: &[u8]) -> String {
    let mut text = String::with_capacity(71);
    text.push_str("sha256=");
    for byte in hmac(secret.expose().as_bytes(), &[body]) {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// `v1,…` of Standard Webhooks.
#[must_use]
pub fn standard(secret: &Secret, id: &str, seconds: i64, body: &[u8]) -> String {
    let head = format!("{id}.{seconds}.");
    format!(
        "v1,{}",
        STANDARD.encode(hmac(&secret::key(secret), &[head.as_bytes(), body]))
    )
}

/// What a caller signed with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Signed<'a> {
    /// `X-Webhook-Signature`
    pub legacy: Option<&'a str>,
    /// `webhook-id`
    pub id: Option<&'a str>,
    /// `webhook-timestamp`
    pub timestamp: Option<&'a str>,
    /// `webhook-signature`
    pub standard: Option<&'a str>,
}

/// Why a signature is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsigned {
    /// There is none.
    #[error(
        "it is not signed; send X-Webhook-Signature, or webhook-id, webhook-timestamp and webhook-signature"
    )]
    Missing,
    /// It does not fit.
    #[error(
        "the signature does not fit the body and the secret; sign the very bytes that are sent"
    )]
    Wrong,
    /// It is too old, or from the future.
    #[error(
        "its timestamp lies more than 300 s from the daemon's clock; sign it anew, or set the clock"
    )]
    Stale,
    /// The time is no number.
    #[error("its webhook-timestamp is not a whole number of seconds")]
    Timestamp,
}

/// Whether a caller knows the secret. `now` in seconds.
///
/// # Errors
/// Why not.
pub fn verify(secret: &Secret, signed: &Signed<'_>, body: &[u8], now: i64) -> Result<(), Unsigned> {
    if let Some(text) = signed.timestamp {
        let sent: i64 = text.trim().parse().map_err(|_| Unsigned::Timestamp)?;
        if sent.abs_diff(now) > TOLERANCE.unsigned_abs() {
            return Err(Unsigned::Stale);
        }
    }
    if let Some(list) = signed.standard {
        let (Some(id), Some(timestamp)) = (signed.id, signed.timestamp) else {
            return Err(Unsigned::Missing);
        };
        let seconds = timestamp.trim().parse().map_err(|_| Unsigned::Timestamp)?;
        let right = standard(secret, id, seconds, body);
        return one_fits(&right, list.split_whitespace());
    }
    let Some(given) = signed.legacy else {
        return Err(Unsigned::Missing);
    };
    let right = legacy(secret, body);
    one_fits(
        &right,
        std::iter::once(given.trim().to_ascii_lowercase().as_str()),
    )
}

/// All that were given are looked at, so that the time tells nothing of which one fits.
fn one_fits<'a>(right: &str, given: impl Iterator<Item = &'a str>) -> Result<(), Unsigned> {
    let fits = given.fold(Choice::from(0), |fits, one| {
        fits | one.as_bytes().ct_eq(right.as_bytes())
    });
    if bool::from(fits) {
        Ok(())
    } else {
        Err(Unsigned::Wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;
    const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
    const AT: i64 = 1_649_367_553;

    fn published() -> Secret {
        Secret::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
    }

    #[test]
    fn the_published_vectors_hold() {
        assert_eq!(
            standard(&published(), ID, AT, BODY),
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="
        );
        assert_eq!(
            legacy(&Secret::new("It's a Secret to Everybody"), b"Hello, World!"),
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        );
        assert_eq!(
            legacy(&published(), BODY),
            "sha256=e0fc16c6d4a28f39a6e0935569f05d86e87367db24a4b6d9271215c603e49f6a",
            "the older scheme keys with the whole text"
        );
    }

    #[test]
    fn the_mac_is_that_of_rfc_4231() {
        let hex = |bytes: [u8; 32]| {
            bytes
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        };
        let cases: [(&[u8], Vec<u8>, &str); 6] = [
            (&[0x0b; 20], b"Hi There".to_vec(), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe",
                b"what do ya want for nothing?".to_vec(),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (&[0xaa; 20], vec![0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            (
                &(1..=25).collect::<Vec<u8>>(),
                vec![0xcd; 50],
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                &[0xaa; 131],
                b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be \
                  hashed before being used by the HMAC algorithm."
                    .to_vec(),
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ];
        for (key, data, expected) in cases {
            assert_eq!(hex(hmac(key, &[&data])), expected);
        }
    }

    fn verdict(
        legacy: Option<&str>,
        standard: Option<&str>,
        timestamp: Option<&str>,
        now: i64,
    ) -> Result<(), Unsigned> {
        verify(
            &published(),
            &Signed {
                legacy,
                id: Some(ID),
                timestamp,
                standard,
            },
            BODY,
            now,
        )
    }

    #[test]
    fn what_is_not_signed_right_is_refused() {
        let right = standard(&published(), ID, AT, BODY);
        let at = AT.to_string();
        let judged = |list: &str, now| verdict(None, Some(list), Some(&at), now);
        assert_eq!(judged(&right, AT), Ok(()));
        assert_eq!(judged(&right, AT + 300), Ok(()));
        assert_eq!(judged(&right, AT + 301), Err(Unsigned::Stale));
        assert_eq!(judged(&right, AT - 301), Err(Unsigned::Stale));
        assert_eq!(
            judged(&format!("v1,AAAA v2,x {right} v1,"), AT),
            Ok(()),
            "one right among four"
        );
        for wrong in [
            "",
            "v1,",
            "v1,tZ1I4/hD",
            &right[3..],
            "v1,AAAA v1,BBBB v1,CCCC",
            "sha256=",
        ] {
            assert_eq!(judged(wrong, AT), Err(Unsigned::Wrong), "{wrong}");
        }
        assert_eq!(
            verdict(None, Some(&right), Some("soon"), AT),
            Err(Unsigned::Timestamp)
        );
        assert_eq!(
            verdict(None, Some(&right), None, AT),
            Err(Unsigned::Missing)
        );
        assert_eq!(verdict(None, None, None, AT), Err(Unsigned::Missing));
        let old = legacy(&published(), BODY);
        assert_eq!(verdict(Some(&old), None, None, AT), Ok(()));
        assert_eq!(verdict(Some(&old.to_uppercase()), None, None, AT), Ok(()));
        assert_eq!(
            verdict(Some(&old[7..]), None, None, AT),
            Err(Unsigned::Wrong)
        );
        assert_eq!(
            verdict(Some(&old[..15]), None, None, AT),
            Err(Unsigned::Wrong)
        );
        assert_eq!(
            verdict(Some(&old), None, Some(&at), AT + 301),
            Err(Unsigned::Stale),
            "a time that is sent counts"
        );
    }

    proptest! {
        #[test]
        fn one_changed_bit_is_refused(body in proptest::collection::vec(any::<u8>(), 1..200), bit in any::<usize>()) {
            let (secret, at) = (published(), AT.to_string());
            let (new, old) = (standard(&secret, ID, AT, &body), legacy(&secret, &body));
            let by_new = Signed { id: Some(ID), timestamp: Some(&at), standard: Some(&new), legacy: None };
            let by_old = Signed { legacy: Some(&old), ..Signed::default() };
            prop_assert_eq!(verify(&secret, &by_new, &body, AT), Ok(()));
            prop_assert_eq!(verify(&secret, &by_old, &body, AT), Ok(()));
            let mut changed = body.clone();
            let bit = bit % (changed.len() * 8);
            changed[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(verify(&secret, &by_new, &changed, AT), Err(Unsigned::Wrong));
            prop_assert_eq!(verify(&secret, &by_old, &changed, AT), Err(Unsigned::Wrong));
        }
    }
}
