//! How an attempt ended, on its way. The domain stays free of serde: this is its mirror, and the matches are exhaustive.

use crate::domain::pipeline::{ErrorClass, ParamKind};
use crate::domain::workflow::{Failure, Question};
use crate::domain::{Outcome, Value};
use crate::pipeline::json;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::time::Duration;

/// See `domain::Outcome`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "how")]
#[allow(missing_docs, reason = "as in `domain::Outcome`")]
pub enum OutcomeDoc {
    Completed {
        outputs: Map<String, Json>,
    },
    Failed {
        class: String,
        code: String,
        message: String,
        stage: Option<String>,
        hint: String,
    },
    Parked {
        wait_ms: u64,
        reason: String,
        class: Option<String>,
    },
    NeedsApproval {
        questions: Vec<QuestionDoc>,
        deadline_ms: Option<u64>,
        default: bool,
    },
    NeedsCallback {
        deadline_ms: u64,
        reason: String,
        execution_id: Option<String>,
    },
    Cancelled,
    Lost {
        reason: String,
    },
    NotBegun,
}

/// See `domain::workflow::Question`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in `domain::workflow::Question`")]
pub struct QuestionDoc {
    key: String,
    question: String,
    kind: String,
    options: Vec<String>,
    default: Option<Json>,
    required: bool,
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn class_of(word: &str) -> Result<ErrorClass, String> {
    ErrorClass::from_word(word).ok_or_else(|| format!("no class `{word}` is known here"))
}

impl From<&Outcome> for OutcomeDoc {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Completed { outputs } => Self::Completed {
                outputs: json::object(outputs),
            },
            Outcome::Failed { failure } => Self::Failed {
                class: failure.class.word().to_owned(),
                code: failure.code.clone(),
                message: failure.message.clone(),
                stage: failure.stage.clone(),
                hint: failure.hint.clone(),
            },
            Outcome::Parked {
                wait,
                reason,
                class,
            } => Self::Parked {
                wait_ms: millis(*wait),
                reason: reason.clone(),
                class: class.map(|class| class.word().to_owned()),
            },
            Outcome::NeedsApproval {
                questions,
                deadline,
                default,
            } => Self::NeedsApproval {
                questions: questions.iter().map(QuestionDoc::from).collect(),
                deadline_ms: deadline.map(millis),
                default: *default,
            },
            Outcome::NeedsCallback {
                deadline,
                reason,
                execution_id,
            } => Self::NeedsCallback {
                deadline_ms: millis(*deadline),
                reason: reason.clone(),
                execution_id: execution_id.clone(),
            },
            Outcome::Cancelled => Self::Cancelled,
            Outcome::Lost { reason } => Self::Lost {
                reason: reason.clone(),
            },
            Outcome::NotBegun => Self::NotBegun,
        }
    }
}

impl OutcomeDoc {
    /// The domain's form.
    ///
    /// # Errors
    /// A word that this version does not know.
    pub fn into_outcome(self) -> Result<Outcome, String> {
        Ok(match self {
            Self::Completed { outputs } => Outcome::Completed {
                outputs: json::values(&outputs),
            },
            Self::Failed {
                class,
                code,
                message,
                stage,
                hint,
            } => Outcome::Failed {
                failure: Failure {
                    class: class_of(&class)?,
                    code,
                    message,
                    stage,
                    hint,
                },
            },
            Self::Parked {
                wait_ms,
                reason,
                class,
            } => Outcome::Parked {
                wait: Duration::from_millis(wait_ms),
                reason,
                class: class.as_deref().map(class_of).transpose()?,
            },
            Self::NeedsApproval {
                questions,
                deadline_ms,
                default,
            } => Outcome::NeedsApproval {
                questions: questions
                    .into_iter()
                    .map(QuestionDoc::into_question)
                    .collect::<Result<_, _>>()?,
                deadline: deadline_ms.map(Duration::from_millis),
                default,
            },
            Self::NeedsCallback {
                deadline_ms,
                reason,
                execution_id,
            } => Outcome::NeedsCallback {
                deadline: Duration::from_millis(deadline_ms),
                reason,
                execution_id,
            },
            Self::Cancelled => Outcome::Cancelled,
            Self::Lost { reason } => Outcome::Lost { reason },
            Self::NotBegun => Outcome::NotBegun,
        })
    }
}

impl From<&Question> for QuestionDoc {
    fn from(question: &Question) -> Self {
        Self {
            key: question.key.clone(),
            question: question.question.clone(),
            kind: question.kind.word().to_owned(),
            options: question.options.clone(),
            default: question.default.as_ref().map(json::to_json),
            required: question.required,
        }
    }
}

impl QuestionDoc {
    fn into_question(self) -> Result<Question, String> {
        Ok(Question {
            kind: ParamKind::from_word(&self.kind)
                .ok_or_else(|| format!("no kind of question `{}` is known here", self.kind))?,
            key: self.key,
            question: self.question,
            options: self.options,
            default: self
                .default
                .as_ref()
                .map(|value| -> Value { json::from_json(value) }),
            required: self.required,
        })
    }
}
