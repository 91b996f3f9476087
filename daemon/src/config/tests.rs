//! Loading by its public face: precedence, refusals, secrets, and that every documented key is taken.

use super::*;
use std::path::Path;
use std::time::Duration;

struct Place {
    directory: tempfile::TempDir,
    environment: Environment,
}

impl Place {
    fn new(file: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("reeld.toml"), file).unwrap();
        let variables = BTreeMap::from([("HOME".to_owned(), "/home/someone".to_owned())]);
        Self {
            directory,
            environment: Environment {
                variables,
                host: "studio".into(),
            },
        }
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.variables.insert(name.into(), value.into());
        self
    }

    fn write(self, name: &str, text: &str) -> Self {
        std::fs::write(self.directory.path().join(name), text).unwrap();
        self
    }

    fn load(&self) -> Result<Loaded, Vec<ConfigProblem>> {
        self.load_with(Flags::default())
    }

    fn load_with(&self, flags: Flags) -> Result<Loaded, Vec<ConfigProblem>> {
        load(
            &Flags {
                config: Some(self.directory.path().join("reeld.toml")),
                ..flags
            },
            &self.environment,
        )
    }
}

fn problems(file: &str) -> Vec<String> {
    let place = Place::new(file);
    let prefix = format!("{}/", place.directory.path().display());
    place
        .load()
        .unwrap_err()
        .iter()
        .map(|problem| problem.to_string().replace(&prefix, ""))
        .collect()
}

#[test]
fn a_fresh_box_needs_no_file() {
    let environment = Environment {
        variables: BTreeMap::from([("HOME".into(), "/home/x".into())]),
        host: "studio".into(),
    };
    let loaded = load(&Flags::default(), &environment).unwrap();
    assert_eq!(
        loaded.config.data_dir,
        Path::new("/home/x/.local/share/reel")
    );
    assert_eq!(
        loaded.config.socket,
        Path::new("/home/x/.local/share/reel/reeld.sock")
    );
    assert_eq!(loaded.config.listen.as_deref(), Some("127.0.0.1:3124"));
    assert_eq!(
        loaded.config.resources,
        BTreeMap::from([("cpu".to_owned(), 2)])
    );
    assert_eq!(loaded.config.node.name, "studio");
    assert_eq!(
        loaded.config.media.library,
        Path::new("/home/x/Videos/reel")
    );
    assert_eq!(
        loaded.config.retention.logs,
        Duration::from_secs(7 * 86_400)
    );
    assert!(loaded.files.is_empty() && loaded.warnings.is_empty());
}

#[test]
fn the_defaults_without_loading_are_those_of_loading() {
    let place = Place::new("");
    let flags = Flags {
        data_dir: Some("/data".into()),
        socket: Some("/data/reeld.sock".into()),
        ..Flags::default()
    };
    let loaded = place.load_with(flags).unwrap().config;
    let plain = Config::default_at("/data");
    assert_eq!(plain.limits, loaded.limits);
    assert_eq!(plain.webhooks, loaded.webhooks);
    assert_eq!(plain.socket, loaded.socket);
}

#[test]
fn flags_beat_environment_beats_file_beats_default() {
    let place = Place::new("[redis]\nurl = 'redis://file:1'\n")
        .set("REEL_LOG", "warn")
        .set("REEL_REDIS_URL", "redis://variable:1");
    let config = place.load().unwrap().config;
    assert_eq!(
        (config.log.as_str(), config.redis),
        ("warn", Some(Secret::new("redis://variable:1")))
    );
    let flags = Flags {
        log: Some("debug".into()),
        redis: Some("redis://flag:1".into()),
        ..Flags::default()
    };
    let loaded = place.load_with(flags).unwrap();
    assert_eq!(
        (loaded.config.log.as_str(), loaded.config.redis),
        ("debug", Some(Secret::new("redis://flag:1")))
    );
    let origin = |key: &str| {
        loaded
            .effective
            .iter()
            .find(|value| value.key == key)
            .unwrap()
            .origin
            .clone()
    };
    assert_eq!(origin("log"), Origin::Flag("--log"));
    assert_eq!(origin("redis.url"), Origin::Flag("--redis"));
    assert_eq!(origin("limits.body"), Origin::Default);
    assert_eq!(
        Place::new("[redis]\nurl = 'redis://file:1'\n")
            .load()
            .unwrap()
            .config
            .redis,
        Some(Secret::new("redis://file:1"))
    );
}

