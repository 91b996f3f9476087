//! `cargo xtask test`: everything that must hold, in the order in which it fails fastest. It is the whole of CI.

use crate::build::{cargo, debug};
use crate::setup;
use reel_tests::Result;
use std::time::Instant;

/// Runs all steps and stops at the first that fails.
pub fn run() -> Result<()> {
    let began = Instant::now();
    step("packages", || setup::run(setup::FOR_TESTS))?;
    step("format", || cargo(&["fmt", "--all", "--check"], &[]))?;
    step("clippy", || {
        cargo(
            &[
                "clippy",
                "--locked",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ],
            &[],
        )
    })?;
    // The integration tests start these; cargo builds no binaries for tests of another package.
    step("programs", || debug().map(drop))?;
    step("tests", || {
        cargo(
            &[
                "test",
                "--locked",
                "--workspace",
                "--lib",
                "--bins",
                "--tests",
            ],
            &[],
        )
    })?;
    step("documentation tests", || {
        cargo(&["test", "--locked", "--workspace", "--doc"], &[])
    })?;
    step("documentation", || {
        cargo(
            &[
                "doc",
                "--locked",
                "--workspace",
                "--no-deps",
                "--document-private-items",
            ],
            &[("RUSTDOCFLAGS", "-D warnings")],
        )
    })?;
    eprintln!("everything holds, after {} s", began.elapsed().as_secs());
    Ok(())
}

fn step(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    eprintln!("== {name}");
    let began = Instant::now();
    work()?;
    eprintln!("== {name}: {} s", began.elapsed().as_secs());
    Ok(())
}
