//! `reel pause`: holds workflows back.

use crate::cli::act::{self, Act};
use crate::cli::context::Context;
use crate::cli::failure::Outcome;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The workflows, each by its id or a unique beginning of it
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<String>,
}

/// Asks each to stop; what runs goes on to the end of its stage.
pub async fn run(context: &mut Context, args: Args) -> Outcome {
    act::each(
        context,
        &args.ids,
        &Act::post("/pause", &serde_json::json!({}))?,
    )
    .await
}
