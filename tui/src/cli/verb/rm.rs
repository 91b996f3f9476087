//! `reel rm`: removes ended workflows.

use crate::cli::act::{self, Act};
use crate::cli::context::Context;
use crate::cli::failure::Outcome;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The workflows, each by its id or a unique beginning of it
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<String>,
}

/// Removes each with its logs and files.
pub async fn run(context: &mut Context, args: Args) -> Outcome {
    act::each(context, &args.ids, &Act::delete()).await
}
