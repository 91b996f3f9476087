//! `reel man`: the manual, made from the same words as the help.

use crate::cli::failure::{Failure, Outcome};
use crate::cli::help;
use std::io::Write;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  reel man | man -l -
  reel man --dir ~/.local/share/man/man1";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Write a page for each verb into this directory, instead of the first page to standard output
    #[arg(long)]
    pub dir: Option<PathBuf>,
}

/// Prints the first page, or writes all of them.
pub fn run(args: &Args) -> Outcome {
    let mut command = help::command();
    command.build();
    match &args.dir {
        Some(dir) => clap_mangen::generate_to(command, dir).map_err(|error| {
            Failure::failed(format!(
                "the pages can't be written to {}: {error}",
                dir.display()
            ))
            .with_remedy("the directory must exist and be yours to write")
        }),
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page)?;
            let mut out = std::io::stdout().lock();
            out.write_all(&page)?;
            out.flush()?;
            Ok(())
        }
    }
}
