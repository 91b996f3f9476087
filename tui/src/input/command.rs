//! Everything a person can ask of the dashboard, each with its name for the palette and its words for help and hints.

use crate::model::order::SortKey;

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is told in `INFO`")]
pub enum Command {
    Down,
    Up,
    Top,
    Bottom,
    HalfDown,
    HalfUp,
    PageDown,
    PageUp,
    Left,
    Right,
    NextWorkflow,
    PreviousWorkflow,
    Active,
    History,
    Open,
    Back,
    LastView,
    NextTab,
    PreviousTab,
    Filter,
    NextProblem,
    PreviousProblem,
    Sort(SortKey),
    Reverse,
    Palette,
    Help,
    Mark,
    MarkAll,
    MarkInvert,
    MarkClear,
    Logs,
    Retry,
    Cancel,
    Pause,
    Raise,
    Lower,
    Why,
    Undo,
    Yank,
    Follow,
    Search,
    Level,
    NextError,
    PreviousError,
    Stage,
    Times,
    Wrap,
    Freeze,
    ReadOnly,
    Repaint,
    Refetch,
    Suspend,
    Quit,
    QuitLeaving,
    Interrupt,
}

/// What a command is called and does.
#[derive(Debug, Clone, Copy)]
pub struct Info {
    /// Which.
    pub command: Command,
    /// For the palette: `:name`.
    pub name: &'static str,
    /// For the hint line: a word or two; empty, it is never hinted.
    pub hint: &'static str,
    /// For help: one sentence.
    pub doc: &'static str,
}

const fn info(command: Command, name: &'static str, hint: &'static str, doc: &'static str) -> Info {
    Info {
        command,
        name,
        hint,
        doc,
    }
}

