//! Templates name only what will be there: a parameter of the pipeline, or an output of a stage that comes before.

use super::error::FileError;
use super::graph;
use super::stage::{Written, templates};
use crate::domain::nearest::suggest;
use crate::domain::pipeline::ParamSpec;
use crate::domain::template::{Reference, references};

/// Refuses the first template that names something else.
pub(super) fn check(
    stages: &[Written<'_>],
    params: &[ParamSpec],
    graph: &[Vec<usize>],
) -> Result<(), FileError> {
    for (index, stage) in stages.iter().enumerate() {
        let entry = stage
            .section
            .get("run")
            .or_else(|| stage.section.get("with"));
        let wrong = |message: String| {
            entry
                .as_ref()
                .map_or_else(|| stage.section.error(&*message), |e| e.error(&*message))
        };
        let id = &stage.spec.id;
        for text in templates(&stage.spec) {
            for reference in
                references(text).map_err(|error| wrong(format!("stage `{id}`: {error}")))?
            {
                match reference {
                    Reference::Param { name, .. } => {
                        if !params.iter().any(|param| param.name == name) {
                            let near =
                                suggest(&name, params.iter().map(|param| param.name.as_str()));
                            return Err(wrong(format!(
                                "stage `{id}` uses ${{params.{name}}}, which is no parameter here; {near}"
                            )));
                        }
                    }
                    Reference::Output { stage: name, .. } => {
                        let Some(at) = stages.iter().position(|other| other.spec.id == name) else {
                            let near =
                                suggest(&name, stages.iter().map(|other| other.spec.id.as_str()));
                            return Err(wrong(format!(
                                "stage `{id}` uses an output of `{name}`, which is no stage here; {near}"
                            )));
                        };
                        if !graph::before(graph, index).contains(&at) {
                            return Err(wrong(format!(
                                "stage `{id}` uses an output of `{name}`, which need not be over by then; add it to `needs`"
                            )));
                        }
                    }
                }
            }
        }
    }
    Ok(())
}
