//! The daemon's command line. Flags that have an environment variable name it in their help; which of the two was said
//! is told apart by `config`, so that `reeld check` can show where each value came from.

use crate::config::Flags;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Reel's daemon: it owns the queue, the workflows, the running programs and their results.
#[derive(Debug, Parser)]
#[command(
    name = "reeld",
    version,
    propagate_version = true,
    max_term_width = 100
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What the daemon's program can do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run the daemon in the foreground
    ///
    /// It serves the Unix socket and, unless told otherwise, 127.0.0.1:3124. TERM or Ctrl-C stops it; what its stages
    /// run goes on meanwhile and is found again by the next start.
    Run(RunArgs),
    /// Run stages on this box for a coordinator on another one
    ///
    /// Orders, results and logs go through Redis, signed with this box's key (see `reeld key`). TERM: it takes no more,
    /// finishes within `[worker] drain` and hands back the rest; a second TERM ends it at once, and what its stages run
    /// goes on and is found again by the next start.
    Worker(WorkerArgs),
    /// Print the key that a worker of this name is given: one line for its DATA_DIR/redis.key
    ///
    /// To be run on the coordinator's box, whose root key it is made of.
    Key(KeyArgs),
    /// Check the configuration, every pipeline, and what this machine has to offer
    ///
    /// Shows each value in force and who said it, then one line for each thing that was looked at, with the remedy where
    /// one is needed. Ends with 1 if something required is missing.
    Check(CheckArgs),
    /// Write a consistent, verified copy of the database while the daemon runs
    Backup(BackupArgs),
    /// Print the OpenAPI 3.1 document of the interface
    ///
    /// The same that the daemon serves as /openapi.json, and as a page for people at /docs; what `[features]` turns off is
    /// not in it.
    Openapi(OpenapiArgs),
}

/// What every verb takes.
#[derive(Debug, Clone, Default, Args)]
pub struct Places {
    /// The configuration file [env: REEL_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where the database, logs, work directories and media stand [env: REEL_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The operator's Unix socket [env: REEL_SOCKET]
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
}

/// `reeld run`
#[derive(Debug, Clone, Default, Args)]
pub struct RunArgs {
    #[command(flatten)]
    places: Places,
    /// Where to listen for HTTP: an address and port (0 picks a free one), or `off` [env: REEL_LISTEN]
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// The Redis that joins further boxes to this one [env: REEL_REDIS_URL]
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// What to log: a level (debug, info, warn, error) or a filter like info,reeld::api=debug [env: REEL_LOG]
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
    /// How lines on stderr look: json or text; text on a terminal [env: REEL_LOG_FORMAT]
    #[arg(long, value_name = "FORMAT", value_parser = ["json", "text"])]
    log_format: Option<String>,
}

/// `reeld worker`
#[derive(Debug, Clone, Default, Args)]
pub struct WorkerArgs {
    /// The configuration file [env: REEL_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the ledger, logs, work directories and media stand [env: REEL_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The Redis that joins this box to its coordinator [env: REEL_REDIS_URL]
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// What this box is called; default: `[box] name`, else the host's name [env: REEL_BOX]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What to log: a level (debug, info, warn, error) or a filter like info,reeld::transport=debug [env: REEL_LOG]
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
    /// How lines on stderr look: json or text; text on a terminal [env: REEL_LOG_FORMAT]
    #[arg(long, value_name = "FORMAT", value_parser = ["json", "text"])]
    log_format: Option<String>,
}

/// `reeld key`
#[derive(Debug, Clone, Args)]
pub struct KeyArgs {
    #[command(flatten)]
    places: Places,
    /// What the box is called
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// `reeld check`
#[derive(Debug, Clone, Default, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    run: RunArgs,
    /// One JSON object instead of lines
    #[arg(long)]
    pub json: bool,
}

/// `reeld backup`
#[derive(Debug, Clone, Args)]
pub struct BackupArgs {
    #[command(flatten)]
    places: Places,
    /// Where the copy goes; a file that is there is not overwritten
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// `reeld openapi`
#[derive(Debug, Clone, Default, Args)]
pub struct OpenapiArgs {
    #[command(flatten)]
    places: Places,
}

impl OpenapiArgs {
    /// As loading takes them.
    #[must_use]
    pub fn flags(&self) -> Flags {
        self.places.flags()
    }
}

impl WorkerArgs {
    /// As loading takes them.
    #[must_use]
    pub fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            data_dir: self.data_dir.clone(),
            redis: self.redis.clone(),
            name: self.name.clone(),
            log: self.log.clone(),
            log_format: self.log_format.clone(),
            ..Flags::default()
        }
    }
}

impl KeyArgs {
    /// As loading takes them.
    #[must_use]
    pub fn flags(&self) -> Flags {
        self.places.flags()
    }
}

impl RunArgs {
    /// As loading takes them.
    #[must_use]
    pub fn flags(&self) -> Flags {
        Flags {
            listen: self.listen.clone(),
            redis: self.redis.clone(),
            log: self.log.clone(),
            log_format: self.log_format.clone(),
            ..self.places.flags()
        }
    }
}

impl CheckArgs {
    /// As loading takes them.
    #[must_use]
    pub fn flags(&self) -> Flags {
        self.run.flags()
    }
}

impl BackupArgs {
    /// As loading takes them.
    #[must_use]
    pub fn flags(&self) -> Flags {
        self.places.flags()
    }
}

impl Places {
    fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            data_dir: self.data_dir.clone(),
            socket: self.socket.clone(),
            ..Flags::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_reach_the_configuration() {
        let cli = Cli::try_parse_from([
            "reeld",
            "run",
            "--data-dir",
            "/d",
            "--listen",
            "off",
            "--log-format",
            "json",
        ])
        .unwrap();
        let Verb::Run(run) = cli.verb else {
            panic!("run")
        };
        let expected = Flags {
            data_dir: Some("/d".into()),
            listen: Some("off".into()),
            log_format: Some("json".into()),
            ..Flags::default()
        };
        assert_eq!(run.flags(), expected);
        assert!(Cli::try_parse_from(["reeld", "run", "--log-format", "xml"]).is_err());
    }
}
