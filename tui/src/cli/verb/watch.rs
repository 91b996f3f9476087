//! `reel watch`: prints the event stream as it comes.

use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use crate::cli::ids;
use crate::cli::link::{Link, Step};
use reel_shared::client::EventsQuery;

const NOTE: &str = "\
Each line is a frame: hello, snapshot, event, progress, ping… A daemon that is restarted is
waited for, and the stream goes on behind the last event, without a gap. Ends with its reader
or an interrupt.

Example:
  reel watch | jq -r 'select(.type == \"event\") | [.seq, .kind, .workflowId] | @tsv'";

#[derive(Debug, clap::Args)]
#[command(after_help = NOTE)]
pub struct Args {
    /// Only this workflow's events, by its id or a unique beginning of it
    #[arg(long, value_name = "ID")]
    pub workflow: Option<String>,
    /// Leave out the progress frames
    #[arg(long)]
    pub no_progress: bool,
}

/// Prints frames until the reader goes away.
pub async fn run(context: &mut Context, args: Args) -> Outcome {
    let workflow = match &args.workflow {
        Some(text) => Some(ids::find(&mut context.http, text).await?.id),
        None => None,
    };
    let query = EventsQuery {
        since: None,
        workflow,
        progress: args.no_progress.then_some(false),
    };
    let mut link = Link::new(context.http.endpoint().clone(), query);
    loop {
        let step = match link.ready() {
            Some(step) => step,
            None => {
                context.out.flush()?;
                link.next().await?
            }
        };
        if let Step::Frame(_, text) = step {
            context.out.line(&text)?;
        }
    }
}
