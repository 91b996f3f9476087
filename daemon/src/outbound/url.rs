//! Reading the text of an address that somebody sent: every spelling of a host is undone before it is judged.

use super::policy::{Blocked, Policy};
use url::Url;

/// Bytes of a URL.
pub const LONGEST: usize = 2048;

/// Why a URL is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlProblem {
    /// Longer than is kept.
    #[error("is longer than {LONGEST} bytes; send a shorter one")]
    Long,
    /// Not a URL.
    #[error("is not a URL ({0}); write https://HOST/PATH")]
    Unreadable(String),
    /// Another scheme.
    #[error("has scheme `{0}`; only https is sent to (http where [webhooks] allow_http says so)")]
    Scheme(String),
    /// A name or password in it.
    #[error("holds a user name or password; take it out and use a header instead")]
    Userinfo,
    /// It may not be reached.
    #[error("is blocked: {0}")]
    Blocked(#[from] Blocked),
}

impl UrlProblem {
    /// A short stable word.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Blocked(Blocked::Http(_)) => "scheme",
            Self::Blocked(_) => "blocked",
            _ => "invalid",
        }
    }
}

/// Reads a URL, and judges it as far as that can be done without looking its host up.
///
/// # Errors
/// What is wrong with it.
pub fn read(text: &str, policy: &Policy) -> Result<Url, UrlProblem> {
    if text.len() > LONGEST {
        return Err(UrlProblem::Long);
    }
    let url = Url::parse(text).map_err(|error| UrlProblem::Unreadable(error.to_string()))?;
    let plain_http = match url.scheme() {
        "https" => false,
        "http" => true,
        other => return Err(UrlProblem::Scheme(other.to_owned())),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlProblem::Userinfo);
    }
    let host = url.host_str().unwrap_or_default();
    policy.allows(
        host,
        url.port_or_known_default().unwrap_or_default(),
        plain_http,
    )?;
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One address in every way that it can be written.
    const LOOPBACK: [&str; 27] = [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://127.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://0x7f.0x0.0x0.0x1/",
        "https://0177.0.0.1/",
        "https://017700000001/",
        "https://0177.0x0.0.1/",
        "https://127.0.0.1./",
        "https://127.0.0.1:443/",
        "https://127.0.0.1:8443/x?y#z",
        "HTTPS://127.0.0.1/",
        "https:127.0.0.1/",
        "https:\\\\127.0.0.1\\",
        " https://127.0.0.1/ ",
        "https://127。0。0。1/",
        "https://127.0.0.1/",
        "https://%31%32%37.0.0.1/",
        "https://①②⑦.0.0.1/",
        "https://[::1]/",
        "https://[0:0:0:0:0:0:0:1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[::127.0.0.1]/",
        "https://0/",
    ];

    #[test]
    fn every_spelling_of_loopback_is_blocked() {
        for text in LOOPBACK {
            assert_eq!(
                read(text, &Policy::default()).unwrap_err().code(),
                "blocked",
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_url_for_us_is_refused_with_its_reason() {
        let refused = |text: &str| read(text, &Policy::default()).unwrap_err();
        assert!(matches!(refused("ftp://h.example/"), UrlProblem::Scheme(_)));
        assert!(matches!(
            refused("file:///etc/passwd"),
            UrlProblem::Scheme(_)
        ));
        assert!(matches!(
            refused("https://u:p@h.example/"),
            UrlProblem::Userinfo
        ));
        assert!(matches!(
            refused("https://u@h.example/"),
            UrlProblem::Userinfo
        ));
        assert!(matches!(refused("//h.example/"), UrlProblem::Unreadable(_)));
        assert!(matches!(refused("https://"), UrlProblem::Unreadable(_)));
        assert!(matches!(
            refused(&format!("https://h.example/{}", "x".repeat(2048))),
            UrlProblem::Long
        ));
        let http = refused("http://h.example/");
        assert_eq!(http.code(), "scheme");
        assert!(http.to_string().contains("allow_http"), "{http}");
        assert!(read("https://h.example/x", &Policy::default()).is_ok());
    }
}
