//! Names of runs in the journal: `WORKFLOW@CREATED/STAGE/ATTEMPT`, and `…/STEP` for a step of a built-in stage.
//!
//! The workflow's time of creation is part of it, because an id that was deleted may be given again, and its attempts then
//! count from 1 again.

use crate::engine::ports::Order;

/// The key of an attempt, which is that of its only run when it is a program.
#[must_use]
pub fn of_attempt(order: &Order) -> String {
    let workflow = &order.workflow;
    format!(
        "{}@{}/{}/{}",
        workflow.id, workflow.created_at.0, workflow.plan.stages[order.stage].id, order.attempt
    )
}

/// The key of a step's run.
#[must_use]
pub fn of_step(attempt: &str, step: &str) -> String {
    format!("{attempt}/{step}")
}

/// The key of the attempt that a run belongs to.
#[must_use]
pub fn attempt_of(run: &str) -> &str {
    run.match_indices('/')
        .nth(2)
        .map_or(run, |(at, _)| &run[..at])
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_step_leads_to_its_attempt() {
        assert_eq!(super::attempt_of("w@1/one/2"), "w@1/one/2");
        assert_eq!(
            super::attempt_of(&super::of_step("w@1/one/2", "a/b")),
            "w@1/one/2"
        );
    }
}
