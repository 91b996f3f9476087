//! The way in: words to a verb, a verb to an exit code.

use super::args::{Cli, Dashboard, RunAlone, Verb};
use super::context::{Connection, Context};
use super::failure::{Failure, Outcome};
use super::{help, live, verb};
use clap::{CommandFactory, FromArgMatches, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

/// Does what the words say; they begin with the program's name.
pub fn main(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let words: Vec<OsString> = words.into_iter().collect();
    if live::answer(&words) {
        return ExitCode::SUCCESS;
    }
    let cli = match parse(words) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    match perform(cli) {
        Ok(code) => code,
        Err(failure) => failure.tell(None),
    }
}

/// The words as clap reads them.
///
/// What is built to read them is what a process pays for before it connects, so only what can be meant is: the front
/// page when no verb comes first, and for `run`, which scripts call by the thousand, its own words alone.
pub fn parse(words: Vec<OsString>) -> Result<Cli, clap::Error> {
    let verb = words.get(1).and_then(|word| word.to_str());
    match verb {
        Some("run") => parse_run(&words[1..]),
        Some(name) if Verb::has_subcommand(name) => read(Cli::command(), words),
        _ => read(help::command(), words),
    }
}

fn read(mut command: clap::Command, words: Vec<OsString>) -> Result<Cli, clap::Error> {
    let matches = command.try_get_matches_from_mut(words)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

fn parse_run(words: &[OsString]) -> Result<Cli, clap::Error> {
    let mut command = RunAlone::command();
    let matches = command.try_get_matches_from_mut(words)?;
    let RunAlone {
        connection,
        json,
        args,
    } = RunAlone::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    Ok(Cli {
        connection,
        json,
        dashboard: Dashboard::default(),
        verb: Some(Verb::Run(args)),
    })
}

/// Help and version go to standard output and are no failure; what can't be meant ends with 2.
fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Whoever asked for the help may be gone: nothing is left to say then.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.render().to_string();
    eprint!("reel: {}", text.strip_prefix("error: ").unwrap_or(&text));
    ExitCode::from(2)
}

fn perform(cli: Cli) -> Outcome<ExitCode> {
    let Cli {
        connection,
        json,
        dashboard,
        verb,
    } = cli;
    match verb {
        None if json => asked(Verb::Ls(verb::ls::Args::default()), &connection, json),
        None => verb::dashboard::run(&connection, &dashboard),
        Some(Verb::Completions(args)) => verb::completions::run(&args).map(|()| ExitCode::SUCCESS),
        Some(Verb::Man(args)) => verb::man::run(&args).map(|()| ExitCode::SUCCESS),
        Some(verb) => asked(verb, &connection, json),
    }
}

/// A verb that asks the daemon.
fn asked(verb: Verb, connection: &Connection, json: bool) -> Outcome<ExitCode> {
    let endpoint = connection.endpoint()?;
    let runtime = runtime()?;
    let outcome = runtime.block_on(async {
        let mut context = Context::new(endpoint, json);
        let outcome = dispatch(&mut context, verb).await;
        // What was printed before a failure belongs to it.
        let flushed = context.out.flush();
        outcome.and(flushed)
    });
    // A read of standard input may still be under way; the process's end is not to wait for it.
    runtime.shutdown_background();
    outcome?;
    Ok(ExitCode::SUCCESS)
}

/// One thread is enough for one person.
pub fn runtime() -> Outcome<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("the runtime can't start: {error}")))
}

async fn dispatch(context: &mut Context, verb: Verb) -> Outcome {
    match verb {
        Verb::Submit(args) => verb::submit::run(context, args).await,
        Verb::Run(args) => verb::run::run(context, args).await,
        Verb::Ls(args) => verb::ls::run(context, args).await,
        Verb::Show(args) => verb::show::run(context, args).await,
        Verb::Why(args) => verb::why::run(context, args).await,
        Verb::Logs(args) => verb::logs::run(context, args).await,
        Verb::Cancel(args) => verb::cancel::run(context, args).await,
        Verb::Retry(args) => verb::retry::run(context, args).await,
        Verb::Pause(args) => verb::pause::run(context, args).await,
        Verb::Resume(args) => verb::resume::run(context, args).await,
        Verb::Extend(args) => verb::extend::run(context, args).await,
        Verb::Prioritise(args) => verb::prioritise::run(context, args).await,
        Verb::Rm(args) => verb::rm::run(context, args).await,
        Verb::Answer(args) => verb::answer::run(context, args).await,
        Verb::Confirm(args) => verb::confirm::run(context, args).await,
        Verb::Watch(args) => verb::watch::run(context, args).await,
        Verb::Stats(args) => verb::stats::run(context, args).await,
        Verb::Pipelines(args) => verb::pipelines::run(context, args).await,
        Verb::Workers => verb::workers::run(context).await,
        Verb::Attention => verb::attention::run(context).await,
        Verb::Schedules(args) => verb::schedules::run(context, args).await,
        Verb::Webhooks(args) => verb::webhooks::run(context, args).await,
        Verb::Token(args) => verb::token::run(context, args).await,
        Verb::Drain(args) => verb::drain::run(context, args, "/api/drain").await,
        Verb::Undrain(args) => verb::drain::run(context, args, "/api/undrain").await,
        Verb::Store(args) => verb::store::run(context, args).await,
        Verb::Reload => verb::reload::run(context).await,
        Verb::DialStdio => verb::dial_stdio::run(context).await,
        Verb::Completions(args) => verb::completions::run(&args),
        Verb::Man(args) => verb::man::run(&args),
    }
}
