//! How a verb can fail, what is said about it, and the exit code: 1 it failed, 2 usage, 3 the daemon can't be reached,
//! 4 no such thing.
//!
//! Every message says what happened; the remedy, where there is one, stands on its own line.

use reel_shared::client::ClientError;
use reel_shared::problem::{FieldProblem, Problem};
use std::io;
use std::process::ExitCode;
use thiserror::Error;

/// Why a verb did not do what was asked.
#[derive(Debug, Error)]
pub enum Failure {
    /// What was typed can't be meant.
    #[error("{message}")]
    Usage {
        /// What is wrong, with the value.
        message: String,
        /// What helps.
        remedy: Option<String>,
    },
    /// There is no such thing.
    #[error("{message}")]
    Missing {
        /// What is not there.
        message: String,
        /// What helps.
        remedy: Option<String>,
    },
    /// It was tried and failed.
    #[error("{message}")]
    Failed {
        /// What happened.
        message: String,
        /// What helps.
        remedy: Option<String>,
    },
    /// The daemon refused, or was not reached.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Everything is said already; only the exit code is left.
    #[error("told already")]
    Told(u8),
    /// Whoever read our output is gone: end quietly.
    #[error("the reader is gone")]
    Pipe,
}

/// What a verb gives.
pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// What was typed can't be meant.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage {
            message: message.into(),
            remedy: None,
        }
    }

    /// There is no such thing.
    pub fn missing(message: impl Into<String>) -> Self {
        Self::Missing {
            message: message.into(),
            remedy: None,
        }
    }

    /// It was tried and failed.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed {
            message: message.into(),
            remedy: None,
        }
    }

    /// Adds what helps.
    #[must_use]
    pub fn with_remedy(mut self, text: impl Into<String>) -> Self {
        if let Self::Usage { remedy, .. }
        | Self::Missing { remedy, .. }
        | Self::Failed { remedy, .. } = &mut self
        {
            *remedy = Some(text.into());
        }
        self
    }

    /// True if the thing itself isn't there.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. })
            || matches!(self, Self::Client(error) if error.is_not_found())
    }

    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::Usage { .. } => 2,
            Self::Missing { .. } => 4,
            Self::Failed { .. } => 1,
            Self::Told(code) => *code,
            Self::Pipe => 0,
            Self::Client(error) => match error {
                ClientError::Target { .. } | ClientError::Token { .. } => 2,
                ClientError::Unreachable { .. }
                | ClientError::Lost { .. }
                | ClientError::Silent { .. } => 3,
                ClientError::Protocol(_) => 1,
                ClientError::Problem { status, .. } => match status {
                    404 => 4,
                    503 => 3,
                    _ => 1,
                },
            },
        }
    }

    /// The lines for standard error, without the program's name; none if all is told.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Told(_) | Self::Pipe => Vec::new(),
            Self::Usage { message, remedy }
            | Self::Missing { message, remedy }
            | Self::Failed { message, remedy } => std::iter::once(message.clone())
                .chain(remedy.clone())
                .collect(),
            Self::Client(error) => client_lines(error),
        }
    }

    /// Says it on standard error, `subject` before it where there are several, and gives the exit code.
    pub fn tell(&self, subject: Option<&str>) -> ExitCode {
        for (index, line) in self.lines().iter().enumerate() {
            match (index, subject) {
                (0, Some(subject)) => eprintln!("reel: {subject}: {line}"),
                (0, None) => eprintln!("reel: {line}"),
                _ => eprintln!("      {line}"),
            }
        }
        ExitCode::from(self.code())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Pipe,
            _ => Self::failed(format!("the output can't be written: {error}")),
        }
    }
}

fn client_lines(error: &ClientError) -> Vec<String> {
    let mut lines = vec![with_causes(error)];
    match error {
        ClientError::Unreachable { .. } => lines.push(
            "start it with `reeld run` (or `systemctl start reeld`), or say where it is with --connect"
                .to_owned(),
        ),
        ClientError::Lost { .. } | ClientError::Silent { .. } => lines
            .push("it may have acted or not: look with `reel ls` before asking again".to_owned()),
        ClientError::Problem { status, problem, retry_after } => {
            lines.extend(problem_lines(*status, problem, *retry_after));
        }
        ClientError::Target { .. } | ClientError::Token { .. } | ClientError::Protocol(_) => {}
    }
    lines
}

/// The message and its causes, each once.
fn with_causes(error: &ClientError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        source = cause.source();
    }
    text
}

fn problem_lines(status: u16, problem: &Problem, retry_after: Option<u64>) -> Vec<String> {
    let details = problem.details.as_ref();
    let mut lines = Vec::new();
    if let Some(fields) = details
        .and_then(|details| serde_json::from_value::<Vec<FieldProblem>>(details.clone()).ok())
    {
        lines.extend(
            fields
                .iter()
                // A single problem is often the message itself.
                .filter(|field| !problem.message.contains(&field.problem))
                .map(|field| format!("{}: {}", field.field, field.problem)),
        );
    }
    let words = |key: &str| -> Option<String> {
        let list = details?.get(key)?.as_array()?;
        Some(
            list.iter()
                .filter_map(|word| word.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        )
    };
    match words("allowed") {
        Some(allowed) if allowed.is_empty() => {
            lines.push("nothing can be done with it in this state".to_owned());
        }
        // The message itself may have named them.
        Some(allowed) if problem.message.contains(&allowed) => {}
        Some(allowed) => lines.push(format!("now it takes: {allowed}")),
        None => {}
    }
    match status {
        401 => lines.push("give a token with --token-file or REEL_TOKEN; an operator makes one with `reel token create`".to_owned()),
        403 => lines.push("ask an operator for a token of a larger scope".to_owned()),
        _ => {}
    }
    if let Some(seconds) = retry_after {
        lines.push(format!("ask again in {seconds} s"));
    }
    lines
}
