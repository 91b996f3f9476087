//! `reel show`: one workflow whole.

use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use crate::cli::output::{Look, Output, plain};
use crate::cli::table::{Cell, Side, Table};
use crate::cli::{ids, moment};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use reel_shared::workflow::{Gate, WorkflowView};
use serde_json::{Map, Value};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The workflow's id or a unique beginning of it
    pub id: String,
}

/// Prints it.
pub async fn run(context: &mut Context, args: Args) -> Outcome {
    let reply = ids::status(&mut context.http, &args.id).await?;
    if context.out.json {
        let data: Value = reply.data()?;
        return context.out.json(&data);
    }
    let view: WorkflowView = reply.data()?;
    let width = context.width();
    print(
        &mut context.out,
        &view,
        width,
        Timestamp::now(),
        &TimeZone::system(),
    )
}

fn print(
    out: &mut Output,
    view: &WorkflowView,
    width: Option<usize>,
    now: Timestamp,
    zone: &TimeZone,
) -> Outcome {
    for (key, value) in head(view, now, zone) {
        let look = if key == "status" {
            Look::of_status(&view.status)
        } else {
            Look::Plain
        };
        field(out, key, &value, look)?;
    }
    for gate in &view.gates {
        asked(out, &view.id, gate)?;
    }
    values(out, "parameters", &view.params)?;
    stages(out, view, width)?;
    values(out, "outputs", &view.outputs)?;
    if let Some(error) = &view.error {
        out.line("")?;
        let heading = out.paint(
            &format!("error ({}, {})", error.class, error.code),
            Look::Bad,
        );
        out.line(&heading)?;
        out.line(&format!("  {}", plain(&error.message)))?;
        if !error.hint.is_empty() {
            out.line(&format!("  {}", plain(&error.hint)))?;
        }
    }
    transitions(out, view, now, zone)
}

/// The last changes of state, newest last; all of them are in `--json`.
fn transitions(out: &mut Output, view: &WorkflowView, now: Timestamp, zone: &TimeZone) -> Outcome {
    const SHOWN: usize = 12;
    if view.logs.is_empty() {
        return Ok(());
    }
    out.line("")?;
    let heading = out.paint("history", Look::Bold);
    out.line(&heading)?;
    for entry in &view.logs[view.logs.len().saturating_sub(SHOWN)..] {
        let after = entry
            .duration
            .map(|ms| format!(" after {}", moment::milliseconds(ms)));
        let time = out.paint(&moment::clock(&entry.timestamp, now, zone), Look::Dim);
        out.line(&format!(
            "  {time} {}{}",
            plain(&entry.state),
            after.unwrap_or_default()
        ))?;
    }
    Ok(())
}

/// The lines at the top; what is empty isn't there.
fn head(view: &WorkflowView, now: Timestamp, zone: &TimeZone) -> Vec<(&'static str, String)> {
    let clock = |text: &str| moment::clock(text, now, zone);
    let mut status = view.status.clone();
    if view.current_state != view.status && !view.current_state.is_empty() {
        status.push_str(&format!(" ({})", view.current_state));
    }
    if view.cancelling == Some(true) {
        status.push_str(", cancelling");
    }
    if view.pausing == Some(true) {
        status.push_str(", pausing");
    }
    let waits = view.waiting_for.as_ref().map(|wait| {
        let until = wait
            .until
            .as_deref()
            .map(|until| format!(", until about {}", clock(until)));
        format!("{}{}", plain(&wait.message), until.unwrap_or_default())
    });
    let eta = view
        .estimated_time_remaining
        .map(|middle| match (view.eta_low, view.eta_high) {
            (Some(low), Some(high)) => format!(
                "{} ({} to {})",
                moment::seconds(middle),
                moment::seconds(low),
                moment::seconds(high)
            ),
            _ => moment::seconds(middle),
        });
    let labels: Vec<String> = view
        .labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    [
        ("id", Some(view.id.clone())),
        ("name", Some(plain(&view.name))),
        ("pipeline", Some(view.pipeline.clone())),
        ("status", Some(status)),
        ("progress", Some(format!("{} %", view.progress))),
        ("message", view.message.as_deref().map(plain)),
        ("waits", waits),
        ("left", eta),
        (
            "position",
            view.queue_position.map(|position| position.to_string()),
        ),
        ("attempt", Some(view.attempt.to_string())),
        ("priority", Some(view.priority.to_string())),
        ("after", Some(view.depends_on.join(", "))),
        ("labels", Some(plain(&labels.join(", ")))),
        ("by", Some(plain(&view.user_id))),
        ("box", view.box_name.clone()),
        ("created", Some(clock(&view.created_at))),
        (
            "started",
            Some(clock(&view.started_at)).filter(|_| view.started_at != view.created_at),
        ),
        ("ended", view.completed_at.as_deref().map(clock)),
    ]
    .into_iter()
    .filter_map(|(key, value)| {
        value
            .filter(|value| !value.is_empty())
            .map(|value| (key, value))
    })
    .collect()
}

