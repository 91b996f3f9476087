//! Which keys mean which command, and where.
//!
//! No Control with A B H J K S Q, no Alt and no function key is needed: terminals, tmux and flow control take those. Esc
//! never quits, and nothing that destroys is one key away: it is a menu or a question.

use super::command::Command;
use super::key::Key;
use crate::model::order::SortKey;

/// Where keys are typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// Everywhere.
    Global,
    /// Where a workflow is meant.
    Workflow,
    /// A list of workflows.
    List,
    /// One workflow.
    Detail,
    /// Its log alone.
    Log,
    /// What waits for an answer.
    Asks,
    /// Endpoints and deliveries.
    Hooks,
    /// Boxes and the line.
    Queue,
    /// Numbers.
    Stats,
    /// What happened.
    Events,
}

impl Context {
    /// Every context, with its name in `tui.toml`.
    pub const ALL: [(Self, &'static str); 10] = [
        (Self::Global, "global"),
        (Self::Workflow, "workflow"),
        (Self::List, "list"),
        (Self::Detail, "detail"),
        (Self::Log, "log"),
        (Self::Asks, "asks"),
        (Self::Hooks, "hooks"),
        (Self::Queue, "queue"),
        (Self::Stats, "stats"),
        (Self::Events, "events"),
    ];

    /// Whose keys hold here, the nearest first.
    #[must_use]
    pub fn chain(self) -> &'static [Self] {
        match self {
            Self::Global => &[Self::Global],
            Self::Workflow => &[Self::Workflow, Self::Global],
            Self::List => &[Self::List, Self::Workflow, Self::Global],
            Self::Detail => &[Self::Detail, Self::Workflow, Self::Global],
            Self::Log => &[Self::Log, Self::Detail, Self::Workflow, Self::Global],
            Self::Asks => &[Self::Asks, Self::List, Self::Workflow, Self::Global],
            Self::Hooks => &[Self::Hooks, Self::Global],
            Self::Queue => &[Self::Queue, Self::Workflow, Self::Global],
            Self::Stats => &[Self::Stats, Self::Global],
            Self::Events => &[Self::Events, Self::Global],
        }
    }
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

macro_rules! table {
    ($($context:ident: $command:expr => $($keys:literal)+;)*) => {{
        use Command::*;
        &[$(bind(Context::$context, $command, &[$($keys),+])),*]
    }};
}

/// The table. Hints show its rows in this order until the line is full, so what is needed most stands first.
pub const BINDINGS: &[Binding] = table! {
    Asks: Answer => "Enter" "a";
    Asks: Open => "o";
    Asks: Extend => "e";
    List: Open => "Enter";
    Events: Open => "Enter";
    Stats: Open => "Enter";
    Hooks: Open => "Enter";
    Hooks: Replay => "R" "r";
    Hooks: ReplayAll => "A";
    Hooks: Curl => "y";
    Hooks: Enable => "e";
    Hooks: Ping => "T";
    Hooks: Rotate => "O";
    Hooks: NextTab => "Tab";
    Hooks: PreviousTab => "S-Tab";
    Hooks: Mark => "Space";
    Hooks: MarkAll => "*";
    Hooks: MarkInvert => "~";
    Hooks: MarkClear => "\\";
    Hooks: MarkRange => "V";
    Queue: Earlier => "<";
    Queue: Later => ">";
    Queue: Apply => "Enter";
    Queue: Open => "o";
    Queue: Drain => "D";
    Queue: Undrain => "U";
    Queue: NextTab => "Tab";
    Queue: PreviousTab => "S-Tab";
    Stats: WindowLess => "<";
    Stats: WindowMore => ">";
    Stats: Retry => "r";
    Events: Filter => "/";
    Detail: Follow => "f";
    Detail: Search => "/";
    Detail: LogFilter => "&";
    Workflow: Logs => "l";
    Workflow: Why => "w";
    Workflow: Retry => "r";
    Workflow: Cancel => "x";
    Workflow: Delete => "X";
    Workflow: Pause => "p";
    Workflow: Raise => "+" "=";
    Workflow: Lower => "-";
    Workflow: Answer => "a";
    List: Mark => "Space";
    List: Filter => "/";
    Global: Undo => "u";
    Detail: Level => "L";
    Detail: NextError => "e";
    Detail: PreviousError => "E";
    Detail: Stage => "s";
    Detail: Times => "t";
    Detail: Wrap => "W";
    Log: Since(0) => "0";
    Log: Since(1) => "1";
    Log: Since(2) => "2";
    Log: Since(3) => "3";
    Log: Since(4) => "4";
    Log: Since(5) => "5";
    Log: Since(6) => "6";
    Workflow: Compare => "d";
    Workflow: Preview => "v";
    Detail: Fold => "F";
    Detail: Pretty => "P";
    Detail: LogMark => "m";
    Detail: LogNextMark => "'";
    Detail: NextTab => "Tab";
    Detail: PreviousTab => "S-Tab";
    Detail: NextWorkflow => "J";
    Detail: PreviousWorkflow => "K";
    Global: NextProblem => "n";
    Global: PreviousProblem => "N";
    Global: Freeze => "z";
    Global: Zoom => "Z";
    Workflow: Yank => "y";
    Workflow: Extend => "g d";
    Global: Back => "Esc" "Backspace";
    Global: Quit => "q";
    Global: Palette => ":";
    Global: Help => "?";
    Global: Down => "j" "Down";
    Global: Up => "k" "Up";
    Global: Top => "g g" "Home";
    Global: Bottom => "G" "End";
    Global: HalfDown => "C-d";
    Global: HalfUp => "C-u";
    Global: PageDown => "PgDn";
    Global: PageUp => "PgUp";
    Global: Left => "Left";
    Global: Right => "Right";
    Global: Active => "1" "g a";
    Global: Asks => "2" "g s";
    Global: History => "3" "g h";
    Global: Hooks => "4" "g w";
    Global: Queue => "5" "g q";
    Global: Stats => "6" "g t";
    Global: Events => "7" "g e";
    Global: LastView => "`";
    Global: StepBack => "[";
    Global: StepForward => "]";
    List: MarkRange => "V";
    List: MarkAll => "*";
    List: MarkInvert => "~";
    List: MarkClear => "\\";
    List: Sort(SortKey::State) => ", s";
    List: Sort(SortKey::Eta) => ", e";
    List: Sort(SortKey::Progress) => ", p";
    List: Sort(SortKey::Name) => ", n";
    List: Sort(SortKey::Created) => ", c";
    List: Sort(SortKey::Priority) => ", i";
    List: Reverse => ", r";
    List: Columns => "C";
    Global: ReadOnly => "!";
    Global: Plain => "g p";
    Global: Mouse => "g m";
    Global: Dump => "S";
    Global: Net => "g n";
    Global: Repaint => "C-l";
    Global: Refetch => "C-r";
    Global: Reload => "g r";
    Global: Suspend => "C-z";
    Global: QuitLeaving => "Q";
    Global: Interrupt => "C-c";
};

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
    /// The table with other keys for some commands: they take the keys from whatever had them in that context.
    #[must_use]
    pub fn with(rebound: &[crate::config::Rebound]) -> Self {
        let mut entries = Self::default().entries;
        for other in rebound {
            entries.retain(|(context, keys, command)| {
                let same = *context == other.context;
                !(same && (*command == other.command || other.keys.contains(keys)))
            });
            // In front, so that hints tell a person's own keys first.
            for keys in other.keys.iter().rev() {
                entries.insert(0, (other.context, keys.clone(), other.command));
            }
        }
        Self { entries }
    }

