//! The legal steps of a workflow, written down a second time and apart from the daemon: events go in by their kind, and
//! what may not follow what came before is named.

/// One workflow as its events tell it.
#[derive(Debug, Default)]
pub struct Steps {
    state: State,
    /// The stage in progress, with its attempt: jobs here have one stage.
    attempt: Option<u64>,
    last_attempt: u64,
    /// How often it completed.
    pub completed: usize,
    /// How often it was opened again.
    pub retried: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Nothing,
    Created,
    Queued,
    Running,
    Waiting,
    Cancelling,
    Completed,
    Failed,
    Cancelled,
    Retried,
}

impl Steps {
    /// Takes the next event; an illegal one is answered in words.
    pub fn take(&mut self, kind: &str, attempt: Option<u64>) -> Result<(), String> {
        use State::{
            Cancelled, Cancelling, Completed, Created, Failed, Nothing, Queued, Retried, Running,
            Waiting,
        };
        let before = self.state;
        let legal = match kind {
            "workflow.created" => self.go(Created, &[Nothing]),
            "workflow.queued" => self.go(Queued, &[Created, Retried]),
            "workflow.started" => self.go(Running, &[Queued]),
            "workflow.went_on" => self.go(Running, &[Waiting, Retried]),
            "workflow.waiting" => self.go(Waiting, &[Running]),
            "workflow.cancelling" => self.go(Cancelling, &[Running]),
            "workflow.completed" => {
                self.completed += 1;
                self.attempt.is_none() && self.go(Completed, &[Running])
            }
            "workflow.failed" => {
                self.attempt.is_none() && self.go(Failed, &[Running, Queued, Waiting, Created])
            }
            "workflow.cancelled" => {
                self.attempt.is_none()
                    && self.go(Cancelled, &[Queued, Running, Waiting, Cancelling, Created])
            }
            "workflow.retried" => {
                self.retried += 1;
                self.go(Retried, &[Failed, Cancelled, Waiting])
            }
            "stage.started" => self.start(attempt),
            "stage.progress" => self.attempt.is_some(),
            "stage.completed" | "stage.lost" | "stage.not_begun" => self.attempt.take().is_some(),
            // A stage that was not in progress ends with its workflow, too.
            "stage.failed" | "stage.waiting" | "stage.cancelled" => {
                self.attempt = None;
                matches!(before, Created | Queued | Running | Waiting | Cancelling)
            }
            "stage.ready" => matches!(before, Waiting | Running | Retried),
            "workflow.prioritised" => true,
            _ => false,
        };
        if legal {
            Ok(())
        } else {
            Err(format!("{kind} while {before:?}"))
        }
    }

    fn go(&mut self, to: State, from: &[State]) -> bool {
        let legal = from.contains(&self.state);
        self.state = to;
        legal
    }

    /// A start needs a free stage and an attempt number above every earlier one.
    fn start(&mut self, attempt: Option<u64>) -> bool {
        let attempt = attempt.unwrap_or(self.last_attempt + 1);
        let legal = self.attempt.is_none()
            && attempt > self.last_attempt
            && matches!(self.state, State::Queued | State::Running);
        self.attempt = Some(attempt);
        self.last_attempt = attempt;
        legal
    }

    /// Whether it came to an end.
    pub fn has_ended(&self) -> bool {
        matches!(
            self.state,
            State::Completed | State::Failed | State::Cancelled
        )
    }

    /// Whether it ended well.
    pub fn has_completed(&self) -> bool {
        self.state == State::Completed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(kinds: &[&str]) -> Result<Steps, String> {
        let mut steps = Steps::default();
        kinds.iter().try_for_each(|kind| steps.take(kind, None))?;
        Ok(steps)
    }

    #[test]
    fn a_life_is_legal_and_its_double_end_is_not() {
        let life = [
            "workflow.created",
            "workflow.queued",
            "stage.started",
            "workflow.started",
            "stage.completed",
            "workflow.completed",
        ];
        assert!(run(&life).unwrap().has_completed());
        assert!(run(&[&life[..], &["workflow.completed"]].concat()).is_err());
        assert!(run(&[&life[..], &["workflow.retried"]].concat()).is_err());
        assert!(run(&["workflow.created", "workflow.queued", "stage.completed"]).is_err());
    }
}
