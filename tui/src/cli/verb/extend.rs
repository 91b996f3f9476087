//! `reel extend`: gives a gate more time before its deadline is taken for the answer.

use crate::cli::act::{self, Act};
use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use reel_shared::request::ExtendRequest;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The workflow's id or a unique beginning of it
    pub id: String,
    /// How much longer than its deadline: 30m, 1h30m, 2d; or until when, in RFC 3339
    #[arg(value_name = "DURATION")]
    pub more: String,
    /// The stage that asks, where several do
    #[arg(long)]
    pub stage: Option<String>,
}

/// Moves the deadline away.
pub async fn run(context: &mut Context, args: Args) -> Outcome {
    act::each(context, &[args.id], &extend(args.more, args.stage)?).await
}

/// A moment has a date in it, a length has none; which of both is right is the daemon's to say.
pub fn extend(more: String, stage: Option<String>) -> Result<Act, crate::cli::failure::Failure> {
    let (by, until) = if more.contains('-') {
        (None, Some(more))
    } else {
        (Some(more), None)
    };
    Act::post("/extend", &ExtendRequest { by, until, stage })
}
