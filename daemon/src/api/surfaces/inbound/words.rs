//! What a callback says, in the words of its document, read into ours. What a document does not know is passed over.

use crate::api::fields::Fields;
use crate::api::problem::excerpt;
use crate::domain::Values;
use crate::outbound::{Policy, url};
use crate::pipeline::json;
use crate::webhook::inbound::Word;
use serde_json::{Map, Value};

/// Characters of a failure's words that are kept.
const MESSAGE: usize = 2000;

/// What a callback says, and whose work it names.
pub(super) struct Said {
    pub id: Option<String>,
    pub execution: Option<String>,
    pub event_id: Option<String>,
    pub word: Word,
}

/// Where the result is: exactly what the stages after need, nothing that was not asked for.
fn result(fields: &mut Fields, policy: &Policy) -> Values {
    let (mut outputs, mut place) = (Map::new(), false);
    for name in ["videoUrl", "thumbnailUrl"] {
        let Some(text) = fields.text(name) else {
            continue;
        };
        place |= name == "videoUrl";
        if let Err(problem) = url::read(&text, policy) {
            fields.problem(name, format!("`{}` {problem}", excerpt(&text)));
        }
        outputs.insert(name.to_owned(), text.into());
    }
    if let Some(key) = fields.text("s3Key") {
        let plain = !key.is_empty()
            && key.len() <= 1024
            && !key.starts_with('/')
            && !key.split('/').any(|part| part == "..");
        if !plain {
            fields.problem("s3Key", "must be the key of an object: up to 1024 bytes, without a leading `/` and without `..`");
        }
        place = true;
        outputs.insert("s3Key".to_owned(), key.into());
    }
    if !place {
        fields.problem(
            "videoUrl",
            "is missing; send videoUrl, or s3Key of an object in the store",
        );
    }
    for name in ["duration", "fileSize", "metadata", "resolution", "format"] {
        if let Some(value) = fields.any(name) {
            outputs.insert(name.to_owned(), value);
        }
    }
    json::values(&outputs)
}

/// The words of a failure: a text, or an object with `message` and `code`.
fn failure(value: Option<Value>) -> Word {
    let text = |value: &Value| {
        value
            .as_str()
            .map(|text| text.chars().take(MESSAGE).collect::<String>())
    };
    let (message, code) = match &value {
        Some(Value::Object(map)) => (
            map.get("message").and_then(text),
            map.get("code").and_then(text),
        ),
        Some(other) => (text(other), None),
        None => (None, None),
    };
    Word::Failed {
        message: message.unwrap_or_else(|| "the outside service failed without a word".to_owned()),
        code,
    }
}

pub(super) fn worker(fields: &mut Fields, policy: &Policy) -> Said {
    const KNOWN: [&str; 4] = [
        "generation.started",
        "generation.progress",
        "generation.completed",
        "generation.failed",
    ];
    let id = fields.text("generationId");
    let job = fields.text("jobId");
    let id = fields.require("generationId", id.or(job));
    let event_id = fields.text("eventId");
    let event = fields.word("event", &KNOWN, |word| {
        KNOWN.into_iter().find(|known| *known == word)
    });
    let event = fields.require("event", event);
    let progress = fields.any("progress").and_then(|value| value.as_f64());
    let message = fields.text("message");
    let error = fields.any("error");
    let word = match event {
        Some("generation.completed") => {
            let mut inner = Fields::within(fields.object("result").unwrap_or_default(), "result.");
            let outputs = result(&mut inner, policy);
            let _ = inner.rest();
            fields.problems(inner.into_problems());
            Word::Completed { outputs }
        }
        Some("generation.failed") => failure(error),
        Some("generation.progress") => {
            let progress = fields.require("progress", progress).unwrap_or_default();
            Word::Progress { progress, message }
        }
        _ => Word::Started,
    };
    Said {
        id,
        execution: None,
        event_id,
        word,
    }
}

pub(super) fn complete(fields: &mut Fields, policy: &Policy) -> Said {
    const KNOWN: [&str; 2] = ["ready", "failed"];
    let id = fields.text("videoId");
    let execution = fields.text("executionId");
    if id.is_none() && execution.is_none() {
        fields.require::<()>("videoId", None);
    }
    let event_id = fields.text("eventId");
    let status = fields.word("status", &KNOWN, |word| {
        KNOWN.into_iter().find(|known| *known == word)
    });
    let word = match fields.require("status", status) {
        Some("failed") => failure(fields.any("error")),
        Some(_) => Word::Completed {
            outputs: result(fields, policy),
        },
        None => Word::Started,
    };
    Said {
        id,
        execution,
        event_id,
        word,
    }
}

pub(super) fn error(fields: &mut Fields, _: &Policy) -> Said {
    let id = fields.text("videoId");
    let execution = fields.text("executionId");
    if id.is_none() && execution.is_none() {
        fields.require::<()>("executionId", None);
    }
    let event_id = fields.text("eventId");
    let message = fields.text("errorMessage");
    let message = fields.require("errorMessage", message);
    Said {
        id,
        execution,
        event_id,
        word: failure(message.map(Value::String)),
    }
}
