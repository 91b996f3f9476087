//! `reel pipelines`: what can be submitted, and with which parameters.

use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use crate::cli::output::{Look, Output, plain};
use crate::cli::table::{Cell, Side, Table};
use reel_shared::client::{ClientError, segment};
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    pub act: Option<Act>,
}

#[derive(Debug, clap::Subcommand)]
pub enum Act {
    /// Show one pipeline: its parameters and stages
    Show {
        /// The pipeline's name
        name: String,
    },
}

#[derive(Debug, Deserialize)]
struct Listing {
    pipelines: Vec<Pipeline>,
}

#[derive(Debug, Deserialize)]
struct Pipeline {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    params: Vec<Param>,
    #[serde(default)]
    stages: Vec<Stage>,
}

#[derive(Debug, Deserialize)]
struct Param {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    default: Value,
    #[serde(default)]
    question: Option<String>,
    #[serde(default)]
    options: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct Stage {
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    uses: Option<String>,
    #[serde(default)]
    needs: Vec<String>,
}

/// Prints the list, or one of it.
pub async fn run(context: &mut Context, args: Args) -> Outcome {
    let path = match &args.act {
        None => "/api/pipelines".to_owned(),
        Some(Act::Show { name }) => format!("/api/pipelines/{}", segment(name)),
    };
    let data: Value = context.http.get(&path).await?;
    if context.out.json {
        return context.out.json(&data);
    }
    let width = context.width();
    match args.act {
        None => {
            let listing: Listing = read(data)?;
            list(&listing).print(&mut context.out, width)
        }
        Some(Act::Show { .. }) => {
            // As it was written, where the daemon says so; else its parts.
            if let Some(text) = data.get("text").and_then(Value::as_str) {
                return context.out.line(text.trim_end());
            }
            let pipeline: Pipeline = read(data)?;
            show(&mut context.out, &pipeline, width)
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(data: Value) -> Outcome<T> {
    Ok(serde_json::from_value(data).map_err(|error| ClientError::Protocol(error.to_string()))?)
}

fn list(listing: &Listing) -> Table {
    let mut table = Table::new(&[
        ("NAME", Side::Left),
        ("STAGES", Side::Right),
        ("WANTED", Side::Left),
        ("FROM", Side::Left),
        ("DESCRIPTION", Side::Left),
    ]);
    for pipeline in &listing.pipelines {
        let wanted: Vec<&str> = pipeline
            .params
            .iter()
            .filter(|param| param.required)
            .map(|param| param.name.as_str())
            .collect();
        table.row(vec![
            Cell::with(&pipeline.name, Look::Bold),
            Cell::new(pipeline.stages.len().to_string()),
            Cell::new(wanted.join(", ")),
            Cell::new(&pipeline.source),
            Cell::new(&pipeline.description),
        ]);
    }
    table
}

fn show(out: &mut Output, pipeline: &Pipeline, width: Option<usize>) -> Outcome {
    let name = out.paint(&pipeline.name, Look::Bold);
    out.line(&format!(
        "{name} ({}): {}",
        plain(&pipeline.source),
        plain(&pipeline.description)
    ))?;
    let mut params = Table::new(&[
        ("PARAMETER", Side::Left),
        ("TYPE", Side::Left),
        ("DEFAULT", Side::Left),
        ("ASKED", Side::Left),
    ]);
    for param in &pipeline.params {
        let default = match &param.default {
            Value::Null if param.required => "(required)".to_owned(),
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let kind = match &param.options {
            Some(options) if !options.is_empty() => options.join("|"),
            _ => param.kind.clone(),
        };
        params.row(vec![
            Cell::new(&param.name),
            Cell::new(kind),
            Cell::new(default),
            Cell::new(param.question.as_deref().unwrap_or_default()),
        ]);
    }
    if !params.is_empty() {
        out.line("")?;
        params.print(out, width)?;
    }
    let mut stages = Table::new(&[
        ("STAGE", Side::Left),
        ("USES", Side::Left),
        ("NEEDS", Side::Left),
        ("", Side::Left),
    ]);
    for stage in &pipeline.stages {
        stages.row(vec![
            Cell::new(&stage.id),
            Cell::new(stage.uses.as_deref().unwrap_or("a program")),
            Cell::new(stage.needs.join(", ")),
            Cell::new(&stage.title),
        ]);
    }
    if stages.is_empty() {
        return Ok(());
    }
    out.line("")?;
    stages.print(out, width)
}
