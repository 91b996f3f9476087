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
    if std::env::var_os("CI").is_some() {
        // Nothing is built twice there, and what cargo keeps for a second time takes more room than the rest.
        cargo.env("CARGO_INCREMENTAL", "0");
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

/// The target of the programs that start for every stage and every call. musl's start-up is a fraction of glibc's, which
/// asks the processor about its caches each time; that shows most on virtual machines.
const SMALL: &str = "x86_64-unknown-linux-musl";

/// Builds the three programs as they are shipped and answers their directory.
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
    let directory = target()?.join("release");
    small("reeld", "reel-shim", &directory)?;
    small("reel", "reel", &directory)?;
    Ok(directory)
}

/// The shipped programs, the bare one that they are measured against, and the one that measures.
pub fn bench() -> Result<PathBuf> {
    let programs = release()?;
    small("xtask", "bare-call", &programs)?;
    cargo(
        &[
            "build",
            "--release",
            "--locked",
            "-p",
            "xtask",
            "--bin",
            "xtask",
        ],
        &[],
    )?;
    Ok(programs)
}

/// A program that may stand anywhere first writes every address in it anew, which costs a short call more than what it does.
const AT_A_FIXED_PLACE: &str = "-C relocation-model=static";

/// Builds one program statically: for musl where its target and compiler are installed, else with glibc, which is larger and
/// starts more slowly.
fn small(package: &str, name: &str, directory: &Path) -> Result<()> {
    let common = ["--release", "--locked", "-p", package, "--bin", name];
    if has_musl() {
        cargo(
            &[&["build", "--target", SMALL], &common[..]].concat(),
            &[("RUSTFLAGS", AT_A_FIXED_PLACE)],
        )?;
        let built = target()?.join(SMALL).join("release").join(name);
        let place = directory.join(name);
        // Replaced by a new file, so that a program that runs from the old one is left alone.
        let _ = std::fs::remove_file(&place);
        return std::fs::copy(built, place)
            .map(drop)
            .map_err(Failure::at(name));
    }
    eprintln!(
        "{name}: no musl here (rustup target add {SMALL}, apt-get install musl-tools), so it is linked with glibc"
    );
    cargo(
        &[
            &["rustc"],
            &common[..],
            &["--", "-C", "target-feature=+crt-static"],
        ]
        .concat(),
        &[],
    )
}

fn has_musl() -> bool {
    let library = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", SMALL])
        .output();
    let library = library
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default();
    let compiler = Command::new("musl-gcc")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    compiler && !library.is_empty() && Path::new(&library).join("self-contained").exists()
}

/// Builds the programs as tests use them and answers their directory.
pub fn debug() -> Result<PathBuf> {
    cargo(&["build", "--locked", "--workspace", "--bins"], &[])?;
    Ok(target()?.join("debug"))
}
