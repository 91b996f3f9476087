//! `reel retry`: does failed and cancelled workflows again; ends a wait now.

use super::submit;
use crate::cli::act::{self, Act};
use crate::cli::context::Context;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::{ids, values};
use reel_shared::client::Http;
use reel_shared::request::RetryRequest;
use serde_json::Map;

const EXAMPLES: &str = "\
Examples:
  reel retry cm1                          from the stage that failed
  reel retry cm1 --from processing_video  this stage and those behind it again
  reel retry cm1 -p voice=en-GB           with another parameter";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The workflows, each by its id or a unique beginning of it
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<String>,
    /// Redo this stage and all behind it, also what completed
    #[arg(long, value_name = "STAGE")]
    pub from: Option<String>,
    /// Another value for a parameter; may come several times
    #[arg(short = 'p', long = "param", value_name = "KEY=VALUE", value_parser = values::pair)]
    pub param: Vec<(String, String)>,
}

/// Asks each to begin again.
pub async fn run(context: &mut Context, args: Args) -> Outcome {
    let Args { ids, from, param } = args;
    if param.is_empty() {
        let request = RetryRequest {
            from,
            params: Map::new(),
        };
        return act::each(context, &ids, &Act::post("/retry", &request)?).await;
    }
    // Each may be of another pipeline, whose types say what a value means.
    act::each_by(context, &ids, async |http: &mut Http, text: &str| {
        let view = ids::find(http, text).await?;
        let kinds = submit::kinds(http, &view.pipeline).await?;
        let mut params = Map::new();
        values::lay(&mut params, &param, &kinds)
            .map_err(|problem| Failure::usage(format!("-p: {problem}")))?;
        let request = RetryRequest {
            from: from.clone(),
            params,
        };
        Act::post("/retry", &request)?.on(http, &view.id).await
    })
    .await
}
