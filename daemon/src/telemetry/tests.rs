//! The lines, by their public face: what code says and what a reader finds.

use super::sink::Sink;
use super::*;
use serde_json::{Value, json};
use std::io::Write;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn logged(format: Format, speak: impl FnOnce()) -> String {
    let buffer = Buffer::default();
    let sink = Sink::start("test", buffer.clone(), format).unwrap();
    let subscriber = tracing_subscriber::registry().with(LineLayer::new(vec![sink.entrance()]));
    tracing::subscriber::with_default(subscriber, speak);
    drop(sink);
    let bytes = buffer.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

fn object(speak: impl FnOnce()) -> Value {
    let mut object: Value = serde_json::from_str(&logged(Format::Json, speak)).unwrap();
    let time = object.as_object_mut().unwrap().remove("time").unwrap();
    let time = time.as_str().unwrap();
    assert!(time.len() == 24 && time.ends_with('Z'), "{time}");
    object
}

#[test]
fn known_fields_stand_in_the_line_and_all_others_in_metadata() {
    let line = object(|| {
        tracing::info!(
            component = "VIDEO",
            video_id = "abc",
            state = "running",
            duration = 12u64,
            path = "/x",
            "Started {}",
            1
        );
    });
    assert_eq!(
        line,
        json!({"level": "info", "component": "VIDEO", "msg": "Started 1", "videoId": "abc", "state": "running", "duration": 12, "metadata": {"path": "/x"}})
    );
}

#[test]
fn fields_of_the_spans_around_mark_the_line() {
    let line = object(|| {
        let request = tracing::info_span!(
            "request",
            requestId = "r1",
            component = "API",
            route = tracing::field::Empty
        );
        let _entered = request.enter();
        request.record("route", "/api/workflow");
        let _inner = tracing::info_span!("inner", videoId = "abc").entered();
        tracing::warn!("Slow");
    });
    assert_eq!(
        line,
        json!({"level": "warn", "component": "API", "msg": "Slow", "videoId": "abc", "requestId": "r1", "metadata": {"route": "/api/workflow"}})
    );
}

#[test]
fn a_room_speaks_in_its_name_and_fatal_is_a_level() {
    let line = object(
        || tracing::error!(target: "reeld::store::writer", fatal = true, "The database is damaged"),
    );
    assert_eq!(
        line,
        json!({"level": "fatal", "component": "STORE", "msg": "The database is damaged"})
    );
}

#[test]
fn an_error_tells_its_chain_of_causes() {
    #[derive(Debug, thiserror::Error)]
    #[error("the upload failed")]
    struct Outer(#[source] std::io::Error);
    let error = Outer(std::io::Error::other("the disk is full"));
    let line = object(|| {
        tracing::error!(
            component = "ERROR",
            error = &error as &(dyn std::error::Error + 'static),
            metadata = r#"{"part":3}"#,
            "Upload"
        );
    });
    assert_eq!(
        line["metadata"],
        json!({"part": 3, "error": "the upload failed: the disk is full"})
    );
}

#[test]
fn metadata_that_is_json_stands_as_such_however_it_was_handed_in() {
    let data = r#"{"from":"queued"}"#;
    let line =
        object(|| tracing::info!(component = "TRANSITION", metadata = %data, "workflow.started"));
    assert_eq!(line["metadata"], json!({"from": "queued"}));
    let line = object(|| tracing::info!(component = "TRANSITION", metadata = "no object", "x"));
    assert_eq!(line["metadata"], json!({"value": "no object"}));
}

#[test]
fn text_is_component_message_and_fields_on_one_line() {
    let text = logged(Format::Text, || {
        tracing::info!(component = "JOB_MANAGER", videoId = "a", "Two\nlines")
    });
    assert!(
        text.starts_with("[JOB_MANAGER] Two\\nlines {\"level\":\"info\",\"time\":\""),
        "{text}"
    );
    assert!(
        text.ends_with("\"videoId\":\"a\"}\n") && text.lines().count() == 1,
        "{text}"
    );
}
