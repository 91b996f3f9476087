//! Making a workflow.

use super::draft::{Draft, dependency_failure, is_lost};
use super::priority;
use crate::domain::command::Submit;
use crate::domain::event::Event;
use crate::domain::evolve::create;
use crate::domain::params;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// Words that stand where an id could, in one of the interface's paths.
const RESERVED: [&str; 7] = [
    "active", "history", "status", "youtube", "failed", "register", "worker",
];

/// What follows from a submit: `Created`, and where the workflow goes from there.
///
/// A workflow whose dependency has already ended otherwise than completed is made all the same, and fails at once.
///
/// # Errors
/// `Invalid` for an id or priority out of bounds, a workflow that waits for itself, and a missing parameter that no
/// clarification will ask for.
pub fn submit(submit: &Submit, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    check(submit)?;
    let mut draft = Draft::new(create(submit, now), now);
    draft.push(Event::Created(Box::new(submit.clone())));
    match submit
        .depends_on
        .iter()
        .find(|(dependency, state)| is_lost(*state) && !dependency.done)
    {
        Some((dependency, _)) => draft.fail(dependency_failure(&dependency.id)),
        None => draft.enter(submit.gate_deadline),
    }
    Ok(draft.into_events())
}

fn check(submit: &Submit) -> Result<(), Refusal> {
    check_id(&submit.id)?;
    priority::check(submit.priority)?;
    if submit
        .depends_on
        .iter()
        .any(|(dependency, _)| dependency.id == submit.id)
    {
        return Err(invalid(
            "dependsOn",
            format!("`{}` can't wait for itself; leave it out", submit.id),
        ));
    }
    if !submit.plan.clarify
        && let Some(question) = params::questions(&submit.plan, &submit.params).first()
    {
        return Err(invalid(
            &format!("params.{}", question.key),
            "is required; give it a value".to_owned(),
        ));
    }
    Ok(())
}

/// Whether a client may call its workflow so.
///
/// # Errors
/// `Invalid`, naming what an id may look like.
pub fn check_id(id: &str) -> Result<(), Refusal> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if id.is_empty() || id.len() > 64 || !id.bytes().all(fits) {
        let problem = format!("`{id}` is no id: 1 to 64 of A–Z, a–z, 0–9, `_` and `-`");
        return Err(invalid("id", problem));
    }
    if RESERVED.contains(&id) {
        return Err(invalid(
            "id",
            format!("`{id}` is a word of the interface's paths; choose another"),
        ));
    }
    Ok(())
}

fn invalid(field: &str, problem: String) -> Refusal {
    Refusal::Invalid {
        field: field.to_owned(),
        problem,
    }
}
