//! Loads everything: the file and its overlay, then environment and flags over it. All problems are found in one go.

use super::environment::{Environment, Flags};
use super::problem::{ConfigProblem, Effective, Origin};
use super::section::{Loading, Section};
use super::tree::{self, Table};
use super::{
    Auth, Cache, Config, Episodes, External, Http, Inbound, Limits, Media, Node, Notify, Providers,
    Redis, Retention, Retry, Schedule, Storage, Webhooks, Window, Worker, Youtube, boxes, node,
    schedules,
};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Where it listens unless said.
pub(super) const LISTEN: &str = "127.0.0.1:3124";

/// The overlays that `REEL_ENV` may name.
pub const ENVIRONMENTS: [&str; 3] = ["development", "staging", "production"];

/// A configuration that holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// In force.
    pub config: Config,
    /// Every value with its origin, in the order of the sections.
    pub effective: Vec<Effective>,
    /// What is allowed but unwise.
    pub warnings: Vec<String>,
    /// The files that were read.
    pub files: Vec<PathBuf>,
}

/// Lays flags over environment over the file over the defaults.
///
/// # Errors
/// Everything that is wrong, with its place and remedy.
pub fn load(flags: &Flags, environment: &Environment) -> Result<Loaded, Vec<ConfigProblem>> {
    let mut loading = Loading {
        environment,
        problems: Vec::new(),
        effective: Vec::new(),
        warnings: Vec::new(),
    };
    let named = flags
        .config
        .clone()
        .or_else(|| environment.get("REEL_CONFIG").map(PathBuf::from));
    let file = absolute(&named.unwrap_or_else(|| environment.default_config()));
    let mut files = Vec::new();
    let mut table = read_file(&file, &mut loading, &mut files);
    if let Some(name) = environment.get("REEL_ENV") {
        if ENVIRONMENTS.contains(&name) {
            let over = file.with_file_name(format!(
                "{}.{name}.toml",
                file.file_stem().unwrap_or_default().to_string_lossy()
            ));
            let over = read_file(&over, &mut loading, &mut files);
            tree::overlay(&mut table, over);
        } else {
            let remedy = format!("write one of {}", ENVIRONMENTS.join(", "));
            loading.problem(
                "REEL_ENV",
                None,
                format!("{name:?} is no environment"),
                remedy,
            );
        }
    }
    let at = origin(
        flags.config.is_some(),
        "--config",
        environment,
        "REEL_CONFIG",
    );
    loading.note("config", file.display().to_string(), at);
    let config = read_places(flags, &mut loading)
        .map(|places| read_sections(&file, places, flags, &table, &mut loading));
    let Loading {
        problems,
        effective,
        warnings,
        ..
    } = loading;
    match config {
        Some(config) if problems.is_empty() => Ok(Loaded {
            config,
            effective,
            warnings,
            files,
        }),
        _ => Err(problems),
    }
}

/// An absent file is fine: everything has a default.
fn read_file(file: &Path, loading: &mut Loading<'_>, files: &mut Vec<PathBuf>) -> Table {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Table::new(),
        Err(error) => {
            let problem = format!("{} can't be read: {error}", file.display());
            loading.problem(
                "--config",
                None,
                problem,
                "make it readable for the daemon's user".to_owned(),
            );
            return Table::new();
        }
    };
    files.push(file.to_owned());
    tree::parse(file, &text).unwrap_or_else(|error| {
        let place = tree::Place {
            file: file.into(),
            line: error.line,
        };
        let problem = format!("not TOML at column {}: {}", error.column, error.message);
        loading.problem("syntax", Some(place), problem, "mend the line".to_owned());
        Table::new()
    })
}

/// What flags and environment alone can say.
pub(super) struct Places {
    pub(super) data_dir: PathBuf,
    pub(super) socket: PathBuf,
    pub(super) listen: Option<String>,
    pub(super) log: String,
    pub(super) log_format: Option<String>,
}

fn read_places(flags: &Flags, loading: &mut Loading<'_>) -> Option<Places> {
    let data_dir = flags
        .data_dir
        .as_deref()
        .map(|path| path.display().to_string());
    let data_dir = over(
        loading,
        "data_dir",
        "--data-dir",
        data_dir,
        "REEL_DATA_DIR",
        || None,
    )
    .map(PathBuf::from)
    .or_else(|| default_data_dir(loading))?;
    let socket = flags
        .socket
        .as_deref()
        .map(|path| path.display().to_string());
    let socket = over(loading, "socket", "--socket", socket, "REEL_SOCKET", || {
        None
    })
    .map(PathBuf::from)
    .unwrap_or_else(|| {
        let default = loading.environment.default_socket(&data_dir);
        loading.note("socket", default.display().to_string(), Origin::Default);
        default
    });
    let listen = over(
        loading,
        "listen",
        "--listen",
        flags.listen.clone(),
        "REEL_LISTEN",
        || Some(LISTEN.to_owned()),
    );
    let log = over(
        loading,
        "log",
        "--log",
        flags.log.clone(),
        "REEL_LOG",
        || Some("info".to_owned()),
    )
    .unwrap_or_default();
    let log_format = over(
        loading,
        "log_format",
        "--log-format",
        flags.log_format.clone(),
        "REEL_LOG_FORMAT",
        || None,
    );
    let listen = listen.and_then(|listen| read_listen(loading, &listen));
    check_words(loading, &log, log_format.as_deref());
    Some(Places {
        data_dir: absolute(&data_dir),
        socket: absolute(&socket),
        listen,
        log,
        log_format,
    })
}

