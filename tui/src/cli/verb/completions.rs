//! `reel completions`: what a shell needs to complete the words.

use crate::cli::failure::Outcome;
use crate::cli::help;
use clap_complete::Shell;
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

/// Prints the script.
pub fn run(args: &Args) -> Outcome {
    let mut script = Vec::new();
    let mut command = help::command();
    command.build();
    clap_complete::generate(args.shell, &mut command, "reel", &mut script);
    let mut out = std::io::stdout().lock();
    out.write_all(&script)?;
    out.flush()?;
    Ok(())
}
