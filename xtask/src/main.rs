//! Reel's front door for people who build it: `cargo xtask setup|demo|test|soak|bench|pictures`. The README names two of them, and
//! `.ci/run` calls one of those two and nothing else.

mod bench;
mod build;
mod demo;
mod pictures;
mod setup;
mod soak;
mod steps;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Builds, shows, tests and measures Reel"
)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Install what is missing of Debian's packages, or print the one line that does
    Setup,
    /// Make a real video on a scratch directory while the dashboard shows it
    Demo(demo::Demo),
    /// Run everything that must hold: format, lints, tests, documentation
    Test,
    /// Kill the daemon at random moments under load and check that nothing was lost
    Soak(soak::Soak),
    /// Measure, as ratios against this machine's limits and the peers that are installed
    Bench(bench::Bench),
    /// Draw the README's pictures from a real run
    Pictures(pictures::Pictures),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().verb {
        Verb::Setup => setup::run(setup::FOR_TESTS),
        Verb::Demo(demo) => demo.run(),
        Verb::Test => steps::run(),
        Verb::Soak(soak) => soak.run(),
        Verb::Bench(bench) => bench.run(),
        Verb::Pictures(pictures) => pictures.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}
