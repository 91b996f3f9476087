//! The flows for n8n fit the daemon: what they ask for is there, by those methods and with those fields, for a token of scope
//! `operate`; what they are wired to is there too. `tests/outside/n8n.sh` runs them in a real n8n.

use reel_tests::{Home, program, run_to_end};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Nodes that every n8n has, and that need no credentials.
const CORE: [&str; 9] = [
    "scheduleTrigger",
    "manualTrigger",
    "webhook",
    "respondToWebhook",
    "set",
    "httpRequest",
    "if",
    "splitInBatches",
    "splitOut",
];

struct Flow {
    name: String,
    whole: Value,
}

impl Flow {
    fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../integrations/n8n");
        let entries = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let flows: Vec<Self> = entries
            .filter(|path| path.extension().is_some_and(|kind| kind == "json"))
            .map(|path| Self {
                name: path.file_stem().unwrap().to_string_lossy().into_owned(),
                whole: serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap(),
            })
            .collect();
        assert_eq!(flows.len(), 2, "one that polls, one that is called back");
        flows
    }

    /// By their names.
    fn nodes(&self) -> BTreeMap<&str, &Value> {
        let nodes = self.whole["nodes"].as_array().unwrap();
        let named: BTreeMap<&str, &Value> = nodes
            .iter()
            .map(|node| (node["name"].as_str().unwrap(), node))
            .collect();
        assert_eq!(
            named.len(),
            nodes.len(),
            "{}: a name is taken twice",
            self.name
        );
        named
    }

    /// Who is reached from whom.
    fn ways(&self) -> Vec<(&str, &str)> {
        let from = self.whole["connections"].as_object().unwrap();
        let mut ways = Vec::new();
        for (name, outputs) in from {
            let outputs = outputs["main"].as_array().unwrap().iter();
            for to in outputs.flat_map(|output| output.as_array().unwrap()) {
                ways.push((name.as_str(), to["node"].as_str().unwrap()));
            }
        }
        ways
    }
}

fn kind(node: &Value) -> &str {
    let kind = node["type"].as_str().unwrap();
    kind.strip_prefix("n8n-nodes-base.").unwrap_or(kind)
}

#[test]
fn every_way_leads_somewhere_and_every_node_is_reached() {
    for flow in Flow::all() {
        let nodes = flow.nodes();
        let mut reached = BTreeSet::new();
        for (from, to) in flow.ways() {
            assert!(nodes.contains_key(from), "{}: no node {from:?}", flow.name);
            assert!(
                nodes.contains_key(to),
                "{}: {from:?} leads to {to:?}",
                flow.name
            );
            reached.insert(to);
        }
        for (name, node) in &nodes {
            let kind = kind(node);
            assert!(
                CORE.contains(&kind) || kind == "wait",
                "{}: {name:?} is a {kind}",
                flow.name
            );
            assert!(node["typeVersion"].is_number(), "{}: {name:?}", flow.name);
            let begins = kind.ends_with("Trigger") || kind == "webhook";
            assert!(
                begins != reached.contains(name),
                "{}: {name:?} is never reached",
                flow.name
            );
            for other in named_in(node) {
                assert!(
                    nodes.contains_key(other.as_str()),
                    "{}: {name:?} names {other:?}",
                    flow.name
                );
            }
        }
        let settings = &nodes["Settings"]["parameters"]["assignments"]["assignments"];
        let names: Vec<&str> = settings
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["name"].as_str().unwrap())
            .collect();
        assert_eq!(
            names[..3],
            ["reel_url", "reel_token", "slack_url"],
            "{}",
            flow.name
        );
        assert_eq!(
            flow.whole["active"], false,
            "{}: a person switches it on",
            flow.name
        );
    }
}

/// The nodes that a node's expressions look at.
fn named_in(node: &Value) -> Vec<String> {
    let text = node["parameters"].to_string();
    let pieces = text.split("$('").skip(1);
    pieces
        .filter_map(|rest| Some(rest.split_once("')")?.0.to_owned()))
        .collect()
}

#[test]
fn what_they_ask_for_is_served_to_an_operator() {
    let home = Home::scratch().unwrap();
    let config = home.config().display().to_string();
    home.configure("").unwrap();
    let mut command = Command::new(program("reeld").unwrap());
    command.args(["openapi", "--config", &config]);
    let told = run_to_end(command).unwrap();
    let described: Value = serde_json::from_str(&told.stdout).unwrap();
    for flow in Flow::all() {
        let mut asked = BTreeSet::new();
        for (name, node) in flow.nodes() {
            let parameters = &node["parameters"];
            let Some(path) = parameters["url"]
                .as_str()
                .and_then(|url| url.split_once("reel_url }}"))
            else {
                continue;
            };
            let path = template(path.1);
            let method = parameters["method"].as_str().unwrap().to_lowercase();
            let route = &described["paths"][&path][&method];
            let scope = route["description"].as_str().unwrap_or_default();
            assert!(
                scope.contains("Scope `read`") || scope.contains("Scope `operate`"),
                "{}: {name:?} asks {method} {path}: {route}",
                flow.name
            );
            let fields =
                &route["requestBody"]["content"]["application/json"]["schema"]["properties"];
            for key in keys(parameters["jsonBody"].as_str().unwrap_or_default()) {
                assert!(
                    fields[&key].is_object(),
                    "{}: {name:?} sends {key:?}: {fields}",
                    flow.name
                );
            }
            let headers = parameters["headerParameters"]["parameters"]
                .as_array()
                .unwrap();
            let has = |name: &str| headers.iter().any(|header| header["name"] == name);
            assert!(has("Authorization"), "{}: {name:?}", flow.name);
            assert_eq!(
                has("Idempotency-Key"),
                method == "post",
                "{}: {name:?}",
                flow.name
            );
            asked.insert(path);
        }
        let wanted = [
            "/async/episodes/{id}/process",
            "/async/episodes/{id}/render_clips",
            "/async/jobs/{id}",
            "/episodes/discover",
            "/episodes/{id}/clips",
        ];
        assert_eq!(
            asked.iter().map(String::as_str).collect::<Vec<_>>(),
            wanted,
            "{}",
            flow.name
        );
    }
}

/// A path whose expressions stand for an id.
fn template(path: &str) -> String {
    let mut pieces = path.split("{{");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |path, piece| {
        path + "{id}" + piece.split_once("}}").map_or("", |(_, rest)| rest)
    })
}

/// The keys of the object that is sent: each stands before a `: `.
fn keys(body: &str) -> Vec<String> {
    let pieces: Vec<&str> = body.split(": ").collect();
    let before = pieces.len().saturating_sub(1);
    let last = |piece: &&str| -> String {
        let name = |c: &char| c.is_ascii_lowercase() || *c == '_';
        piece
            .chars()
            .rev()
            .take_while(name)
            .collect::<Vec<_>>()
            .iter()
            .rev()
            .collect()
    };
    pieces[..before].iter().map(last).collect()
}
