//! `tui.toml`: keys, theme, columns and when to be told, checked as a whole. What is wrong is told with its line, and the
//! rest of the file holds all the same: a dashboard that doesn't open helps nobody.
//!
//! ```toml
//! theme = "dark-256"            # ansi dark-256 light-256 high-contrast cvd mono
//! ascii = false
//! profile = "ssh"               # how often to draw: ssh or local
//! columns = ["id", "name", "stages", "bar", "percent", "eta", "box"]
//! mouse = false                 # else on, but not in an ssh session
//!
//! [notify]                      # while the terminal has not the eye
//! on = ["ask", "failed", "done", "hook", "box"]
//! every = 10                    # seconds between two
//!
//! [keys.global]                 # global workflow list detail log asks hooks queue stats events
//! help = ["?", "h"]             # a command's name, and all its keys; a sequence is written with spaces
//! ```

mod read;

use crate::app::list::Column;
use crate::input::{Command, Context, Key};
use crate::terminal::pace::Profile;
use crate::ui::theme::Theme;
use std::path::PathBuf;

/// What a person is told of while they look elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Occasion {
    /// A question.
    Ask,
    /// A failure.
    Failed,
    /// The end of a workflow.
    Done,
    /// A dead endpoint.
    Hook,
    /// A link that was lost.
    Box,
}

/// The occasions by their names.
pub const OCCASIONS: [(&str, Occasion); 5] = [
    ("ask", Occasion::Ask),
    ("failed", Occasion::Failed),
    ("done", Occasion::Done),
    ("hook", Occasion::Hook),
    ("box", Occasion::Box),
];

/// A command's keys in a context.
#[derive(Debug, Clone, PartialEq)]
pub struct Rebound {
    /// Where.
    pub context: Context,
    /// What.
    pub command: Command,
    /// All its keys; none takes it off the keyboard.
    pub keys: Vec<Vec<Key>>,
}

/// What the file says.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The theme.
    pub theme: Option<Theme>,
    /// Only ASCII signs.
    pub ascii: Option<bool>,
    /// How often to draw.
    pub profile: Option<Profile>,
    /// The list's columns, in order.
    pub columns: Option<Vec<Column>>,
    /// The terminal tells of the mouse.
    pub mouse: Option<bool>,
    /// When a person is told.
    pub notify: Vec<Occasion>,
    /// Between two, in milliseconds.
    pub notify_every_ms: i64,
    /// Other keys.
    pub keys: Vec<Rebound>,
    /// What is wrong with the file, a line each.
    pub problems: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            theme: None,
            ascii: None,
            profile: None,
            columns: None,
            mouse: None,
            notify: OCCASIONS.map(|(_, occasion)| occasion).to_vec(),
            notify_every_ms: 10_000,
            keys: Vec::new(),
            problems: Vec::new(),
        }
    }
}

impl Config {
    /// Reads a file's text.
    #[must_use]
    pub fn read(text: &str) -> Self {
        read::read(text)
    }

    /// Reads the person's file; without one, everything is as it is.
    #[must_use]
    pub fn load(env: impl Fn(&str) -> Option<String>) -> Self {
        let Some(path) = path(env) else {
            return Self::default();
        };
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let mut config = Self::read(&text);
                for problem in &mut config.problems {
                    *problem = format!("{} {problem}", path.display());
                }
                config
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(error) => Self {
                problems: vec![format!("{} can't be read: {error}", path.display())],
                ..Self::default()
            },
        }
    }
}

/// `$XDG_CONFIG_HOME/reel/tui.toml`
pub fn path(env: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let home = env("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| env("HOME").map(|home| PathBuf::from(home).join(".config")))?;
    Some(home.join("reel/tui.toml"))
}
