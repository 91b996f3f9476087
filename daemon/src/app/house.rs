//! Taking the configuration and the pipelines anew while the daemon runs: all of it if all of it is good, else nothing.

use crate::api::House;
use crate::api::listen::tls::{self, Keys};
use crate::cast::Cast;
use crate::config::{Config, Environment, Flags, load};
use crate::pipeline::{self, Catalogue, Defaults};
use crate::veil;
use futures_util::future::BoxFuture;
use reel_shared::problem::FieldProblem;
use std::sync::Arc;
use tokio::sync::watch;

/// What a reload needs.
pub(super) struct Household {
    flags: Flags,
    environment: Environment,
    catalogue: Arc<Catalogue>,
    configs: watch::Sender<Arc<Config>>,
    keys: Option<Arc<Keys>>,
}

impl Household {
    pub fn new(
        flags: Flags,
        environment: Environment,
        catalogue: Arc<Catalogue>,
        configs: watch::Sender<Arc<Config>>,
        keys: Option<Arc<Keys>>,
    ) -> Self {
        Self {
            flags,
            environment,
            catalogue,
            configs,
            keys,
        }
    }

    fn take_anew(&self) -> Result<(), Vec<FieldProblem>> {
        let problem = |field: String, problem: String| FieldProblem { field, problem };
        let loaded = load(&self.flags, &self.environment).map_err(|problems| {
            problems
                .into_iter()
                .map(|one| problem("configuration".into(), one.to_string()))
                .collect::<Vec<_>>()
        })?;
        let fresh = tls::read(&loaded.config.http)
            .map_err(|error| vec![problem("http".into(), error.to_string())])?;
        Cast::read(&loaded.config)
            .map_err(|error| vec![problem("catalog.toml".into(), error.to_string())])?;
        let defaults = Defaults::from(&loaded.config);
        self.catalogue
            .reload(&Catalogue::folder(&loaded.config), &defaults)
            .map_err(|problems| {
                problems
                    .into_iter()
                    .map(|one| problem("pipelines".into(), one.to_string()))
                    .collect::<Vec<_>>()
            })?;
        let unknown =
            pipeline::features::unknown(&loaded.config.features, &self.catalogue.loaded());
        if !unknown.is_empty() {
            let told = unknown
                .into_iter()
                .map(|one| problem("features".into(), one));
            return Err(told.collect());
        }
        match (&self.keys, fresh) {
            (Some(keys), Some(fresh)) => keys.take(fresh),
            (None, None) => {}
            _ => tracing::warn!(
                component = "DAEMON",
                "[http] tls_cert was set or taken out: whether the door speaks TLS changes with the next start"
            ),
        }
        veil::cover(&loaded.config);
        self.configs.send_replace(Arc::new(loaded.config));
        tracing::info!(component = "DAEMON", "the configuration was taken anew");
        Ok(())
    }

    /// For a signal, which nobody waits behind: the log tells.
    pub fn reload_and_tell(&self) {
        if let Err(problems) = self.take_anew() {
            for one in problems {
                tracing::error!(
                    component = "DAEMON",
                    "the old configuration stays: {}: {}",
                    one.field,
                    one.problem
                );
            }
        }
    }
}

impl House for Household {
    fn reload(&self) -> BoxFuture<'_, Result<(), Vec<FieldProblem>>> {
        Box::pin(async move { self.take_anew() })
    }
}
