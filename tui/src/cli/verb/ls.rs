//! `reel ls`: lists workflows, a line each.
//!
//! Without `--status`: the active ones, then what ended in the last 24 hours. A word of an active status filters the
//! active ones, any other the history.

use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use crate::cli::output::Look;
use crate::cli::table::{Cell, Side, Table};
use crate::cli::wait::ended;
use crate::cli::{moment, values};
use clap::builder::PossibleValuesParser;
use jiff::{SignedDuration, Timestamp};
use reel_shared::client::{Http, Query};
use reel_shared::workflow::WorkflowView;
use serde::Deserialize;
use serde_json::{Value, json};

const STATUSES: [&str; 12] = [
    "any",
    "active",
    "pending_clarification",
    "pending_confirmation",
    "blocked",
    "scheduled",
    "queued",
    "running",
    "waiting",
    "paused",
    "completed",
    "failed",
];

/// The largest page that the daemon gives.
const PAGE: usize = 200;

/// Below this many columns only what tells workflows apart is shown.
const NARROW: usize = 80;

const EXAMPLES: &str = "\
Examples:
  reel ls
  reel ls --status failed --limit 5
  reel ls --pipeline video --label series=harbours
  reel ls --status any --json | jq -r '.workflows[].id'";

#[derive(Debug, Default, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Only this status; any: all there are; active: all that have not ended
    #[arg(long, value_name = "S", value_parser = PossibleValuesParser::new(STATUSES.into_iter().chain(["cancelled"])))]
    pub status: Option<String>,
    /// Only this pipeline's
    #[arg(long, value_name = "P")]
    pub pipeline: Option<String>,
    /// Only with this label; may come several times
    #[arg(long, value_name = "K=V", value_parser = values::pair)]
    pub label: Vec<(String, String)>,
    /// At most this many [default: 50 of those that ended, and all active ones]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub limit: Option<u32>,
}

/// A list of workflows: as the daemon sent them, so that nothing is lost on the way to `--json`.
#[derive(Deserialize)]
struct Page {
    workflows: Vec<Value>,
    #[serde(default)]
    total: Option<u64>,
}

/// Prints the list.
pub async fn run(context: &mut Context, args: Args) -> Outcome {
    let limit = args.limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    });
    let (mut found, total) = match args.status.as_deref() {
        None => recent(&mut context.http, &args, limit).await?,
        Some("active") => active(&mut context.http, &args, None).await?,
        Some(status) if status != "any" && !ended(status) => {
            active(&mut context.http, &args, Some(status)).await?
        }
        Some(status) => {
            let limit = args.limit.map_or(50, |_| limit);
            history(&mut context.http, &args, Some(status), None, limit).await?
        }
    };
    found.truncate(limit);
    if context.out.json {
        let count = found.len();
        let data = match total {
            Some(total) => {
                json!({"workflows": found, "total": total, "limit": limit.min(PAGE), "offset": 0})
            }
            None => json!({"workflows": found, "count": count}),
        };
        return context.out.json(&data);
    }
    let views: Vec<WorkflowView> = found
        .into_iter()
        .filter_map(|value| serde_json::from_value(value).ok())
        .collect();
    if views.is_empty() {
        let said = if args.status.is_none() && args.pipeline.is_none() && args.label.is_empty() {
            "nothing is active, and nothing ended in the last 24 hours: `reel submit` begins"
        } else {
            "no workflow is like that"
        };
        eprintln!("reel: {said}");
        return Ok(());
    }
    let width = context.width();
    let narrow = width.is_some_and(|width| width < NARROW);
    table(&views, Timestamp::now(), narrow).print(&mut context.out, width)
}

/// A list, and how many there are in all where a history was asked.
type Found = (Vec<Value>, Option<u64>);

async fn recent(http: &mut Http, args: &Args, limit: usize) -> Outcome<Found> {
    let (mut found, _) = active(http, args, None).await?;
    let day = Timestamp::now().saturating_sub(SignedDuration::from_hours(24));
    let since = day.map(|day| format!("{day:.3}")).ok();
    let room = limit
        .saturating_sub(found.len())
        .min(args.limit.map_or(50, |_| usize::MAX));
    let (ended, _) = history(http, args, None, since.as_deref(), room).await?;
    // One that ends between the two questions is in both.
    let known: Vec<Value> = found
        .iter()
        .filter_map(|one| one.get("id").cloned())
        .collect();
    found.extend(
        ended
            .into_iter()
            .filter(|one| !one.get("id").is_some_and(|id| known.contains(id))),
    );
    Ok((found, None))
}

async fn active(http: &mut Http, args: &Args, status: Option<&str>) -> Outcome<Found> {
    let page: Page = http.get("/api/workflow/active").await?;
    let wanted = |one: &Value| {
        let word = |key: &str| one.get(key).and_then(Value::as_str);
        status.is_none_or(|status| word("status") == Some(status))
            && args
                .pipeline
                .as_deref()
                .is_none_or(|pipeline| word("pipeline") == Some(pipeline))
            && labelled(one, args)
    };
    Ok((page.workflows.into_iter().filter(wanted).collect(), None))
}

