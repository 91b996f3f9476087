//! `[storage]`: where finished files are kept for good.

use super::http::read_url;
use super::secret::Secret;
use super::section::Section;
use std::time::Duration;

/// `[storage]`
#[derive(Debug, Clone, PartialEq)]
pub struct Storage {
    /// `file:DIR` (below the data directory unless absolute), `s3://`, `gs://` or `az://BUCKET/PREFIX`.
    pub url: String,
    /// Of an S3 that is not Amazon's; plain http is allowed here.
    pub endpoint: Option<String>,
    /// `auto` where the store has none.
    pub region: String,
    /// Who asks.
    pub access_key_id: Option<Secret>,
    /// And its key.
    pub secret_access_key: Option<Secret>,
    /// The bucket stands in the path, not in the host name.
    pub path_style: bool,
    /// How long signed links hold.
    pub link_ttl: Duration,
}

impl Storage {
    pub(super) fn read(section: &mut Section<'_, '_, '_>) -> Self {
        let place = section.place_of("url");
        let storage = Self {
            url: section.text_or("url", "file:media"),
            endpoint: read_url(section, "endpoint", &["http", "https"]),
            region: section.text_or("region", "auto"),
            access_key_id: section.secret("access_key_id"),
            secret_access_key: section.secret("secret_access_key"),
            path_style: section.flag_or("path_style", true),
            link_ttl: section.duration_or("link_ttl", Duration::from_secs(3600)),
        };
        if !["file:", "s3://", "gs://", "az://"]
            .iter()
            .any(|scheme| storage.url.starts_with(scheme))
        {
            let remedy =
                "write file:DIR, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX";
            section.refuse(
                "url",
                place,
                format!("{:?} names no store", storage.url),
                remedy,
            );
        }
        if storage.access_key_id.is_some() != storage.secret_access_key.is_some() {
            let place = section
                .place_of("access_key_id")
                .or_else(|| section.place_of("secret_access_key"));
            section.refuse(
                "access_key_id",
                place,
                "stands without its other half".to_owned(),
                "set both access_key_id and secret_access_key",
            );
        }
        storage
    }
}
