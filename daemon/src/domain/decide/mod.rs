//! Deciding: a command on a workflow, at a time, gives events and effects, or "already so", or a typed refusal.
//!
//! Which act is taken in which state (`allowed` says the same in words; a test holds both and this table together):
//!
//! ```text
//! state                     clarify  confirm  cancel   pause    resume   retry    priority  delete
//! pending_clarification     x                 x                                   x
//! pending_confirmation      x        x        x                                   x
//! blocked scheduled queued                    x        x                          x
//! running                   (a)      (a)      x        x                          x
//! running, pausing          (a)      (a)      x        already  x                 x
//! running, cancelling                         already                             x
//! running, failing                            x                                   x
//! waiting                   (a)      (a)      x        x                 (t)      x
//! paused                                      x        already  x                 x
//! completed                                                                                 x
//! failed                                                                 x                  x
//! cancelled                                   already                    x                  x
//! ```
//!
//! (a) while a stage waits for an approval; (t) while a stage waits for a time: it goes on now.
//!
//! - A workflow that is cancelled or fails while stages run keeps them `in_progress`, and their slots taken, until their
//!   processes are reported gone; only then it is `cancelled` or `failed`.
//! - A name is for people and no part of the state: it may be changed in every one.
//! - An answer that was already given, a cancel of the cancelled and a pause of the paused change nothing.

mod cancel;
mod delete;
mod dependency;
mod draft;
mod due;
mod extend;
mod gates;
mod pause;
mod priority;
mod rename;
mod retry;
mod stage;
mod submit;

use super::command::Command;
use super::nearest;
use super::refusal::{Decision, Refusal};
use super::time::Timestamp;
use super::workflow::{State, Workflow};
use draft::Draft;

pub use submit::{check_id, submit};

/// What every act answers.
type Answered = Result<Decision, Refusal>;

/// Decides a command. Changes nothing: folding the events is the caller's work.
///
/// # Errors
/// `InvalidTransition` in a state that does not take the act, `Invalid` for a wrong field, `StaleAttempt` for word from
/// an attempt that is not the current one.
pub fn decide(workflow: &Workflow, command: &Command, now: Timestamp) -> Result<Decision, Refusal> {
    let draft = Draft::new(workflow.clone(), now);
    match command.clone() {
        Command::Clarify {
            responses,
            stage,
            by,
        } => gates::clarify(draft, responses, stage.as_deref(), &by),
        Command::Confirm {
            confirmed,
            stage,
            by,
        } => gates::confirm(draft, confirmed, stage.as_deref(), &by),
        Command::Extend {
            extension,
            stage,
            by,
        } => extend::extend(draft, extension, stage.as_deref(), by),
        Command::Cancel { by } => cancel::cancel(draft, by),
        Command::Pause { .. } => pause::pause(draft),
        Command::Resume { .. } => pause::resume(draft),
        Command::Retry { from, params, by } => retry::retry(draft, from, params, by),
        Command::Prioritise { priority, .. } => priority::prioritise(draft, priority),
        Command::Rename { name, by } => rename::rename(draft, name, by),
        Command::Delete { by } => delete::delete(draft, by),
        Command::DependencyEnded { id, completed } => dependency::ended(draft, id, completed),
        Command::Due => due::due(draft),
        Command::Lease { stage, box_name } => stage::lease(draft, stage, box_name),
        Command::Progress {
            stage,
            attempt,
            progress,
            message,
        } => stage::progress(draft, stage, attempt, progress, message),
        Command::Amend {
            stage,
            attempt,
            outputs,
        } => stage::amend(draft, stage, attempt, outputs),
        Command::Ended {
            stage,
            attempt,
            started_at,
            outcome,
            jitter,
        } => stage::ended(
            draft,
            stage::End {
                stage,
                attempt,
                started_at,
                outcome,
                jitter,
            },
        ),
    }
}

/// The acts that would be taken now, in the order of the table: `clarify confirm cancel pause resume retry priority delete`.
#[must_use]
pub fn allowed(workflow: &Workflow) -> Vec<&'static str> {
    let mut acts = Vec::new();
    if !gates::open_approvals(workflow).is_empty() {
        acts.extend(["clarify", "confirm"]);
    }
    let further: &[&str] = match workflow.state {
        State::PendingClarification { .. } => &["clarify", "cancel", "priority"],
        State::PendingConfirmation { .. } => &["clarify", "confirm", "cancel", "priority"],
        State::Blocked | State::Scheduled | State::Queued | State::Running { pausing: false } => {
            &["cancel", "pause", "priority"]
        }
        State::Waiting if retry::waits_for_time(workflow).next().is_some() => {
            &["cancel", "pause", "retry", "priority"]
        }
        State::Waiting => &["cancel", "pause", "priority"],
        State::Running { pausing: true } | State::Paused { .. } => {
            &["cancel", "resume", "priority"]
        }
        State::Cancelling { .. } => &["priority"],
        State::Failing(_) => &["cancel", "priority"],
        State::Completed => &["delete"],
        State::Failed(_) | State::Cancelled => &["retry", "delete"],
    };
    acts.extend(further);
    acts
}

/// The refusal of an act that this state does not take.
fn not_now(workflow: &Workflow) -> Refusal {
    Refusal::InvalidTransition {
        status: workflow.status(),
        allowed: allowed(workflow),
    }
}

fn unknown_stage(field: &str, id: &str, workflow: &Workflow) -> Refusal {
    let known = workflow.plan.stages.iter().map(|spec| spec.id.as_str());
    Refusal::Invalid {
        field: field.to_owned(),
        problem: format!("no stage `{id}`; {}", nearest::suggest(id, known)),
    }
}
