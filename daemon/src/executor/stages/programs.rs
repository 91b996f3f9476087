//! The programs that stages run, with what brings them when they are missing.

use crate::executor::stage::{StageContext, StageError, Step, StepResult};

/// Debian's package of a program.
fn package(program: &str) -> &str {
    match program {
        "ffmpeg" | "ffprobe" => "ffmpeg",
        other => other,
    }
}

/// Runs a program to its success. A missing one is told with the package that brings it.
///
/// # Errors
/// The step's own, and class `provider` when the program ends with another code than 0.
pub async fn run(context: &StageContext, name: &str, step: Step) -> Result<StepResult, StageError> {
    let program = step.program.to_string_lossy().into_owned();
    let result = attempt(context, name, step).await?;
    result.require_success(&program)
}

/// Runs a program whatever its exit code.
///
/// # Errors
/// The step's own; a missing program is told with the package that brings it.
pub async fn attempt(
    context: &StageContext,
    name: &str,
    step: Step,
) -> Result<StepResult, StageError> {
    let program = step.program.to_string_lossy().into_owned();
    context.step(name, step).await.map_err(|error| match error {
        StageError::Failed {
            class,
            code,
            message,
            hint,
        } if code == "program_missing" => {
            let _ = hint;
            let hint = format!(
                "Install it (Debian: apt install {}), then retry.",
                package(&program)
            );
            StageError::Failed {
                class,
                code,
                message,
                hint,
            }
        }
        other => other,
    })
}
