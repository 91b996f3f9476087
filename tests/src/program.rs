//! The built programs: where they are, and one run to its end.

use crate::{Failure, Home, Result};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();

/// From here on the programs of this directory are used. Only the first call counts.
pub fn use_programs(directory: PathBuf) {
    DIRECTORY.get_or_init(|| directory);
}

/// A built program, by name: in the directory that was named, else beside this program or above its `deps/`.
pub fn program(name: &str) -> Result<PathBuf> {
    let named = DIRECTORY.get().cloned();
    let own = std::env::current_exe().map_err(Failure::at("this program's own place"))?;
    let beside = own.ancestors().skip(1).take(2).map(PathBuf::from);
    let found = named
        .into_iter()
        .chain(beside)
        .map(|directory| directory.join(name))
        .find(|path| path.is_file());
    found.ok_or_else(|| {
        Failure::new(format!(
            "{name} is not built: run `cargo build --workspace --bins` first"
        ))
    })
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
}

/// A command of a built program with a bare environment: nothing of the machine's own set-up reaches it.
pub(crate) fn bare(name: &str, home: &Home) -> Result<Command> {
    let mut command = Command::new(program(name)?);
    command
        .env_clear()
        .env("HOME", home.root())
        .env("LANG", "C.UTF-8")
        .env("TZ", "UTC");
    command.env(
        "PATH",
        std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into()),
    );
    Ok(command)
}

/// Runs `reel` against this home's daemon.
pub fn reel(home: &Home, arguments: &[&str]) -> Result<Ended> {
    let mut command = bare("reel", home)?;
    command
        .arg("--connect")
        .arg(format!("unix:{}", home.socket().display()))
        .args(arguments);
    run_to_end(command)
}

/// A command of `reeld` with these arguments, in a bare environment.
pub fn reeld(home: &Home, arguments: &[&str]) -> Result<Command> {
    let mut command = bare("reeld", home)?;
    command.args(arguments);
    Ok(command)
}

/// Runs a command without input, to its end.
pub fn run_to_end(mut command: Command) -> Result<Ended> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(Failure::at("starting a program"))?;
    Ok(Ended {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
