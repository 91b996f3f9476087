//! `reel run`: queues any program as a workflow of one stage.
//!
//! Often called from scripts, thousands of times: without `--after` it is one request and nothing else.

use super::submit;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::{ids, values};
use reel_shared::client::Target;
use reel_shared::request::SubmitRequest;
use serde_json::{Map, Value};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  reel run -- ffmpeg -i in.mov out.mp4
  reel run --name nightly --retry 2 --resource cpu=2 -- ./render.sh scene1
  reel run --wait -- make -j2 && echo made
  first=$(reel run -- ./fetch.sh); reel run --after $first -- ./build.sh

The program gets its arguments as they stand: no shell reads them. It runs in the directory
that you are in, unless --dir says another (over ws://: in its own work directory), with the
daemon's environment and what --env adds.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A name for people [default: the program's]
    #[arg(long)]
    pub name: Option<String>,
    /// The directory to run in
    #[arg(long, value_name = "D")]
    pub dir: Option<PathBuf>,
    /// On whichever box is free, in a work directory of its own there instead of the one you are in
    #[arg(long, conflicts_with = "dir")]
    pub anywhere: bool,
    /// An environment variable; may come several times
    #[arg(long, value_name = "K=V", value_parser = values::pair)]
    pub env: Vec<(String, String)>,
    /// What it takes of the box, instead of cpu=1; may come several times
    #[arg(long, value_name = "NAME=N", value_parser = values::amount)]
    pub resource: Vec<(String, u64)>,
    /// How often to try again when it fails
    #[arg(long, value_name = "N")]
    pub retry: Option<u32>,
    /// Larger goes first
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(-1000..=1000))]
    pub priority: Option<i64>,
    /// Start only when this workflow has completed; may come several times
    #[arg(long, value_name = "ID")]
    pub after: Vec<String>,
    /// Stay until it ends, showing how it goes; exit 1 unless it completes
    #[arg(long)]
    pub wait: bool,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub argv: Vec<OsString>,
}

/// Queues the program and prints the workflow's id.
pub async fn run(context: &mut Context, args: Args) -> Outcome {
    let local = matches!(
        context.http.endpoint().targets.first(),
        Some(Target::Unix(_))
    );
    let params = params(&args, local)?;
    let mut depends_on = Vec::with_capacity(args.after.len());
    for text in &args.after {
        depends_on.push(ids::find(&mut context.http, text).await?.id);
    }
    let request = SubmitRequest {
        pipeline: "command".to_owned(),
        params,
        name: args.name,
        priority: args.priority,
        depends_on,
        ..SubmitRequest::default()
    };
    submit::hand_over(context, &request, args.wait).await
}

/// The parameters of the `command` pipeline. On this box the program runs where the caller stands.
fn params(args: &Args, local: bool) -> Outcome<Map<String, Value>> {
    let mut params = Map::new();
    let argv = args
        .argv
        .iter()
        .map(|word| text(word, "the command"))
        .collect::<Outcome<Vec<_>>>()?;
    params.insert("argv".to_owned(), Value::from(argv));
    let dir = match args.anywhere {
        true => None,
        false => directory(args.dir.as_deref(), local)?,
    };
    if let Some(dir) = dir {
        params.insert(
            "dir".to_owned(),
            Value::String(text(dir.as_os_str(), "the directory")?),
        );
    }
    if !args.env.is_empty() {
        let env = args
            .env
            .iter()
            .map(|(key, value)| (key.clone(), Value::from(value.as_str())));
        params.insert("env".to_owned(), Value::Object(env.collect()));
    }
    if !args.resource.is_empty() {
        let amounts = args
            .resource
            .iter()
            .map(|(name, amount)| (name.clone(), Value::from(*amount)));
        params.insert("resources".to_owned(), Value::Object(amounts.collect()));
    }
    if let Some(times) = args.retry {
        params.insert("retry".to_owned(), Value::from(times));
    }
    Ok(params)
}

/// The directory to say: the one given, made whole on this box; else the caller's; on another box none.
fn directory(given: Option<&Path>, local: bool) -> Outcome<Option<PathBuf>> {
    let here = || {
        std::env::current_dir().map_err(|error| {
            Failure::failed(format!("the current directory can't be told: {error}"))
                .with_remedy("say where to run with --dir")
        })
    };
    match given {
        Some(dir) if local && dir.is_relative() => Ok(Some(here()?.join(dir))),
        Some(dir) => Ok(Some(dir.to_owned())),
        None if local => here().map(Some),
        None => Ok(None),
    }
}

fn text(word: &std::ffi::OsStr, what: &str) -> Outcome<String> {
    match word.to_str() {
        Some(text) if !text.contains('\0') => Ok(text.to_owned()),
        _ => Err(
            Failure::usage(format!("{what} has a part that is not UTF-8: {word:?}"))
                .with_remedy("put it into a script, and run that"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use serde_json::json;
    use std::os::unix::ffi::OsStringExt;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn read(words: &[&str]) -> Args {
        Line::try_parse_from([&["run"], words].concat())
            .unwrap()
            .args
    }

    #[test]
    fn everything_behind_the_dashes_is_the_programs() {
        let args = read(&[
            "--dir",
            "/d",
            "--env",
            "A=b=c",
            "--resource",
            "gpu=1",
            "--retry",
            "2",
            "--",
            "p",
            "--wait",
            "-x",
        ]);
        assert_eq!(
            Value::Object(params(&args, false).unwrap()),
            json!({"argv": ["p", "--wait", "-x"], "dir": "/d", "env": {"A": "b=c"}, "resources": {"gpu": 1}, "retry": 2})
        );
        assert!(!args.wait);
    }

    #[test]
    fn anywhere_says_no_directory_and_takes_none() {
        let args = read(&["--anywhere", "--", "p"]);
        let said = Value::Object(params(&args, true).unwrap());
        assert_eq!(said, json!({"argv": ["p"]}));
        let both = ["run", "--anywhere", "--dir", "/d", "--", "p"];
        assert!(Line::try_parse_from(both).is_err());
    }

    #[test]
    fn the_directory_is_the_callers_on_this_box_alone() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(directory(None, true).unwrap(), Some(here.clone()));
        assert_eq!(
            directory(Some(Path::new("x")), true).unwrap(),
            Some(here.join("x"))
        );
        assert_eq!(directory(None, false).unwrap(), None);
        assert_eq!(
            directory(Some(Path::new("x")), false).unwrap(),
            Some(PathBuf::from("x"))
        );
    }

    #[test]
    fn a_word_that_json_cannot_hold_is_usage() {
        let mut args = read(&["--", "p"]);
        args.argv.push(OsString::from_vec(vec![0xff]));
        assert_eq!(params(&args, false).unwrap_err().code(), 2);
    }

    #[test]
    fn a_command_is_wanted() {
        assert!(Line::try_parse_from(["run", "--"]).is_err());
        assert!(Line::try_parse_from(["run", "--priority", "1001", "--", "p"]).is_err());
        assert_eq!(read(&["--priority", "-5", "--", "p"]).priority, Some(-5));
    }
}
