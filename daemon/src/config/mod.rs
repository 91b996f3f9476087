//! The configuration: every section with its defaults. A fresh box needs none of it.
//!
//! Flags beat environment, environment beats the file, the file beats the default. `reeld.ENV.toml` beside the file is
//! laid over it when `REEL_ENV` names one. Loading is a function of its arguments: it reads the files, and touches nothing
//! else. Whatever is wrong is told at once, each with its key, file, line and remedy; a file with a problem is never
//! taken in part.
//!
//! - An unknown key is refused: a misspelt one would otherwise be silently without effect.
//! - A secret is a `Secret` from the moment it is read, and is never printed.

mod auth;
mod boxes;
mod cache;
mod environment;
mod external;
mod http;
mod limits;
mod load;
mod media;
mod node;
mod notify;
mod problem;
mod providers;
pub mod quantity;
mod retention;
mod schedules;
mod secret;
mod section;
mod storage;
mod tree;
mod webhooks;
mod youtube;

#[cfg(test)]
mod tests;

pub use auth::{Auth, Loopback};
pub use boxes::{Redis, Worker};
pub use cache::Cache;
pub use environment::{Environment, Flags};
pub use external::{External, ExternalService};
pub use http::Http;
pub use limits::{Limits, Retry};
pub use load::{ENVIRONMENTS, Loaded, load};
pub use media::{Episodes, Media};
pub use node::Node;
pub use notify::{Email, Notify, NotifyCommand, Rules, Slack};
pub use problem::{ConfigProblem, Effective, Origin};
pub use providers::{Missing, OpenAi, Providers, Remote, WhisperCpp};
pub use retention::Retention;
pub use schedules::{Schedule, Window};
pub use secret::Secret;
pub use storage::Storage;
pub use tree::Place;
pub use webhooks::{Inbound, Webhooks};
pub use youtube::{Channel, Youtube};

use std::collections::BTreeMap;
use std::path::PathBuf;

/// Everything, after flags, environment and file have been laid over the defaults.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where it was read from; need not exist.
    pub file: PathBuf,
    /// The data directory.
    pub data_dir: PathBuf,
    /// The operator's socket.
    pub socket: PathBuf,
    /// TCP address, or none for `off`.
    pub listen: Option<String>,
    /// Coordinates workers through this Redis; may hold a password.
    pub redis: Option<Secret>,
    /// Log filter.
    pub log: String,
    /// `json` or `text`; none: by the terminal.
    pub log_format: Option<String>,
    /// `[resources]`: what this box offers.
    pub resources: BTreeMap<String, u64>,
    /// `[box]`
    pub node: Node,
    /// `[auth]`
    pub auth: Auth,
    /// `[http]`
    pub http: Http,
    /// `[limits]`
    pub limits: Limits,
    /// `[retry]`
    pub retry: Retry,
    /// `[inbound]`
    pub inbound: Inbound,
    /// `[episodes]`
    pub episodes: Episodes,
    /// `[storage]`
    pub storage: Storage,
    /// `[providers]`
    pub providers: Providers,
    /// `[youtube]`
    pub youtube: Youtube,
    /// `[external]`
    pub external: External,
    /// `[notify]`
    pub notify: Notify,
    /// `[redis]`, but for its address.
    pub boxes: Redis,
    /// `[worker]`
    pub worker: Worker,
    /// `[media]`
    pub media: Media,
    /// `[webhooks]`
    pub webhooks: Webhooks,
    /// `[cache]`
    pub cache: Cache,
    /// `[retention]`
    pub retention: Retention,
    /// `[features]`
    pub features: BTreeMap<String, bool>,
    /// `[[schedules]]`
    pub schedules: Vec<Schedule>,
    /// `[[windows]]`: nothing new starts while one is open.
    pub windows: Vec<Window>,
}

impl Config {
    /// Whether a surface or stage of this name is there: it is unless `[features]` says no.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.features.get(name) != Some(&false)
    }

    /// All defaults, on this data directory: what a fresh box runs with, and what tests start from.
    #[must_use]
    pub fn default_at(data_dir: impl Into<PathBuf>) -> Self {
        let data_dir = data_dir.into();
        let environment = Environment::default();
        let mut loading = section::Loading {
            environment: &environment,
            problems: vec![],
            effective: vec![],
            warnings: vec![],
        };
        let places = load::Places {
            socket: data_dir.join("reeld.sock"),
            listen: Some(load::LISTEN.to_owned()),
            log: "info".to_owned(),
            log_format: None,
            data_dir: data_dir.clone(),
        };
        load::read_sections(
            &data_dir.join("reeld.toml"),
            places,
            &Flags::default(),
            &tree::Table::new(),
            &mut loading,
        )
    }
}