/// Every command, in the order of the help.
pub const INFO: [Info; 60] = [
    info(Command::Down, "down", "", "next row or line"),
    info(
        Command::Up,
        "up",
        "",
        "row or line before; in a log it stops following",
    ),
    info(Command::Top, "top", "", "the first"),
    info(
        Command::Bottom,
        "bottom",
        "",
        "the last; in a log it follows again",
    ),
    info(Command::HalfDown, "half-down", "", "half a page down"),
    info(Command::HalfUp, "half-up", "", "half a page up"),
    info(Command::PageDown, "page-down", "", "a page down"),
    info(Command::PageUp, "page-up", "", "a page up"),
    info(Command::Left, "left", "", "long lines: to the left"),
    info(Command::Right, "right", "", "long lines: to the right"),
    info(
        Command::NextWorkflow,
        "next-workflow",
        "other workflow",
        "the next workflow of the list",
    ),
    info(
        Command::PreviousWorkflow,
        "previous-workflow",
        "",
        "the workflow before it",
    ),
    info(Command::Active, "active", "", "the Active screen"),
    info(
        Command::History,
        "history",
        "",
        "the History screen: what ended",
    ),
    info(Command::Open, "open", "open", "open the workflow"),
    info(
        Command::Back,
        "back",
        "back",
        "close, clear or go back; never quits",
    ),
    info(
        Command::LastView,
        "last-view",
        "",
        "the view before this one",
    ),
    info(
        Command::NextTab,
        "next-tab",
        "tab",
        "the next tab of the detail",
    ),
    info(
        Command::PreviousTab,
        "previous-tab",
        "",
        "the tab before it",
    ),
    info(
        Command::Filter,
        "filter",
        "filter",
        "filter the list: word, !word, field:value, /regex/",
    ),
    info(
        Command::NextProblem,
        "next-problem",
        "problem",
        "the next that failed, asks or was found",
    ),
    info(
        Command::PreviousProblem,
        "previous-problem",
        "",
        "the one before it",
    ),
    info(
        Command::Sort(SortKey::State),
        "sort state",
        "",
        "sort by state: what runs, asks, waits, failed",
    ),
    info(
        Command::Sort(SortKey::Eta),
        "sort eta",
        "",
        "sort by estimated end",
    ),
    info(
        Command::Sort(SortKey::Progress),
        "sort progress",
        "",
        "sort by progress",
    ),
    info(
        Command::Sort(SortKey::Name),
        "sort name",
        "",
        "sort by name",
    ),
    info(
        Command::Sort(SortKey::Created),
        "sort created",
        "",
        "sort by age, newest first",
    ),
    info(
        Command::Sort(SortKey::Priority),
        "sort priority",
        "",
        "sort by priority",
    ),
    info(Command::Reverse, "sort reverse", "", "turn the order round"),
    info(
        Command::Palette,
        "palette",
        "cmd",
        "any command by its name",
    ),
    info(Command::Help, "help", "keys", "the keys that work here"),
    info(
        Command::Mark,
        "mark",
        "mark",
        "mark or unmark, and go on; acts then mean the marked ones",
    ),
    info(
        Command::MarkAll,
        "mark all",
        "",
        "mark all that the filter lets through",
    ),
    info(Command::MarkInvert, "mark invert", "", "mark the others"),
    info(Command::MarkClear, "mark clear", "", "unmark all"),
    info(Command::Logs, "logs", "logs", "the log, following"),
    info(
        Command::Retry,
        "retry",
        "retry",
        "try again: from the failed stage, from a stage, or all",
    ),
    info(
        Command::Cancel,
        "cancel",
        "cancel",
        "cancel, after a question; held back five seconds for undo",
    ),
    info(
        Command::Pause,
        "pause",
        "pause",
        "pause, or resume what is paused",
    ),
    info(
        Command::Raise,
        "priority up",
        "prio",
        "raise the priority by ten",
    ),
    info(
        Command::Lower,
        "priority down",
        "",
        "lower the priority by ten",
    ),
    info(
        Command::Why,
        "why",
        "why",
        "why it waits, and until about when",
    ),
    info(
        Command::Undo,
        "undo",
        "undo",
        "take back a cancel that is still held",
    ),
    info(
        Command::Yank,
        "copy id",
        "copy",
        "copy the id through the terminal (OSC 52)",
    ),
    info(Command::Follow, "follow", "follow", "follow the log's end"),
    info(Command::Search, "search", "search", "search the log"),
    info(
        Command::Level,
        "level",
        "level",
        "show lines of at least info, warn, error, or all",
    ),
    info(
        Command::NextError,
        "next-error",
        "error",
        "the next error or warning of the log",
    ),
    info(
        Command::PreviousError,
        "previous-error",
        "",
        "the one before it",
    ),
    info(
        Command::Stage,
        "stage",
        "stage",
        "one stage's lines alone: the next stage, or all",
    ),
    info(
        Command::Times,
        "times",
        "time",
        "times of day, or seconds since the start",
    ),
    info(Command::Wrap, "wrap", "wrap", "wrap long lines"),
    info(
        Command::Freeze,
        "freeze",
        "freeze",
        "hold the picture still; again lets go",
    ),
    info(
        Command::ReadOnly,
        "read-only",
        "",
        "refuse every act; again allows them",
    ),
    info(
        Command::Repaint,
        "repaint",
        "",
        "draw the whole screen again",
    ),
    info(
        Command::Refetch,
        "refetch",
        "",
        "ask for everything anew, or connect now",
    ),
    info(
        Command::Suspend,
        "suspend",
        "",
        "stop into the shell; fg comes back",
    ),
    info(
        Command::Quit,
        "quit",
        "quit",
        "back out of a view, then quit",
    ),
    info(
        Command::QuitLeaving,
        "quit!",
        "",
        "quit and leave the last picture on the terminal",
    ),
    info(
        Command::Interrupt,
        "interrupt",
        "",
        "twice within two seconds: quit",
    ),
];

impl Command {
    /// Its name and words.
    #[must_use]
    pub fn info(self) -> &'static Info {
        INFO.iter()
            .find(|info| info.command == self)
            .unwrap_or(&INFO[0])
    }

    /// It changes something at the daemon.
    #[must_use]
    pub fn is_act(self) -> bool {
        matches!(
            self,
            Self::Retry | Self::Cancel | Self::Pause | Self::Raise | Self::Lower
        )
    }
}
