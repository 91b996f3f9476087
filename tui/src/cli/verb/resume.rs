//! `reel resume`: lets paused workflows go on.

use crate::cli::act::{self, Act};
use crate::cli::context::Context;
use crate::cli::failure::Outcome;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The workflows, each by its id or a unique beginning of it
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<String>,
}

/// Puts each back to what it was.
pub async fn run(context: &mut Context, args: Args) -> Outcome {
    act::each(
        context,
        &args.ids,
        &Act::post("/resume", &serde_json::json!({}))?,
    )
    .await
}
