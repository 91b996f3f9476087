//! One event becomes one line: its own fields, those of the spans around it, in the order that readers expect.

use super::Format;
use super::sink::Entrance;
use crate::metrics::metrics;
use crate::veil;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// The fields that stand in a line's own object, and how they may be written in code; all others go to `metadata`.
const TOP: [(&str, &str); 8] = [
    ("videoId", "video_id"),
    ("state", "state"),
    ("previousState", "previous_state"),
    ("duration", "duration"),
    ("attempt", "attempt"),
    ("userId", "user_id"),
    ("requestId", "request_id"),
    ("metadata", "metadata"),
];

/// A line. Its text is made by the thread of whichever sink needs it first, not by the one that logs, and shared.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) level: &'static str,
    pub(super) time: jiff::Timestamp,
    pub(super) component: String,
    pub(super) message: String,
    pub(super) fields: Map<String, Value>,
    pub(super) json: OnceLock<String>,
}

impl Line {
    /// What somebody may look for after a crash that follows it: written at once.
    pub(super) fn is_grave(&self) -> bool {
        matches!(self.level, "warn" | "error" | "fatal")
    }

    /// Adds the line's text, with its end.
    pub(super) fn write_to(&self, format: Format, text: &mut String) {
        match format {
            Format::Json => text.push_str(self.json.get_or_init(|| self.object(true))),
            Format::Text => {
                // A line stays one line, whatever the message holds.
                let message = veil::hide(&self.message).replace('\n', "\\n");
                text.push_str(&format!(
                    "[{}] {message} {}",
                    self.component,
                    self.object(false)
                ));
            }
        }
        text.push('\n');
    }

    fn object(&self, whole: bool) -> String {
        let shown = Shown { line: self, whole };
        // Plain data always has a JSON form.
        let text = serde_json::to_string(&shown).unwrap_or_default();
        match veil::hide(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(hidden) => hidden,
        }
    }
}

/// The object of a line; as text, component and message stand before it.
struct Shown<'a> {
    line: &'a Line,
    whole: bool,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("level", self.line.level)?;
        object.serialize_entry("time", &format_args!("{:.3}", self.line.time))?;
        if self.whole {
            object.serialize_entry("component", &self.line.component)?;
            object.serialize_entry("msg", &self.line.message)?;
        }
        for (name, value) in &self.line.fields {
            object.serialize_entry(name, value)?;
        }
        object.end()
    }
}

/// Hands every event to the sinks as a line.
pub(super) struct LineLayer {
    sinks: Vec<Entrance>,
}

impl LineLayer {
    pub(super) fn new(sinks: Vec<Entrance>) -> Self {
        Self { sinks }
    }
}

/// What a span or an event says, by field.
#[derive(Debug, Clone, Default)]
struct Said {
    message: String,
    component: Option<String>,
    fatal: bool,
    top: Map<String, Value>,
    rest: Map<String, Value>,
}

impl Said {
    fn put(&mut self, field: &Field, value: Value) {
        let name = field.name();
        match (name, &value) {
            ("message", Value::String(text)) => self.message.clone_from(text),
            ("component", Value::String(text)) => self.component = Some(text.clone()),
            ("fatal", Value::Bool(fatal)) => self.fatal = *fatal,
            _ => match TOP.iter().find(|(top, code)| *top == name || *code == name) {
                Some((top, _)) => drop(self.top.insert((*top).to_owned(), value)),
                None => drop(self.rest.insert(name.to_owned(), value)),
            },
        }
    }

    /// A text; the metadata's is JSON, since a field holds no structure.
    fn put_text(&mut self, field: &Field, text: String) {
        let object = (field.name() == "metadata")
            .then(|| serde_json::from_str(&text).ok())
            .flatten();
        self.put(
            field,
            object
                .filter(Value::is_object)
                .unwrap_or(Value::String(text)),
        );
    }

    /// Lays what stands nearer to the event over what stands further out.
    fn lay(&mut self, nearer: &Self) {
        self.component = nearer.component.clone().or_else(|| self.component.take());
        self.top.extend(nearer.top.clone());
        self.rest.extend(nearer.rest.clone());
    }
}

impl Visit for Said {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put_text(field, value.to_owned());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let chain =
            std::iter::successors(Some(value), |error| error.source()).map(ToString::to_string);
        self.put(field, chain.collect::<Vec<_>>().join(": ").into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put_text(field, format!("{value:?}"));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LineLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut said = Said::default();
        attributes.record(&mut said);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(said);
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(said) = span.extensions_mut().get_mut::<Said>()
        {
            record.record(said);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut around = Said::default();
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(|scope| scope.from_root())
        {
            if let Some(said) = span.extensions().get::<Said>() {
                around.lay(said);
            }
        }
        let mut own = Said::default();
        event.record(&mut own);
        around.lay(&own);
        let line = assemble(event, own.message, own.fatal, around);
        if matches!(line.level, "error" | "fatal") {
            metrics().error(&line.component);
        }
        let line = Arc::new(line);
        self.sinks.iter().for_each(|sink| sink.offer(&line));
    }
}

fn assemble(event: &Event<'_>, message: String, fatal: bool, said: Said) -> Line {
    let level = match *event.metadata().level() {
        Level::ERROR if fatal => "fatal",
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG | Level::TRACE => "debug",
    };
    let mut fields = Map::new();
    let mut top = said.top;
    for (name, _) in &TOP[..7] {
        fields.extend(top.remove(*name).map(|value| ((*name).to_owned(), value)));
    }
    let mut metadata = match top.remove("metadata") {
        Some(Value::Object(metadata)) => metadata,
        Some(other) => Map::from_iter([("value".to_owned(), other)]),
        None => Map::new(),
    };
    metadata.extend(said.rest);
    if !metadata.is_empty() {
        fields.insert("metadata".to_owned(), metadata.into());
    }
    let component = said
        .component
        .unwrap_or_else(|| room(event.metadata().target()));
    Line {
        level,
        time: jiff::Timestamp::now(),
        component,
        message,
        fields,
        json: OnceLock::new(),
    }
}

/// The room that a target names: `reeld::api::router` is `API`.
fn room(target: &str) -> String {
    let mut parts = target.split("::");
    let first = parts.next().unwrap_or_default();
    let room = if first == "reeld" {
        parts.next().unwrap_or(first)
    } else {
        first
    };
    room.to_ascii_uppercase()
}