/// Every section, on these places.
pub(super) fn read_sections(
    file: &Path,
    places: Places,
    flags: &Flags,
    table: &Table,
    loading: &mut Loading<'_>,
) -> Config {
    let mut root = Section::new("", Some(table), loading);
    let schedules = root.sections("schedules", Schedule::read);
    schedules::refuse_twins(&mut root, &schedules);
    let (address, boxes) = root.section("redis", |section| {
        (section.secret("url"), Redis::read(section))
    });
    let mut node = root.section("box", Node::read);
    node.take_name(&mut root, flags.name.as_deref());
    let config = Config {
        redis: boxes::address(&mut root, flags.redis.as_deref(), address),
        boxes,
        resources: root.section("resources", node::read_resources),
        node,
        auth: root.section("auth", Auth::read),
        http: root.section("http", Http::read),
        limits: root.section("limits", Limits::read),
        retry: root.section("retry", Retry::read),
        webhooks: root.section("webhooks", Webhooks::read),
        inbound: root.section("inbound", Inbound::read),
        media: root.section("media", |section| Media::read(section, &places.data_dir)),
        episodes: root.section("episodes", Episodes::read),
        storage: root.section("storage", Storage::read),
        providers: root.section("providers", Providers::read),
        youtube: root.section("youtube", Youtube::read),
        external: root.section("external", External::read),
        features: root.section("features", node::read_features),
        cache: root.section("cache", Cache::read),
        retention: root.section("retention", Retention::read),
        notify: root.section("notify", Notify::read),
        worker: root.section("worker", Worker::read),
        schedules,
        windows: root.sections("windows", Window::read),
        file: file.to_owned(),
        data_dir: places.data_dir,
        socket: places.socket,
        listen: places.listen,
        log: places.log,
        log_format: places.log_format,
    };
    root.finish();
    config
}

fn origin(
    flag_given: bool,
    flag: &'static str,
    environment: &Environment,
    variable: &str,
) -> Origin {
    if flag_given {
        Origin::Flag(flag)
    } else if environment.get(variable).is_some() {
        Origin::Environment(variable.to_owned())
    } else {
        Origin::Default
    }
}

/// A value that only flags and environment can say.
fn over(
    loading: &mut Loading<'_>,
    key: &str,
    flag: &'static str,
    said: Option<String>,
    variable: &str,
    default: impl FnOnce() -> Option<String>,
) -> Option<String> {
    let origin = origin(said.is_some(), flag, loading.environment, variable);
    let value = said
        .or_else(|| loading.environment.get(variable).map(str::to_owned))
        .or_else(default)?;
    loading.note(key, value.clone(), origin);
    Some(value)
}

fn default_data_dir(loading: &mut Loading<'_>) -> Option<PathBuf> {
    let found = loading.environment.default_data_dir();
    match &found {
        Some(path) => loading.note("data_dir", path.display().to_string(), Origin::Default),
        None => {
            let remedy = "say --data-dir DIR or set REEL_DATA_DIR".to_owned();
            loading.problem(
                "data_dir",
                None,
                "there is no HOME to put it below".to_owned(),
                remedy,
            );
        }
    }
    found
}

/// `off`, or an address and port. Names are not resolved here: a literal says what is listened on.
fn read_listen(loading: &mut Loading<'_>, text: &str) -> Option<String> {
    if text == "off" {
        return None;
    }
    let literal = text.replacen("localhost:", "127.0.0.1:", 1);
    if literal.parse::<SocketAddr>().is_err() {
        let problem = format!("{text:?} is no address and port");
        loading.problem(
            "listen",
            None,
            problem,
            "write one like 127.0.0.1:3124 or [::1]:3124, or `off`".to_owned(),
        );
        return None;
    }
    Some(literal)
}

fn check_words(loading: &mut Loading<'_>, log: &str, log_format: Option<&str>) {
    if let Err(error) = log.parse::<tracing_subscriber::filter::EnvFilter>() {
        let remedy =
            "write a level (debug, info, warn, error) or a filter like info,reeld::api=debug"
                .to_owned();
        loading.problem(
            "log",
            None,
            format!("{log:?} is no filter: {error}"),
            remedy,
        );
    }
    if let Some(word) = log_format.filter(|word| !["json", "text"].contains(word)) {
        loading.problem(
            "log_format",
            None,
            format!("{word:?} is no format"),
            "write json or text".to_owned(),
        );
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
