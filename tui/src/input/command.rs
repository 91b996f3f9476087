//! Everything a person can ask of the dashboard, each with its name for the palette and its words for help and hints.

use crate::model::order::SortKey;

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is told in `INFO`")]
#[rustfmt::skip]
pub enum Command {
    Down, Up, Top, Bottom, HalfDown, HalfUp, PageDown, PageUp, Left, Right,
    NextWorkflow, PreviousWorkflow,
    Active, Asks, History, Hooks, Queue, Stats, Events,
    Open, Back, LastView, StepBack, StepForward, NextTab, PreviousTab, Zoom,
    Filter, NextProblem, PreviousProblem, Sort(SortKey), Reverse, Columns, Mouse, Palette, Help,
    Mark, MarkRange, MarkAll, MarkInvert, MarkClear,
    Logs, Retry, Cancel, Delete, Pause, Raise, Lower, Why, Answer, Extend, Compare, Preview, Undo, Yank,
    Follow, Search, LogFilter, Since(u8), Level, NextError, PreviousError, Stage, Times, Wrap, Fold, Pretty, LogMark, LogNextMark,
    Replay, ReplayAll, Enable, Rotate, Ping, Curl,
    Drain, Undrain, Earlier, Later, Apply,
    WindowLess, WindowMore,
    Freeze, ReadOnly, Plain, Dump, Net, Repaint, Refetch, Reload, Suspend, Quit, QuitLeaving, Interrupt,
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

macro_rules! table {
    ($($command:expr, $name:literal, $hint:literal, $doc:literal;)*) => {{
        use Command::*;
        &[$(Info { command: $command, name: $name, hint: $hint, doc: $doc }),*]
    }};
}

/// Every command, in the order of the help.
pub const INFO: &[Info] = table! {
    Down, "down", "", "next row or line";
    Up, "up", "", "row or line before; in a log it stops following";
    Top, "top", "", "the first";
    Bottom, "bottom", "", "the last; in a log it follows again";
    HalfDown, "half-down", "", "half a page down";
    HalfUp, "half-up", "", "half a page up";
    PageDown, "page-down", "", "a page down";
    PageUp, "page-up", "", "a page up";
    Left, "left", "", "long lines: to the left";
    Right, "right", "", "long lines: to the right";
    NextWorkflow, "next-workflow", "other workflow", "the next workflow of the list";
    PreviousWorkflow, "previous-workflow", "", "the workflow before it";
    Active, "active", "", "screen 1: what runs, waits, asks and failed";
    Asks, "asks", "", "screen 2: what waits for your answer";
    History, "history", "", "screen 3: what ended";
    Hooks, "hooks", "", "screen 4: webhook endpoints and deliveries";
    Queue, "queue", "", "screen 5: boxes, their slots, and the line before them";
    Stats, "stats", "", "screen 6: success, times, failure families";
    Events, "events", "", "screen 7: everything that happened, and who did it";
    Open, "open", "open", "open what the cursor stands on";
    Back, "back", "back", "close, clear or go back; never quits";
    LastView, "last-view", "", "the view before this one, and back again";
    StepBack, "go back", "", "one view back in the order they were seen";
    StepForward, "go forward", "", "one view forward again";
    NextTab, "next-tab", "tab", "the next tab or pane";
    PreviousTab, "previous-tab", "", "the tab or pane before it";
    Zoom, "zoom", "", "the list over the whole width, or the log over the whole height";
    Filter, "filter", "filter", "filter the list: word, !word, field:value, /regex/";
    NextProblem, "next-problem", "problem", "the next that failed, asks or was found";
    PreviousProblem, "previous-problem", "", "the one before it";
    Sort(SortKey::State), "sort state", "", "sort by state: what runs, asks, waits, failed";
    Sort(SortKey::Eta), "sort eta", "", "sort by estimated end";
    Sort(SortKey::Progress), "sort progress", "", "sort by progress";
    Sort(SortKey::Name), "sort name", "", "sort by name";
    Sort(SortKey::Created), "sort created", "", "sort by age, newest first";
    Sort(SortKey::Priority), "sort priority", "", "sort by priority";
    Reverse, "sort reverse", "", "turn the order round";
    Columns, "choose columns", "columns", "which columns lists show, and their order";
    Mouse, "mouse", "", "let the mouse choose and scroll, or leave it to the terminal";
    Palette, "palette", "cmd", "any command by its name";
    Help, "help", "keys", "the keys that work here";
    Mark, "mark", "mark", "mark or unmark, and go on; acts then mean the marked ones";
    MarkRange, "mark range", "", "mark all from the last mark to the cursor";
    MarkAll, "mark all", "", "mark all that the filter lets through";
    MarkInvert, "mark invert", "", "mark the others";
    MarkClear, "mark clear", "", "unmark all";
    Logs, "logs", "logs", "the log, following";
    Retry, "retry", "retry", "try again: from the failed stage, from a stage, all, or with other inputs";
    Cancel, "cancel", "cancel", "cancel, after a question; held back five seconds for undo";
    Delete, "delete", "", "remove what ended, with its logs and files, after a question";
    Pause, "pause", "pause", "pause, or resume what is paused";
    Raise, "priority up", "prio", "raise the priority by ten; `:priority N` sets it";
    Lower, "priority down", "", "lower the priority by ten";
    Why, "why", "why", "why it waits, and until about when";
    Answer, "answer", "answer", "answer what is asked; on the form 1-9 choose, Enter sends";
    Extend, "extend gate", "extend", "give what asks more time; `:extend 30m` says how much";
    Compare, "compare", "diff", "compare with the last good run of the same pipeline";
    Preview, "preview", "preview", "show the picture under the cursor here in the terminal";
    Undo, "undo", "undo", "take back a cancel or drain that is still held";
    Yank, "copy id", "copy", "copy the id through the terminal (OSC 52)";
    Follow, "follow", "follow", "follow the log's end";
    Search, "search", "search", "search the log";
    LogFilter, "log-filter", "", "show only lines with a pattern; !pattern leaves them out";
    Since(0), "since all", "", "log lines of all times";
    Since(1), "since 1m", "", "log lines of the last minute; of an ended workflow, its last one";
    Since(2), "since 5m", "", "log lines of the last five minutes";
    Since(3), "since 15m", "", "log lines of the last quarter of an hour";
    Since(4), "since 1h", "", "log lines of the last hour";
    Since(5), "since 6h", "", "log lines of the last six hours";
    Since(6), "since 24h", "", "log lines of the last day";
    Level, "level", "level", "show lines of at least info, warn, error, or all";
    NextError, "next-error", "error", "the next error or warning of the log";
    PreviousError, "previous-error", "", "the one before it";
    Stage, "stage", "stage", "one stage's lines alone: the next stage, or all";
    Times, "times", "time", "times of day, UTC, seconds since the start, or none";
    Wrap, "wrap", "wrap", "wrap long lines";
    Fold, "fold", "", "fold lines that repeat, or show each";
    Pretty, "pretty", "", "the first line of the log with its JSON set out";
    LogMark, "mark line", "", "mark the first line shown, or unmark it";
    LogNextMark, "next-mark", "", "the next marked line";
    Replay, "replay", "replay", "send a failed delivery again, or the marked ones";
    ReplayAll, "replay all", "all", "send every failed delivery again, after a question";
    Enable, "enable", "enable", "enable the endpoint, or disable it";
    Rotate, "rotate", "rotate", "give the endpoint a new secret, shown this once";
    Ping, "ping", "test", "send the endpoint one signed test delivery";
    Curl, "curl", "curl", "copy the delivery as a curl command, its secret masked";
    Drain, "drain", "drain", "let the box finish what runs and take no more";
    Undrain, "undrain", "undrain", "let a drained box take work again";
    Earlier, "move earlier", "earlier", "in a draft: earlier in line; nothing changes before Enter";
    Later, "move later", "later", "in a draft: later in line";
    Apply, "apply", "apply", "send the draft's priorities";
    WindowLess, "window less", "less", "a shorter time: 7d, 24h, 1h";
    WindowMore, "window more", "more", "a longer time: 1h, 24h, 7d";
    Freeze, "freeze", "freeze", "hold the picture still; again lets go";
    ReadOnly, "read-only", "", "refuse every act; again allows them";
    Plain, "plain", "", "nothing but text, for the terminal's own selection";
    Dump, "dump", "", "write this screen as text to a file; `:write FILE` names it";
    Net, "net", "", "how the links stand, and what is written to the terminal";
    Repaint, "repaint", "", "draw the whole screen again";
    Refetch, "refetch", "", "ask for everything anew, or connect now";
    Reload, "reload", "", "read tui.toml again";
    Suspend, "suspend", "", "stop into the shell; fg comes back";
    Quit, "quit", "quit", "back out of a view, then quit";
    QuitLeaving, "quit!", "", "quit and leave the last picture on the terminal";
    Interrupt, "interrupt", "", "twice within two seconds: quit";
};

impl Command {
    /// Its name and words.
    #[must_use]
    pub fn info(self) -> &'static Info {
        INFO.iter()
            .find(|info| info.command == self)
            .unwrap_or(&INFO[0])
    }

    /// The command of a whole name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        INFO.iter()
            .find(|info| info.name == name)
            .map(|info| info.command)
    }

    /// It changes something at the daemon.
    #[must_use]
    pub fn is_act(self) -> bool {
        matches!(
            self,
            Self::Retry
                | Self::Cancel
                | Self::Delete
                | Self::Pause
                | Self::Raise
                | Self::Lower
                | Self::Answer
                | Self::Extend
                | Self::Replay
                | Self::ReplayAll
                | Self::Enable
                | Self::Rotate
                | Self::Ping
                | Self::Drain
                | Self::Undrain
                | Self::Earlier
                | Self::Later
                | Self::Apply
        )
    }
}
