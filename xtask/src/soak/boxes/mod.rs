//! `cargo xtask soak boxes`: a coordinator, three workers in network namespaces of their own, a real Redis between them, and
//! faults for minutes. Afterwards every job must be completed once, by the attempt that the coordinator says, with its whole
//! log. Needs root, for the namespaces.
//!
//! ```text
//!  coordinator ── loopback ── Redis ── proxy (delays) ── veth (cut) ── worker w1 … w3
//!       ▲ kill -9             ▲ kill -9, FLUSHALL                       ▲ kill -9, SIGSTOP
//! ```

mod audit;
mod faults;
mod network;
mod proxy;
mod workers;

use crate::build;
use faults::Ground;
use reel_shared::request::SubmitRequest;
use reel_tests::{Daemon, Failure, Home, Result, command};
use std::time::{Duration, Instant};

/// Boxes besides the coordinator's.
const WORKERS: usize = 3;
/// A box that is silent for so long is lost: short, so that many are.
const SETTINGS: &str = "[redis]\nlost_after = \"20s\"\n[resources]\ncpu = 1\n[retention]\nfinished = 1000000\nmin_free_disk = \"16MiB\"\n[limits]\nrequests_per_second = 1000000\n";
/// After the last fault, everything must have come to its end within this.
const PATIENCE: Duration = Duration::from_secs(600);

/// Its options.
#[derive(Debug, clap::Args)]
pub struct Boxes {
    /// How long faults happen
    #[arg(long, default_value_t = 20)]
    minutes: u64,
    /// How many jobs
    #[arg(long, default_value_t = 2000)]
    jobs: usize,
    /// The same seed draws the same faults; the machine's timing is its own
    #[arg(long)]
    seed: Option<u64>,
}

impl Boxes {
    /// Runs it; fails on any violation.
    pub fn run(self) -> Result<()> {
        if !rustix::process::geteuid().is_root() {
            return Err(Failure::new(
                "network namespaces want root: run it as `sudo -E cargo xtask soak boxes`",
            ));
        }
        reel_tests::use_programs(build::debug()?);
        let seed = self.seed.unwrap_or_else(|| fastrand::u64(..));
        eprintln!(
            "seed {seed}: {} jobs on {WORKERS} boxes and this one, {} minutes of faults",
            self.jobs, self.minutes
        );
        let home = Home::scratch()?;
        home.configure(SETTINGS)?;
        let files = home.root().join("jobs");
        std::fs::create_dir(&files).map_err(Failure::at("the jobs' directory"))?;
        let mut ground = Ground::new(home.clone(), seed, WORKERS)?;
        let runtime = tokio::runtime::Runtime::new().map_err(Failure::at("the runtime"))?;
        let began = Instant::now();
        let minutes = Duration::from_secs(self.minutes * 60);
        let submitted = runtime.spawn(submit(home.clone(), files.clone(), self.jobs, minutes));
        ground.rage(began + minutes)?;
        ground.heal()?;
        let ids = runtime
            .block_on(submitted)
            .map_err(Failure::at("submitting"))??;
        let told = ground.told();
        let ended = runtime.block_on(audit::wait(&home, ids.len(), PATIENCE))?;
        let refused = runtime.block_on(audit::refused(&home))?;
        let ended_after = began.elapsed();
        ground.end()?;
        let audit = audit::audit(&home, &files, &ids)?;
        println!("{told}");
        audit.print(refused, ended_after);
        if ended && audit.is_clean() {
            Ok(())
        } else {
            Err(Failure::new("violations: see above"))
        }
    }
}

/// Submits jobs over most of the time, so that some are always under way; a coordinator that is away is tried again.
async fn submit(
    home: Home,
    files: std::path::PathBuf,
    jobs: usize,
    within: Duration,
) -> Result<Vec<String>> {
    let pause = within.mul_f64(0.8) / u32::try_from(jobs.max(1)).unwrap_or(u32::MAX);
    let mut ids = Vec::with_capacity(jobs);
    for number in 0..jobs {
        let id = format!("job{number}");
        // It says who runs it before and after it sleeps; what it gives names the attempt that gave it.
        let script = format!(
            "echo start $REEL_ATTEMPT >> {0}; echo line one; sleep {1}.{2}; echo \"attempt=$REEL_ATTEMPT\" > \"$REEL_OUTPUT\"; echo end $REEL_ATTEMPT >> {0}; echo line two",
            files.join(&id).display(),
            number % 4,
            number % 10
        );
        let job = SubmitRequest {
            id: Some(id.clone()),
            ..command(&["/bin/sh", "-c", &script])
        };
        loop {
            let sent: std::result::Result<serde_json::Value, _> =
                home.client().post("/api/workflow", &job).await;
            match sent {
                Ok(_) => break,
                // The answer was lost with the coordinator that gave it; the job was not.
                Err(error) if error.to_string().contains("is taken") => break,
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
        ids.push(id);
        tokio::time::sleep(pause).await;
    }
    Ok(ids)
}

/// Starts the coordinator on this home.
fn coordinator(home: &Home, url: &str) -> Result<Daemon> {
    Daemon::start_with(home, &["--listen", "127.0.0.1:0", "--redis", url], &[])
}
