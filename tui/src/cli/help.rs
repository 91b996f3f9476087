//! The front page of the help: the verbs by what they are for.

use super::args::Cli;
use clap::{Command, CommandFactory};
use std::fmt::Write;

/// The verbs in reading order. A test holds that every verb stands here once.
const GROUPS: [(&str, &[&str]); 4] = [
    ("Begin", &["submit", "run", "schedules", "pipelines"]),
    (
        "Look",
        &[
            "ls",
            "show",
            "why",
            "logs",
            "watch",
            "stats",
            "workers",
            "attention",
        ],
    ),
    (
        "Act",
        &[
            "cancel",
            "retry",
            "pause",
            "resume",
            "prioritise",
            "answer",
            "confirm",
            "extend",
            "rm",
        ],
    ),
    (
        "Run the house",
        &[
            "webhooks",
            "token",
            "drain",
            "undrain",
            "reload",
            "store",
            "dial-stdio",
            "completions",
            "man",
        ],
    ),
];

const TEMPLATE: &str =
    "{about-section}\n{usage-heading} {usage}\n\n{before-help}{options}{after-help}";

const EXAMPLES: &str = "\
Examples:
  reel submit video -p prompt='A quiet harbour at dawn. Boats leave. Gulls follow.' --wait
  reel run -- ffmpeg -i in.mov out.mp4
  reel ls                 what is active, and what ended in the last 24 hours
  reel why cm1            what it waits for; cm1 is the beginning of an id
  reel logs -f cm1        its log, until it ends

`reel VERB --help` tells more of each.
Exit: 0 done, 1 it failed, 2 usage, 3 no daemon, 4 no such thing.";

/// The whole command line with its front page.
pub fn command() -> Command {
    let command = Cli::command();
    let verbs = verbs(&command);
    command
        .help_template(TEMPLATE)
        .before_help(verbs.clone())
        .before_long_help(verbs)
        .after_help(EXAMPLES)
}

fn verbs(command: &Command) -> String {
    let mut text = String::new();
    for (index, (title, names)) in GROUPS.iter().enumerate() {
        let gap = if index == 0 { "" } else { "\n" };
        // Writing to a string never fails.
        let _ = writeln!(text, "{gap}{title}:");
        for name in *names {
            let about = command
                .find_subcommand(name)
                .and_then(|verb| verb.get_about())
                .map(ToString::to_string)
                .unwrap_or_default();
            let _ = writeln!(text, "  {name:<12} {about}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_verb_stands_on_the_front_page_once() {
        let command = Cli::command();
        let known: BTreeSet<&str> = command.get_subcommands().map(Command::get_name).collect();
        let listed: Vec<&str> = GROUPS
            .iter()
            .flat_map(|(_, names)| names.iter().copied())
            .collect();
        assert_eq!(listed.len(), known.len());
        assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), known);
    }

    #[test]
    fn the_words_hold_together() {
        command().debug_assert();
    }

    #[test]
    fn the_front_page_reads_well() {
        insta::assert_snapshot!(command().render_help());
    }

    #[test]
    fn every_verb_and_every_option_is_explained() {
        let mut command = command();
        command.build();
        for verb in command.get_subcommands() {
            let name = verb.get_name();
            assert!(verb.get_about().is_some(), "{name}");
            for arg in verb.get_arguments() {
                assert!(arg.get_help().is_some(), "{name} {}", arg.get_id());
            }
        }
    }
}
