//! `[webhooks]` and `[inbound]`: how events go out, where to, and who may call back.

use super::http::read_url;
use super::quantity::parse_duration;
use super::secret::Secret;
use super::section::Section;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// `[webhooks]`
#[derive(Debug, Clone, PartialEq)]
pub struct Webhooks {
    /// Each attempt's wait after the one before it.
    pub schedule: Vec<Duration>,
    /// Of a whole attempt.
    pub timeout: Duration,
    /// Deliveries a second to one endpoint.
    pub rate: f64,
    /// Further certificate authorities, PEM.
    pub ca_file: Option<PathBuf>,
    /// All hosts may be plain http.
    pub allow_http_all: bool,
    /// Or these host names and CIDRs.
    pub allow_http: Vec<String>,
    /// Private hosts that may be reached.
    pub allow_private_all: bool,
    /// Or these host names and CIDRs.
    pub allow_private: Vec<String>,
    /// One endpoint registered by configuration.
    pub default_url: Option<String>,
    /// Its events; none: all but progress.
    pub default_events: Vec<String>,
    /// Signs it, and the calls of a workflow's own `webhookUrl`.
    pub default_secret: Option<Secret>,
}

const SCHEDULE: [&str; 5] = ["0s", "1m", "5m", "15m", "1h"];

impl Webhooks {
    pub(super) fn read(section: &mut Section<'_, '_, '_>) -> Self {
        let (allow_http_all, allow_http) = section.flag_or_texts("allow_http");
        let (allow_private_all, allow_private) = section.flag_or_texts("allow_private");
        Self {
            schedule: read_schedule(section),
            timeout: section.duration_or("timeout", Duration::from_secs(15)),
            rate: section.rate_or("rate", "10/s"),
            ca_file: section.path("ca_file"),
            allow_http_all,
            allow_http,
            allow_private_all,
            allow_private,
            default_url: read_url(section, "default_url", &["http", "https"]),
            default_events: section.texts_or("default_events", &["*"]),
            default_secret: section.secret("default_secret"),
        }
    }
}

fn read_schedule(section: &mut Section<'_, '_, '_>) -> Vec<Duration> {
    let place = section.place_of("schedule");
    let texts = section.texts_or("schedule", &SCHEDULE);
    let spans: Option<Vec<Duration>> = texts.iter().map(|text| parse_duration(text)).collect();
    spans.filter(|spans| !spans.is_empty()).unwrap_or_else(|| {
        section.refuse(
            "schedule",
            place,
            format!("{texts:?} is no list of durations"),
            "write a list like [\"0s\", \"1m\", \"5m\"]",
        );
        SCHEDULE
            .iter()
            .filter_map(|text| parse_duration(text))
            .collect()
    })
}

/// `[inbound]`
#[derive(Debug, Clone, PartialEq)]
pub struct Inbound {
    /// The secret of each route (`worker`, `n8n`).
    pub secrets: BTreeMap<String, Secret>,
}

impl Inbound {
    pub(super) fn read(section: &mut Section<'_, '_, '_>) -> Self {
        let secrets = section.section("secrets", |secrets| {
            ["worker", "n8n"]
                .into_iter()
                .filter_map(|route| {
                    secrets
                        .secret(route)
                        .map(|secret| (route.to_owned(), secret))
                })
                .collect()
        });
        Self { secrets }
    }
}
