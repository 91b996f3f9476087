//! `GET /openapi.json` and `GET /docs`.

use super::{of, page};
use crate::api::Api;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

/// What the page may load: nothing but what stands in it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `GET /openapi.json`
pub async fn json(State(api): State<Api>) -> Response {
    crate::api::answer::json(
        axum::http::StatusCode::OK,
        of(&api.config()).to_string().into(),
    )
}

/// `GET /docs`
pub async fn docs(State(api): State<Api>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, page(&of(&api.config()))).into_response()
}
