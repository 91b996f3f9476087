//! The description holds: for every row, of every answer that was really given.

use super::doc::{Body, Shape};
use super::{docs, document, notation, parts};
use crate::api::auth::Scope;
use crate::api::router::TABLE;
use crate::api::tests::{Rig, request};
use axum::http::{Method, header};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn all() -> Value {
    document("/", &|_| true)
}

#[test]
fn every_row_is_described_once_and_nothing_else_is() {
    let rows: BTreeSet<String> = TABLE
        .iter()
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    let described: Vec<&str> = docs::ALL
        .iter()
        .flat_map(|surface| surface.docs)
        .map(|doc| doc.row)
        .collect();
    let once: BTreeSet<String> = described.iter().map(|row| (*row).to_owned()).collect();
    assert_eq!(once.len(), described.len(), "a row is described twice");
    let missing: Vec<_> = rows.difference(&once).collect();
    assert!(
        missing.is_empty(),
        "rows without an entry in openapi/docs: {missing:#?}"
    );
    let stray: Vec<_> = once.difference(&rows).collect();
    assert!(
        stray.is_empty(),
        "entries in openapi/docs without a row: {stray:#?}"
    );
}

#[test]
fn every_text_can_be_read() {
    for (name, text) in parts::ALL {
        notation::read(text, false, &parts::text)
            .unwrap_or_else(|problem| panic!("{name}: {problem}"));
    }
    for doc in docs::ALL.iter().flat_map(|surface| surface.docs) {
        let mut texts: Vec<String> = doc
            .query
            .iter()
            .map(|query| format!("{:?}", query.like))
            .collect();
        if let Some(Body::Json { like, .. }) = &doc.body {
            texts.push((*like).to_owned());
        }
        for answer in doc.answers {
            if let Shape::Bare(like) | Shape::Data(like) = &answer.body {
                texts.push((*like).to_owned());
            }
        }
        for text in texts {
            notation::read(&text, false, &parts::text)
                .unwrap_or_else(|problem| panic!("{}: {problem}", doc.row));
        }
        assert!(
            !doc.title.ends_with('.') && !doc.answers.is_empty(),
            "{}",
            doc.row
        );
    }
}

#[test]
fn names_are_unique_and_references_lead_somewhere() {
    let document = all();
    let mut names = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, said) in methods.as_object().unwrap() {
            if let Some(name) = said["operationId"].as_str() {
                assert!(names.insert(name.to_owned()), "{method} {path}: {name}");
            }
        }
    }
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let place = reference.split('"').next().unwrap();
        assert!(document.pointer(place).is_some(), "{place}");
    }
}

#[test]
fn a_hidden_surface_is_not_described() {
    let some = document("/", &|name| name != "webhooks");
    assert!(some["paths"].get("/api/webhooks").is_none());
    assert!(some["paths"].get("/api/workflow").is_some());
    assert!(!some["tags"].to_string().contains("webhooks"));
}

/// What of a schema a value breaks, for the part of JSON Schema that `notation` writes.
fn broken(document: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
    if let Some(place) = schema["$ref"].as_str() {
        let named = document.pointer(place.trim_start_matches('#')).unwrap();
        return broken(document, named, value, at);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let fits = any
            .iter()
            .any(|one| broken(document, one, value, at).is_none());
        return (!fits).then(|| format!("{at}: {value} fits none of {any:?}"));
    }
    if let Some(only) = schema.get("const") {
        return (only != value).then(|| format!("{at}: is {value}"));
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let fits = |kind: &&str| match *kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        _ => value.is_object(),
    };
    if !kinds.iter().any(fits) {
        return Some(format!("{at}: {value} is no {kinds:?}"));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        return Some(format!("{at}: {value} is none of {words:?}"));
    }
    if let Some(list) = value.as_array() {
        return list.iter().enumerate().find_map(|(turn, one)| {
            broken(document, &schema["items"], one, &format!("{at}[{turn}]"))
        });
    }
    let object = value.as_object()?;
    let required = schema["required"].as_array().into_iter().flatten();
    for name in required.filter_map(Value::as_str) {
        if !object.contains_key(name) {
            return Some(format!("{at}: {name} is missing"));
        }
    }
    object.iter().find_map(|(name, one)| {
        let inner = schema["properties"]
            .get(name)
            .or_else(|| schema.get("additionalProperties"))?;
        broken(document, inner, one, &format!("{at}.{name}"))
    })
}

