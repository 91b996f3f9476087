//! `reel` without a verb: the dashboard, or one plain table where no terminal would show it.

use super::ls;
use crate::cli::args::Dashboard;
use crate::cli::context::{Connection, Context};
use crate::cli::failure::{Failure, Outcome};
use std::process::ExitCode;

/// Opens it.
pub fn run(connection: &Connection, _options: Dashboard) -> Outcome<ExitCode> {
    let endpoint = connection.endpoint()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("the runtime can't start: {error}")))?;
    runtime.block_on(async {
        let mut context = Context::new(endpoint, false);
        let outcome = ls::run(&mut context, ls::Args::default()).await;
        let flushed = context.out.flush();
        outcome.and(flushed)
    })?;
    Ok(ExitCode::SUCCESS)
}
