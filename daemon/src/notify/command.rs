//! Any program: it gets the note as JSON on its input, one object a message, and a short while to take it.

use super::gather::Batch;
use super::way::Trouble;
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// How long a program may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of its complaint that are told.
const COMPLAINT: usize = 300;

/// What the program reads.
pub(super) fn input(batch: &Batch) -> Value {
    let notes: Vec<Value> = batch
        .folded
        .iter()
        .map(|folded| {
            json!({
                "event": folded.note.names.first().copied().unwrap_or(folded.note.kind.as_str()), "kind": folded.note.kind,
                "title": folded.note.title, "lines": folded.note.lines, "count": folded.count,
                "videoIds": folded.workflows, "pipeline": folded.note.pipeline, "labels": folded.note.labels,
            })
        })
        .collect();
    json!({"subject": batch.subject(), "text": batch.text(), "notes": notes, "dropped": batch.dropped})
}

pub(super) async fn send(run: &[String], batch: &Batch) -> Result<(), Trouble> {
    let Some((program, arguments)) = run.split_first() else {
        return Err(Trouble::lasting("[notify.command] run is empty"));
    };
    let spawned = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let mut child = spawned.map_err(|error| {
        Trouble::lasting(format!(
            "[notify.command] `{program}` does not start: {error}"
        ))
    })?;
    let mut stdin = child.stdin.take();
    let text = input(batch).to_string();
    let worked = tokio::time::timeout(TIMEOUT, async {
        if let Some(stdin) = &mut stdin {
            // A program that does not read its input has its reasons; how it ends says whether it minded.
            let _ = stdin.write_all(text.as_bytes()).await;
        }
        drop(stdin);
        child.wait_with_output().await
    });
    match worked.await {
        Err(_) => Err(Trouble::passing(format!(
            "`{program}` took longer than {} s and was ended",
            TIMEOUT.as_secs()
        ))),
        Ok(Err(error)) => Err(Trouble::passing(format!("`{program}`: {error}"))),
        Ok(Ok(output)) if output.status.success() => Ok(()),
        Ok(Ok(output)) => {
            let said =
                String::from_utf8_lossy(&output.stderr[..output.stderr.len().min(COMPLAINT)])
                    .into_owned();
            Err(Trouble::passing(format!(
                "`{program}` ended with {}: {}",
                output.status,
                said.trim()
            )))
        }
    }
}
