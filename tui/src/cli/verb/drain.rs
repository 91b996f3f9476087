//! `reel drain` and `reel undrain`: a box finishes what runs and takes no more, or takes work again.

use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use reel_shared::request::DrainRequest;
use serde_json::Value;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The box's name [default: the daemon's own]; `reel workers` lists them
    #[arg(value_name = "BOX")]
    pub box_name: Option<String>,
}

/// Asks for it; `path` says which of the two.
pub async fn run(context: &mut Context, args: Args, path: &str) -> Outcome {
    let request = DrainRequest {
        box_name: args.box_name,
    };
    let data: Value = context.http.post(path, &request).await?;
    if context.out.json {
        context.out.json(&data)
    } else {
        Ok(())
    }
}
