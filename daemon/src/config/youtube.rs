//! `[youtube]`: the channels that videos are published to, and what a day allows.

use super::http::read_url;
use super::secret::Secret;
use super::section::Section;
use std::collections::BTreeMap;

/// `[youtube]`
#[derive(Debug, Clone, PartialEq)]
pub struct Youtube {
    /// Where tokens come from; none: the service's own.
    pub token_url: Option<String>,
    /// The root that uploads go to; none: the service's own.
    pub upload_url: Option<String>,
    /// Uploads a day of one project.
    pub daily_uploads: u64,
    /// Quota units a day of one project (`daily_units`, or `daily_quota` as older files call it).
    pub daily_units: u64,
    /// A person looks at each video before it is published, unless its request says otherwise.
    pub approve: bool,
    /// By name.
    pub channels: BTreeMap<String, Channel>,
}

/// `[youtube.channels.NAME]`
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// Of the project.
    pub client_id: String,
    /// Of the project.
    pub client_secret: Option<Secret>,
    /// Of the channel's owner.
    pub refresh_token: Option<Secret>,
}

impl Youtube {
    pub(super) fn read(section: &mut Section<'_, '_, '_>) -> Self {
        let units = (1, u64::from(u32::MAX));
        let quota = section.integer_or("daily_quota", 10_000, units);
        Self {
            token_url: read_url(section, "token_url", &["http", "https"]),
            upload_url: read_url(section, "upload_url", &["http", "https"]),
            daily_uploads: section.integer_or("daily_uploads", 100, units),
            daily_units: section.integer_or("daily_units", quota, units),
            approve: section.flag_or("approve", false),
            channels: section.section("channels", |channels| {
                let names: Vec<String> = channels
                    .free_keys()
                    .into_iter()
                    .map(|(name, _)| name)
                    .collect();
                names
                    .into_iter()
                    .map(|name| {
                        let channel = channels.section(&name, Channel::read);
                        (name, channel)
                    })
                    .collect()
            }),
        }
    }
}

impl Channel {
    fn read(section: &mut Section<'_, '_, '_>) -> Self {
        Self {
            client_id: section.text("client_id").unwrap_or_default(),
            client_secret: section.secret("client_secret"),
            refresh_token: section.secret("refresh_token"),
        }
    }
}
