//! A workflow's log: read by pages, and followed until the workflow ends.
//!
//! Each stage's lines have rising offsets, so what was printed last of each stage is all there is to remember: a log
//! is resumed behind it over pages, frames and reconnects alike, and a line that comes twice is printed once. Lines
//! of stages that run side by side come as they happen.

use super::context::Context;
use super::failure::{Failure, Outcome};
use super::link::{Link, Step};
use super::moment;
use super::output::{Look, Output, plain};
use super::wait::ended;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use reel_shared::client::{ClientError, EventsQuery, Query};
use reel_shared::stream::{ClientFrame, Frame, LogSubscription};
use reel_shared::workflow::WorkflowView;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The levels, the least first.
pub const LEVELS: [&str; 5] = ["debug", "info", "warn", "error", "fatal"];

/// Lines a page.
const PAGE: &str = "200";

/// What is wanted of a log.
pub struct Wanted {
    /// The workflow's id, whole.
    pub id: String,
    /// Only this stage's.
    pub stage: Option<String>,
    /// At least this level.
    pub level: Option<String>,
}

/// A page of `GET /api/workflow/{id}/logs`.
#[derive(Deserialize)]
struct Page {
    lines: Vec<Line>,
    #[serde(default)]
    truncated: bool,
}

#[derive(Deserialize)]
struct Line {
    offset: u64,
    stage: String,
    timestamp: String,
    level: String,
    line: String,
}

/// Prints lines, each once.
struct Printer<'a> {
    wanted: &'a Wanted,
    /// The last offset printed or passed over, by stage.
    last: BTreeMap<String, u64>,
    zone: TimeZone,
    cut_told: bool,
}

impl Printer<'_> {
    fn print(&mut self, out: &mut Output, line: &Line) -> Outcome {
        if self
            .last
            .get(&line.stage)
            .is_some_and(|last| line.offset <= *last)
        {
            return Ok(());
        }
        self.last.insert(line.stage.clone(), line.offset);
        if self
            .wanted
            .stage
            .as_ref()
            .is_some_and(|stage| *stage != line.stage)
            || !at_least(&line.level, self.wanted.level.as_deref())
        {
            return Ok(());
        }
        let text = render(out, line, &self.zone);
        out.line(&text)
    }

    fn subscription(&self, view: &WorkflowView) -> ClientFrame {
        let logs = view
            .stages
            .keys()
            .filter(|stage| {
                self.wanted
                    .stage
                    .as_ref()
                    .is_none_or(|wanted| wanted == *stage)
            })
            .map(|stage| LogSubscription {
                id: view.id.clone(),
                stage: Some(stage.clone()),
                offset: self.last.get(stage).map(|last| last + 1),
            })
            .collect();
        ClientFrame::Subscribe { logs }
    }
}

/// True if `level` is `least` or above it. A level of tomorrow is never hidden.
fn at_least(level: &str, least: Option<&str>) -> bool {
    let rank = |word: &str| LEVELS.iter().position(|known| *known == word);
    match (rank(level), least.and_then(rank)) {
        (Some(level), Some(least)) => level >= least,
        _ => true,
    }
}

/// A line for a person (the local time, levels only where they tell something), or whole for a program.
fn render(out: &Output, line: &Line, zone: &TimeZone) -> String {
    if out.json {
        return serde_json::json!({
            "offset": line.offset, "stage": line.stage, "timestamp": line.timestamp,
            "level": line.level, "line": line.line,
        })
        .to_string();
    }
    if !out.terminal {
        return format!(
            "{} {} {} {}",
            line.timestamp, line.level, line.stage, line.line
        );
    }
    let time = moment::clock(&line.timestamp, Timestamp::now(), zone);
    let look = match line.level.as_str() {
        "error" | "fatal" => Look::Bad,
        "warn" => Look::Ask,
        "debug" => Look::Dim,
        _ => Look::Plain,
    };
    let level = if look == Look::Plain {
        String::new()
    } else {
        format!("{} ", line.level)
    };
    let head = out.paint(&format!("{time} {}", plain(&line.stage)), Look::Dim);
    let text = out.paint(&format!("{level}{}", plain(&line.line)), look);
    format!("{head} {text}")
}

/// Prints what there is of the log.
pub async fn all(context: &mut Context, wanted: &Wanted) -> Outcome {
    let mut printer = printer(wanted);
    pages(context, &mut printer, wanted.stage.as_deref()).await
}

