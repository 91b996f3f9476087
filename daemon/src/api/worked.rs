//! `WORKER`: document 002's points for every request to its surface: received, who calls, which route, what is answered.

use super::auth::guard::Identity;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;

/// Layer of the surface's routes.
pub async fn layer(request: Request, next: Next) -> Response {
    // The query is left out: it may hold the signature of a link.
    tracing::info!(component = "WORKER", method = %request.method(), path = request.uri().path(), "Request received");
    let caller = match request.extensions().get::<Identity>() {
        Some(Identity(Ok(caller))) => Some(caller),
        _ => None,
    };
    tracing::info!(
        component = "WORKER",
        authenticated = caller.is_some(),
        userId = caller.map(|caller| caller.user.as_ref()),
        "Authentication"
    );
    let route = request.extensions().get::<MatchedPath>();
    tracing::info!(
        component = "WORKER",
        route = route.map(MatchedPath::as_str),
        "Route handling"
    );
    let answer = next.run(request).await;
    tracing::info!(
        component = "WORKER",
        status = answer.status().as_u16(),
        "Response"
    );
    answer
}
