//! A workflow's progress out of its stages': their mean by weight, 100 only when it is completed.

use super::workflow::{Stage, StageState, State, Workflow};

/// The most that a workflow shows before it is completed.
pub const ALMOST: f64 = 99.9;

/// The mean of the stages' progress by `weights` (one for each stage; where they add up to nothing, all weigh the same).
/// Skipped stages do not count. Not a high-water mark: a stage that starts anew lowers it.
#[must_use]
pub fn mean(workflow: &Workflow, weights: &[f64]) -> f64 {
    if workflow.state == State::Completed {
        return 100.0;
    }
    let counted = || {
        workflow
            .stages
            .iter()
            .zip(weights)
            .filter(|(stage, _)| stage.state != StageState::Skipped)
    };
    let usable = |weight: f64| {
        if weight.is_finite() && weight > 0.0 {
            weight
        } else {
            0.0
        }
    };
    let total: f64 = counted().map(|(_, weight)| usable(*weight)).sum();
    let even = total <= 0.0;
    let (sum, total) = counted().fold((0.0, 0.0), |(sum, total), (stage, weight)| {
        let weight = if even { 1.0 } else { usable(*weight) };
        (sum + weight * done(stage), total + weight)
    });
    if total <= 0.0 {
        0.0
    } else {
        (sum / total).clamp(0.0, ALMOST)
    }
}

/// The mean by the weights that the pipeline's file gives.
#[must_use]
pub fn by_file(workflow: &Workflow) -> f64 {
    let weights: Vec<f64> = workflow
        .plan
        .stages
        .iter()
        .map(|spec| spec.weight)
        .collect();
    mean(workflow, &weights)
}

/// How much of a stage is behind it, 0–100.
fn done(stage: &Stage) -> f64 {
    match stage.state {
        StageState::Completed => 100.0,
        _ => stage.progress.clamp(0.0, 100.0),
    }
}
