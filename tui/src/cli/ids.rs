//! Ids on the command line: whole, or cut to any beginning that only one workflow has.
//!
//! An exact id wins over everything that begins with it. So the daemon is asked for the text as it stands first; only
//! when it knows none, it is searched for.

use super::failure::{Failure, Outcome};
use reel_shared::client::{ClientError, Http, Query, Reply};
use reel_shared::workflow::WorkflowView;
use serde::Deserialize;
use std::collections::BTreeSet;

/// Path words of the daemon's own routes: no workflow is called so.
const RESERVED: [&str; 7] = [
    "active", "history", "status", "youtube", "failed", "register", "worker",
];

/// How many candidates are shown.
const SHOWN: usize = 10;

/// The largest page that the daemon gives, and how many of them are gone through.
const PAGE: usize = 200;
const PAGES: usize = 25;

/// Refuses what can't begin an id, before anything is asked.
pub fn check(text: &str) -> Outcome {
    let shaped = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if shaped {
        return Ok(());
    }
    Err(Failure::usage(format!("{text:?} is no workflow's id"))
        .with_remedy("an id has 1 to 64 of A-Z a-z 0-9 _ -; `reel ls` lists them"))
}

/// The path of a workflow's status.
fn status_path(id: &str) -> String {
    format!("/api/workflow/status/{id}")
}

/// The workflow that `text` names, as the daemon sent it.
pub async fn status(http: &mut Http, text: &str) -> Outcome<Reply> {
    check(text)?;
    if !RESERVED.contains(&text) {
        match get(http, &status_path(text)).await {
            Err(ClientError::Problem { status: 404, .. }) => {}
            other => return Ok(other?),
        }
    }
    let id = search(http, text).await?;
    Ok(get(http, &status_path(&id)).await?)
}

/// The workflow that `text` names.
pub async fn find(http: &mut Http, text: &str) -> Outcome<WorkflowView> {
    Ok(status(http, text).await?.data()?)
}

async fn get(http: &mut Http, path: &str) -> Result<Reply, ClientError> {
    http.request(reel_shared::client::Method::GET, path, None, &[])
        .await
}

#[derive(Deserialize)]
struct Listed {
    workflows: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

/// The one id that begins with `prefix`, which is no whole id.
///
/// The daemon's search also finds the text in names and parameters, so its pages are gone through.
pub async fn search(http: &mut Http, prefix: &str) -> Outcome<String> {
    let mut found = BTreeSet::new();
    for page in 0..PAGES {
        let path = Query::new("/api/workflow/history")
            .with("status", "any")
            .with("q", prefix)
            .with("limit", PAGE.to_string())
            .with("offset", (page * PAGE).to_string());
        let listed: Listed = http.get(path.as_str()).await?;
        let count = listed.workflows.len();
        let ids = listed.workflows.into_iter().map(|named| named.id);
        found.extend(ids.filter(|id| id.starts_with(prefix)));
        if count < PAGE || found.len() > SHOWN {
            break;
        }
    }
    choose(prefix, found)
}

/// The one id that begins with `prefix`, or why there is none.
fn choose(prefix: &str, mut found: BTreeSet<String>) -> Outcome<String> {
    match found.len() {
        0 => Err(
            Failure::missing(format!("there is no workflow {prefix:?}")).with_remedy(
                "`reel ls` lists what is active or ended lately, `reel ls --status any` all",
            ),
        ),
        1 => Ok(found.pop_first().unwrap_or_default()),
        many => {
            let more = if many > SHOWN { " and more" } else { "" };
            let shown: Vec<String> = found.into_iter().take(SHOWN).collect();
            Err(
                Failure::usage(format!("{prefix:?} is the beginning of several ids"))
                    .with_remedy(format!("which one: {}{more}", shown.join(", "))),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(prefix: &str, ids: &[&str]) -> Outcome<String> {
        choose(prefix, ids.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_unique_beginning_is_enough() {
        assert_eq!(chosen("cm1", &["cm1a"]).unwrap(), "cm1a");
    }

    #[test]
    fn an_ambiguous_one_names_the_candidates() {
        let failure = chosen("cm", &["cm2", "cm1"]).unwrap_err();
        assert_eq!(failure.code(), 2);
        assert_eq!(
            failure.lines(),
            [
                r#""cm" is the beginning of several ids"#,
                "which one: cm1, cm2"
            ]
        );
        let many = (10..30).map(|n| format!("a{n}")).collect();
        let failure = choose("a", many).unwrap_err();
        assert!(failure.lines()[1].ends_with("a19 and more"));
    }

    #[test]
    fn none_is_no_such_thing() {
        assert_eq!(chosen("zz", &[]).unwrap_err().code(), 4);
    }

    #[test]
    fn what_can_be_no_id_is_usage() {
        for text in ["", "a/b", "a b", "../x", "é", &"x".repeat(65)] {
            assert_eq!(check(text).unwrap_err().code(), 2, "{text}");
        }
        check("Aa0_-").unwrap();
    }
}
