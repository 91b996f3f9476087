//! The OpenAPI document, put together from the route table and what is written for its rows.

use super::doc::{Answer, Body, Doc, Shape, Surface};
use super::{docs, notation, parts, refusals};
use crate::api::auth::guard::Access;
use crate::api::router::{Kind, Route, TABLE};
use axum::http::Method;
use serde_json::{Map, Value, json};

/// What the server's side of the document needs to know.
const ABOUT: &str = "Reel turns prompts, episodes and programs into finished videos: a durable queue, pipelines of stages, and \
everything that happens told as it happens. The same interface is served on the operator's Unix socket, which needs no token, \
and over TCP. Every refusal is `{\"success\": false, \"error\": {code, message, details?}}`.";

/// OpenAPI 3.1, of the surfaces for which `is_on` says so. `server` is where it is served.
#[must_use]
pub fn document(server: &str, is_on: &dyn Fn(&str) -> bool) -> Value {
    let mut paths = Map::new();
    let mut tags = Vec::new();
    for surface in docs::ALL.iter().filter(|surface| is_on(surface.name)) {
        tags.push(json!({ "name": surface.name, "description": format!("{}. {}", surface.title, surface.about) }));
        for route in TABLE {
            let Some(doc) = surface.doc(&route.method, route.path) else {
                continue;
            };
            let entry = paths.entry(route.path).or_insert_with(|| {
                let given = parameters(route.path);
                if given.is_empty() {
                    json!({})
                } else {
                    json!({ "parameters": given })
                }
            });
            entry[route.method.as_str().to_ascii_lowercase()] = operation(route, doc, surface);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Reel", "version": env!("CARGO_PKG_VERSION"), "summary": "The queue, its workflows, and what comes of them",
            "description": ABOUT, "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": server }],
        "tags": tags,
        "paths": paths,
        "components": components(),
    })
}

/// Ids within a path.
fn parameters(path: &str) -> Vec<Value> {
    path.split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            let about = match name {
                "id" => "Whose: the id that the answer which made it gave",
                "channel" => "A channel of `[youtube.channels]`",
                "name" => "Its name",
                _ => "Which",
            };
            json!({
                "name": name, "in": "path", "required": true, "description": about,
                "schema": { "type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]{1,64}$" },
            })
        })
        .collect()
}

