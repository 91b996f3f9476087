//! What every long-running verb begins and ends with: configuration, log, runtime, exit code.

use super::{Fault, start_log};
use crate::config::{Environment, Flags, Loaded, load};
use crate::veil;
use std::process::ExitCode;
use std::time::Duration;

/// Threads that run the asynchronous part; programs and writers have threads of their own.
const WORKERS: usize = 2;
/// What still blocks when all is over gets so long.
const LAST: Duration = Duration::from_secs(5);

/// Loads the configuration, begins to log, and runs this to its end.
pub(super) fn host<F, S>(flags: &Flags, serve: F) -> ExitCode
where
    F: FnOnce(Environment, Loaded) -> S,
    S: Future<Output = Result<(), Fault>>,
{
    let environment = Environment::current();
    let loaded = match load(flags, &environment) {
        Ok(loaded) => loaded,
        Err(problems) => {
            for problem in problems {
                eprintln!("reeld: {problem}");
            }
            return ExitCode::FAILURE;
        }
    };
    veil::cover(&loaded.config);
    let telemetry = match start_log(&loaded.config) {
        Ok(telemetry) => telemetry,
        Err(error) => {
            eprintln!("reeld: {error}");
            return ExitCode::FAILURE;
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build();
    let ended = match runtime {
        Ok(runtime) => {
            let ended = runtime.block_on(serve(environment, loaded));
            runtime.shutdown_timeout(LAST);
            ended
        }
        Err(error) => Err(Fault(format!("the runtime does not start: {error}"))),
    };
    let code = match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            tracing::error!(component = "DAEMON", fatal = true, "{fault}");
            ExitCode::FAILURE
        }
    };
    telemetry.flush();
    code
}
