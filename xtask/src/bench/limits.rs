//! What this machine can do at best, measured beside what is judged by it.

use reel_tests::{Failure, Result};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// One append of 4 KiB with its fdatasync, this often.
pub fn fdatasync(directory: &Path, count: usize) -> Result<Vec<Duration>> {
    let mut file = File::create(directory.join("limit")).map_err(Failure::at("a file"))?;
    (0..count)
        .map(|_| {
            let began = Instant::now();
            file.write_all(&[7; 4096])
                .and_then(|()| file.sync_data())
                .map_err(Failure::at("fdatasync"))?;
            Ok(began.elapsed())
        })
        .collect()
}

/// `/bin/true` by tokio, two in flight, a second.
pub fn spawn(runtime: &tokio::runtime::Runtime, count: usize) -> Result<f64> {
    let began = Instant::now();
    let lane = || async move {
        for _ in 0..count / 2 {
            tokio::process::Command::new("/bin/true")
                .stdin(Stdio::null())
                .status()
                .await
                .map_err(Failure::at("/bin/true"))?;
        }
        Ok(())
    };
    runtime.block_on(async { tokio::try_join!(lane(), lane()) })?;
    Ok(super::rate(count, began.elapsed()))
}

/// So many runs of a command, one after the other, a second.
pub fn calls(count: usize, command: impl Fn() -> Command) -> Result<f64> {
    let began = Instant::now();
    for _ in 0..count {
        let status = command()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !status.map_err(Failure::at("a call"))?.success() {
            return Err(Failure::new(format!("{:?} failed", command())));
        }
    }
    Ok(super::rate(count, began.elapsed()))
}
