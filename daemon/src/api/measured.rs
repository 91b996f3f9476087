//! The layer that counts requests and their time, by the route's template: a path as it came never becomes a label.

use crate::metrics::metrics;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;

/// What stands for a path that no route serves.
const NOWHERE: &str = "(none)";

/// Counts a request once its answer's head is there; a stream's body comes later.
pub async fn layer(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let answer = next.run(request).await;
    let route = route.as_ref().map_or(NOWHERE, MatchedPath::as_str);
    metrics().http(route, answer.status().as_u16(), begun.elapsed());
    answer
}
