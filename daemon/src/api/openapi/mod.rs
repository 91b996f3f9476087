//! The interface described by itself: OpenAPI 3.1 at `/openapi.json` and by `reeld openapi`, and a page for people at `/docs`.
//!
//! ```text
//!  router::TABLE (method, path, scope, kind) ─┐
//!  docs/* (a `Doc` for each row, by surface) ─┼─▶ document ─▶ /openapi.json · reeld openapi
//!  parts (shapes that many answers share) ────┘        └────▶ page ─▶ /docs
//! ```
//!
//! - A row without a `Doc`, and a `Doc` without a row, fail the tests; so does an answer that its schema does not allow.
//! - What follows from a row (security, ids, `Idempotency-Key`, tags, refusals) is derived from it and written nowhere else.
//! - A body is written once, as an example in `notation`, from which both its schema and the shown example are made.

mod doc;
pub mod docs;
mod document;
mod notation;
mod page;
mod parts;
mod refusals;
pub mod serve;

#[cfg(test)]
mod tests;

pub use doc::{Answer, Body, Doc, Query, Surface};
pub use document::document;
pub use page::page;

/// The document of what this configuration serves.
#[must_use]
pub fn of(config: &crate::config::Config) -> serde_json::Value {
    // Relative to where it was fetched from, unless the operator says what stands before it.
    let server = config.http.public_url.as_deref().unwrap_or("/");
    document(server, &|name| config.has(name))
}

/// The surface that a row belongs to, by its name in `[features]`.
#[must_use]
pub fn surface_of(method: &axum::http::Method, path: &str) -> Option<&'static Surface> {
    docs::ALL
        .iter()
        .find(|surface| surface.doc(method, path).is_some())
}
