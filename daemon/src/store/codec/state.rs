//! The stored form of states, waits and failures.

use crate::domain::pipeline::{ErrorClass, ParamKind};
use crate::domain::time::Timestamp;
use crate::domain::workflow::{Failure, Lease, PausedFrom, Question, StageState, State, Wait};
use crate::pipeline::json;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StateDoc {
    PendingClarification { deadline: Option<i64> },
    PendingConfirmation { deadline: Option<i64> },
    Blocked,
    Scheduled,
    Queued,
    Running { pausing: bool },
    Waiting,
    Paused { from: PausedFromDoc },
    Cancelling { by: String },
    Failing(FailureDoc),
    Completed,
    Failed(FailureDoc),
    Cancelled,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PausedFromDoc {
    Blocked,
    Scheduled,
    Queued,
    Running,
    Waiting,
}

#[derive(Serialize, Deserialize)]
pub(super) struct FailureDoc {
    class: String,
    code: String,
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
    hint: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct LeaseDoc {
    attempt: u32,
    ordinal: u32,
    #[serde(rename = "box")]
    box_name: String,
    since: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StageStateDoc {
    Pending,
    InProgress,
    Waiting(WaitDoc),
    Completed,
    Failed,
    Skipped,
    Cancelled,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WaitDoc {
    Backoff {
        until: i64,
    },
    Parked {
        until: i64,
        reason: String,
        class: Option<String>,
    },
    Approval {
        questions: Vec<QuestionDoc>,
        deadline: Option<i64>,
        default: bool,
    },
    Callback {
        deadline: i64,
        reason: String,
    },
}

#[derive(Serialize, Deserialize)]
pub(super) struct QuestionDoc {
    key: String,
    question: String,
    kind: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    options: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default: Option<Json>,
    required: bool,
}

fn class(word: &str) -> Result<ErrorClass, String> {
    ErrorClass::from_word(word).ok_or_else(|| format!("`{word}` is no error class"))
}

impl FailureDoc {
    pub(super) fn of(failure: &Failure) -> Self {
        Self {
            class: failure.class.word().to_owned(),
            code: failure.code.clone(),
            message: failure.message.clone(),
            stage: failure.stage.clone(),
            hint: failure.hint.clone(),
        }
    }

    pub(super) fn into_failure(self) -> Result<Failure, String> {
        Ok(Failure {
            class: class(&self.class)?,
            code: self.code,
            message: self.message,
            stage: self.stage,
            hint: self.hint,
        })
    }
}

impl StateDoc {
    pub(super) fn of(state: &State) -> Self {
        match state {
            State::PendingClarification { deadline } => Self::PendingClarification {
                deadline: deadline.map(|at| at.0),
            },
            State::PendingConfirmation { deadline } => Self::PendingConfirmation {
                deadline: deadline.map(|at| at.0),
            },
            State::Blocked => Self::Blocked,
            State::Scheduled => Self::Scheduled,
            State::Queued => Self::Queued,
            State::Running { pausing } => Self::Running { pausing: *pausing },
            State::Waiting => Self::Waiting,
            State::Paused { from } => Self::Paused {
                from: match from {
                    PausedFrom::Blocked => PausedFromDoc::Blocked,
                    PausedFrom::Scheduled => PausedFromDoc::Scheduled,
                    PausedFrom::Queued => PausedFromDoc::Queued,
                    PausedFrom::Running => PausedFromDoc::Running,
                    PausedFrom::Waiting => PausedFromDoc::Waiting,
                },
            },
            State::Cancelling { by } => Self::Cancelling { by: by.clone() },
            State::Failing(failure) => Self::Failing(FailureDoc::of(failure)),
            State::Completed => Self::Completed,
            State::Failed(failure) => Self::Failed(FailureDoc::of(failure)),
            State::Cancelled => Self::Cancelled,
        }
    }

    pub(super) fn into_state(self) -> Result<State, String> {
        Ok(match self {
            Self::PendingClarification { deadline } => State::PendingClarification {
                deadline: deadline.map(Timestamp),
            },
            Self::PendingConfirmation { deadline } => State::PendingConfirmation {
                deadline: deadline.map(Timestamp),
            },
            Self::Blocked => State::Blocked,
            Self::Scheduled => State::Scheduled,
            Self::Queued => State::Queued,
            Self::Running { pausing } => State::Running { pausing },
            Self::Waiting => State::Waiting,
            Self::Paused { from } => State::Paused {
                from: match from {
                    PausedFromDoc::Blocked => PausedFrom::Blocked,
                    PausedFromDoc::Scheduled => PausedFrom::Scheduled,
                    PausedFromDoc::Queued => PausedFrom::Queued,
                    PausedFromDoc::Running => PausedFrom::Running,
                    PausedFromDoc::Waiting => PausedFrom::Waiting,
                },
            },
            Self::Cancelling { by } => State::Cancelling { by },
            Self::Failing(failure) => State::Failing(failure.into_failure()?),
            Self::Completed => State::Completed,
            Self::Failed(failure) => State::Failed(failure.into_failure()?),
            Self::Cancelled => State::Cancelled,
        })
    }
}

impl StageStateDoc {
    pub(super) fn of(state: &StageState) -> (Self, Option<LeaseDoc>) {
        let doc = match state {
            StageState::Pending => Self::Pending,
            StageState::InProgress(lease) => {
                let lease = LeaseDoc {
                    attempt: lease.attempt,
                    ordinal: lease.ordinal,
                    box_name: lease.box_name.clone(),
                    since: lease.since.0,
                };
                return (Self::InProgress, Some(lease));
            }
            StageState::Waiting(wait) => Self::Waiting(WaitDoc::of(wait)),
            StageState::Completed => Self::Completed,
            StageState::Failed => Self::Failed,
            StageState::Skipped => Self::Skipped,
            StageState::Cancelled => Self::Cancelled,
        };
        (doc, None)
    }

    pub(super) fn into_state(self, lease: Option<LeaseDoc>) -> Result<StageState, String> {
        Ok(match self {
            Self::Pending => StageState::Pending,
            Self::InProgress => {
                let lease = lease.ok_or("a stage in progress has no lease")?;
                StageState::InProgress(Lease {
                    attempt: lease.attempt,
                    ordinal: lease.ordinal,
                    box_name: lease.box_name,
                    since: Timestamp(lease.since),
                })
            }
            Self::Waiting(wait) => StageState::Waiting(wait.into_wait()?),
            Self::Completed => StageState::Completed,
            Self::Failed => StageState::Failed,
            Self::Skipped => StageState::Skipped,
            Self::Cancelled => StageState::Cancelled,
        })
    }
}

impl WaitDoc {
    fn of(wait: &Wait) -> Self {
        match wait {
            Wait::Backoff { until } => Self::Backoff { until: until.0 },
            Wait::Parked {
                until,
                reason,
                class,
            } => Self::Parked {
                until: until.0,
                reason: reason.clone(),
                class: class.map(|class| class.word().to_owned()),
            },
            Wait::Approval {
                questions,
                deadline,
                default,
            } => Self::Approval {
                questions: questions.iter().map(QuestionDoc::of).collect(),
                deadline: deadline.map(|at| at.0),
                default: *default,
            },
            Wait::Callback { deadline, reason } => Self::Callback {
                deadline: deadline.0,
                reason: reason.clone(),
            },
        }
    }

    fn into_wait(self) -> Result<Wait, String> {
        Ok(match self {
            Self::Backoff { until } => Wait::Backoff {
                until: Timestamp(until),
            },
            Self::Parked {
                until,
                reason,
                class: word,
            } => Wait::Parked {
                until: Timestamp(until),
                reason,
                class: word.as_deref().map(class).transpose()?,
            },
            Self::Approval {
                questions,
                deadline,
                default,
            } => Wait::Approval {
                questions: questions
                    .into_iter()
                    .map(QuestionDoc::into_question)
                    .collect::<Result<_, _>>()?,
                deadline: deadline.map(Timestamp),
                default,
            },
            Self::Callback { deadline, reason } => Wait::Callback {
                deadline: Timestamp(deadline),
                reason,
            },
        })
    }
}

impl QuestionDoc {
    fn of(question: &Question) -> Self {
        Self {
            key: question.key.clone(),
            question: question.question.clone(),
            kind: question.kind.word().to_owned(),
            options: question.options.clone(),
            default: question.default.as_ref().map(json::to_json),
            required: question.required,
        }
    }

    fn into_question(self) -> Result<Question, String> {
        Ok(Question {
            kind: ParamKind::from_word(&self.kind)
                .ok_or_else(|| format!("`{}` is no parameter type", self.kind))?,
            key: self.key,
            question: self.question,
            options: self.options,
            default: self.default.as_ref().map(json::from_json),
            required: self.required,
        })
    }
}
