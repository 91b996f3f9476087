//! From a draft to a stored workflow: what every surface that makes one goes through, whatever its request looks like.

use super::acts::runs_anything;
use crate::api::Api;
use crate::api::auth::guard::too_small;
use crate::api::auth::{Caller, Scope};
use crate::api::fields::Fields;
use crate::api::idempotency::Derived;
use crate::api::problem::Problem;
use crate::api::request_id::RequestId;
use crate::domain::{Pipeline, Refusal, Submit, Workflow};
use crate::engine::EngineError;
use crate::pipeline::{Draft, prepare};
use reel_shared::problem::FieldProblem;
use std::sync::Arc;

/// Who submits, by which surface and in which request.
pub struct Origin<'a> {
    /// Who.
    pub caller: &'a Caller,
    /// The request.
    pub request: &'a RequestId,
    /// The surface's word, kept with the workflow.
    pub surface: &'static str,
    /// Where the request carries a key: what the ids come from.
    pub derived: Option<&'a Derived>,
}

/// A draft that says who asks, for the request's `index`th workflow.
#[must_use]
pub fn draft(origin: &Origin<'_>, index: usize) -> Draft {
    Draft {
        user: origin.caller.user.to_string(),
        surface: origin.surface.to_owned(),
        request_id: origin.request.0.to_string(),
        id: origin.derived.map(|derived| derived.id(index)),
        ..Draft::default()
    }
}

/// Programs that a parameter names may be run by `admin` alone.
///
/// # Errors
/// 403 for a smaller scope.
pub fn permitted(caller: &Caller, plan: Option<&Pipeline>) -> Result<(), Problem> {
    if plan.is_some_and(runs_anything) && caller.scope < Scope::Admin {
        return Err(too_small(caller, Scope::Admin));
    }
    Ok(())
}

/// Checks a draft, noting each problem under the name that `field` gives it. None: problems were noted.
///
/// # Errors
/// 500 when the check itself broke.
pub async fn checked(
    api: &Api,
    draft: Draft,
    body: &mut Fields,
    field: impl Fn(&String) -> String,
) -> Result<Option<Submit>, Problem> {
    // Looks into the footage library's folder, so it stands off the runtime's threads where there may be one.
    let (catalogue, config) = (Arc::clone(api.catalogue()), api.config());
    let prepared = if catalogue_only(&draft) {
        prepare(draft, &catalogue, &config)
    } else {
        let prepared =
            tokio::task::spawn_blocking(move || prepare(draft, &catalogue, &config)).await;
        prepared.map_err(|error| Problem::internal("the request could not be checked", &error))?
    };
    match prepared {
        Ok(submit) => Ok(Some(submit)),
        Err(problems) => {
            body.problems(problems.into_iter().map(|one| FieldProblem {
                field: field(&one.field),
                ..one
            }));
            Ok(None)
        }
    }
}

/// `command` reads no files, and is submitted by the thousand.
fn catalogue_only(draft: &Draft) -> bool {
    draft.pipeline == "command"
}

/// Submits, and gives what was made; under a key that had made it before, that.
///
/// # Errors
/// The engine's: a taken id, an unknown dependency, a full disk.
pub async fn made(
    api: &Api,
    submit: Option<Submit>,
    derived: Option<&Derived>,
) -> Result<Arc<Workflow>, Problem> {
    let Some(submit) = submit else {
        return Err(Problem::internal(
            "the request was checked and gave nothing",
            &"no problem was noted",
        ));
    };
    let id = submit.id.clone();
    match api.engine().submit(submit).await {
        Ok(ack) => Ok(ack.workflow),
        Err(error @ EngineError::Refused(Refusal::IdTaken(_))) => {
            let ours = derived.is_some_and(|derived| derived.id(0) == id);
            let found = if ours {
                api.engine().reader().workflow(&id).await?
            } else {
                None
            };
            found.ok_or_else(|| Problem::from(error))
        }
        Err(error) => Err(error.into()),
    }
}
