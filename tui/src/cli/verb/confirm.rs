//! `reel confirm`: says yes or no to workflows that wait for it.

use crate::cli::act::{self, Act};
use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use reel_shared::request::ConfirmRequest;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The workflows, each by its id or a unique beginning of it
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<String>,
    /// Say no: the workflow is cancelled, or its stage fails
    #[arg(long)]
    pub no: bool,
    /// The stage that waits for approval, when two do
    #[arg(long)]
    pub stage: Option<String>,
}

/// Says it to each.
pub async fn run(context: &mut Context, args: Args) -> Outcome {
    let request = ConfirmRequest {
        confirmed: Some(!args.no),
        stage: args.stage,
    };
    act::each(context, &args.ids, &Act::post("/confirm", &request)?).await
}
