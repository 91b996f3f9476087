//! `GET /api/workflow/history`: pages of ended workflows, or of all.

use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::auth::Caller;
use crate::api::extract::Asked;
use crate::api::fields::{Fields, hint};
use crate::api::problem::{Problem, excerpt};
use crate::api::view::time;
use crate::domain::Timestamp;
use crate::domain::workflow::Status;
use crate::store::list::Filter;
use axum::extract::State;
use serde_json::{Value, json};

/// Rows of a page unless said.
const DEFAULT: i64 = 50;
/// Rows of a page at most.
const MOST: i64 = 200;

/// Running ones that are looked at for a stage: more can't run on one daemon's boxes.
const RUNNING: u32 = 10_000;

/// Takes `limit` and `offset` from a query.
pub fn page_of(asked: &mut Fields) -> (u32, u64) {
    let limit = asked.whole("limit", 1, MOST).unwrap_or(DEFAULT);
    let offset = asked.whole("offset", 0, i64::MAX).unwrap_or(0);
    (
        u32::try_from(limit).unwrap_or(50),
        u64::try_from(offset).unwrap_or(0),
    )
}

/// Takes a moment from a query.
pub fn moment(asked: &mut Fields, name: &'static str) -> Option<Timestamp> {
    let text = asked.text(name)?;
    match time::parse(&text) {
        Ok(at) => Some(at),
        Err(problem) => {
            asked.problem(name, problem);
            None
        }
    }
}

/// What the `status` filter lets through.
struct Wanted {
    statuses: Vec<Status>,
    ended: Option<bool>,
    /// Only those that are at this stage now.
    stage: Option<String>,
}

/// Takes the `status` filter: a word of ours, `any`, or the stage's id that document 000 shows a running one as.
fn wanted(api: &Api, asked: &mut Fields) -> Wanted {
    let all = |ended| Wanted {
        statuses: Vec::new(),
        ended,
        stage: None,
    };
    let Some(word) = asked.text("status") else {
        return all(Some(true));
    };
    if word == "any" {
        return all(None);
    }
    let pipelines = api.catalogue().loaded();
    let is_stage = pipelines
        .pipelines
        .values()
        .any(|one| one.stages.iter().any(|stage| stage.id == word));
    match Status::from_word(&word) {
        Some(status) => Wanted {
            statuses: vec![status],
            ended: Some(status.is_terminal()),
            stage: None,
        },
        None if is_stage => Wanted {
            statuses: vec![Status::Running],
            ended: Some(false),
            stage: Some(word),
        },
        None => {
            let known = Status::ALL.map(Status::word);
            let list = known.join("`, `");
            let told = hint(&word, known);
            asked.problem(
                "status",
                format!(
                    "is `{}`; it must be `any`, a stage, or one of `{list}`{told}",
                    excerpt(&word)
                ),
            );
            all(None)
        }
    }
}

/// `GET /api/workflow/history`
pub async fn page(
    State(api): State<Api>,
    caller: Caller,
    Asked(mut asked): Asked,
) -> Result<Answer<Value>, Problem> {
    let (limit, offset) = page_of(&mut asked);
    let Wanted {
        statuses,
        ended,
        stage,
    } = wanted(&api, &mut asked);
    let pipeline = asked.text("pipeline");
    let user = asked.text("user");
    let label = asked.text("label").map(|text| match text.split_once('=') {
        Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
        None => (text, None),
    });
    let since = moment(&mut asked, "since");
    let until = moment(&mut asked, "until");
    let q = asked.text("q");
    asked.finish()?;
    let user = caller.only().map(str::to_owned).or(user);
    let mut filter = Filter {
        statuses,
        ended,
        pipeline,
        user,
        label,
        since,
        until,
        q,
        limit,
        offset,
        ..Filter::default()
    };
    if stage.is_some() {
        (filter.limit, filter.offset) = (RUNNING, 0);
    }
    let mut page = api.engine().reader().list(filter).await?;
    if let Some(stage) = stage {
        page.workflows
            .retain(|workflow| workflow.current_state() == stage);
        page.total = page.workflows.len() as u64;
        let skipped = usize::try_from(offset).unwrap_or(usize::MAX);
        page.workflows = page
            .workflows
            .into_iter()
            .skip(skipped)
            .take(limit as usize)
            .collect();
    }
    let shown = api.show_all(&page.workflows).await?;
    Ok(answer::ok(
        json!({ "workflows": shown, "total": page.total, "limit": limit, "offset": offset }),
    ))
}
