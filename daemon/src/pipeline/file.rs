//! The TOML form of a pipeline. Everything that can be known without running it is checked here: types, names, the graph,
//! templates and conditions.

use super::error::{FileError, Places};
use super::tree::Section;
use super::{each, graph, param, references, stage};
use crate::domain::Pipeline;
use crate::domain::pipeline::{Gates, RetryPolicy};
use sha2::{Digest, Sha256};
use toml::de::DeTable;

/// What the configuration says for stages that say nothing themselves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Defaults {
    /// `[retry]`
    pub retry: RetryPolicy,
}

impl From<&crate::config::Config> for Defaults {
    fn from(config: &crate::config::Config) -> Self {
        let retry = &config.retry;
        Self {
            retry: RetryPolicy {
                times: retry.times,
                first: retry.first,
                max: retry.max,
            },
        }
    }
}

/// Reads a pipeline. `name` is the file's name without `.toml`; `origin` its path, or `built-in`.
///
/// # Errors
/// The first mistake, with its line and column.
pub fn parse(
    name: &str,
    text: &str,
    origin: &str,
    defaults: &Defaults,
) -> Result<Pipeline, FileError> {
    let places = Places { origin, text };
    let named = !name.is_empty()
        && name.len() <= 64
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if !named {
        return Err(places.error(
            0,
            format!("`{name}` is no pipeline name: 1 to 64 of A-Z, a-z, 0-9, `_` and `-`"),
        ));
    }
    let document = DeTable::parse(text).map_err(|error| {
        places.error(
            error.span().map_or(0, |span| span.start),
            error.message().trim().replace('\n', ", "),
        )
    })?;
    let root = Section::root(document.get_ref(), places);
    root.only(&[
        "description",
        "clarify",
        "confirm",
        "gates",
        "params",
        "stages",
        "each",
    ])?;
    let params = param::read_all(&root)?;
    let written = stage::read_all(&root, &params, defaults)?;
    let names: Vec<String> = written.iter().map(|stage| stage.spec.id.clone()).collect();
    let written = each::expand(written, each::read(&root)?.as_deref());
    let all: Vec<(String, usize)> = written
        .iter()
        .map(|(stage, from)| (stage.spec.id.clone(), *from))
        .collect();
    if let Some(twice) =
        (1..all.len()).find(|at| all[..*at].iter().any(|(id, _)| *id == all[*at].0))
    {
        return Err(written[twice]
            .0
            .section
            .error(format!("two stages have the id `{}`", all[twice].0)));
    }
    let needs = written
        .iter()
        .map(|(stage, from)| {
            let named = stage
                .needs
                .as_ref()
                .map(|entry| entry.texts())
                .transpose()?;
            Ok(graph::Needs {
                id: &stage.spec.id,
                wanted: each::needs(*from, named, &all, &names),
                error: Box::new(|message| {
                    stage
                        .needs
                        .as_ref()
                        .map_or_else(|| stage.section.error(&*message), |e| e.error(&*message))
                }),
            })
        })
        .collect::<Result<Vec<_>, FileError>>()?;
    let graph = graph::resolve(&needs)?;
    drop(needs);
    let written: Vec<_> = written.into_iter().map(|(stage, _)| stage).collect();
    references::check(&written, &params, &graph)?;
    let stages = written
        .into_iter()
        .zip(graph)
        .map(|(stage, needs)| crate::domain::pipeline::StageSpec {
            needs,
            ..stage.spec
        })
        .collect();
    Ok(Pipeline {
        name: name.to_owned(),
        description: root
            .get("description")
            .map_or_else(|| Ok(String::new()), |e| e.text())?,
        source: text.to_owned(),
        hash: hash(name, text),
        origin: origin.to_owned(),
        clarify: root.get("clarify").map_or(Ok(false), |e| e.flag())?,
        confirm: root.get("confirm").map_or(Ok(false), |e| e.flag())?,
        gates: gates(&root)?,
        params,
        stages,
    })
}

/// `[gates]`: how long a clarification or a confirmation may wait, and what time then says in a person's place.
fn gates(root: &Section<'_>) -> Result<Gates, FileError> {
    let Some(entry) = root.get("gates") else {
        return Ok(Gates::default());
    };
    let section = entry.section("`gates`")?;
    section.only(&["deadline", "confirmed"])?;
    let gates = Gates {
        deadline: section.get("deadline").map(|e| e.duration()).transpose()?,
        confirmed: section.get("confirmed").map_or(Ok(false), |e| e.flag())?,
    };
    if gates.deadline.is_none() {
        return Err(
            section.error("`gates` lacks `deadline`: without one nothing is answered by itself")
        );
    }
    Ok(gates)
}

fn hash(name: &str, text: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(name.as_bytes());
    digest.update([0]);
    digest.update(text.as_bytes());
    digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests;