fn field(out: &mut Output, key: &str, value: &str, look: Look) -> Outcome {
    let key = out.paint(&format!("{key:<10}"), Look::Dim);
    let value = out.paint(value, look);
    out.line(&format!("{key} {value}"))
}

fn asked(out: &mut Output, id: &str, gate: &Gate) -> Outcome {
    out.line("")?;
    let stage = gate
        .stage
        .as_deref()
        .map(|stage| format!(" of {stage}"))
        .unwrap_or_default();
    let heading = out.paint(&format!("asks for {}{stage}", gate.kind), Look::Ask);
    out.line(&heading)?;
    for question in &gate.questions {
        let options = question
            .options
            .as_ref()
            .map(|options| format!(" [{}]", options.join(" | ")));
        let default = question.default.as_ref().filter(|value| !value.is_null());
        let default = default.map(|value| format!(" (else {})", word(value)));
        out.line(&format!(
            "  {}: {}{}{}",
            plain(&question.key),
            plain(&question.question),
            options.unwrap_or_default(),
            default.unwrap_or_default()
        ))?;
    }
    let act = if gate.kind == "clarification" {
        format!("reel answer {id} KEY=VALUE…")
    } else {
        format!("reel confirm {id} [--no]")
    };
    out.line(&format!("  {act}"))
}

fn values(out: &mut Output, title: &str, values: &Map<String, Value>) -> Outcome {
    if values.is_empty() {
        return Ok(());
    }
    out.line("")?;
    let heading = out.paint(title, Look::Bold);
    out.line(&heading)?;
    for (key, value) in values {
        out.line(&format!("  {}: {}", plain(key), word(value)))?;
    }
    Ok(())
}

/// Text as it is, all else as JSON.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => plain(text),
        other => plain(&other.to_string()),
    }
}

fn stages(out: &mut Output, view: &WorkflowView, width: Option<usize>) -> Outcome {
    use Side::{Left, Right};
    let mut table = Table::new(&[
        ("STAGE", Left),
        ("STATUS", Left),
        ("DONE", Right),
        ("TRIES", Right),
        ("TOOK", Right),
        ("", Left),
    ]);
    for (id, stage) in view.stage_views() {
        let took = stage.duration.map(moment::milliseconds).unwrap_or_default();
        table.row(vec![
            Cell::new(id),
            Cell::status(&stage.status),
            Cell::new(format!("{:.0}%", stage.progress.floor())),
            Cell::new(if stage.attempts == 0 {
                String::new()
            } else {
                stage.attempts.to_string()
            }),
            Cell::new(took),
            Cell::new(stage.error.as_deref().unwrap_or(&stage.title)),
        ]);
    }
    if table.is_empty() {
        return Ok(());
    }
    out.line("")?;
    table.print(out, width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::tests::Kept;
    use serde_json::json;

    #[test]
    fn a_failed_one_tells_where_and_what_helps() {
        let view: WorkflowView = serde_json::from_value(json!({
            "id": "cm1", "name": "Harbour", "pipeline": "video", "status": "failed", "currentState": "failed",
            "progress": 62.5, "attempt": 2, "createdAt": "2026-11-20T11:58:00.000Z",
            "startedAt": "2026-11-20T11:58:01.000Z", "completedAt": "2026-11-20T11:59:00.000Z",
            "labels": {"series": "h"}, "params": {"prompt": "a\nb", "channels": ["m"]},
            "gates": [{"kind": "clarification", "questions": [
                {"key": "style", "question": "Which style?", "type": "enum", "options": ["a", "b"], "default": "a", "required": true}
            ]}],
            "logs": [{"videoId": "cm1", "timestamp": "2026-11-20T11:58:01.000Z", "state": "processing_video", "previousState": "queued", "duration": 1000}],
            "error": {"code": "exit", "class": "provider", "message": "ffmpeg ended with 1", "stage": "processing_video", "hint": "see the log"},
            "stages": {
                "generating_tts": {"title": "Narrate", "status": "completed", "progress": 100, "attempts": 1, "duration": 2449},
                "processing_video": {"title": "Compose", "status": "failed", "progress": 41.7, "attempts": 4, "error": "ffmpeg ended with 1"}
            }
        }))
        .unwrap();
        let kept = Kept::default();
        let mut out = Output::to(Box::new(kept.clone()), false);
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        print(&mut out, &view, None, now, &TimeZone::UTC).unwrap();
        out.flush().unwrap();
        insta::assert_snapshot!(kept.text(), @r#"
        id         cm1
        name       Harbour
        pipeline   video
        status     failed
        progress   62.5 %
        attempt    2
        priority   0
        labels     series=h
        created    11:58:00
        started    11:58:01
        ended      11:59:00

        asks for clarification
          style: Which style? [a | b] (else a)
          reel answer cm1 KEY=VALUE…

        parameters
          prompt: a⏎b
          channels: ["m"]

        STAGE             STATUS     DONE  TRIES  TOOK
        generating_tts    completed  100%      1  2.4s  Narrate
        processing_video  failed      41%      4        ffmpeg ended with 1

        error (provider, exit)
          ffmpeg ended with 1
          see the log

        history
          11:58:01 processing_video after 1.0s
        "#);
    }
}
