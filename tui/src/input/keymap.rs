//! Which keys mean which command, and where.
//!
//! No Control with A B H J K S Q, no Alt and no function key is needed: terminals, tmux and flow control take those. Esc
//! never quits, and nothing that destroys is one key away: it is a menu or a question.

use super::command::Command;
use super::key::Key;
use crate::model::order::SortKey;

/// Where keys are typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// Everywhere.
    Global,
    /// A list of workflows.
    List,
    /// One workflow.
    Detail,
}

/// A row of the table: one command, all its keys (a sequence is written with spaces).
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// Where.
    pub context: Context,
    /// What.
    pub command: Command,
    /// Any of these.
    pub keys: &'static [&'static str],
}

const fn bind(context: Context, command: Command, keys: &'static [&'static str]) -> Binding {
    Binding {
        context,
        command,
        keys,
    }
}

use Context::{Detail, Global, List};

/// The table. Hints show its rows in this order until the line is full, so what is needed most stands first.
pub const BINDINGS: &[Binding] = &[
    bind(List, Command::Open, &["Enter"]),
    bind(Detail, Command::Follow, &["f"]),
    bind(Detail, Command::Search, &["/"]),
    bind(Global, Command::Logs, &["l"]),
    bind(Global, Command::Why, &["w"]),
    bind(Global, Command::Retry, &["r"]),
    bind(Global, Command::Cancel, &["x"]),
    bind(Global, Command::Pause, &["p"]),
    bind(Global, Command::Raise, &["+", "="]),
    bind(Global, Command::Lower, &["-"]),
    bind(List, Command::Mark, &["Space"]),
    bind(List, Command::Filter, &["/"]),
    bind(Global, Command::Undo, &["u"]),
    bind(Detail, Command::Level, &["L"]),
    bind(Detail, Command::NextError, &["e"]),
    bind(Detail, Command::PreviousError, &["E"]),
    bind(Detail, Command::Stage, &["s"]),
    bind(Detail, Command::Times, &["t"]),
    bind(Detail, Command::Wrap, &["W"]),
    bind(Detail, Command::NextTab, &["Tab"]),
    bind(Detail, Command::PreviousTab, &["S-Tab"]),
    bind(Detail, Command::NextWorkflow, &["J"]),
    bind(Detail, Command::PreviousWorkflow, &["K"]),
    bind(Global, Command::NextProblem, &["n"]),
    bind(Global, Command::PreviousProblem, &["N"]),
    bind(Global, Command::Freeze, &["z"]),
    bind(Global, Command::Yank, &["y"]),
    bind(Global, Command::Back, &["Esc", "Backspace"]),
    bind(Global, Command::Quit, &["q"]),
    bind(Global, Command::Palette, &[":"]),
    bind(Global, Command::Help, &["?"]),
    bind(Global, Command::Down, &["j", "Down"]),
    bind(Global, Command::Up, &["k", "Up"]),
    bind(Global, Command::Top, &["g g", "Home"]),
    bind(Global, Command::Bottom, &["G", "End"]),
    bind(Global, Command::HalfDown, &["C-d"]),
    bind(Global, Command::HalfUp, &["C-u"]),
    bind(Global, Command::PageDown, &["PgDn"]),
    bind(Global, Command::PageUp, &["PgUp"]),
    bind(Detail, Command::Left, &["Left"]),
    bind(Detail, Command::Right, &["Right"]),
    bind(Global, Command::Active, &["1", "g a"]),
    bind(Global, Command::History, &["3", "g h"]),
    bind(Global, Command::LastView, &["`"]),
    bind(List, Command::MarkAll, &["*"]),
    bind(List, Command::MarkInvert, &["~"]),
    bind(List, Command::MarkClear, &["\\"]),
    bind(List, Command::Sort(SortKey::State), &[", s"]),
    bind(List, Command::Sort(SortKey::Eta), &[", e"]),
    bind(List, Command::Sort(SortKey::Progress), &[", p"]),
    bind(List, Command::Sort(SortKey::Name), &[", n"]),
    bind(List, Command::Sort(SortKey::Created), &[", c"]),
    bind(List, Command::Sort(SortKey::Priority), &[", i"]),
    bind(List, Command::Reverse, &[", r"]),
    bind(Global, Command::ReadOnly, &["!"]),
    bind(Global, Command::Repaint, &["C-l"]),
    bind(Global, Command::Refetch, &["C-r"]),
    bind(Global, Command::Suspend, &["C-z"]),
    bind(Global, Command::QuitLeaving, &["Q"]),
    bind(Global, Command::Interrupt, &["C-c"]),
];

/// The table with its keys read.
#[derive(Debug, Clone)]
pub struct Keymap {
    entries: Vec<(Context, Vec<Key>, Command)>,
}

/// What a sequence of keys means.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup {
    /// A command.
    Command(Command),
    /// The beginning of some: the rest of each, and what it means.
    Prefix(Vec<(String, Command)>),
    /// Nothing here.
    Nothing,
}

impl Default for Keymap {
    fn default() -> Self {
        let read = |keys: &str| keys.split(' ').filter_map(Key::read).collect::<Vec<_>>();
        let entries = BINDINGS
            .iter()
            .flat_map(|binding| {
                binding
                    .keys
                    .iter()
                    .map(move |keys| (binding.context, read(keys), binding.command))
            })
            .collect();
        Self { entries }
    }
}

impl Keymap {
    /// What `typed` means in `context`; what the context says goes before what holds everywhere.
    #[must_use]
    pub fn lookup(&self, context: Context, typed: &[Key]) -> Lookup {
        let here = |entry: &&(Context, Vec<Key>, Command)| entry.0 == context || entry.0 == Global;
        let exact = |wanted: Context| {
            self.entries
                .iter()
                .find(|(at, keys, _)| *at == wanted && keys == typed)
                .map(|(_, _, command)| *command)
        };
        if let Some(command) = exact(context).or_else(|| exact(Global)) {
            return Lookup::Command(command);
        }
        let rest: Vec<_> = self
            .entries
            .iter()
            .filter(here)
            .filter(|(_, keys, _)| keys.len() > typed.len() && keys.starts_with(typed))
            .map(|(_, keys, command)| (written(&keys[typed.len()..]), *command))
            .collect();
        if rest.is_empty() {
            Lookup::Nothing
        } else {
            Lookup::Prefix(rest)
        }
    }

    /// The rows that hold in `context`: keys as written, and the command, in the table's order.
    #[must_use]
    pub fn rows(&self, context: Context) -> Vec<(String, Command)> {
        let mut rows: Vec<(String, Command)> = Vec::new();
        for (at, keys, command) in &self.entries {
            let shadowed = *at == Global
                && matches!(self.lookup(context, keys), Lookup::Command(other) if other != *command);
            if (*at != context && *at != Global) || shadowed {
                continue;
            }
            match rows.iter_mut().find(|(_, known)| known == command) {
                Some((written_keys, _)) => {
                    written_keys.push(' ');
                    written_keys.push_str(&written(keys));
                }
                None => rows.push((written(keys), *command)),
            }
        }
        rows
    }

    /// The first key of a command.
    #[must_use]
    pub fn key_of(&self, context: Context, command: Command) -> Option<String> {
        self.entries
            .iter()
            .find(|(at, _, known)| *known == command && (*at == context || *at == Global))
            .map(|(_, keys, _)| written(keys))
    }
}

fn written(keys: &[Key]) -> String {
    keys.iter().map(Key::to_string).collect::<Vec<_>>().concat()
}
