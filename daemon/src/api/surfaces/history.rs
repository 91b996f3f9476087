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

/// Takes `limit` and `offset` from a query.
pub fn page_of(asked: &mut Fields) -> (u32, u64) {
    let limit = asked.whole("limit", 1, MOST).unwrap_or(DEFAULT);
    let offset = asked.whole("offset", 0, i64::MAX).unwrap_or(0);
    (u32::try_from(limit).unwrap_or(50), u64::try_from(offset).unwrap_or(0))
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

/// Takes the `status` filter: a word of ours, or `any`.
fn statuses(asked: &mut Fields) -> (Vec<Status>, Option<bool>) {
    let Some(word) = asked.text("status") else { return (Vec::new(), Some(true)) };
    if word == "any" {
        return (Vec::new(), None);
    }
    match Status::from_word(&word) {
        Some(status) => (vec![status], Some(status.is_terminal())),
        None => {
            let known = Status::ALL.map(Status::word);
            let list = known.join("`, `");
            let told = hint(&word, known);
            asked.problem("status", format!("is `{}`; it must be `any` or one of `{list}`{told}", excerpt(&word)));
            (Vec::new(), None)
        }
    }
}

/// `GET /api/workflow/history`
pub async fn page(State(api): State<Api>, caller: Caller, Asked(mut asked): Asked) -> Result<Answer<Value>, Problem> {
    let (limit, offset) = page_of(&mut asked);
    let (statuses, ended) = statuses(&mut asked);
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
    let filter = Filter { statuses, ended, pipeline, user, label, since, until, q, limit, offset, ..Filter::default() };
    let page = api.engine().reader().list(filter).await?;
    let shown = api.show_all(&page.workflows).await?;
    Ok(answer::ok(json!({ "workflows": shown, "total": page.total, "limit": limit, "offset": offset })))
}
