//! `reel drain` and `reel undrain`: a box finishes what runs and takes no more, or takes work again.

use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use crate::cli::output::plain;
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
    let named = args.box_name.clone();
    let request = DrainRequest {
        box_name: args.box_name,
    };
    let data: Value = context.http.post(path, &request).await?;
    if context.out.json {
        return context.out.json(&data);
    }
    let which = named.map_or_else(|| "this daemon's box".to_owned(), |name| plain(&name));
    context.out.line(&if path.ends_with("undrain") {
        format!("{which} takes work again")
    } else {
        format!("{which} finishes what runs and takes no more; `reel undrain` ends that")
    })
}
