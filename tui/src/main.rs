//! `reel`: the dashboard and the command line of the daemon `reeld`.

use std::process::ExitCode;

fn main() -> ExitCode {
    reel::cli::main(std::env::args_os())
}
