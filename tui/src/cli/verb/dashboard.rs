//! `reel` without a verb: the dashboard, or one plain table where no terminal would show it.

use crate::cli::args::{self, Dashboard};
use crate::cli::context::Connection;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::start::runtime;
use crate::dashboard::{self, Options};
use crate::terminal::pace::Profile;
use std::process::ExitCode;

/// Opens it.
pub fn run(connection: &Connection, chosen: &Dashboard) -> Outcome<ExitCode> {
    let options = Options {
        daemons: connection.endpoints()?,
        linear: chosen.linear,
        once: chosen.once,
        read_only: chosen.read_only,
        ascii: chosen.ascii,
        profile: chosen.profile.map(|profile| match profile {
            args::Profile::Ssh => Profile::Ssh,
            args::Profile::Local => Profile::Local,
        }),
    };
    let runtime = runtime()?;
    let ended = runtime.block_on(dashboard::run(options));
    // A read of standard input may still be under way; the process's end is not to wait for it.
    runtime.shutdown_background();
    match ended {
        Ok(code) => Ok(code),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Err(Failure::Pipe),
        Err(error) => Err(Failure::failed(format!("the dashboard ended: {error}"))),
    }
}
