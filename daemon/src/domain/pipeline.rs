//! What a pipeline is: its parameters, its stages and how they hang together.
//!
//! A pipeline never changes once made: a workflow keeps the very one it was submitted with, by the hash of its source,
//! however the file is edited later. Reading the TOML form is the `pipeline` room's work.

use super::value::{Value, Values};
use std::collections::BTreeMap;
use std::time::Duration;

/// A pipeline as written in its file.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    /// The file's name without `.toml`.
    pub name: String,
    /// One line for people.
    pub description: String,
    /// The TOML text it was read from; the store keeps it under `hash`.
    pub source: String,
    /// SHA-256 of name and source in hexadecimal: what a workflow refers to.
    pub hash: String,
    /// `built-in`, or the path of the file.
    pub origin: String,
    /// A missing required parameter becomes a question instead of a refusal.
    pub clarify: bool,
    /// A person confirms before the workflow is queued.
    pub confirm: bool,
    /// What happens when nobody answers a clarification or a confirmation.
    pub gates: Gates,
    /// Parameters in the order of the file.
    pub params: Vec<ParamSpec>,
    /// Stages in the order of the file; never empty, ids unique, `needs` resolved and free of cycles.
    pub stages: Vec<StageSpec>,
}

/// How long the gates before the queue stay open, and what time answers in a person's place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gates {
    /// Each gate by itself; none is for ever.
    pub deadline: Option<Duration>,
    /// What the deadline says to a confirmation; to a clarification it gives the questions' own defaults.
    pub confirmed: bool,
}

/// A parameter's definition.
#[derive(Debug, Clone, PartialEq)]
pub struct ParamSpec {
    /// Its key in `params`.
    pub name: String,
    /// What it may hold.
    pub kind: ParamKind,
    /// Wanted, unless a default stands.
    pub required: bool,
    /// Taken when none is given.
    pub default: Option<Value>,
    /// What to ask a person when it is missing.
    pub question: Option<String>,
    /// The allowed values of an `enum`, and of the elements of a `list` where given.
    pub options: Vec<String>,
    /// Smallest number, or shortest text or list.
    pub min: Option<f64>,
    /// Largest number, or longest text or list.
    pub max: Option<f64>,
    /// A regular expression that text must match as a whole; checked by the `pipeline` room, which has the library.
    pub pattern: Option<String>,
}

/// The types of INTERFACE: `string text int number bool enum email url file list`, and `map` for `command`'s `env` and `resources`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// One line of text.
    String,
    /// Text of any number of lines.
    Text,
    /// A whole number.
    Int,
    /// Any number.
    Number,
    /// True or false.
    Bool,
    /// One of `options`.
    Enum,
    /// An e-mail address.
    Email,
    /// An http or https URL.
    Url,
    /// A path on the daemon's box.
    File,
    /// A list of text.
    List,
    /// Values by name (ours: `env`, `resources`).
    Map,
    /// Anything (ours: `retry`, a number or a table).
    Any,
}

impl ParamKind {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::String,
        Self::Text,
        Self::Int,
        Self::Number,
        Self::Bool,
        Self::Enum,
        Self::Email,
        Self::Url,
        Self::File,
        Self::List,
        Self::Map,
        Self::Any,
    ];

    /// The word on the wire and in pipeline files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Text => "text",
            Self::Int => "int",
            Self::Number => "number",
            Self::Bool => "bool",
            Self::Enum => "enum",
            Self::Email => "email",
            Self::Url => "url",
            Self::File => "file",
            Self::List => "list",
            Self::Map => "map",
            Self::Any => "any",
        }
    }

    /// The type of a word, if it is one.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A stage's definition.
#[derive(Debug, Clone, PartialEq)]
pub struct StageSpec {
    /// `[a-z0-9_-]{1,64}`, unique in the pipeline.
    pub id: String,
    /// For people.
    pub title: String,
    /// What is done.
    pub work: Work,
    /// Indices into the pipeline's stages that must be `completed` or `skipped` (or failed while optional) first.
    pub needs: Vec<usize>,
    /// Skipped unless this holds for the parameters.
    pub when: Option<Condition>,
    /// How failures that may be retried are retried.
    pub retry: RetryPolicy,
    /// An attempt's longest duration.
    pub timeout: Option<Duration>,
    /// An attempt's longest time without progress, output or CPU use.
    pub stall: Option<Duration>,
    /// What it takes from its box while it runs.
    pub resources: Resources,
    /// Its failure fails nothing else.
    pub optional: bool,
    /// Its share of the progress while there is no history.
    pub weight: f64,
    /// Files below its work directory that move with the workflow.
    pub outputs: Vec<String>,
    /// What it made of the same inputs is taken instead of running it again; only programs with `outputs`.
    pub cache: bool,
    /// Labels that the box must carry.
    pub box_labels: BTreeMap<String, String>,
    /// Exit codes (`"9"`) and log patterns (`"/…/"`) → error class.
    pub fail: Vec<(FailMatch, ErrorClass)>,
}

