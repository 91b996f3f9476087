//! A generation's request, read into a draft: what the document has at the top of the body and under `parameters` are all
//! parameters of the pipeline. What the pipeline doesn't know is passed over.

use super::PIPELINE;
use super::shape::{CONVERSATION, MESSAGE};
use crate::api::Api;
use crate::api::extract::is_id;
use crate::api::fields::Fields;
use crate::api::problem::{Problem, excerpt};
use crate::api::surfaces::conversations;
use crate::api::surfaces::making::{Origin, draft};
use crate::domain::Pipeline;
use crate::pipeline::Draft;
use serde_json::{Map, Value};

/// Parameters that stand at the top of the body.
const TOP: [&str; 3] = ["prompt", "provider", "model"];

/// Reads the body. What is wrong with it is noted there.
///
/// # Errors
/// 404 for a conversation of somebody else; 422 when the pipeline is not there.
pub(super) async fn read(
    api: &Api,
    origin: &Origin<'_>,
    body: &mut Fields,
) -> Result<Draft, Problem> {
    let plan = api
        .catalogue()
        .get(PIPELINE)
        .map_err(|problem| Problem::field("pipeline", problem))?;
    let _ = body.word("type", &["video"], |word| (word == "video").then_some(()));
    let mut given = body.object("parameters").unwrap_or_default();
    let prompt = body.text("prompt");
    // Asked for by clients, this one is always sent: a generation without it would be about nothing.
    let prompt = body.require("prompt", prompt);
    for (name, value) in [
        ("prompt", prompt),
        ("provider", body.text("provider")),
        ("model", body.text("model")),
    ] {
        if let Some(text) = value {
            given.insert(name.to_owned(), Value::String(text));
        }
    }
    let mut params = named(&plan, given);
    params.retain(|name, _| plan.params.iter().any(|spec| spec.name == *name));
    // Told as missing above; once is enough.
    params
        .entry("prompt")
        .or_insert_with(|| Value::String("-".to_owned()));
    let mut labels = std::collections::BTreeMap::new();
    for (field, label) in [("conversationId", CONVERSATION), ("messageId", MESSAGE)] {
        let Some(id) = body.text(field) else { continue };
        if is_id(&id) {
            labels.insert(label.to_owned(), id);
        } else {
            let told = format!(
                "is `{}`; an id is 1 to 64 of A-Z, a-z, 0-9, `_` and `-`",
                excerpt(&id)
            );
            body.problem(field, told);
        }
    }
    if let Some(conversation) = labels.get(CONVERSATION) {
        conversations::may_enter(api, origin.caller, conversation).await?;
    }
    let webhook_url = body.text("webhookUrl");
    let priority = body.whole("priority", -1000, 1000);
    let _ = body.rest();
    Ok(Draft {
        pipeline: PIPELINE.to_owned(),
        params,
        labels,
        webhook_url,
        priority,
        ..draft(origin, 0)
    })
}

/// Where a problem's field stands in this body.
pub(super) fn field(field: &str) -> String {
    match field.strip_prefix("params.") {
        Some(name) if TOP.contains(&name) => name.to_owned(),
        Some(name) => format!("parameters.{name}"),
        None => field.to_owned(),
    }
}

/// Names as the pipeline spells them: a client's `aspectRatio` is its `aspect_ratio`.
pub(super) fn named(plan: &Pipeline, given: Map<String, Value>) -> Map<String, Value> {
    let knows = |name: &str| plan.params.iter().any(|spec| spec.name == name);
    let mut named = Map::with_capacity(given.len());
    for (name, value) in given {
        let snake = snake(&name);
        if !knows(&name) && knows(&snake) {
            named.entry(snake).or_insert(value);
        } else {
            named.insert(name, value);
        }
    }
    named
}

fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelt_as_the_pipeline_does() {
        assert_eq!(snake("aspectRatio"), "aspect_ratio");
        assert_eq!(snake("duration"), "duration");
    }

    #[test]
    fn problems_name_the_field_of_this_body() {
        for (ours, theirs) in [
            ("params.prompt", "prompt"),
            ("params.duration", "parameters.duration"),
            ("webhookUrl", "webhookUrl"),
        ] {
            assert_eq!(field(ours), theirs);
        }
    }
}