/// Prints the log as it grows, until the workflow ends.
pub async fn follow(context: &mut Context, wanted: &Wanted) -> Outcome {
    let mut printer = printer(wanted);
    let query = EventsQuery {
        since: None,
        workflow: Some(wanted.id.clone()),
        progress: Some(false),
    };
    let mut link = Link::new(context.http.endpoint().clone(), query);
    let path = format!("/api/workflow/status/{}", wanted.id);
    let mut known = 0;
    loop {
        let step = match link.ready() {
            Some(step) => step,
            None => {
                context.out.flush()?;
                link.next().await?
            }
        };
        let look = match step {
            Step::Open => {
                known = 0;
                true
            }
            Step::Frame(frame, _) => match *frame {
                Frame::Log {
                    stage,
                    timestamp,
                    level,
                    line,
                    offset,
                    ..
                } => {
                    printer.print(
                        &mut context.out,
                        &Line {
                            offset,
                            stage,
                            timestamp,
                            level,
                            line,
                        },
                    )?;
                    false
                }
                Frame::Event {
                    workflow: Some(view),
                    ..
                } => ended(&view.status) || view.stages.len() > known,
                Frame::Event { workflow: None, .. } | Frame::Snapshot { .. } => true,
                _ => false,
            },
        };
        if !look {
            continue;
        }
        let view = match context.http.get::<WorkflowView>(&path).await {
            Ok(view) => view,
            Err(error) if error.is_unreachable() => {
                link.lose();
                continue;
            }
            Err(ClientError::Problem { status: 404, .. }) => {
                return Err(Failure::missing(format!(
                    "workflow {} was removed",
                    wanted.id
                )));
            }
            Err(error) => return Err(error.into()),
        };
        if ended(&view.status) {
            // What the stream had not yet brought.
            return rest(context, &mut printer, &view).await;
        }
        if view.stages.len() > known {
            known = view.stages.len();
            link.send(&printer.subscription(&view)).await?;
        }
    }
}

fn printer(wanted: &Wanted) -> Printer<'_> {
    Printer {
        wanted,
        last: BTreeMap::new(),
        zone: TimeZone::system(),
        cut_told: false,
    }
}

async fn rest(context: &mut Context, printer: &mut Printer<'_>, view: &WorkflowView) -> Outcome {
    for stage in view.stages.keys() {
        if printer
            .wanted
            .stage
            .as_ref()
            .is_none_or(|wanted| wanted == stage)
        {
            pages(context, printer, Some(stage)).await?;
        }
    }
    Ok(())
}

/// Prints every line behind the last one, of one stage or of all.
async fn pages(context: &mut Context, printer: &mut Printer<'_>, stage: Option<&str>) -> Outcome {
    let mut after = stage.and_then(|stage| printer.last.get(stage).copied());
    loop {
        let query = Query::new(format!("/api/workflow/{}/logs", printer.wanted.id))
            .with("limit", PAGE)
            .with_some("after", after.map(|after| after.to_string()))
            .with_some("stage", stage)
            .with_some("level", printer.wanted.level.as_deref());
        let page: Page = context.http.get(query.as_str()).await?;
        let newest = page.lines.iter().map(|line| line.offset).max();
        for line in &page.lines {
            printer.print(&mut context.out, line)?;
        }
        context.out.flush()?;
        if page.truncated && !printer.cut_told {
            printer.cut_told = true;
            eprintln!("reel: the log was longer than its cap: its head and its tail are kept");
        }
        match newest {
            Some(newest) if after.is_none_or(|after| newest > after) => after = Some(newest),
            _ => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_an_order() {
        assert!(at_least("warn", Some("info")) && !at_least("debug", Some("info")));
        assert!(at_least("debug", None) && at_least("of tomorrow", Some("error")));
    }

    #[test]
    fn a_stage_is_resumed_behind_its_last_line() {
        let wanted = Wanted {
            id: "cm1".into(),
            stage: None,
            level: None,
        };
        let mut printer = printer(&wanted);
        let mut out = Output::to(Box::new(std::io::sink()), false);
        let line = |stage: &str, offset| Line {
            offset,
            stage: stage.into(),
            timestamp: String::new(),
            level: "info".into(),
            line: String::new(),
        };
        printer.print(&mut out, &line("a", 1 << 32)).unwrap();
        printer.print(&mut out, &line("b", 5)).unwrap();
        printer.print(&mut out, &line("b", 4)).unwrap();
        let mut view = WorkflowView {
            id: "cm1".into(),
            ..Default::default()
        };
        for stage in ["a", "b", "c"] {
            view.stages.insert(stage.into(), serde_json::json!({}));
        }
        let ClientFrame::Subscribe { logs } = printer.subscription(&view);
        let offsets: Vec<Option<u64>> = logs.iter().map(|log| log.offset).collect();
        assert_eq!(offsets, [Some((1 << 32) + 1), Some(6), None]);
    }
}
