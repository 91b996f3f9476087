//! `cargo xtask soak COUNT`: four clients submit, cancel, retry and look, while the daemon is killed COUNT times at random
//! moments. Afterwards everything that was accepted must be there, done once, by legal steps, in a sound database.
//!
//! ```text
//!  killer ──kill -9──▶ reeld ◀──socket── client 1 … 4      each client keeps what it was promised
//!    └── waits until it is ready again, and says so ──▶ clients that were cut off go on
//! ```

mod audit;
mod boxes;
mod client;
mod part;
mod steps;

use crate::build;
use client::{Client, Promises};
use part::Part;
use reel_tests::{Daemon, Failure, Home, Result};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// A restart must serve again within this.
const READY_WITHIN: Duration = Duration::from_secs(2);

/// A fresh home: nothing is forgotten while the audit still wants to read it, and a nearly full disk stops nothing.
const SETTINGS: &str = "[retention]\nfinished = 1000000\nmin_free_disk = \"16MiB\"\n[limits]\nrequests_per_second = 1000000\n";

/// Its options.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Soak {
    #[command(subcommand)]
    part: Option<Part>,
    /// How often the daemon is killed
    #[arg(default_value_t = 200)]
    count: usize,
    /// At least so many jobs
    #[arg(long, default_value_t = 2000)]
    jobs: usize,
    /// How many clients at once
    #[arg(long, default_value_t = 4)]
    clients: usize,
    /// The same seed makes the same choices; the machine's timing is its own
    #[arg(long)]
    seed: Option<u64>,
    /// The programs as they are shipped instead of the tests'
    #[arg(long)]
    release: bool,
}

impl Soak {
    /// Runs it; fails on any violation.
    pub fn run(self) -> Result<()> {
        if let Some(part) = self.part {
            return part.run();
        }
        reel_tests::use_programs(if self.release {
            build::release()?
        } else {
            build::debug()?
        });
        let seed = self.seed.unwrap_or_else(|| fastrand::u64(..));
        eprintln!(
            "seed {seed}: {} kills under load from {} clients, at least {} jobs",
            self.count, self.clients, self.jobs
        );
        let home = Home::scratch()?;
        home.configure(SETTINGS)?;
        let files = home.root().join("jobs");
        std::fs::create_dir(&files).map_err(Failure::at("the jobs' directory"))?;
        let began = Instant::now();
        let daemon = Daemon::start(&home)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build();
        let runtime = runtime.map_err(Failure::at("the runtime"))?;
        let (promises, ready) = runtime.block_on(self.load(seed, &home, &files, daemon))?;
        let loaded = began.elapsed();
        let audit = audit::audit(&home, &files, &promises)?;
        audit::print(&audit, &promises, &ready, loaded);
        let slow = ready.iter().filter(|took| **took > READY_WITHIN).count();
        if slow == 0 && audit.is_clean() {
            return Ok(());
        }
        let kept = build::target()?.join(format!("soak-{seed}"));
        keep(&home, &kept)?;
        Err(Failure::new(format!(
            "violations: see above; the data is kept in {}",
            kept.display()
        )))
    }

    /// Kills and clients together; ends when both are done and everything has come to its end.
    async fn load(
        &self,
        seed: u64,
        home: &Home,
        files: &std::path::Path,
        daemon: Daemon,
    ) -> Result<(Vec<Promises>, Vec<Duration>)> {
        let (lives, life) = watch::channel(1u64);
        let enough = Arc::new(AtomicBool::new(false));
        let made = Arc::new(AtomicUsize::new(0));
        let clients: Vec<_> = (0..self.clients)
            .map(|number| {
                let client = Client::new(
                    number,
                    seed,
                    home,
                    files,
                    life.clone(),
                    Arc::clone(&enough),
                    Arc::clone(&made),
                );
                tokio::spawn(client.run())
            })
            .collect();
        let (count, jobs, killed_home) = (self.count, self.jobs, home.clone());
        let killing = move || kill_and_start(count, seed, daemon, &killed_home, &lives);
        let killed = tokio::task::spawn_blocking(killing)
            .await
            .map_err(Failure::at("the killer"))?;
        let (daemon, ready, _lives) = killed?;
        while made.load(Ordering::Relaxed) < jobs
            && clients.iter().any(|client| !client.is_finished())
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        enough.store(true, Ordering::Relaxed);
        let mut promises = Vec::new();
        for client in clients {
            promises.push(client.await.map_err(Failure::at("a client"))??);
        }
        client::wait_until_idle(home).await?;
        daemon.terminate()?;
        Ok((promises, ready))
    }
}

/// The killer's outcome: the last daemon, and how long each start took.
type Killed = (Daemon, Vec<Duration>, watch::Sender<u64>);

/// Kills at random moments: from within the start's first work to well into the load.
fn kill_and_start(
    count: usize,
    seed: u64,
    mut daemon: Daemon,
    home: &Home,
    lives: &watch::Sender<u64>,
) -> Result<Killed> {
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut ready = Vec::with_capacity(count);
    for kill in 1..=count {
        std::thread::sleep(Duration::from_micros(chance.u64(0..500_000)));
        daemon.kill()?;
        daemon = Daemon::start(home)?;
        ready.push(daemon.ready_after());
        lives.send_modify(|life| *life += 1);
        if kill % 20 == 0 {
            eprintln!("{kill} of {count} kills");
        }
    }
    Ok((daemon, ready, lives.clone()))
}

/// Copies the data of a run that failed to where it can be looked at.
fn keep(home: &Home, kept: &PathBuf) -> Result<()> {
    let copied = std::process::Command::new("cp")
        .arg("-a")
        .arg(home.root())
        .arg(kept)
        .status()
        .map_err(Failure::at("cp"))?;
    if copied.success() {
        Ok(())
    } else {
        Err(Failure::new("the data could not be kept"))
    }
}
