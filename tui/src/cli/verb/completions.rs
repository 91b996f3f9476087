//! `reel completions`: what a shell needs to complete the words.

use crate::cli::failure::{Failure, Outcome};
use crate::cli::live;
use clap_complete::Shell;
use clap_complete::env::Shells;
use std::io::Write;

const EXAMPLES: &str = "\
Examples:
  reel completions bash > ~/.local/share/bash-completion/completions/reel
  reel completions zsh > ~/.zfunc/_reel
  reel completions fish > ~/.config/fish/completions/reel.fish";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Prints the script: it asks `reel` for what may follow, so that it also completes ids, pipelines and stages as they are.
pub fn run(args: &Args) -> Outcome {
    let name = args.shell.to_string();
    let shells = Shells::builtins();
    let Some(shell) = shells.completer(&name) else {
        return Err(Failure::usage(format!("no completions for {name}")));
    };
    let mut script = Vec::new();
    shell.write_registration(live::VARIABLE, "reel", "reel", "reel", &mut script)?;
    let mut out = std::io::stdout().lock();
    out.write_all(&script)?;
    out.flush()?;
    Ok(())
}