/// Asserts that an answer is one that the description allows.
fn assert_described(document: &Value, method: &Method, path: &str, status: u16, body: &Value) {
    let what = format!("{method} {path} {status}: {body}");
    let said = &document["paths"][path][method.as_str().to_lowercase()];
    let response = &said["responses"][status.to_string()];
    assert!(response.is_object(), "not described: {what}");
    let response = match response["$ref"].as_str() {
        Some(place) => document.pointer(place.trim_start_matches('#')).unwrap(),
        None => response,
    };
    if let Some(schema) = response["content"]["application/json"].get("schema")
        && schema["type"] != "string"
    {
        let broken = broken(document, schema, body, "body");
        assert_eq!(broken, None, "{what}");
    }
}

#[tokio::test]
async fn what_is_answered_is_what_is_described() {
    let mut rig = Rig::new().await;
    let document = all();
    let id = rig.two().await;
    rig.complete().await;
    let asks = json!({ "pipeline": "asks", "labels": { "a": "b" } });
    rig.post("/api/workflow", asks).await;
    rig.token(Scope::Read, json!({ "ttl": "1d" })).await;
    let endpoint = json!({ "url": "https://hooks.example/x", "events": ["*"] });
    rig.post("/api/webhooks/register", endpoint).await;
    for route in TABLE {
        // A mistake, something that is not there, and something that is.
        for (name, body) in [
            ("no-such-one", None),
            (
                id.as_str(),
                Some(json!({ "pipeline": "two", "params": { "word": "x" } })),
            ),
            (id.as_str(), Some(json!({}))),
            (id.as_str(), None),
        ] {
            let path = concrete(route.path, name);
            let said = rig.ask(route.method.clone(), &path, body).await;
            let status = said.status.as_u16();
            assert_described(&document, &route.method, route.path, status, &said.body);
        }
        let nobody = request(route.method.clone(), &concrete(route.path, &id), None, None);
        let said = rig.send(crate::api::tests::remote(), nobody).await;
        let status = said.status.as_u16();
        assert_described(&document, &route.method, route.path, status, &said.body);
    }
}

/// A path with something in place of each name.
fn concrete(path: &str, id: &str) -> String {
    path.split('/')
        .map(|part| if part.starts_with('{') { id } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere() {
    let rig = Rig::new().await;
    let mut asked = request(Method::GET, "/docs", None, None);
    asked.extensions_mut().insert(crate::api::tests::remote());
    let answer = tower::ServiceExt::oneshot(rig.router.clone(), asked)
        .await
        .unwrap();
    assert_eq!(
        answer.headers()[header::CONTENT_TYPE],
        "text/html; charset=utf-8"
    );
    let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str();
    assert!(policy.unwrap().starts_with("default-src 'none'"));
    let body = http_body_util::BodyExt::collect(answer.into_body()).await;
    let page = String::from_utf8(body.unwrap().to_bytes().to_vec()).unwrap();
    for elsewhere in ["src=\"", "<link", "@import", "url("] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
    for route in TABLE {
        assert!(page.contains(route.path), "{}", route.path);
    }
}

#[tokio::test]
async fn a_hidden_surface_serves_nothing() {
    let rig = Rig::new().await;
    rig.config.send_modify(|config| {
        let features = &mut std::sync::Arc::make_mut(config).features;
        features.insert("webhooks".to_owned(), false);
    });
    let said = rig.get("/api/webhooks").await;
    assert_eq!(said.refusal(), (404, "not_found"));
    assert!(
        said.body.to_string().contains("[features] webhooks"),
        "{said:?}"
    );
    let said = rig.get("/openapi.json").await;
    assert!(said.body["paths"].get("/api/webhooks").is_none());
    assert_eq!(rig.get("/api/workers").await.status, 200);
}
