//! Finds pipelines that hand a parameter to a shell, for `reeld check` to name: `run = ["sh", "-c", "… ${params.x} …"]`.
//! What a client sends would then be run as a command.

use crate::domain::Pipeline;
use crate::domain::pipeline::Work;

const SHELLS: [&str; 8] = ["sh", "bash", "dash", "zsh", "ksh", "fish", "ash", "busybox"];
const RUNNERS: [&str; 7] = [
    "env", "nice", "ionice", "timeout", "setsid", "sudo", "xargs",
];

/// A stage that lets a shell read a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellHanded {
    /// The pipeline.
    pub pipeline: String,
    /// The stage's id.
    pub stage: String,
    /// The argument that the shell reads.
    pub argument: String,
}

/// All such stages of a pipeline.
#[must_use]
pub fn shell_handed(pipeline: &Pipeline) -> Vec<ShellHanded> {
    pipeline
        .stages
        .iter()
        .filter_map(|stage| {
            let Work::Program { run } = &stage.work else {
                return None;
            };
            let argument = script_of(run)?;
            let handed = argument.contains("${params.") || argument.contains("${stages.");
            handed.then(|| ShellHanded {
                pipeline: pipeline.name.clone(),
                stage: stage.id.clone(),
                argument: argument.to_owned(),
            })
        })
        .collect()
}

/// The argument after a shell's `-c` (also in a cluster like `-ec`), where a shell is run.
fn script_of(run: &[String]) -> Option<&str> {
    let names = |argument: &str, known: &[&str]| {
        let name = argument.rsplit('/').next().unwrap_or(argument);
        known.contains(&name)
    };
    if !names(run.first()?, &SHELLS) && !names(run.first()?, &RUNNERS) {
        return None;
    }
    let shell = run.iter().position(|argument| names(argument, &SHELLS))?;
    let flag = run[shell + 1..].iter().position(|argument| {
        argument.starts_with('-') && !argument.starts_with("--") && argument.contains('c')
    })?;
    run.get(shell + 1 + flag + 1).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(run: &[&str]) -> Option<String> {
        let run: Vec<String> = run.iter().map(|part| (*part).to_owned()).collect();
        script_of(&run).map(str::to_owned)
    }

    #[test]
    fn finds_the_script_of_a_shell() {
        assert_eq!(
            script(&["sh", "-c", "x ${params.a}"]).as_deref(),
            Some("x ${params.a}")
        );
        assert_eq!(
            script(&["/bin/bash", "-e", "-uc", "y"]).as_deref(),
            Some("y")
        );
        assert_eq!(
            script(&["env", "A=1", "bash", "-c", "z"]).as_deref(),
            Some("z")
        );
        assert_eq!(script(&["ffmpeg", "-c", "copy"]), None);
        assert_eq!(script(&["sh", "script.sh", "${params.a}"]), None);
    }
}
