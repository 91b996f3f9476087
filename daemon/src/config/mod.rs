//! The configuration: every section with its defaults. A fresh box needs none of it.
//!
//! Flags beat environment, environment beats the file, the file beats the default.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

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
    /// Coordinates workers through this Redis.
    pub redis: Option<String>,
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
    /// `[media]`
    pub media: Media,
    /// `[webhooks]`
    pub webhooks: Webhooks,
    /// `[retention]`
    pub retention: Retention,
    /// `[features]`
    pub features: BTreeMap<String, bool>,
    /// `[[schedules]]`
    pub schedules: Vec<Schedule>,
    /// `[[windows]]`: nothing new starts while one is open.
    pub windows: Vec<Window>,
}

/// `[box]`
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Default: the host's.
    pub name: String,
    /// What stages may want of their box.
    pub labels: BTreeMap<String, String>,
}

/// `[auth]`
#[derive(Debug, Clone, PartialEq)]
pub struct Auth {
    /// Members may use the socket; ignored where it doesn't exist.
    pub socket_group: String,
    /// `operate` lets loopback callers in without a token.
    pub loopback: Loopback,
}

/// `[auth] loopback`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loopback {
    /// A token is wanted.
    Off,
    /// Scope `operate` without one.
    Operate,
}

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

/// `[limits]`
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Per token, else per address.
    pub requests_per_second: u32,
    /// How many at once beyond it.
    pub burst: u32,
    /// Bytes of a JSON body.
    pub body: u64,
    /// Bytes of an upload.
    pub upload: u64,
    /// Bytes of an attempt's log, head and tail kept.
    pub log: u64,
}

/// `[retry]`
#[derive(Debug, Clone, PartialEq)]
pub struct Retry {
    /// Tries after the first.
    pub times: u32,
    /// Before the first of them.
    pub first: Duration,
    /// At most.
    pub max: Duration,
}

/// `[media]`
#[derive(Debug, Clone, PartialEq)]
pub struct Media {
    /// Stock footage.
    pub library: PathBuf,
    /// The captions' font.
    pub font: String,
}

/// `[webhooks]`: what submit checks of a `webhookUrl`.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhooks {
    /// All hosts may be plain http.
    pub allow_http_all: bool,
    /// Or these host names and CIDRs.
    pub allow_http: Vec<String>,
    /// Private hosts that may be reached.
    pub allow_private_all: bool,
    /// Or these host names and CIDRs.
    pub allow_private: Vec<String>,
}

/// `[retention]`
#[derive(Debug, Clone, PartialEq)]
pub struct Retention {
    /// Ended workflows kept.
    pub finished: u64,
    /// None: `off`.
    pub max_age: Option<Duration>,
    /// The daily log files.
    pub logs: Duration,
    /// Bytes; below it nothing new starts.
    pub min_free_disk: u64,
}

/// `[[schedules]]`
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// Its name.
    pub name: String,
    /// Five or six fields.
    pub cron: String,
    /// IANA zone; default UTC.
    pub zone: String,
    /// What is submitted.
    pub pipeline: String,
    /// With these.
    pub params: serde_json::Map<String, serde_json::Value>,
    /// One missed run is made up for.
    pub catch_up: bool,
}

/// `[[windows]]`
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// When it opens.
    pub cron: String,
    /// IANA zone.
    pub zone: String,
    /// How long.
    pub duration: Duration,
}
