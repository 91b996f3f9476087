//! `[external]`: the outside makers that the video service's two routes ask.

use super::http::read_url;
use super::secret::Secret;
use super::section::Section;
use std::time::Duration;

/// `[external.create]` and `[external.generate]`: an outside maker.
#[derive(Debug, Clone, PartialEq)]
pub struct ExternalService {
    /// Asked here; none: the offline responder works.
    pub url: Option<String>,
    /// Signs the request.
    pub secret: Option<Secret>,
    /// How long it usually takes.
    pub expect: Duration,
    /// After this the stage fails, class `timeout`.
    pub timeout: Duration,
}

/// `[external]`
#[derive(Debug, Clone, PartialEq)]
pub struct External {
    /// Makes avatar videos.
    pub create: ExternalService,
    /// Makes generated videos.
    pub generate: ExternalService,
}

impl External {
    /// The addresses of all that are configured.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        [&self.create, &self.generate]
            .into_iter()
            .filter_map(|service| service.url.as_deref())
    }

    /// The one of this name: `create` or `generate`.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&ExternalService> {
        match name {
            "create" => Some(&self.create),
            "generate" => Some(&self.generate),
            _ => None,
        }
    }

    pub(super) fn read(section: &mut Section<'_, '_, '_>) -> Self {
        Self {
            create: section.section("create", |service| {
                ExternalService::read(service, "VIDEO_CREATION_WEBHOOK_URL")
            }),
            generate: section.section("generate", |service| {
                ExternalService::read(service, "GENERATE_VIDEO_WEBHOOK_URL")
            }),
        }
    }
}

impl ExternalService {
    fn read(section: &mut Section<'_, '_, '_>, variable: &str) -> Self {
        let expect = Duration::from_secs(15 * 60);
        let service = Self {
            url: read_url(section, "url", &["http", "https"]),
            secret: section.secret("secret"),
            expect: section.duration_or("expect", expect),
            timeout: section.duration_or("timeout", expect * 4),
        };
        let said = section.loading.environment.get(variable).map(str::to_owned);
        match said {
            Some(url) => {
                section.override_from_environment("url", variable, &url);
                Self {
                    url: Some(url),
                    ..service
                }
            }
            None => service,
        }
    }
}
