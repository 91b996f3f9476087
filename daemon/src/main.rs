//! `reeld`: parses its command line and hands over.

use clap::Parser;
use reeld::cli::{Cli, Verb};
use reeld::config::{Environment, load};
use std::process::ExitCode;

fn main() -> ExitCode {
    match Cli::parse().verb {
        Verb::Run(run) => reeld::app::run(&run.flags()),
        Verb::Worker(worker) => reeld::app::worker::run(&worker.flags()),
        Verb::Key(key) => reeld::app::worker::key(&key.flags(), &key.name),
        Verb::Check(check) => {
            let report = reeld::check::check(&check.flags(), &Environment::current());
            if check.json {
                println!("{:#}", report.to_json());
            } else {
                print!("{report}");
            }
            if report.passes() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Verb::Openapi(openapi) => match load(&openapi.flags(), &Environment::current()) {
            Ok(loaded) => {
                println!("{:#}", reeld::api::openapi::of(&loaded.config));
                ExitCode::SUCCESS
            }
            Err(problems) => {
                for problem in problems {
                    eprintln!("reeld: {problem}");
                }
                ExitCode::FAILURE
            }
        },
        Verb::Backup(backup) => match load(&backup.flags(), &Environment::current()) {
            Ok(loaded) => match reeld::store::backup::backup(&loaded.config.data_dir, &backup.file)
            {
                Ok(bytes) => {
                    println!("{} ({bytes} bytes, verified)", backup.file.display());
                    ExitCode::SUCCESS
                }
                Err(error) => {
                    eprintln!("reeld: no backup was made: {error}");
                    ExitCode::FAILURE
                }
            },
            Err(problems) => {
                for problem in problems {
                    eprintln!("reeld: {problem}");
                }
                ExitCode::FAILURE
            }
        },
    }
}
