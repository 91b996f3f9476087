//! Calls cargo, and knows where what it builds stands.

use reel_tests::{Failure, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
}

/// Where cargo puts what it builds: this program stands in one of its profiles' directories.
pub fn target() -> Result<PathBuf> {
    let own = std::env::current_exe().map_err(Failure::at("this program's own place"))?;
    own.ancestors()
        .nth(2)
        .map(Path::to_owned)
        .ok_or_else(|| Failure::new("this program does not stand in a target directory"))
}

/// Runs cargo in the workspace, its words going to the terminal.
pub fn cargo(arguments: &[&str], variables: &[(&str, &str)]) -> Result<()> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut cargo = Command::new(program);
    // What cargo told this program about itself would make build scripts think that something has changed.
    for (name, _) in std::env::vars_os() {
        let told = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        if told {
            cargo.env_remove(&name);
        }
    }
    let status = cargo
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(root())
        .status()
        .map_err(Failure::at("cargo"))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!(
            "`cargo {}` failed",
            arguments.join(" ")
        )))
    }
}

/// Builds the three programs as they are shipped and answers their directory. The two small ones are linked statically:
/// they start faster, and the shim must start for every stage.
pub fn release() -> Result<PathBuf> {
    cargo(
        &[
            "build",
            "--release",
            "--locked",
            "-p",
            "reeld",
            "--bin",
            "reeld",
        ],
        &[],
    )?;
    for (package, name) in [("reeld", "reel-shim"), ("reel", "reel")] {
        let arguments = [
            "rustc",
            "--release",
            "--locked",
            "-p",
            package,
            "--bin",
            name,
            "--",
            "-C",
            "target-feature=+crt-static",
        ];
        cargo(&arguments, &[])?;
    }
    Ok(target()?.join("release"))
}

/// The shipped programs, and the bare one that they are measured against.
pub fn bench() -> Result<PathBuf> {
    let programs = release()?;
    let arguments = [
        "rustc",
        "--release",
        "--locked",
        "-p",
        "xtask",
        "--bin",
        "bare-call",
        "--",
        "-C",
        "target-feature=+crt-static",
    ];
    cargo(&arguments, &[])?;
    Ok(programs)
}

/// Builds the programs as tests use them and answers their directory.
pub fn debug() -> Result<PathBuf> {
    cargo(&["build", "--locked", "--workspace", "--bins"], &[])?;
    Ok(target()?.join("debug"))
}
