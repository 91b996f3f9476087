//! `cargo xtask bench`: what Reel owes, measured in one run beside this machine's own limits and the peers that are
//! installed. Ratios are what counts; absolute figures hold for one machine on one day.

mod boxes;
mod command_line;
mod history;
mod idle;
mod jobs;
mod limits;
mod peers;
mod pick_up;
mod spent;
mod submits;
mod table;
mod tui;
mod tui_much;
mod tui_terminal;
mod video;
mod webhooks;

use crate::build;
use reel_tests::{Daemon, Failure, Home, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use table::Table;

/// Nothing is forgotten or held back while it is measured.
const SETTINGS: &str = "[retention]\nfinished = 10000000\nmin_free_disk = \"16MiB\"\n[limits]\nrequests_per_second = 1000000\nburst = 1000000\n";

/// Its options.
#[derive(Debug, clap::Args)]
pub struct Bench {
    /// Only these parts: jobs, submit, cli, pick-up, idle, history, webhooks, tui, video, boxes, size
    #[arg(value_name = "PART")]
    parts: Vec<String>,
    /// Jobs of the throughput measure
    #[arg(long, default_value_t = 2000)]
    jobs: usize,
    /// Finished workflows of the history measure
    #[arg(long, default_value_t = 100_000)]
    finished: usize,
    /// Measure these programs instead of building the release ones
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,
}

/// What every measure gets.
struct Ground {
    programs: PathBuf,
    runtime: tokio::runtime::Runtime,
}

impl Bench {
    /// Measures; fails if a goal is missed.
    pub fn run(self) -> Result<()> {
        let Some(programs) = self.programs.clone() else {
            return again(&build::bench()?);
        };
        reel_tests::use_programs(programs.clone());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build();
        let ground = Ground {
            programs,
            runtime: runtime.map_err(Failure::at("the runtime"))?,
        };
        let wanted =
            |part: &str| self.parts.is_empty() || self.parts.iter().any(|wanted| wanted == part);
        let mut table = Table::default();
        if wanted("size") {
            table.part("size", sizes(&ground)?);
        }
        let parts: [(&str, &dyn Fn() -> Result<Table>); 10] = [
            ("jobs", &|| jobs::measure(&ground, self.jobs)),
            ("submit", &|| submits::measure(&ground)),
            ("cli", &|| command_line::measure(&ground)),
            ("pick-up", &|| pick_up::measure(&ground)),
            ("idle", &|| idle::measure(&ground)),
            ("history", &|| history::measure(&ground, self.finished)),
            ("webhooks", &|| webhooks::measure(&ground)),
            ("tui", &|| tui::measure(&ground)),
            ("video", &|| video::measure(&ground)),
            ("boxes", &|| boxes::measure(&ground, self.jobs)),
        ];
        for (name, measure) in parts.into_iter().filter(|(name, _)| wanted(name)) {
            eprintln!("measuring: {name}");
            let part = measure().unwrap_or_else(|failure| {
                let mut part = Table::default();
                part.failed(name, &failure.to_string());
                part
            });
            table.part(name, part);
        }
        println!("{table}");
        if table.holds() {
            Ok(())
        } else {
            Err(Failure::new("a goal is missed: see the table"))
        }
    }
}

/// Measures with a measuring program that is itself built as one ships: a slow client would be measured instead of Reel.
fn again(programs: &Path) -> Result<()> {
    let given = std::env::args_os().skip(1);
    let status = Command::new(programs.join("xtask"))
        .args(given)
        .arg("--programs")
        .arg(programs)
        .status();
    let status = status.map_err(Failure::at("the measuring program"))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new("see the table above"))
    }
}

/// A daemon on a directory of its own.
fn daemon() -> Result<(Home, Daemon)> {
    daemon_with("")
}

/// The same, with further settings.
fn daemon_with(more: &str) -> Result<(Home, Daemon)> {
    let home = Home::scratch()?;
    home.configure(&format!("{SETTINGS}{more}"))?;
    let daemon = Daemon::start(&home)?;
    Ok((home, daemon))
}

/// The middle one.
fn median(mut spans: Vec<Duration>) -> Duration {
    at(&mut spans, 50)
}

/// The one below which so many of a hundred lie.
fn at(spans: &mut [Duration], part: usize) -> Duration {
    spans.sort_unstable();
    spans
        .get(spans.len().saturating_sub(1) * part / 100)
        .copied()
        .unwrap_or_default()
}

/// So many in so long, a second.
#[allow(clippy::cast_precision_loss, reason = "counts here are far below 2^53")]
fn rate(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64().max(1e-9)
}

fn sizes(ground: &Ground) -> Result<Table> {
    let mut table = Table::default();
    for (name, most) in [("reeld", 20.0), ("reel", 10.0), ("reel-shim", 1.0)] {
        let length = std::fs::metadata(ground.programs.join(name))
            .map_err(Failure::at(name))?
            .len();
        #[allow(
            clippy::cast_precision_loss,
            reason = "a program's size is far below 2^53"
        )]
        let size = length as f64 / f64::from(1 << 20);
        table.most(&format!("{name} on disk"), size, most, "MiB");
    }
    Ok(table)
}
