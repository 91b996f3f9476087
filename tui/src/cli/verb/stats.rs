//! `reel stats`: the last hours in sums.

use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use crate::cli::moment;
use crate::cli::output::Look;
use crate::cli::table::{Cell, Side, Table};
use reel_shared::client::Query;
use serde_json::Value;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// How far back: 1h, 24h, 7d [default: the daemon's, 24h]
    #[arg(long, value_name = "D")]
    pub window: Option<String>,
}

/// Prints the sums.
pub async fn run(context: &mut Context, args: Args) -> Outcome {
    let query = Query::new("/api/stats").with_some("window", args.window.as_deref());
    let data: Value = context.http.get(query.as_str()).await?;
    if context.out.json {
        return context.out.json(&data);
    }
    for (key, text) in lines(&data) {
        let key = context.out.paint(&format!("{key:<10}"), Look::Dim);
        context.out.line(&format!("{key} {text}"))?;
    }
    let table = stages(&data);
    if table.is_empty() {
        return Ok(());
    }
    context.out.line("")?;
    let width = context.width();
    table.print(&mut context.out, width)
}

fn number(data: &Value, path: &str) -> f64 {
    data.pointer(path)
        .and_then(Value::as_f64)
        .unwrap_or_default()
}

fn lines(data: &Value) -> Vec<(&'static str, String)> {
    let window = data.get("window").and_then(Value::as_str).unwrap_or("24h");
    let rate = match data.pointer("/videos/successRate").and_then(Value::as_f64) {
        Some(rate) => format!("{:.1} %", rate * 100.0),
        None => "none ended".to_owned(),
    };
    let span = |path: &str| moment::seconds(number(data, path) / 1000.0);
    vec![
        ("window", window.to_owned()),
        (
            "workflows",
            format!(
                "{} in all, {} completed, {} failed, {} cancelled",
                number(data, "/videos/total"),
                number(data, "/videos/completed"),
                number(data, "/videos/failed"),
                number(data, "/videos/cancelled")
            ),
        ),
        ("success", rate),
        (
            "took",
            format!(
                "{} half of them, {} nine of ten",
                span("/processingTime/p50"),
                span("/processingTime/p90")
            ),
        ),
        (
            "queue",
            format!(
                "{} queued, {} running",
                number(data, "/queue/queued"),
                number(data, "/queue/running")
            ),
        ),
        (
            "storage",
            format!(
                "{} in {} files, {} free",
                moment::bytes(number(data, "/storage/bytes")),
                number(data, "/storage/files"),
                moment::bytes(number(data, "/storage/freeBytes"))
            ),
        ),
        (
            "webhooks",
            format!(
                "{} delivered, {} failed",
                number(data, "/webhooks/delivered"),
                number(data, "/webhooks/failed")
            ),
        ),
    ]
}

fn stages(data: &Value) -> Table {
    use Side::{Left, Right};
    let mut table = Table::new(&[
        ("STAGE", Left),
        ("RUNS", Right),
        ("FAILED", Right),
        ("P50", Right),
        ("P90", Right),
    ]);
    for (id, stage) in data
        .get("stages")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let span = |key: &str| moment::seconds(number(stage, key) / 1000.0);
        table.row(vec![
            Cell::new(id),
            Cell::new(number(stage, "/count").to_string()),
            Cell::new(number(stage, "/failed").to_string()),
            Cell::new(span("/p50")),
            Cell::new(span("/p90")),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sums_are_told_in_words() {
        let data = json!({
            "window": "24h", "videos": {"total": 19, "completed": 15, "failed": 1, "cancelled": 0, "successRate": 0.9375},
            "processingTime": {"p50": 41000, "p90": 80000}, "storage": {"bytes": 2048, "files": 1, "freeBytes": 1},
            "webhooks": {"delivered": 1, "failed": 0}, "queue": {"queued": 2, "running": 1}
        });
        let told = lines(&data);
        assert_eq!(told[1].1, "19 in all, 15 completed, 1 failed, 0 cancelled");
        assert_eq!(told[2].1, "93.8 %");
        assert_eq!(told[3].1, "41s half of them, 1m20s nine of ten");
        // A daemon that leaves things out is no reason to fail.
        assert_eq!(lines(&json!({}))[2].1, "none ended");
    }
}
