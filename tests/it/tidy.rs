//! The house rules that a test can hold: who may import whom, that every module says what it is for, how long a file may
//! be, and what no file may be called or contain.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The longest a file may be without a stated reason.
const LONGEST: usize = 400;

/// The daemon's rooms by layer: a room may import those of lower layers, never one of its own layer or above.
const LAYERS: &[(&str, u32)] = &[
    ("attempt_log", 0),
    ("config", 0),
    ("metrics", 0),
    ("cache", 1),
    ("veil", 1),
    ("telemetry", 2),
    ("cast", 1),
    ("links", 1),
    ("episodes", 1),
    ("outbound", 1),
    ("objects", 2),
    ("youtube", 2),
    ("shim", 1),
    ("signing", 1),
    ("domain", 2),
    ("calendar", 3),
    ("providers", 3),
    ("clock", 3),
    ("pipeline", 3),
    ("store", 4),
    ("engine", 5),
    ("reconcile", 6),
    ("transport", 6),
    ("executor", 6),
    ("conversation", 6),
    ("webhook", 6),
    ("notify", 6),
    ("api", 7),
    ("check", 8),
    ("cli", 8),
    ("app", 9),
    ("bin", 10),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// Every file below, by its path from the workspace's root.
fn files(directory: &str, extension: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![root().join(directory)];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(&directory).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<(String, String)> {
    let directories = [
        "daemon/src",
        "shared/src",
        "tui/src",
        "tests/src",
        "tests/it",
        "xtask/src",
    ];
    let found: Vec<_> = directories
        .iter()
        .flat_map(|directory| files(directory, "rs"))
        .collect();
    assert!(found.len() > 100, "the sources were not found");
    found
}

fn assert_none(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}

#[test]
fn rooms_import_only_what_lies_below_them() {
    let layers: BTreeMap<&str, u32> = LAYERS.iter().copied().collect();
    let mut broken = Vec::new();
    for (name, text) in files("daemon/src", "rs") {
        let inner = name.strip_prefix("daemon/src/").unwrap();
        let room = inner.split('/').next().unwrap().trim_end_matches(".rs");
        if ["lib", "main"].contains(&room) {
            continue;
        }
        let Some(own) = layers.get(room) else {
            broken.push(format!(
                "{name}: the room `{room}` has no layer: give it one"
            ));
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for imported in code.split("crate::").skip(1).flat_map(rooms_named) {
                let Some(layer) = layers.get(imported.as_str()).filter(|_| imported != room) else {
                    continue;
                };
                if layer >= own || room == "domain" {
                    broken.push(format!("{name}:{}: {room} imports {imported}", number + 1));
                }
            }
        }
    }
    assert_none(
        "a room may import only those below it, and domain none",
        &broken,
    );
}

/// The rooms that the text behind a `crate::` names: one, or several in braces.
fn rooms_named(text: &str) -> Vec<String> {
    let word = |text: &str| {
        text.trim()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect::<String>()
    };
    match text.strip_prefix('{') {
        Some(group) => group
            .split('}')
            .next()
            .unwrap_or_default()
            .split(',')
            .map(word)
            .collect(),
        None => vec![word(text)],
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    let broken: Vec<_> = sources()
        .into_iter()
        .filter(|(_, text)| {
            text.lines()
                .next()
                .is_none_or(|line| line.len() < 20 || !line.starts_with("//! "))
        })
        .map(|(name, _)| name)
        .collect();
    assert_none("a file opens with `//!` and a sentence", &broken);
}

#[test]
fn files_stay_short() {
    let broken: Vec<_> = sources()
        .into_iter()
        .map(|(name, text)| (name, text.lines().count(), text.contains("//! Lines: ")))
        .filter(|(_, lines, reason)| *lines > LONGEST && !reason)
        .map(|(name, lines, _)| format!("{name}: {lines} lines"))
        .collect();
    assert_none(
        "a file has at most 400 lines, or says why with `//! Lines: …`",
        &broken,
    );
}

#[test]
fn names_say_something() {
    let empty = [
        "util", "utils", "common", "helper", "helpers", "manager", "types", "misc",
    ];
    let broken: Vec<_> = sources()
        .into_iter()
        .filter(|(name, _)| {
            name.split('/')
                .any(|part| empty.contains(&part.trim_end_matches(".rs")))
        })
        .map(|(name, _)| name)
        .collect();
    assert_none("no file is named for what it holds of everything", &broken);
}

#[test]
fn nothing_is_left_for_later_and_no_machine_is_named() {
    // Put together here, so that this file does not break its own rule.
    let words = ["TO", "FIX", "XX"].map(|start| {
        format!(
            "{start}{}",
            if start == "XX" {
                "X:"
            } else if start == "TO" {
                "DO"
            } else {
                "ME"
            }
        )
    });
    let places = [
        format!("/{}/w/", "tmp"),
        format!("/{}/main", "work"),
        format!("/{}/shared", "work"),
        format!("/{}/", "root/.cargo"),
    ];
    let documents = [
        "docs",
        "systemd",
        ".ci",
        "daemon/pipelines",
        "daemon/migrations",
    ];
    let texts = documents.iter().flat_map(|directory| {
        ["md", "toml", "service", "sql"].map(|extension| files(directory, extension))
    });
    let mut broken = Vec::new();
    for (name, text) in sources().into_iter().chain(texts.flatten()) {
        for (number, line) in text.lines().enumerate() {
            let found = words
                .iter()
                .chain(&places)
                .find(|word| line.contains(word.as_str()));
            broken.extend(found.map(|word| format!("{name}:{}: {word}", number + 1)));
        }
    }
    assert_none(
        "nothing is left for later, and no path of one machine is written down",
        &broken,
    );
}

#[test]
fn tests_wait_for_something_not_for_a_while() {
    let sleep = format!("{}::sleep(", "thread");
    let tests = files("tests", "rs").into_iter().chain(
        files("daemon/src", "rs")
            .into_iter()
            .filter(|(name, _)| name.ends_with("tests.rs")),
    );
    let broken: Vec<_> = tests
        .filter(|(_, text)| {
            text.contains(&sleep) || text.contains(&sleep.replace("thread", "time"))
        })
        .map(|(name, _)| name)
        .collect();
    assert_none(
        "a test waits on a signal or a number, never for a time",
        &broken,
    );
}

#[test]
fn no_test_file_is_forgotten() {
    let main = std::fs::read_to_string(root().join("tests/it/main.rs")).unwrap();
    let broken: Vec<_> = files("tests/it", "rs")
        .into_iter()
        .filter_map(|(name, _)| name.strip_prefix("tests/it/").map(str::to_owned))
        .filter(|name| name != "main.rs" && !name.contains('/'))
        .filter(|name| !main.contains(&format!("mod {};", name.trim_end_matches(".rs"))))
        .collect();
    assert_none("every file of tests/it is a module of its main.rs", &broken);
}
