//! `reel submit`: starts a pipeline.

use crate::cli::context::Context;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::{asks, ids, submission, values, wait, when};
use jiff::Zoned;
use reel_shared::client::{ClientError, Http, segment};
use reel_shared::request::SubmitRequest;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  reel submit video -p prompt='A quiet harbour at dawn. Boats leave. Gulls follow.'
  reel submit video --params harbour.json -p aspectRatio=16:9 --wait
  reel submit video -p prompt=… --at 02:30 --priority -10 --label series=harbours
  id=$(reel submit video -p prompt=…); reel logs -f $id

The parameters of a pipeline: `reel pipelines show NAME`. The id alone goes to standard output.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The pipeline's name; `reel pipelines` lists them
    pub pipeline: String,
    /// A parameter; a list's values stand between commas, or the option comes several times
    #[arg(short = 'p', long = "param", value_name = "KEY=VALUE", value_parser = values::pair)]
    pub param: Vec<(String, String)>,
    /// A file with the parameters as a JSON object (- is standard input); -p is laid over it
    #[arg(long, value_name = "FILE.json")]
    pub params: Option<PathBuf>,
    /// Your own id instead of a random one: 1 to 64 of A-Z a-z 0-9 _ -
    #[arg(long)]
    pub id: Option<String>,
    /// A name for people
    #[arg(long)]
    pub name: Option<String>,
    /// Larger goes first
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(-1000..=1000))]
    pub priority: Option<i64>,
    /// Start only when this workflow has completed; may come several times
    #[arg(long, value_name = "ID")]
    pub after: Vec<String>,
    /// Start not before: RFC 3339, 14:30 (the next one) or +90m
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub at: Option<String>,
    /// Tell this address when it ends
    #[arg(long, value_name = "URL")]
    pub webhook: Option<String>,
    /// A label to find it by; may come several times
    #[arg(long, value_name = "K=V", value_parser = values::pair)]
    pub label: Vec<(String, String)>,
    /// Stay until it ends, showing how it goes; exit 1 unless it completes
    #[arg(long)]
    pub wait: bool,
}

/// Hands the workflow over and prints its id.
pub async fn run(context: &mut Context, args: Args) -> Outcome {
    let not_before = match &args.at {
        Some(text) => Some(
            when::parse(text, &Zoned::now())
                .map_err(|problem| Failure::usage(format!("--at {text}: {problem}")))?
                .to_string(),
        ),
        None => None,
    };
    let mut params = match &args.params {
        Some(path) => read(path)?,
        None => Map::new(),
    };
    let kinds = if args.param.is_empty() {
        values::Kinds::new()
    } else {
        kinds(&mut context.http, &args.pipeline).await?
    };
    values::lay(&mut params, &args.param, &kinds)
        .map_err(|problem| Failure::usage(format!("-p: {problem}")))?;
    let mut depends_on = Vec::with_capacity(args.after.len());
    for text in &args.after {
        depends_on.push(ids::find(&mut context.http, text).await?.id);
    }
    let request = SubmitRequest {
        pipeline: args.pipeline,
        params,
        id: args.id,
        name: args.name,
        priority: args.priority,
        depends_on,
        not_before,
        webhook_url: args.webhook,
        labels: args.label.into_iter().collect(),
        require_confirmation: None,
    };
    hand_over(context, &request, args.wait).await
}

/// Hands a request over, prints what came of it, and waits if that is wanted.
pub async fn hand_over(context: &mut Context, request: &SubmitRequest, waits: bool) -> Outcome {
    let reply = submission::hand_over(&mut context.http, request).await?;
    if !waits {
        return if context.out.json {
            let data: Value = reply.data()?;
            context.out.json(&data)
        } else {
            let id = submission::id(&reply)?;
            context.out.line(&id)?;
            context.out.flush()?;
            // What it asks is no output: a script that takes the id is not disturbed.
            if let Some(asked) = asks::told(&reply.data()?) {
                eprintln!("{asked}");
            }
            Ok(())
        };
    }
    let id = submission::id(&reply)?;
    if !context.out.json {
        context.out.line(&id)?;
        context.out.flush()?;
    }
    let view = wait::until_end(context, &id).await?;
    if context.out.json {
        let whole: Value = ids::status(&mut context.http, &id).await?.data()?;
        context.out.json(&whole)?;
    }
    wait::verdict(&view)
}

/// The types of a pipeline's parameters. Of an unknown pipeline nothing is known: the daemon says so on submit.
pub async fn kinds(http: &mut Http, pipeline: &str) -> Outcome<values::Kinds> {
    #[derive(Deserialize)]
    struct Described {
        params: Vec<Param>,
    }
    #[derive(Deserialize)]
    struct Param {
        name: String,
        #[serde(rename = "type")]
        kind: String,
    }
    match http
        .get::<Described>(&format!("/api/pipelines/{}", segment(pipeline)))
        .await
    {
        Ok(described) => Ok(described
            .params
            .into_iter()
            .map(|param| (param.name, param.kind))
            .collect()),
        Err(ClientError::Problem {
            status: 404 | 422, ..
        }) => Ok(values::Kinds::new()),
        Err(error) => Err(error.into()),
    }
}

fn read(path: &PathBuf) -> Outcome<Map<String, Value>> {
    let wrong = |problem: String| {
        Failure::usage(format!("--params {}: {problem}", path.display()))
            .with_remedy("it holds one JSON object: {\"prompt\": \"…\"}")
    };
    let text = if path.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    }
    .map_err(|error| wrong(format!("it can't be read: {error}")))?;
    serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))
}
