//! Peers that are installed here, at the same work. What is not there is said, not guessed.

use super::rate;
use super::table::Table;
use reel_tests::{Failure, Result};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// A peer's jobs a second: queue `/bin/true` this often, wait until all is done.
pub fn jobs(table: &mut Table, count: usize, ours: f64) -> Result<()> {
    match find("tsp") {
        Some(tsp) => {
            let theirs = task_spooler(&tsp, count)?;
            table.figure(
                "task-spooler (memory only, nothing survives)",
                theirs,
                "jobs/s",
            );
            table.figure("reel to task-spooler", ours / theirs, "x");
        }
        None => table.skipped("task-spooler", "apt-get install task-spooler"),
    }
    match find("pueue") {
        Some(_) => table.skipped("pueue", "its daemon is not started for it here"),
        None => table.skipped("pueue, Celery, BullMQ", "not installed"),
    }
    Ok(())
}

/// Enqueueing by a command line.
pub fn calls(table: &mut Table, count: usize, ours: f64) -> Result<()> {
    let Some(tsp) = find("tsp") else {
        table.skipped(
            "task-spooler's command line",
            "apt-get install task-spooler",
        );
        return Ok(());
    };
    let server = Server::new(&tsp)?;
    let theirs = super::limits::calls(count, || {
        let mut command = server.command();
        command.args(["-n", "/bin/true"]);
        command
    })?;
    table.figure("task-spooler's command line", theirs, "calls/s");
    table.least("reel run to task-spooler's", ours / theirs, 1.0, "x");
    Ok(())
}

fn task_spooler(program: &Path, count: usize) -> Result<f64> {
    let server = Server::new(program)?;
    let run = |arguments: &[&str]| {
        let status = server
            .command()
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status();
        status.map(drop).map_err(Failure::at("tsp"))
    };
    run(&["-S", "2"])?;
    let began = Instant::now();
    for _ in 0..count {
        run(&["-n", "/bin/true"])?;
    }
    run(&["-w"])?;
    Ok(rate(count, began.elapsed()))
}

/// A task-spooler server of our own, ended with it.
struct Server {
    program: PathBuf,
    directory: tempfile::TempDir,
}

impl Server {
    fn new(program: &Path) -> Result<Self> {
        Ok(Self {
            program: program.to_owned(),
            directory: tempfile::tempdir().map_err(Failure::at("a directory"))?,
        })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .env("TS_SOCKET", self.directory.path().join("socket"))
            .env("TMPDIR", self.directory.path())
            .env("TS_MAXFINISHED", "10");
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self
            .command()
            .arg("-K")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|path| path.is_file())
}
