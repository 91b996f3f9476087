//! `[http]`: TLS, browsers' origins, and what links stand on.

use super::section::Section;
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
    let fits = said.text.split_once("://").is_some_and(|(scheme, rest)| {
        schemes.contains(&scheme)
            && !rest.is_empty()
            && !rest.starts_with('/')
            && !said.text.contains(char::is_whitespace)
    });
    if !fits {
        let wanted = schemes
            .iter()
            .map(|scheme| format!("{scheme}://…"))
            .collect::<Vec<_>>()
            .join(" or ");
        section.refuse(
            name,
            Some(said.place),
            "is no such address".to_owned(),
            format!("write {wanted}"),
        );
        return None;
    }
    Some(said.text.trim_end_matches('/').to_owned())
}
