//! Completion of what only the daemon knows: ids with their names, pipelines, stages. It is asked while a person presses Tab:
//! it has a second, and without an answer nothing is offered.

use super::context::Connection;
use super::help;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::CompleteEnv;
use reel_shared::client::Http;
use serde_json::Value;
use std::ffi::OsString;
use std::time::Duration;

/// Longer nobody waits for a Tab.
const PATIENCE: Duration = Duration::from_secs(1);

/// The variable by which a shell's script asks for candidates.
pub const VARIABLE: &str = "REEL_COMPLETE";

/// Verbs whose `ids` or `id` name any workflow; the others' are of what still goes on.
const OF_ANY: [&str; 5] = ["show", "logs", "retry", "rm", "why"];

/// Answers a shell that asks for candidates; false if none does.
pub fn answer(words: &[OsString]) -> bool {
    if std::env::var_os(VARIABLE).is_none() {
        return false;
    }
    let here = std::env::current_dir().ok();
    CompleteEnv::with_factory(command)
        .var(VARIABLE)
        .bin("reel")
        .completer("reel")
        .try_complete(words.iter().cloned(), here.as_deref())
        .unwrap_or_else(|error| {
            // A shell shows nothing of what a completion complains of.
            let _ = error.print();
            true
        })
}

/// The words, with what completes them.
#[must_use]
pub fn command() -> clap::Command {
    let mut command = help::command();
    // Verbs are read when they are needed; here all of them are.
    command.build();
    for verb in [
        "show",
        "why",
        "logs",
        "cancel",
        "retry",
        "pause",
        "resume",
        "prioritise",
        "rm",
        "answer",
        "confirm",
        "extend",
    ] {
        let any = OF_ANY.contains(&verb);
        command = command.mut_subcommand(verb, |verb| {
            verb.mut_args(|arg| match arg.get_id().as_str() {
                "id" | "ids" if any => arg.add(ArgValueCandidates::new(any_ids)),
                "id" | "ids" => arg.add(ArgValueCandidates::new(active_ids)),
                "stage" | "from" => arg.add(ArgValueCandidates::new(stages)),
                _ => arg,
            })
        });
    }
    for verb in ["submit", "ls"] {
        command = command.mut_subcommand(verb, |verb| {
            verb.mut_args(|arg| match arg.get_id().as_str() {
                "pipeline" => arg.add(ArgValueCandidates::new(pipelines)),
                "after" => arg.add(ArgValueCandidates::new(active_ids)),
                _ => arg,
            })
        });
    }
    command
}

/// Asks the daemon that the words name, else the usual one.
fn ask(path: &str) -> Option<Value> {
    let words: Vec<String> = std::env::args().collect();
    let named = words.windows(2).rfind(|pair| pair[0] == "--connect");
    let connection = Connection {
        connect: named.map(|pair| pair[1].clone()).into_iter().collect(),
        token_file: None,
    };
    let endpoint = connection.endpoint().ok()?;
    let runtime = super::start::runtime().ok()?;
    let asked = runtime.block_on(async {
        let mut http = Http::new(endpoint);
        tokio::time::timeout(PATIENCE, http.get::<Value>(path)).await
    });
    runtime.shutdown_background();
    asked.ok()?.ok()
}

fn ids(path: &str) -> Vec<CompletionCandidate> {
    let told = ask(path).unwrap_or_default();
    let listed = told["workflows"].as_array().or_else(|| told.as_array());
    listed
        .into_iter()
        .flatten()
        .filter_map(|one| {
            let help = format!(
                "{} ({})",
                one["name"].as_str().unwrap_or_default(),
                one["status"].as_str().unwrap_or_default()
            );
            Some(CompletionCandidate::new(one["id"].as_str()?).help(Some(help.into())))
        })
        .collect()
}

fn any_ids() -> Vec<CompletionCandidate> {
    ids("/api/workflow/history?status=any&limit=200")
}

fn active_ids() -> Vec<CompletionCandidate> {
    ids("/api/workflow/active")
}

fn pipelines() -> Vec<CompletionCandidate> {
    let told = ask("/api/pipelines").unwrap_or_default();
    let listed = told["pipelines"].as_array();
    listed
        .into_iter()
        .flatten()
        .filter_map(|one| {
            let help = one["description"].as_str().unwrap_or_default().to_owned();
            Some(CompletionCandidate::new(one["name"].as_str()?).help(Some(help.into())))
        })
        .collect()
}

/// The stages of the workflow that the words name; where they name none, of every pipeline.
fn stages() -> Vec<CompletionCandidate> {
    let words: Vec<String> = std::env::args().collect();
    let told = ask("/api/workflow/history?status=any&limit=200").unwrap_or_default();
    let named = told["workflows"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|one| {
            let id = one["id"].as_str().unwrap_or_default();
            words
                .iter()
                .any(|word| word.len() >= 2 && id.starts_with(word.as_str()))
        });
    if let Some(stages) = named.and_then(|one| one["stages"].as_object()) {
        return stages
            .iter()
            .map(|(id, stage)| {
                let help = stage["status"].as_str().unwrap_or_default().to_owned();
                CompletionCandidate::new(id.as_str()).help(Some(help.into()))
            })
            .collect();
    }
    let told = ask("/api/pipelines").unwrap_or_default();
    let mut found: Vec<String> = told["pipelines"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|one| one["stages"].as_array().cloned().unwrap_or_default())
        .filter_map(|stage| stage["id"].as_str().map(str::to_owned))
        .collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().map(CompletionCandidate::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_the_daemon_knows_is_asked_of_it() {
        let command = command();
        for (verb, arg) in [
            ("cancel", "ids"),
            ("logs", "id"),
            ("logs", "stage"),
            ("retry", "from"),
            ("submit", "pipeline"),
        ] {
            let verb = command.find_subcommand(verb).unwrap();
            let arg = verb
                .get_arguments()
                .find(|known| known.get_id() == arg)
                .unwrap();
            assert!(
                arg.get::<ArgValueCandidates>().is_some(),
                "{} {}",
                verb.get_name(),
                arg.get_id()
            );
        }
    }
}
