//! How stages reach outside services, and how those reach us.
//!
//! Addresses of the configuration are trusted; those that came in a request or a callback are judged where they are dialled,
//! and never lead to the daemon's own door.

use crate::cache::Cache;
use crate::config::Config;
use crate::objects::Objects;
use crate::outbound::{Client, Limits, Own, Policy, SystemResolver};
use crate::youtube::Youtube;
use std::path::PathBuf;
use std::sync::Arc;

/// Made once, for all stages.
#[derive(Clone)]
pub struct Outside {
    /// What callbacks and links stand on, without a slash at its end.
    pub public_url: String,
    /// Where finished files are kept for good.
    pub objects: Objects,
    /// What was made before.
    pub cache: Cache,
    /// Where videos are published.
    pub youtube: Arc<Youtube>,
    foreign: Policy,
    ca_file: Option<PathBuf>,
}

impl Outside {
    /// As the configuration says.
    #[must_use]
    pub fn of(config: &Config, own: Own, public_url: String, objects: Objects) -> Self {
        Self {
            objects,
            cache: Cache::of(config),
            youtube: Arc::new(Youtube::of(&config.youtube, &config.data_dir)),
            public_url,
            foreign: Policy::of(&config.webhooks, own)
                .trusting(config.external.urls())
                .trusting(config.providers.urls()),
            ca_file: config.webhooks.ca_file.clone(),
        }
    }

    /// For addresses that stand in the configuration.
    #[must_use]
    pub fn trusted(&self, limits: Limits) -> Client {
        self.client(Policy::trusted(), limits)
    }

    /// For addresses that came from outside.
    #[must_use]
    pub fn foreign(&self, limits: Limits) -> Client {
        self.client(self.foreign.clone(), limits)
    }

    fn client(&self, policy: Policy, limits: Limits) -> Client {
        let resolver = Arc::new(SystemResolver);
        Client::new(policy, self.ca_file.clone(), resolver, limits)
    }
}

impl std::fmt::Debug for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Outside({}, {:?})", self.public_url, self.objects)
    }
}