    /// What `typed` means in `context`; what the context says goes before what holds everywhere.
    #[must_use]
    pub fn lookup(&self, context: Context, typed: &[Key]) -> Lookup {
        let chain = context.chain();
        let here = |entry: &&(Context, Vec<Key>, Command)| chain.contains(&entry.0);
        let exact = |wanted: Context| {
            self.entries
                .iter()
                .find(|(at, keys, _)| *at == wanted && keys == typed)
                .map(|(_, _, command)| *command)
        };
        if let Some(command) = chain.iter().find_map(|at| exact(*at)) {
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
        let chain = context.chain();
        for (at, keys, command) in &self.entries {
            // A nearer context gives the key another meaning.
            let shadowed =
                matches!(self.lookup(context, keys), Lookup::Command(other) if other != *command);
            if !chain.contains(at) || shadowed {
                continue;
            }
            let name = written(keys);
            match rows.iter_mut().find(|(_, known)| known == command) {
                Some((known, _)) if known.split(' ').any(|key| key == name) => {}
                Some((known, _)) => {
                    known.push(' ');
                    known.push_str(&name);
                }
                None => rows.push((name, *command)),
            }
        }
        rows
    }

    /// The first key of a command.
    #[must_use]
    pub fn key_of(&self, context: Context, command: Command) -> Option<String> {
        self.entries
            .iter()
            .find(|(at, _, known)| *known == command && context.chain().contains(at))
            .map(|(_, keys, _)| written(keys))
    }
}

fn written(keys: &[Key]) -> String {
    keys.iter().map(Key::to_string).collect::<Vec<_>>().concat()
}
