//! `reel why`: what a workflow waits for, until about when, and what would help.

use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use crate::cli::output::{Look, plain};
use crate::cli::{ids, moment};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use reel_shared::workflow::WaitingFor;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The workflow's id or a unique beginning of it
    pub id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Why {
    id: String,
    status: String,
    #[serde(default)]
    waiting_for: Option<WaitingFor>,
    #[serde(default)]
    ahead: Vec<String>,
    #[serde(default)]
    help: Vec<Help>,
}

#[derive(Deserialize)]
struct Help {
    act: String,
    effect: String,
}

/// How many of those ahead are named.
const NAMED: usize = 8;

/// Prints the reason.
pub async fn run(context: &mut Context, args: Args) -> Outcome {
    let id = ids::find(&mut context.http, &args.id).await?.id;
    let data: Value = context.http.get(&format!("/api/workflow/{id}/why")).await?;
    if context.out.json {
        return context.out.json(&data);
    }
    let why: Why = serde_json::from_value(data)
        .map_err(|error| reel_shared::client::ClientError::Protocol(error.to_string()))?;
    for line in lines(&why, Timestamp::now(), &TimeZone::system()) {
        context.out.line(&line)?;
    }
    if !why.help.is_empty() {
        let heading = context.out.paint("what helps:", Look::Bold);
        context.out.line(&heading)?;
        for help in &why.help {
            context
                .out
                .line(&format!("  {}: {}", plain(&help.act), plain(&help.effect)))?;
        }
    }
    Ok(())
}

fn lines(why: &Why, now: Timestamp, zone: &TimeZone) -> Vec<String> {
    let Some(wait) = &why.waiting_for else {
        return vec![format!(
            "{} is {}: it waits for nothing",
            why.id, why.status
        )];
    };
    let mut lines = vec![format!(
        "{} is {}: {}",
        why.id,
        why.status,
        plain(&wait.message)
    )];
    if let Some(until) = &wait.until {
        lines.push(format!("until about {}", moment::clock(until, now, zone)));
    }
    if !why.ahead.is_empty() {
        let named: Vec<&str> = why.ahead.iter().take(NAMED).map(String::as_str).collect();
        let more = why.ahead.len().saturating_sub(NAMED);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        lines.push(format!("ahead of it: {}{more}", named.join(", ")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_told_in_a_few_lines() {
        let why: Why = serde_json::from_value(serde_json::json!({
            "id": "cm1", "status": "queued",
            "waitingFor": {"kind": "slot", "message": "wants 1 cpu; 2 of 2 are taken", "until": "2026-11-20T12:30:00.000Z"},
            "ahead": ["a", "b", "c", "d", "e", "f", "g", "h", "i"], "help": []
        }))
        .unwrap();
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        assert_eq!(
            lines(&why, now, &TimeZone::UTC),
            [
                "cm1 is queued: wants 1 cpu; 2 of 2 are taken",
                "until about 12:30:00",
                "ahead of it: a, b, c, d, e, f, g, h and 1 more"
            ]
        );
        let idle: Why =
            serde_json::from_str(r#"{"id":"cm1","status":"running","waitingFor":null}"#).unwrap();
        assert_eq!(
            lines(&idle, now, &TimeZone::UTC),
            ["cm1 is running: it waits for nothing"]
        );
    }
}
