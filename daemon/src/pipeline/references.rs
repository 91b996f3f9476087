//! Templates name only what will be there: a parameter of the pipeline, or an output of a stage that comes before.

use super::error::FileError;
use super::graph;
use super::nearest::hint;
use super::stage::{Written, templates};
use crate::domain::pipeline::ParamSpec;

/// What one `${…}` names.
#[derive(Debug, PartialEq, Eq)]
enum Reference<'a> {
    Param(&'a str),
    Output(&'a str),
    Unknown(&'a str),
}

/// Refuses the first template that names something else.
pub(super) fn check(stages: &[Written<'_>], params: &[ParamSpec], graph: &[Vec<usize>]) -> Result<(), FileError> {
    for (index, stage) in stages.iter().enumerate() {
        let entry = stage.section.get("run").or_else(|| stage.section.get("with"));
        let wrong = |message: String| entry.as_ref().map_or_else(|| stage.section.error(&*message), |e| e.error(&*message));
        for text in templates(&stage.spec) {
            for reference in references(text) {
                match reference {
                    Reference::Param(name) if params.iter().any(|param| param.name == name) => {}
                    Reference::Param(name) => {
                        let near = hint(name, params.iter().map(|param| param.name.as_str()));
                        return Err(wrong(format!("stage `{}` uses ${{params.{name}}}, which is no parameter here{near}", stage.spec.id)));
                    }
                    Reference::Output(name) => {
                        let Some(at) = stages.iter().position(|other| other.spec.id == name) else {
                            let near = hint(name, stages.iter().map(|other| other.spec.id.as_str()));
                            return Err(wrong(format!("stage `{}` uses an output of `{name}`, which is no stage here{near}", stage.spec.id)));
                        };
                        if !graph::before(graph, index).contains(&at) {
                            return Err(wrong(format!(
                                "stage `{}` uses an output of `{name}`, which need not be over by then; add it to `needs`",
                                stage.spec.id
                            )));
                        }
                    }
                    Reference::Unknown(text) => {
                        return Err(wrong(format!(
                            "stage `{}` has `${{{text}}}`; a template is ${{params.NAME}} or ${{stages.ID.outputs.KEY}}, and $${{ stands for ${{ itself",
                            stage.spec.id
                        )));
                    }
                }
            }
        }
    }
    Ok(())
}

fn references(text: &str) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let inner = &rest[at + 2..];
        let Some(end) = inner.find('}') else {
            if !rest[..at].ends_with('$') {
                found.push(Reference::Unknown(inner));
            }
            break;
        };
        if !rest[..at].ends_with('$') {
            found.push(reference(&inner[..end]));
        }
        rest = &inner[end + 1..];
    }
    found
}

fn reference(name: &str) -> Reference<'_> {
    if let Some(param) = name.strip_prefix("params.") {
        return Reference::Param(param);
    }
    let stage = name.strip_prefix("stages.").and_then(|rest| rest.split_once(".outputs."));
    stage.filter(|(_, key)| !key.is_empty()).map_or(Reference::Unknown(name), |(stage, _)| Reference::Output(stage))
}
