//! `reel logs`: prints a workflow's log.

use crate::cli::context::Context;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::follow::{self, LEVELS, Wanted};
use crate::cli::ids;
use clap::builder::PossibleValuesParser;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The workflow's id or a unique beginning of it
    pub id: String,
    /// Go on as it grows, until the workflow ends; a restarted daemon is waited for
    #[arg(short, long)]
    pub follow: bool,
    /// Only this stage's lines
    #[arg(long)]
    pub stage: Option<String>,
    /// Only lines of this level or above
    #[arg(long, value_parser = PossibleValuesParser::new(LEVELS))]
    pub level: Option<String>,
}

/// Prints the log: what there is, or all that comes.
pub async fn run(context: &mut Context, args: Args) -> Outcome {
    let view = ids::find(&mut context.http, &args.id).await?;
    if let Some(stage) = &args.stage
        && !view.stages.contains_key(stage)
    {
        let known: Vec<&str> = view.stages.keys().map(String::as_str).collect();
        return Err(
            Failure::usage(format!("workflow {} has no stage {stage:?}", view.id))
                .with_remedy(format!("its stages: {}", known.join(", "))),
        );
    }
    let wanted = Wanted {
        id: view.id,
        stage: args.stage,
        level: args.level,
    };
    if args.follow {
        follow::follow(context, &wanted).await
    } else {
        follow::all(context, &wanted).await
    }
}
