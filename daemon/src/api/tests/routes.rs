//! `docs/routes.md`: every route, what it wants, and the tests that exercise it, written from the table and the tests' own
//! text. `REEL_BLESS=1` writes it anew; otherwise it must be what is there.

use crate::api::auth::guard::Access;
use crate::api::openapi;
use crate::api::router::{Route, TABLE};
use regex::Regex;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Tests that are named for a route, at most.
const NAMED: usize = 2;

/// A test: the file that it stands in, its name, its text.
struct Test {
    place: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Every test function of the end-to-end tests and of the api's own, with what stands up to the next one.
fn tests() -> Vec<Test> {
    let mut paths = Vec::new();
    for directory in ["tests/it", "daemon/src/api"] {
        files(&root().join(directory), &mut paths);
    }
    paths.sort();
    let name = Regex::new(r"(?s)^(?:\s*#\[[^\]]*\])*\s*(?:async )?fn (\w+)").unwrap();
    let mut tests = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let place = path.strip_prefix(root()).unwrap().display().to_string();
        // Every route is walked there for its scope alone, which exercises none of them.
        if place.ends_with("tests/access.rs") || place.ends_with("tests/routes.rs") {
            continue;
        }
        for part in text
            .split("#[test]")
            .flat_map(|part| part.split("#[tokio::test"))
            .skip(1)
        {
            let part = part.trim_start_matches(|c: char| c != '\n');
            let Some(found) = name.captures(part) else {
                continue;
            };
            tests.push(Test {
                place: format!("`{place}` {}", &found[1]),
                text: part.to_owned(),
            });
        }
    }
    tests
}

/// What a call of the route looks like in a test: its path with anything in place of each name, or, where a helper makes the
/// path, its last word as an act.
fn call(route: &Route) -> Regex {
    let parts: Vec<String> = route
        .path
        .split('/')
        .map(|part| match part.starts_with('{') {
            true => "[^/\"\\s]+".to_owned(),
            false => regex::escape(part),
        })
        .collect();
    let mut pattern = format!("{}[\"?\\s\\\\]", parts.join("/"));
    let last = route.path.rsplit('/').next().unwrap_or_default();
    if route.path.contains("{id}/") && !last.starts_with('{') {
        let last = regex::escape(last);
        let act = if route.path.starts_with("/api/workflow/") {
            format!("|\"{last}\"")
        } else {
            String::new()
        };
        pattern = format!("{pattern}|\\}}/{last}[\"?]{act}");
    }
    Regex::new(&pattern).unwrap()
}

/// Whether a test calls by this method: of paths that take one method alone it is not asked.
fn speaks(test: &Test, route: &Route) -> bool {
    let same = TABLE.iter().filter(|one| one.path == route.path).count();
    let method = route.method.as_str();
    let helper = match method {
        "GET" => ".get(",
        "POST" => ".post(",
        _ => ".delete(",
    };
    same == 1 || test.text.contains(method) || test.text.contains(helper)
}

fn page() -> (String, Vec<String>) {
    let tests = tests();
    let mut page = String::from(
        "# Routes\n\nWritten by the daemon's tests (`REEL_BLESS=1 cargo test -p reeld --lib routes`); do not edit. Every route is also walked\n\
         without a token and with a wrong, an expired, a revoked one and each scope (`daemon/src/api/tests/access.rs`).\n\n\
         | route | wants | surface | does | exercised by |\n|---|---|---|---|---|\n",
    );
    let mut bare = Vec::new();
    for route in TABLE {
        let row = format!("{} {}", route.method, route.path);
        let wants = match route.access {
            Access::Open => "nothing".to_owned(),
            Access::Signed => "a signature, or `operate`".to_owned(),
            Access::Linked(scope) => format!("a signed link, or `{scope}`"),
            Access::Wants(scope) => format!("`{scope}`"),
        };
        let surface = openapi::surface_of(&route.method, route.path);
        let doc = surface.and_then(|surface| surface.doc(&route.method, route.path));
        let pattern = call(route);
        let by: BTreeSet<&str> = tests
            .iter()
            .filter(|test| speaks(test, route) && pattern.is_match(&test.text))
            .map(|test| test.place.as_str())
            .collect();
        if by.is_empty() {
            bare.push(row.clone());
        }
        let by: Vec<&str> = by.into_iter().take(NAMED).collect();
        let _ = writeln!(
            page,
            "| `{row}` | {wants} | {} | {} | {} |",
            surface.map_or("", |surface| surface.name),
            doc.map_or("", |doc| doc.title),
            by.join(", ")
        );
    }
    (page, bare)
}

#[test]
fn every_route_is_exercised_and_the_page_says_by_what() {
    let (page, bare) = page();
    assert!(bare.is_empty(), "routes that no test exercises: {bare:#?}");
    let path = root().join("docs/routes.md");
    if std::env::var_os("REEL_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == page,
        "docs/routes.md is not what the routes are: REEL_BLESS=1 cargo test -p reeld --lib routes"
    );
}
