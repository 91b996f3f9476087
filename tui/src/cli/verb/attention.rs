//! `reel attention`: all that waits for a person, each with the act that helps.

use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use crate::cli::moment;
use crate::cli::output::Look;
use crate::cli::table::{Cell, Side, Table};
use jiff::Timestamp;
use reel_shared::client::ClientError;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Listing {
    items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    kind: String,
    #[serde(default)]
    severity: String,
    #[serde(default)]
    since: String,
    #[serde(default)]
    video_id: Option<String>,
    message: String,
    #[serde(default)]
    action: Option<Action>,
}

#[derive(Deserialize)]
struct Action {
    label: String,
}

/// Prints the list.
pub async fn run(context: &mut Context) -> Outcome {
    let data: Value = context.http.get("/api/attention").await?;
    if context.out.json {
        return context.out.json(&data);
    }
    let listing: Listing =
        serde_json::from_value(data).map_err(|error| ClientError::Protocol(error.to_string()))?;
    if listing.items.is_empty() {
        eprintln!("reel: nothing waits for a person");
        return Ok(());
    }
    let width = context.width();
    table(&listing.items, Timestamp::now()).print(&mut context.out, width)
}

fn table(items: &[Item], now: Timestamp) -> Table {
    let mut table = Table::new(&[
        ("KIND", Side::Left),
        ("SINCE", Side::Right),
        ("ID", Side::Left),
        ("HELPS", Side::Left),
        ("WHAT", Side::Left),
    ]);
    for item in items {
        let look = match item.severity.as_str() {
            "error" | "fail" | "bad" => Look::Bad,
            _ => Look::Ask,
        };
        table.row(vec![
            Cell::with(&item.kind, look),
            Cell::new(moment::age(&item.since, now)),
            Cell::new(item.video_id.as_deref().unwrap_or_default()),
            Cell::new(help(item)),
            Cell::new(&item.message),
        ]);
    }
    table
}

/// The act in this program's own words where it has a verb for it.
fn help(item: &Item) -> String {
    let Some(action) = &item.action else {
        return String::new();
    };
    let verb = action.label.split(' ').next().unwrap_or_default();
    match &item.video_id {
        Some(id) if ["answer", "confirm", "retry", "resume", "cancel"].contains(&verb) => {
            format!("reel {verb} {id}")
        }
        _ => action.label.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_act_is_a_command_where_there_is_one() {
        let item = |label: &str| Item {
            kind: "gate".into(),
            severity: "ask".into(),
            since: String::new(),
            video_id: Some("cm1".into()),
            message: String::new(),
            action: Some(Action {
                label: label.into(),
            }),
        };
        assert_eq!(help(&item("answer")), "reel answer cm1");
        assert_eq!(help(&item("re-enable")), "re-enable");
    }
}
