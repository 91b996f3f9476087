//! Soaks that are tests of their own, run for longer than the tests do by themselves.

use super::boxes::Boxes;
use crate::build;
use reel_tests::Result;

/// Which one.
#[derive(Debug, clap::Subcommand)]
pub enum Part {
    /// Send prompts through every stage and service, on servers that stand in, and kill the daemon meanwhile
    Chain {
        /// How often it is killed
        #[arg(default_value_t = 30)]
        kills: usize,
        /// The same seed draws the same moments; the machine's timing is its own
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Run jobs on three boxes in network namespaces, while boxes, links, Redis and the coordinator fail
    Boxes(Boxes),
    /// Cut a spoken episode of ten minutes into clips, two variants in two ratios each, and measure them
    Episode,
}

impl Part {
    /// Runs it; fails as its test does.
    pub fn run(self) -> Result<()> {
        build::debug()?;
        match self {
            Self::Boxes(boxes) => boxes.run(),
            Self::Chain { kills, seed } => {
                let kills = kills.to_string();
                let seed = seed.unwrap_or_else(|| fastrand::u64(..)).to_string();
                test("chain::", &[("REEL_KILLS", &kills), ("REEL_SEED", &seed)])
            }
            Self::Episode => test("ten_minutes::", &[]),
        }
    }
}

/// Runs the tests of a file, those too that are left out by default, and shows what they say.
fn test(filter: &str, variables: &[(&str, &str)]) -> Result<()> {
    let arguments = [
        "test",
        "--locked",
        "-p",
        "reel-tests",
        "--test",
        "it",
        filter,
    ];
    let shown = ["--", "--nocapture", "--include-ignored"];
    build::cargo(&[&arguments[..], &shown].concat(), variables)
}
