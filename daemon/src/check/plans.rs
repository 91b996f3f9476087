//! The pipelines and the catalogue of people beside them: files that don't load, parameters handed to a shell, programs that are not there.

use super::Finding;
use super::machine::find_program;
use crate::cast::Cast;
use crate::config::{Config, Environment};
use crate::domain::pipeline::Work;
use crate::pipeline::{Catalogue, Defaults, features, shell_handed};

/// The names that load, and what is wrong with the rest.
pub(super) fn look(config: &Config, environment: &Environment) -> (Vec<String>, Vec<Finding>) {
    let catalogue = Catalogue::load(&Catalogue::folder(config), &Defaults::from(config));
    let loaded = catalogue.loaded();
    let mut findings: Vec<Finding> = loaded
        .problems
        .iter()
        .map(|problem| {
            Finding::missing(
                "pipeline",
                problem.to_string(),
                "mend the file or take it away; the others load",
            )
        })
        .collect();
    if let Err(problem) = Cast::read(config) {
        let remedy = "mend the file, or take it away and the built-in one counts";
        findings.push(Finding::missing(
            "catalog.toml",
            problem.to_string(),
            remedy,
        ));
    }
    for problem in features::unknown(&config.features, &loaded) {
        let (detail, remedy) = problem.split_once("; ").unwrap_or((&problem, ""));
        findings.push(Finding::missing("features", detail, remedy));
    }
    for (name, pipeline) in &loaded.pipelines {
        if let Some(problem) = features::refusal(pipeline, &config.features) {
            let (detail, remedy) = problem.split_once("; ").unwrap_or((&problem, ""));
            findings.push(Finding::missing(format!("pipeline {name}"), detail, remedy));
        }
        for handed in shell_handed(pipeline) {
            let detail = format!(
                "stage {} lets a shell read {:?}",
                handed.stage, handed.argument
            );
            let remedy = "pass the value as an argument of its own: [\"sh\", \"-c\", \"… \\\"$1\\\"\", \"sh\", \"${params.x}\"]";
            findings.push(Finding::warning(format!("pipeline {name}"), detail, remedy));
        }
        for stage in &pipeline.stages {
            let Work::Program { run } = &stage.work else {
                continue;
            };
            let Some(program) = run.first().filter(|program| !program.contains("${")) else {
                continue;
            };
            if find_program(environment, program).is_none() {
                let detail = format!("stage {} runs {program:?}, which is not found", stage.id);
                findings.push(Finding::warning(
                    format!("pipeline {name}"),
                    detail,
                    "install it, or name it by its whole path",
                ));
            }
        }
    }
    (loaded.pipelines.keys().cloned().collect(), findings)
}
