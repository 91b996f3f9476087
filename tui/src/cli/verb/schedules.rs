//! `reel schedules`: what starts by the clock, and one of it now.

use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use crate::cli::moment;
use crate::cli::output::Look;
use crate::cli::table::{Cell, Side, Table};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use reel_shared::client::segment;
use reel_shared::workflow::WorkflowView;
use serde_json::Value;

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    pub act: Option<Act>,
}

#[derive(Debug, clap::Subcommand)]
pub enum Act {
    /// Run one now; prints the workflow's id
    Run {
        /// The schedule's name
        name: String,
    },
}

/// Prints the list, or runs one.
pub async fn run(context: &mut Context, args: Args) -> Outcome {
    if let Some(Act::Run { name }) = args.act {
        let path = format!("/api/schedules/{}/run", segment(&name));
        let data: Value = context.http.post(&path, &serde_json::json!({})).await?;
        if context.out.json {
            return context.out.json(&data);
        }
        let id = serde_json::from_value::<WorkflowView>(data)
            .unwrap_or_default()
            .id;
        return context.out.line(&id);
    }
    let data: Value = context.http.get("/api/schedules").await?;
    if context.out.json {
        return context.out.json(&data);
    }
    let schedules = data
        .get("schedules")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    if schedules.is_empty() {
        eprintln!("reel: nothing is scheduled; [[schedules]] in reeld.toml does that");
        return Ok(());
    }
    let width = context.width();
    table(&schedules, Timestamp::now(), &TimeZone::system()).print(&mut context.out, width)
}

fn table(schedules: &[Value], now: Timestamp, zone: &TimeZone) -> Table {
    let mut table = Table::new(&[
        ("NAME", Side::Left),
        ("CRON", Side::Left),
        ("ZONE", Side::Left),
        ("PIPELINE", Side::Left),
        ("LAST", Side::Left),
        ("NEXT", Side::Left),
    ]);
    for schedule in schedules {
        let word = |key: &str| {
            schedule
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let time = |key: &str| match word(key) {
            "" => String::new(),
            text => moment::clock(text, now, zone),
        };
        table.row(vec![
            Cell::with(word("name"), Look::Bold),
            Cell::new(word("cron")),
            Cell::new(word("zone")),
            Cell::new(word("pipeline")),
            Cell::new(time("lastAt")),
            Cell::new(time("nextAt")),
        ]);
    }
    table
}