/// Pages through the history until `limit` fitting ones are found.
async fn history(
    http: &mut Http,
    args: &Args,
    status: Option<&str>,
    since: Option<&str>,
    limit: usize,
) -> Outcome<Found> {
    let mut found = Vec::new();
    let mut offset = 0;
    let mut total = None;
    let label = args
        .label
        .first()
        .map(|(key, value)| format!("{key}={value}"));
    while found.len() < limit {
        // The daemon filters by one label; by further ones it is done here, and a page may give fewer.
        let size = if args.label.len() > 1 {
            PAGE
        } else {
            PAGE.min(limit - found.len())
        };
        let query = Query::new("/api/workflow/history")
            .with("limit", size.to_string())
            .with("offset", offset.to_string())
            .with_some("status", status)
            .with_some("pipeline", args.pipeline.as_deref())
            .with_some("label", label.as_deref())
            .with_some("since", since);
        let page: Page = http.get(query.as_str()).await?;
        let count = page.workflows.len();
        total = page.total.filter(|_| args.label.len() < 2);
        found.extend(page.workflows.into_iter().filter(|one| labelled(one, args)));
        offset += count;
        if count < size {
            break;
        }
    }
    found.truncate(limit);
    let total = total.or_else(|| u64::try_from(found.len()).ok());
    Ok((found, total))
}

fn labelled(one: &Value, args: &Args) -> bool {
    args.label.iter().all(|(key, value)| {
        one.get("labels")
            .and_then(|labels| labels.get(key))
            .and_then(Value::as_str)
            == Some(value)
    })
}

fn table(views: &[WorkflowView], now: Timestamp, narrow: bool) -> Table {
    use Side::{Left, Right};
    let columns = [
        ("ID", Left),
        ("STATUS", Left),
        ("DONE", Right),
        ("STAGE", Left),
        ("ETA", Right),
        ("AGE", Right),
        ("PIPELINE", Left),
        ("NAME", Left),
    ];
    let kept = |column: &str| !(narrow && matches!(column, "STAGE" | "AGE" | "PIPELINE"));
    let heading: Vec<_> = columns
        .into_iter()
        .filter(|(column, _)| kept(column))
        .collect();
    let mut table = Table::new(&heading);
    for view in views {
        let cells = columns.iter().filter(|(column, _)| kept(column));
        table.row(cells.map(|(column, _)| cell(view, column, now)).collect());
    }
    table
}

fn cell(view: &WorkflowView, column: &str, now: Timestamp) -> Cell {
    match column {
        "ID" => Cell::with(&view.id, Look::Bold),
        "STATUS" => {
            let word = match (view.cancelling, view.pausing) {
                (Some(true), _) => "cancelling",
                (_, Some(true)) => "pausing",
                _ => view.status.as_str(),
            };
            Cell::with(word, Look::of_status(&view.status))
        }
        "DONE" => Cell::new(format!("{:.0}%", view.progress.floor())),
        "STAGE" if view.current_state != view.status => Cell::new(&view.current_state),
        "ETA" if !ended(&view.status) => Cell::new(
            view.estimated_time_remaining
                .map(moment::seconds)
                .unwrap_or_default(),
        ),
        "AGE" => Cell::with(moment::age(&view.created_at, now), Look::Dim),
        "PIPELINE" => Cell::new(&view.pipeline),
        "NAME" => Cell::new(&view.name),
        _ => Cell::new(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::Output;
    use crate::cli::tests::Kept;

    fn view(id: &str, status: &str, name: &str) -> WorkflowView {
        WorkflowView {
            id: id.into(),
            status: status.into(),
            current_state: if status == "running" {
                "processing_video".into()
            } else {
                status.into()
            },
            name: name.into(),
            pipeline: "video".into(),
            progress: 99.96,
            created_at: "2026-11-20T11:58:00.000Z".into(),
            estimated_time_remaining: Some(75.0),
            ..Default::default()
        }
    }

    #[test]
    fn columns_stand_under_each_other_whatever_the_names_hold() {
        let views = [
            view("cm1", "running", "海辺の夜明け"),
            view("a-long-id-of-ones-own", "failed", "two\nlines \x1b[31m"),
            view("cm3", "queued", ""),
        ];
        let kept = Kept::default();
        let mut out = Output::to(Box::new(kept.clone()), false);
        table(&views, "2026-11-20T12:00:00Z".parse().unwrap(), false)
            .print(&mut out, None)
            .unwrap();
        out.flush().unwrap();
        insta::assert_snapshot!(kept.text(), @r"
        ID                     STATUS   DONE  STAGE               ETA    AGE  PIPELINE  NAME
        cm1                    running   99%  processing_video  1m15s  2m00s  video     海辺の夜明け
        a-long-id-of-ones-own  failed    99%                           2m00s  video     two⏎lines �[31m
        cm3                    queued    99%                    1m15s  2m00s  video
        ");
    }

    #[test]
    fn a_narrow_terminal_keeps_what_tells_them_apart() {
        let kept = Kept::default();
        let mut out = Output::to(Box::new(kept.clone()), false);
        let views = [view(
            "cm1",
            "running",
            "a name that is longer than there is room",
        )];
        table(&views, "2026-11-20T12:00:00Z".parse().unwrap(), true)
            .print(&mut out, Some(40))
            .unwrap();
        out.flush().unwrap();
        insta::assert_snapshot!(kept.text(), @r"
        ID   STATUS   DONE    ETA  NAME
        cm1  running   99%  1m15s  a name that …
        ");
    }
}