fn operation(route: &Route, doc: &Doc, surface: &Surface) -> Value {
    let mut given = Vec::new();
    for query in doc.query {
        let shaped = shaped(&format!("{:?}", query.like), false);
        given.push(json!({
            "name": query.name, "in": "query", "description": query.about, "schema": shaped.0, "example": shaped.1,
        }));
    }
    if route.kind == Kind::Makes {
        given.push(json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
    }
    let mut responses = Map::new();
    for answer in doc.answers {
        responses.insert(answer.status.to_string(), response(answer, route));
    }
    if route.kind == Kind::Tells && responses.contains_key("200") {
        responses.insert(
            "304".to_owned(),
            json!({ "description": "Nothing has changed since the answer whose `ETag` was sent as `If-None-Match`" }),
        );
    }
    for status in refusals::of(route, doc) {
        if let Some(reference) = refusals::reference(status) {
            responses.entry(status.to_string()).or_insert(reference);
        }
    }
    let mut made = json!({
        "tags": [surface.name],
        "operationId": name(&route.method, route.path),
        "summary": doc.title,
        "description": described(route, doc),
        "security": security(route.access),
        "responses": responses,
    });
    if !given.is_empty() {
        made["parameters"] = given.into();
    }
    if let Some(body) = &doc.body {
        made["requestBody"] = request(body);
    }
    made
}

fn described(route: &Route, doc: &Doc) -> String {
    let scope = match route.access {
        Access::Wants(scope) => format!("Scope `{scope}`."),
        Access::Signed => "Signed by its sender, or scope `operate`.".to_owned(),
        Access::Linked(scope) => format!("Scope `{scope}`, or a signed link."),
        Access::Open => "Open.".to_owned(),
    };
    if doc.about.is_empty() {
        scope
    } else {
        format!("{} {scope}", doc.about)
    }
}

fn security(access: Access) -> Value {
    match access {
        Access::Wants(_) => json!([{ "token": [] }]),
        Access::Signed => json!([{ "signature": [] }, { "token": [] }]),
        Access::Linked(_) => json!([{ "link": [] }, { "token": [] }]),
        Access::Open => json!([]),
    }
}

/// `getApiWorkflowStatusById`
fn name(method: &Method, path: &str) -> String {
    let mut name = method.as_str().to_ascii_lowercase();
    for word in path
        .split(['/', '-', '_', '.'])
        .filter(|word| !word.is_empty())
    {
        let word = match word.strip_prefix('{') {
            Some(inner) => format!("by{}", capital(inner.trim_end_matches('}'))),
            None => word.to_owned(),
        };
        name.push_str(&capital(&word));
    }
    name
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// Schema and example of a text that the tests have read.
fn shaped(text: &str, closed: bool) -> (Value, Value) {
    match notation::read(text, closed, &parts::text) {
        Ok(shaped) => (shaped.schema, shaped.example),
        Err(problem) => (json!({ "description": problem }), Value::Null),
    }
}

fn request(body: &Body) -> Value {
    match body {
        Body::Json {
            like,
            strict,
            optional,
        } => {
            let (schema, example) = shaped(like, *strict);
            json!({
                "required": !optional,
                "content": { "application/json": { "schema": schema, "example": example } },
            })
        }
        Body::Bytes { kinds } => {
            let each = kinds.iter().map(|kind| {
                let schema = json!({ "type": "string", "format": "binary" });
                ((*kind).to_owned(), json!({ "schema": schema }))
            });
            json!({ "required": true, "content": Value::Object(each.collect()) })
        }
    }
}

fn response(answer: &Answer, route: &Route) -> Value {
    let mut made = json!({
        "description": answer.about,
        "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
    });
    if route.kind == Kind::Tells && answer.status == 200 {
        made["headers"]["ETag"] = json!({ "$ref": "#/components/headers/ETag" });
    }
    match &answer.body {
        Shape::Empty => {}
        Shape::Bytes(kind) => {
            let schema = if kind.starts_with("text/") {
                json!({ "type": "string" })
            } else {
                json!({ "type": "string", "format": "binary" })
            };
            made["content"] = json!({ *kind: { "schema": schema } });
        }
        Shape::Bare(like) => {
            let (schema, example) = shaped(like, false);
            made["content"] =
                json!({ "application/json": { "schema": schema, "example": example } });
        }
        Shape::Data(like) => {
            let (schema, example) = shaped(like, false);
            let schema = json!({
                "type": "object", "required": ["success", "data"],
                "properties": { "success": { "const": true }, "data": schema },
            });
            let example = json!({ "success": true, "data": example });
            made["content"] =
                json!({ "application/json": { "schema": schema, "example": example } });
        }
    }
    made
}

fn components() -> Value {
    let mut schemas = Map::new();
    for (name, text) in parts::ALL {
        schemas.insert((*name).to_owned(), shaped(text, false).0);
    }
    schemas.insert("Problem".to_owned(), refusals::problem());
    json!({
        "schemas": schemas,
        "responses": refusals::components(),
        "parameters": { "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header", "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
            "description": "The same key with the same body within 24 h gives the first answer again, and makes nothing twice",
        } },
        "headers": {
            "RequestId": { "description": "The request's id, taken from the request or made", "schema": { "type": "string" } },
            "RetryAfter": { "description": "Whole seconds", "schema": { "type": "integer", "minimum": 1 } },
            "ETag": { "description": "Send it back as `If-None-Match`", "schema": { "type": "string" } },
        },
        "securitySchemes": {
            "token": { "type": "http", "scheme": "bearer", "description": "Made by `reel token create NAME --scope S`" },
            "signature": {
                "type": "apiKey", "in": "header", "name": "X-Webhook-Signature",
                "description": "`sha256=` and the hex HMAC-SHA256 of the raw body under the route's `[inbound]` secret",
            },
            "link": { "type": "apiKey", "in": "query", "name": "signature", "description": "Part of a link that was given, with `expires`" },
        },
    })
}