/// What a stage does.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// `uses`: a built-in stage, with its options.
    BuiltIn {
        /// `tts`, `transcribe`, …
        uses: String,
        /// Further keys of the stage's `with` table.
        with: Values,
    },
    /// `run`: a program and its arguments, each a template.
    Program {
        /// Never empty.
        run: Vec<String>,
    },
    /// The `command` pipeline's only stage: argv, dir and env come from the parameters as they are.
    Command,
}

/// Built-in stages that may run on any box: all they touch is below the workflow's own directories, which move with it. The
/// others belong to the coordinator: they keep its ledgers, its store's files and its recordings, or hear from outside.
pub const PORTABLE: [&str; 9] = [
    "script",
    "tts",
    "transcribe",
    "search",
    "generate",
    "compose",
    "renditions",
    "thumbnails",
    "qc",
];

impl Work {
    /// Whether it may run on another box than the coordinator's.
    #[must_use]
    pub fn is_portable(&self) -> bool {
        self.uses().is_none_or(|uses| PORTABLE.contains(&uses))
    }

    /// The name of the built-in stage, if it is one.
    #[must_use]
    pub fn uses(&self) -> Option<&str> {
        match self {
            Self::BuiltIn { uses, .. } => Some(uses),
            _ => None,
        }
    }

    /// The built-in stage's options, if it is one.
    #[must_use]
    pub fn with(&self) -> Option<&Values> {
        match self {
            Self::BuiltIn { with, .. } => Some(with),
            _ => None,
        }
    }
}

/// When a failure of a stage is met with another try.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// Tries after the first.
    pub times: u32,
    /// Before the first of them; doubles each time.
    pub first: Duration,
    /// Never longer than this.
    pub max: Duration,
}

/// Named amounts: `cpu`, `gpu`, `memory` (bytes)…
pub type Resources = BTreeMap<String, u64>;

/// `params.x`, `!params.x`, `params.x == 'text'`, joined by `||`.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// The parameter is true (or not, when `negated`).
    Flag {
        /// Parameter name.
        param: String,
        /// `!` stood before it.
        negated: bool,
    },
    /// The parameter's text is this.
    Equals {
        /// Parameter name.
        param: String,
        /// The text between the quotes.
        text: String,
        /// `!=` instead of `==`.
        negated: bool,
    },
    /// One of them holds.
    Any(Vec<Condition>),
    /// All of them hold.
    All(Vec<Condition>),
}

/// Left side of `[stages.fail]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailMatch {
    /// An exit code.
    Code(i32),
    /// A regular expression over the log's last lines.
    Pattern(String),
}

/// Why something failed: decides what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorClass {
    /// The pipeline or configuration is wrong. Never retried.
    Config,
    /// The parameters are wrong. Never retried.
    Input,
    /// What it depends on did not complete. Never retried.
    Dependency,
    /// A person said no. Never retried.
    Rejected,
    /// A program or service failed.
    Provider,
    /// A connection failed.
    Network,
    /// A file or the store failed.
    Storage,
    /// Memory, disk or another resource ran out.
    Resources,
    /// Took longer than `timeout`.
    Timeout,
    /// Nothing moved for longer than `stall`.
    Stalled,
    /// A quota is used up: parks.
    Quota,
    /// Too many requests: parks.
    RateLimit,
    /// The daemon or box went away. Spends no try; thrice at most.
    Lost,
    /// Cancelled.
    Cancelled,
}

impl ErrorClass {
    /// All of them, in the order of INTERFACE.
    pub const ALL: [Self; 14] = [
        Self::Config,
        Self::Input,
        Self::Dependency,
        Self::Rejected,
        Self::Provider,
        Self::Network,
        Self::Storage,
        Self::Resources,
        Self::Timeout,
        Self::Stalled,
        Self::Quota,
        Self::RateLimit,
        Self::Lost,
        Self::Cancelled,
    ];

    /// The word on the wire and in pipeline files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Input => "input",
            Self::Dependency => "dependency",
            Self::Rejected => "rejected",
            Self::Provider => "provider",
            Self::Network => "network",
            Self::Storage => "storage",
            Self::Resources => "resources",
            Self::Timeout => "timeout",
            Self::Stalled => "stalled",
            Self::Quota => "quota",
            Self::RateLimit => "rate_limit",
            Self::Lost => "lost",
            Self::Cancelled => "cancelled",
        }
    }

    /// The class of a word, if it is one.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.word() == word)
    }

    /// Whether another try may help.
    #[must_use]
    pub fn retryable(self) -> bool {
        matches!(
            self,
            Self::Provider
                | Self::Network
                | Self::Storage
                | Self::Resources
                | Self::Timeout
                | Self::Stalled
        )
    }
}
