//! `reel reload`: the daemon takes a changed configuration, if it is sound; else the old one stays.

use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use serde_json::Value;

/// Asks for it.
pub async fn run(context: &mut Context) -> Outcome {
    let data: Value = context
        .http
        .post("/api/reload", &serde_json::json!({}))
        .await?;
    if context.out.json {
        context.out.json(&data)
    } else {
        context
            .out
            .line("the configuration and the pipelines are taken as they stand now")
    }
}
