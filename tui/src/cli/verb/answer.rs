//! `reel answer`: answers what a workflow asks.

use crate::cli::act::{self, Act};
use crate::cli::context::Context;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::verb::submit;
use crate::cli::{asks, ids, values};
use reel_shared::request::ClarifyRequest;
use serde_json::Map;

const EXAMPLES: &str = "\
Examples:
  reel answer cm1 style=cinematic duration=10
  reel answer cm1 --stage approve note='looks good'

`reel show ID` lists what is asked. Half of the answers may come later.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The workflow's id or a unique beginning of it
    pub id: String,
    /// The stage that asks, when two do
    #[arg(long)]
    pub stage: Option<String>,
    /// An answer by its key
    #[arg(required = true, value_name = "KEY=VALUE", value_parser = values::pair)]
    pub answers: Vec<(String, String)>,
}

/// Gives the answers, each as the question's type says.
pub async fn run(context: &mut Context, args: Args) -> Outcome {
    let view = ids::find(&mut context.http, &args.id).await?;
    let mut kinds: values::Kinds = view
        .gates
        .iter()
        .filter(|gate| args.stage.is_none() || gate.stage == args.stage)
        .flat_map(|gate| &gate.questions)
        .map(|question| (question.key.clone(), question.kind.clone()))
        .collect();
    // A correction is of something that is no longer asked: the pipeline knows its type.
    if args.answers.iter().any(|(key, _)| !kinds.contains_key(key)) {
        for (key, kind) in submit::kinds(&mut context.http, &view.pipeline).await? {
            kinds.entry(key).or_insert(kind);
        }
    }
    let mut responses = Map::new();
    values::lay(&mut responses, &args.answers, &kinds).map_err(Failure::usage)?;
    let request = ClarifyRequest {
        responses,
        stage: args.stage,
    };
    act::each(
        context,
        std::slice::from_ref(&view.id),
        &Act::post("/clarify", &request)?,
    )
    .await?;
    let left = ids::status(&mut context.http, &view.id).await?.data()?;
    if let Some(asked) = asks::told(&left) {
        context.out.flush()?;
        eprintln!("{asked}");
    }
    Ok(())
}
