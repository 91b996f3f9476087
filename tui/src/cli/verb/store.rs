//! `reel store retry`: what stayed on the daemon's box while the object store was away is stored now.

use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use serde_json::Value;

/// What is asked of the store.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Clone, Copy, clap::Subcommand)]
enum Verb {
    /// Store now what stayed here while the store was away
    Retry,
}

/// Asks for it.
pub async fn run(context: &mut Context, args: Args) -> Outcome {
    let Verb::Retry = args.verb;
    let data: Value = context
        .http
        .post("/api/store/retry", &serde_json::json!({}))
        .await?;
    if context.out.json {
        return context.out.json(&data);
    }
    let count = |name: &str| data[name].as_u64().unwrap_or(0);
    context.out.line(&match (count("stored"), count("left")) {
        (0, 0) => "nothing waits to be stored".to_owned(),
        (stored, 0) => format!("{stored} stored, nothing is left"),
        (stored, left) => {
            format!("{stored} stored, {left} still wait; `reel attention` says why")
        }
    })
}
