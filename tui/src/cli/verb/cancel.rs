//! `reel cancel`: stops workflows.

use crate::cli::act::{self, Act};
use crate::cli::context::Context;
use crate::cli::failure::Outcome;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The workflows, each by its id or a unique beginning of it
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<String>,
}

/// Asks for the end of each; it is cancelled when its processes are gone.
pub async fn run(context: &mut Context, args: Args) -> Outcome {
    act::each(
        context,
        &args.ids,
        &Act::post("/cancel", &serde_json::json!({}))?,
    )
    .await
}
