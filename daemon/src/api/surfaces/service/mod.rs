//! Document 003's video service: requests for an outside maker and for a file from elsewhere, the gallery of what came of
//! them (and of every other video), its history by execution id, and who may appear, speak and about what.
//!
//! A video here is a workflow of a pipeline that ends in one, whichever surface it came by.

mod change;
mod create;
mod gallery;
mod history;
mod resources;
mod shape;

pub use change::{remove, rename};
pub use create::{create, download, generate};
pub use gallery::{gallery, status};
pub use history::history;
pub use resources::{Listed, avatars, topics, voices};

use super::words::{Words, standing, statuses};
use crate::api::Api;
use crate::api::fields::{Fields, hint};
use crate::api::problem::{Problem, excerpt};
use crate::domain::workflow::Status;
use crate::store::list::{Filter, Page};

/// Pipelines that end in a video, whatever a file of the same name makes of them.
const NAMED: [&str; 4] = ["video", "generation", "avatar", "download-video"];
/// Built-in stages that end in a video file.
const MAKERS: [&str; 3] = ["compose", "download", "external"];
/// Active ones that are looked at for a document's word: more can't run on one daemon's boxes.
const ACTIVE: u32 = 10_000;

/// The names of the pipelines that end in a video.
fn pipelines(api: &Api) -> Vec<String> {
    let makes = |uses: Option<&str>| uses.is_some_and(|uses| MAKERS.contains(&uses));
    let loaded = api.catalogue().loaded();
    loaded
        .pipelines
        .values()
        .filter(|plan| {
            NAMED.contains(&plan.name.as_str())
                || plan.stages.iter().any(|stage| makes(stage.work.uses()))
        })
        .map(|plan| plan.name.clone())
        .collect()
}

/// Takes the `status` filter, in the document's words or ours.
fn wanted(asked: &mut Fields, words: Words) -> Option<(String, Vec<Status>)> {
    let word = asked.text("status")?;
    let found = statuses(&word, words);
    if found.is_none() {
        let known = super::words::all(words);
        let told = hint(&word, known.iter().copied());
        asked.problem(
            "status",
            format!(
                "is `{}`; it must be one of `{}`{told}",
                excerpt(&word),
                known.join("`, `")
            ),
        );
    }
    found.map(|statuses| (word, statuses))
}

/// A page by filter. What has not ended is few, so where a word of the document is asked for that a paused one may stand
/// under, all of it is looked at; what has ended is many, and the database pages it.
async fn page(
    api: &Api,
    mut filter: Filter,
    wanted: Option<(String, Vec<Status>)>,
    words: Words,
) -> Result<Page, Problem> {
    filter.pipelines = pipelines(api);
    let Some((word, statuses)) = wanted else {
        return Ok(api.engine().reader().list(filter).await?);
    };
    let ours = Status::from_word(&word).is_some_and(|status| statuses == [status]);
    filter.ended = statuses
        .iter()
        .all(|status| status.is_terminal())
        .then_some(true);
    filter.statuses = statuses;
    if ours || filter.ended == Some(true) {
        // Pages of ended ones are in the order of the listing without a filter.
        filter.ended = None;
        return Ok(api.engine().reader().list(filter).await?);
    }
    let (limit, offset) = (filter.limit, filter.offset);
    (filter.limit, filter.offset) = (ACTIVE, 0);
    let mut page = api.engine().reader().list(filter).await?;
    page.workflows
        .retain(|workflow| words(standing(workflow)) == word);
    page.total = page.workflows.len() as u64;
    let skipped = usize::try_from(offset).unwrap_or(usize::MAX);
    page.workflows = page
        .workflows
        .into_iter()
        .skip(skipped)
        .take(limit as usize)
        .collect();
    Ok(page)
}
