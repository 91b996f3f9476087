//! `reel prioritise`: changes how soon a workflow's turn comes.

use crate::cli::act::{self, Act};
use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use reel_shared::request::PriorityRequest;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The workflow's id or a unique beginning of it
    pub id: String,
    /// From -1000 to 1000, larger first; a new workflow has 0
    #[arg(value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(-1000..=1000))]
    pub priority: i64,
}

/// Sets the priority.
pub async fn run(context: &mut Context, args: Args) -> Outcome {
    let act = Act::post(
        "/priority",
        &PriorityRequest {
            priority: args.priority,
        },
    )?;
    act::each(context, &[args.id], &act).await
}
