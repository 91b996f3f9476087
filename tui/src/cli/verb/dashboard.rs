//! `reel` without a verb: the dashboard, or one plain table where no terminal would show it.

use crate::cli::args::{Dashboard, Profile};
use crate::cli::context::Connection;
use crate::cli::failure::{Failure, Outcome};
use crate::dashboard::{self, Options};
use crate::terminal::pace;
use std::process::ExitCode;

/// Opens it.
pub fn run(connection: &Connection, chosen: Dashboard) -> Outcome<ExitCode> {
    let endpoint = connection.endpoint()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("the runtime can't start: {error}")))?;
    let profile = chosen.profile.map(|profile| match profile {
        Profile::Ssh => pace::Profile::Ssh,
        Profile::Local => pace::Profile::Local,
    });
    let Dashboard {
        linear,
        once,
        read_only,
        ..
    } = chosen;
    let ended = runtime.block_on(dashboard::run(Options {
        endpoint,
        linear,
        once,
        read_only,
        profile,
    }));
    // A read of standard input may still be under way; the process's end is not to wait for it.
    runtime.shutdown_background();
    ended.map_err(|error| Failure::failed(format!("the terminal can't be used: {error}")))
}
