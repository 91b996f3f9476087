//! Slack's incoming webhooks. The URL is a secret: it is never told.

use super::gather::Batch;
use super::way::Trouble;
use crate::outbound::Client;
use http_body_util::Full;
use hyper::Request;
use hyper::header::{CONTENT_TYPE, RETRY_AFTER};
use serde_json::{Value, json};
use std::time::Duration;

/// Characters of a section, with room for its end.
const SECTION: usize = 2900;

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The message: a section a kind, and the whole as the text that a phone shows.
pub(super) fn message(batch: &Batch) -> Value {
    let mut blocks: Vec<Value> = Vec::new();
    for folded in &batch.folded {
        let mut text = format!("*{}*", escaped(&folded.title()).replace('*', "∗"));
        for line in folded.note.lines.iter().cloned().chain(folded.others()) {
            text.push('\n');
            text.push_str(&escaped(&line));
        }
        text.truncate(text.floor_char_boundary(SECTION));
        blocks.push(json!({"type": "section", "text": {"type": "mrkdwn", "text": text}}));
    }
    if batch.dropped > 0 {
        let text = format!("{} further notes were too many to keep", batch.dropped);
        blocks.push(json!({"type": "context", "elements": [{"type": "mrkdwn", "text": text}]}));
    }
    json!({"text": escaped(&batch.subject()), "blocks": blocks, "unfurl_links": false})
}

pub(super) async fn send(client: &Client, url: &str, batch: &Batch) -> Result<(), Trouble> {
    let body = Full::from(message(batch).to_string());
    let request = Request::post(url)
        .header(CONTENT_TYPE, "application/json")
        .body(body);
    let request = request.map_err(|_| Trouble::lasting("[notify.slack] url is no URL"))?;
    let answer = client
        .send(request)
        .await
        .map_err(|failure| Trouble::passing(failure.to_string()))?;
    let said: String = String::from_utf8_lossy(&answer.body)
        .chars()
        .take(100)
        .filter(|c| !c.is_control())
        .collect();
    let told = format!("Slack answered {} {said}", answer.status.as_u16());
    match answer.status.as_u16() {
        200..=299 => Ok(()),
        400 | 403 | 404 | 410 => Err(Trouble::lasting(format!(
            "{told}; make a new incoming webhook and set [notify.slack] url"
        ))),
        _ => {
            let asked = answer
                .headers
                .get(RETRY_AFTER)
                .and_then(|value| value.to_str().ok()?.parse().ok());
            Err(Trouble {
                wait: asked.map(Duration::from_secs),
                ..Trouble::passing(told)
            })
        }
    }
}
