//! The shim's program: see `reeld::shim`. Started by the daemon alone.

use std::process::ExitCode;

fn main() -> ExitCode {
    reeld::shim::run(std::env::args_os().skip(1))
}
