//! The words of the command line. Doc comments here and in the verbs' files are the help texts.

use super::context::Connection;
use super::verb;
use clap::{Parser, Subcommand, ValueEnum};

/// Makes videos in stages, and never loses work: the dashboard and the command line of reeld.
///
/// Without a verb it opens the dashboard. Where an id is wanted, any beginning that only one workflow has is enough.
#[derive(Debug, Parser)]
#[command(
    name = "reel",
    version,
    disable_help_subcommand = true,
    subcommand_help_heading = "Verbs",
    arg_required_else_help = false
)]
pub struct Cli {
    /// Print what the daemon said as JSON, instead of words
    #[arg(long, global = true)]
    pub json: bool,
    #[command(flatten)]
    pub connection: Connection,
    #[command(flatten)]
    pub dashboard: Dashboard,
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// `reel run` read by itself, as [`Cli`] reads it. A test holds the two to the same words.
#[derive(Debug, Parser)]
#[command(
    name = "run",
    bin_name = "reel run",
    about = "Queue any program; prints the workflow's id"
)]
pub struct RunAlone {
    /// Print what the daemon said as JSON, instead of words
    #[arg(long, global = true)]
    pub json: bool,
    #[command(flatten)]
    pub args: verb::run::Args,
    #[command(flatten)]
    pub connection: Connection,
}

/// How the dashboard shows itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Dashboard")]
pub struct Dashboard {
    /// For screen readers: lines only, keys by line; `q` Enter ends
    #[arg(long)]
    pub linear: bool,
    /// Draw one frame and end
    #[arg(long)]
    pub once: bool,
    /// Take no key that changes anything
    #[arg(long)]
    pub read_only: bool,
    /// Draw with ASCII signs alone
    #[arg(long)]
    pub ascii: bool,
    /// Draw for this link [default: ssh in an ssh session, else local]
    #[arg(long, value_enum, value_name = "LINK")]
    pub profile: Option<Profile>,
}

/// The link between the terminal and the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// A slow one: few frames a second.
    Ssh,
    /// A fast one.
    Local,
}

/// What may be asked.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Verb {
    /// Start a pipeline; prints the workflow's id
    Submit(verb::submit::Args),
    /// Queue any program; prints the workflow's id
    Run(verb::run::Args),
    /// List workflows
    Ls(verb::ls::Args),
    /// Show one workflow whole
    Show(verb::show::Args),
    /// Say what a workflow waits for, and until about when
    Why(verb::why::Args),
    /// Print a workflow's log
    Logs(verb::logs::Args),
    /// Stop workflows, their programs too
    Cancel(verb::cancel::Args),
    /// Do failed or cancelled workflows again; end a wait now
    Retry(verb::retry::Args),
    /// Hold workflows back; a running one at its next stage
    Pause(verb::pause::Args),
    /// Let paused workflows go on
    Resume(verb::resume::Args),
    /// Change how soon a workflow's turn comes
    Prioritise(verb::prioritise::Args),
    /// Remove ended workflows: row, logs and files
    Rm(verb::rm::Args),
    /// Answer what a workflow asks
    Answer(verb::answer::Args),
    /// Let workflows start that wait for a yes
    Confirm(verb::confirm::Args),
    /// Give a question more time before its deadline
    Extend(verb::extend::Args),
    /// Print the event stream, one JSON object a line
    Watch(verb::watch::Args),
    /// Sum up the last hours
    Stats(verb::stats::Args),
    /// List the pipelines, or show one
    Pipelines(verb::pipelines::Args),
    /// Show the boxes, what they do and what is queued
    Workers,
    /// List all that waits for a person
    Attention,
    /// List the schedules, or run one now
    Schedules(verb::schedules::Args),
    /// Tell other programs what happens: endpoints and deliveries
    Webhooks(verb::webhooks::Args),
    /// Make, list and revoke tokens
    Token(verb::token::Args),
    /// Let a box finish what runs and take no more
    Drain(verb::drain::Args),
    /// Let a drained box take work again
    Undrain(verb::drain::Args),
    /// Look after the object store
    Store(verb::store::Args),
    /// Take a changed configuration, if it is sound
    Reload,
    /// Join standard input and output to the daemon's socket
    DialStdio,
    /// Print the completions of a shell
    Completions(verb::completions::Args),
    /// Print the manual
    Man(verb::man::Args),
}
