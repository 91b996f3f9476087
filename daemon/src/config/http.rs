//! `[http]`: TLS, browsers' origins, and what links stand on.

use super::secret::Secret;
use super::section::Section;
use super::tree::Place;
use std::path::PathBuf;

/// `[http]`
#[derive(Debug, Clone, PartialEq)]
pub struct Http {
    /// Certificate chain, PEM.
    pub tls_cert: Option<PathBuf>,
    /// Its key, PEM.
    pub tls_key: Option<PathBuf>,
    /// Origins that may open a WebSocket.
    pub origins: Vec<String>,
    /// Off loopback without TLS.
    pub insecure_listen: bool,
    /// What links and callbacks stand on.
    pub public_url: Option<String>,
}

impl Http {
    pub(super) fn read(section: &mut Section<'_, '_, '_>) -> Self {
        let http = Self {
            tls_cert: section.path("tls_cert"),
            tls_key: section.path("tls_key"),
            origins: section.texts_or("origins", &[]),
            insecure_listen: section.flag_or("insecure_listen", false),
            public_url: read_url(section, "public_url", &["http", "https"]),
        };
        if http.tls_cert.is_some() != http.tls_key.is_some() {
            let (given, missing) = if http.tls_cert.is_some() {
                ("tls_cert", "tls_key")
            } else {
                ("tls_key", "tls_cert")
            };
            let place = section.place_of(given);
            section.refuse(
                given,
                place,
                format!("stands without {missing}"),
                format!("set {missing} as well, or take it out"),
            );
        }
        http
    }
}

/// A URL with one of these schemes and a host.
pub(super) fn read_url(
    section: &mut Section<'_, '_, '_>,
    name: &str,
    schemes: &[&str],
) -> Option<String> {
    let said = section.said(name)?;
    let fits = is_url(&said.text, schemes);
    if !fits {
        refuse_url(section, name, Some(said.place), schemes);
        return None;
    }
    Some(said.text.trim_end_matches('/').to_owned())
}

/// The same for one that lets in whoever knows it, as far as `is_secret` says so.
pub(super) fn read_secret_url(
    section: &mut Section<'_, '_, '_>,
    name: &str,
    schemes: &[&str],
    is_secret: impl Fn(&str) -> bool,
) -> Option<Secret> {
    let place = section.place_of(name);
    let secret = section.secret_if(name, is_secret)?;
    if !is_url(secret.expose(), schemes) {
        refuse_url(section, name, place, schemes);
        return None;
    }
    Some(secret)
}

fn is_url(text: &str, schemes: &[&str]) -> bool {
    text.split_once("://").is_some_and(|(scheme, rest)| {
        schemes.contains(&scheme)
            && !rest.is_empty()
            && !rest.starts_with('/')
            && !text.contains(char::is_whitespace)
    })
}

fn refuse_url(
    section: &mut Section<'_, '_, '_>,
    name: &str,
    place: Option<Place>,
    schemes: &[&str],
) {
    let wanted: Vec<String> = schemes
        .iter()
        .map(|scheme| format!("{scheme}://…"))
        .collect();
    section.refuse(
        name,
        place,
        "is no such address".to_owned(),
        format!("write {}", wanted.join(" or ")),
    );
}
