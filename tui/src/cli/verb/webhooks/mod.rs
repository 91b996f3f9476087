//! `reel webhooks`: who is told of what happens, and what became of each delivery.

mod delivery;
mod endpoint;

#[cfg(test)]
mod tests;

use crate::cli::context::Context;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::values;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub act: Act,
}

const EXAMPLES: &str = "\
Examples:
  reel webhooks add https://h.example/x --event video.completed --event video.failed
  reel webhooks add https://h.example/x --event '*' --label team=news --json
  reel webhooks deliveries wh_1 --limit 5
  reel webhooks show dlv_1          as a curl command, its secret masked
  reel webhooks recover wh_1 --since 6h";

#[derive(Debug, clap::Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Act {
    /// Register an endpoint; prints its id, and the secret this once
    Add(Add),
    /// List the endpoints
    Ls,
    /// Show an endpoint, or a delivery as a curl command
    Show {
        /// An endpoint's id (wh_…) or a delivery's (dlv_…)
        id: String,
    },
    /// Forget endpoints and all that was sent to them
    Rm {
        /// The endpoints' ids
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
    /// Give an endpoint another secret; the old one signs too for 24 hours
    Rotate {
        /// The endpoint's id
        id: String,
        /// The new secret [default: one is made]
        #[arg(long, value_name = "S")]
        secret: Option<String>,
    },
    /// Turn endpoints on again; what waited for them is sent
    Enable {
        /// The endpoints' ids
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
    /// Turn endpoints off; what is meant for them waits
    Disable {
        /// The endpoints' ids
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
    /// List the deliveries that failed
    Failed(Page),
    /// Try failed deliveries again: five fresh attempts each
    Retry {
        /// The deliveries' ids
        #[arg(
            value_name = "DELIVERY",
            required_unless_present = "all",
            conflicts_with = "all"
        )]
        ids: Vec<String>,
        /// All that failed
        #[arg(long)]
        all: bool,
    },
    /// Try again all that failed since a time
    Recover {
        /// The endpoint's id [default: every endpoint]
        id: Option<String>,
        /// RFC 3339, a time of day that was (14:30), or so long ago (90m, 2d)
        #[arg(long, value_name = "T")]
        since: String,
    },
    /// List an endpoint's deliveries with their attempts
    Deliveries {
        /// The endpoint's id [default: the only one]
        id: Option<String>,
        #[command(flatten)]
        page: Page,
    },
    /// Send a test event to an endpoint; prints the delivery's id
    Test {
        /// The endpoint's id
        id: String,
    },
}

#[derive(Debug, clap::Args)]
pub struct Add {
    /// Where events are sent
    pub url: String,
    /// An event, or * for all but progress; several times for several
    #[arg(long = "event", required = true, value_name = "E")]
    pub events: Vec<String>,
    /// Signs what is sent [default: one is made]
    #[arg(long, value_name = "S")]
    pub secret: Option<String>,
    /// Only workflows with this label
    #[arg(long = "label", value_name = "K=V", value_parser = values::pair)]
    pub labels: Vec<(String, String)>,
    /// Only this pipeline's workflows
    #[arg(long = "pipeline", value_name = "P")]
    pub pipelines: Vec<String>,
    /// Sent with each request
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = values::pair)]
    pub headers: Vec<(String, String)>,
}

#[derive(Debug, clap::Args)]
pub struct Page {
    /// How many
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=200))]
    pub limit: u32,
    /// How many to pass over
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub offset: u64,
}

/// Does what is asked.
pub async fn run(context: &mut Context, args: Args) -> Outcome {
    match args.act {
        Act::Add(add) => endpoint::add(context, add).await,
        Act::Ls => endpoint::list(context).await,
        Act::Show { id } if id.starts_with("dlv_") => delivery::show(context, &id).await,
        Act::Show { id } => endpoint::show(context, &id).await,
        Act::Rm { ids } => endpoint::remove(context, &ids).await,
        Act::Rotate { id, secret } => endpoint::rotate(context, &id, secret).await,
        Act::Enable { ids } => endpoint::switch(context, &ids, true).await,
        Act::Disable { ids } => endpoint::switch(context, &ids, false).await,
        Act::Failed(page) => delivery::failed(context, &page).await,
        Act::Retry { ids, all: false } => delivery::retry(context, &ids).await,
        Act::Retry { all: true, .. } => delivery::retry_all(context).await,
        Act::Recover { id, since } => delivery::recover(context, id, &since).await,
        Act::Deliveries { id, page } => delivery::list(context, id, &page).await,
        Act::Test { id } => endpoint::test(context, &id).await,
    }
}

/// Does one thing to each; the failures of several are told apart.
async fn each<F>(context: &mut Context, ids: &[String], mut act: F) -> Outcome
where
    F: AsyncFnMut(&mut Context, &str) -> Outcome,
{
    let mut failed = false;
    for id in ids {
        match act(context, id).await {
            Ok(()) => {}
            Err(failure) if ids.len() == 1 => return Err(failure),
            Err(failure) => {
                context.out.flush()?;
                failure.tell(Some(id));
                failed = true;
            }
        }
    }
    if failed {
        Err(Failure::Told(1))
    } else {
        Ok(())
    }
}