#[test]
fn the_overlay_of_the_environment_lies_over_the_file() {
    let place = Place::new("[limits]\nburst = 5\nbody = '2MiB'\n")
        .write("reeld.staging.toml", "[limits]\nburst = 7\n");
    assert_eq!(place.load().unwrap().config.limits.burst, 5);
    let loaded = place.set("REEL_ENV", "staging").load().unwrap();
    assert_eq!(
        (loaded.config.limits.burst, loaded.config.limits.body),
        (7, 2 << 20)
    );
    assert_eq!(loaded.files.len(), 2);
    let wrong = Place::new("").set("REEL_ENV", "stagin").load().unwrap_err();
    assert!(
        wrong[0]
            .to_string()
            .contains("development, staging, production"),
        "{wrong:?}"
    );
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest_known_one() {
    assert_eq!(
        problems("[limits]\nbrust = 5\n"),
        [
            "reeld.toml:2: limits.brust: unknown key `brust` in [limits]; the nearest known one is `burst`"
        ]
    );
    assert_eq!(
        problems("[retension]\nfinished = 5\n"),
        [
            "reeld.toml:1: retension: unknown key `retension` in the file; the nearest known one is `retention`"
        ]
    );
}

#[test]
fn every_problem_is_told_at_once() {
    let found = problems(
        "[limits]\nbody = 'much'\nburst = 'x'\nrequests_per_second = 0\n[auth]\nloopback = 'on'\n[retention]\nlogs = 7\n",
    );
    assert_eq!(
        found,
        [
            "reeld.toml:6: auth.loopback: \"on\" is none; write \"off\" or \"operate\"",
            "reeld.toml:4: limits.requests_per_second: 0 is out of bounds; write a whole number from 1 to 1000000",
            "reeld.toml:3: limits.burst: is a text; write a whole number from 1 to 1000000",
            "reeld.toml:2: limits.body: \"much\" is none; write a size like \"512MiB\"",
            "reeld.toml:8: retention.logs: is a whole number; write a text, { file = \"PATH\" } or { env = \"NAME\" }",
        ]
    );
}

#[test]
fn a_file_that_is_not_toml_names_line_and_column() {
    let found = problems("[limits]\nburst = = 5\n");
    assert!(
        found[0].starts_with("reeld.toml:2: syntax: not TOML at column 9"),
        "{found:?}"
    );
}

#[test]
fn schedules_are_checked_when_they_are_read() {
    let found = problems(
        "[[schedules]]\nname = 'a'\ncron = 'often'\npipeline = 'video'\nzone = 'Mars/Base'\n[[windows]]\ncron = '0 3 * * *'\n",
    );
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        found[0].contains("schedules[0].cron")
            && found[1].contains("Mars/Base")
            && found[2].contains("windows[0].duration")
    );
    let config = Place::new("[[schedules]]\nname = 'a'\ncron = '30 4 * * 1'\npipeline = 'video'\nparams = { prompt = 'x', captions = true }\n")
        .load()
        .unwrap()
        .config;
    assert_eq!(config.schedules[0].zone, "UTC");
    assert!(config.schedules[0].catch_up);
    assert_eq!(config.schedules[0].params["captions"], true);
}

#[test]
fn secrets_come_from_files_and_variables_and_are_never_shown() {
    let file = "[webhooks]\ndefault_secret = { file = 'key' }\n[inbound]\nsecrets = { n8n = { env = 'N8N' } }\n[storage]\naccess_key_id = 'plain-id'\nsecret_access_key = { env = 'N8N' }\n";
    let loaded = Place::new(file)
        .write("key", "from-file\n")
        .set("N8N", "from-variable")
        .load()
        .unwrap();
    assert_eq!(
        loaded
            .config
            .webhooks
            .default_secret
            .as_ref()
            .unwrap()
            .expose(),
        "from-file"
    );
    assert_eq!(
        loaded.config.inbound.secrets["n8n"].expose(),
        "from-variable"
    );
    let shown = format!("{loaded:?}");
    for hidden in ["from-file", "from-variable", "plain-id"] {
        assert!(!shown.contains(hidden), "{hidden} is shown");
    }
    assert!(
        loaded.warnings[0].contains("storage.access_key_id stands in the file as plain text"),
        "{:?}",
        loaded.warnings
    );
}

#[test]
fn a_reference_that_leads_nowhere_is_refused() {
    let found = problems(
        "[webhooks]\ndefault_secret = { env = 'NOT_SET' }\n[inbound]\nsecrets = { worker = { file = 'absent' } }\n",
    );
    assert!(
        found
            .iter()
            .any(|problem| problem.contains("NOT_SET is not set")),
        "{found:?}"
    );
    assert!(
        found
            .iter()
            .any(|problem| problem.contains("absent can't be read")),
        "{found:?}"
    );
}

#[test]
fn listen_takes_literals_and_off() {
    for (text, expected) in [
        ("off", None),
        ("localhost:0", Some("127.0.0.1:0")),
        ("[::1]:80", Some("[::1]:80")),
        ("0.0.0.0:1", Some("0.0.0.0:1")),
    ] {
        let flags = Flags {
            listen: Some(text.into()),
            ..Flags::default()
        };
        assert_eq!(
            Place::new("")
                .load_with(flags)
                .unwrap()
                .config
                .listen
                .as_deref(),
            expected
        );
    }
    for text in ["", "3124", "127.0.0.1", "example.org:80", "127.0.0.1:99999"] {
        let flags = Flags {
            listen: Some(text.into()),
            ..Flags::default()
        };
        assert!(Place::new("").load_with(flags).is_err(), "{text}");
    }
}

#[test]
fn every_documented_key_is_taken() {
    let file = include_str!("../../../docs/reeld.example.toml");
    let uncommented: String = file
        .lines()
        .map(|line| line.strip_prefix("#: ").unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n");
    let place = Place::new(&uncommented)
        .write("secret", "s3cret")
        .set("REEL_SECRET", "s3cret");
    let loaded = place.load().unwrap_or_else(|problems| {
        panic!(
            "{}",
            problems
                .iter()
                .map(|p| format!("{p}\n"))
                .collect::<String>()
        )
    });
    assert_eq!(
        loaded.config.youtube.channels["main_channel"].client_id,
        "an-id"
    );
    assert_eq!(loaded.config.providers.chat.as_deref(), Some("openai"));
    assert!(loaded.config.notify.email.is_some());
    // As it is shipped, with everything commented out, it says the defaults.
    let shipped = Place::new(file).load().unwrap().config;
    assert_eq!(shipped.limits, Config::default_at("/x").limits);
}
