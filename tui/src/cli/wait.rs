//! `--wait`: stays until a workflow ends, showing how it goes on standard error.
//!
//! On a terminal one line is drawn in place; elsewhere a line is written at each change of state and each full tenth.
//! A daemon that is restarted meanwhile is waited for. A workflow that asks a person something says so, once, with the
//! command that answers.

use super::asks;
use super::context::{Context, columns, stderr_is_terminal};
use super::failure::{Failure, Outcome};
use super::link::{Link, Step};
use super::moment;
use super::output::plain;
use super::table::cut;
use reel_shared::client::{ClientError, EventsQuery};
use reel_shared::stream::Frame;
use reel_shared::workflow::WorkflowView;
use std::io::Write;

/// True for a status that nothing but a retry leaves.
pub fn ended(status: &str) -> bool {
    matches!(status, "completed" | "failed" | "cancelled")
}

/// Waits until workflow `id` ends, and gives it as it stands then. A lost daemon is waited for.
pub async fn until_end(context: &mut Context, id: &str) -> Outcome<WorkflowView> {
    let mut shown = Shown::new(stderr_is_terminal());
    let query = EventsQuery {
        since: None,
        workflow: Some(id.to_owned()),
        progress: Some(shown.in_place),
    };
    let mut link = Link::new(context.http.endpoint().clone(), query);
    let path = format!("/api/workflow/status/{id}");
    loop {
        // The stream says when to look; what is looked at is the row. So nothing is missed between the two.
        let look = match link.next().await {
            Ok(step) => match step {
                Step::Open => true,
                Step::Frame(frame, _) => match *frame {
                    Frame::Event {
                        workflow: Some(view),
                        ..
                    } => {
                        shown.state(&view);
                        ended(&view.status)
                    }
                    Frame::Event { workflow: None, .. } | Frame::Snapshot { .. } => true,
                    Frame::Progress {
                        workflow_progress,
                        message,
                        eta_seconds,
                        stage,
                        ..
                    } => {
                        shown.progress(&stage, workflow_progress, message.as_deref(), eta_seconds);
                        false
                    }
                    _ => false,
                },
            },
            Err(failure) => {
                shown.clear();
                return Err(failure);
            }
        };
        if !look {
            continue;
        }
        match context.http.get::<WorkflowView>(&path).await {
            Ok(view) => {
                shown.state(&view);
                if ended(&view.status) {
                    shown.clear();
                    return Ok(view);
                }
            }
            Err(error) if error.is_unreachable() => {
                shown.clear();
                link.lose();
            }
            Err(ClientError::Problem { status: 404, .. }) => {
                shown.clear();
                return Err(Failure::missing(format!(
                    "workflow {id} was removed while it was waited for"
                )));
            }
            Err(error) => {
                shown.clear();
                return Err(error.into());
            }
        }
    }
}

/// How the verb ends with a workflow that ended: quietly if it completed, else with what went wrong.
pub fn verdict(view: &WorkflowView) -> Outcome {
    if view.status == "completed" {
        return Ok(());
    }
    let id = &view.id;
    Err(match &view.error {
        Some(error) => {
            let stage = error
                .stage
                .as_deref()
                .map(|stage| format!(" in {stage}"))
                .unwrap_or_default();
            let failure = Failure::failed(format!(
                "workflow {id} {}{stage}: {}",
                view.status, error.message
            ));
            let hint = if error.hint.is_empty() {
                format!("see `reel logs {id}`")
            } else {
                error.hint.clone()
            };
            failure.with_remedy(hint)
        }
        None => Failure::failed(format!("workflow {id} {}", view.status)),
    })
}

/// What was shown last, so that a line is written only when something new is to be said.
#[derive(Debug)]
struct Shown {
    in_place: bool,
    /// A drawn line stands on the terminal: the one in `state`.
    dirty: bool,
    state: String,
    tenth: i64,
    asked: bool,
    began: bool,
}

impl Shown {
    fn new(in_place: bool) -> Self {
        Self {
            in_place,
            dirty: false,
            state: String::new(),
            tenth: -1,
            asked: false,
            began: false,
        }
    }

    fn state(&mut self, view: &WorkflowView) {
        let state = if view.status == view.current_state || view.current_state.is_empty() {
            view.status.clone()
        } else {
            format!("{} {}", view.status, view.current_state)
        };
        if let Some(question) = asks::told(view) {
            if !self.asked {
                self.clear();
                eprintln!("reel: {question}");
            }
            self.asked = true;
        } else {
            self.asked = false;
        }
        // Between two stages nothing is told where each line stays.
        if !self.in_place && self.began && state == "running" {
            return;
        }
        self.began |= view.status == "running";
        let wait = view.waiting_for.as_ref().map(|wait| wait.message.as_str());
        let told = view
            .message
            .as_deref()
            .filter(|_| view.status == "running")
            .or(wait);
        self.say(&state, view.progress, told, view.estimated_time_remaining);
    }

    fn progress(&mut self, stage: &str, progress: f64, message: Option<&str>, eta: Option<f64>) {
        self.say(&format!("running {stage}"), progress, message, eta);
    }

    fn say(&mut self, state: &str, progress: f64, message: Option<&str>, eta: Option<f64>) {
        let line = line(state, progress, message, eta);
        if self.in_place {
            if self.dirty && self.state == line {
                return;
            }
            let width = columns(std::io::stderr()).unwrap_or(80);
            // Best effort: a terminal that is gone changes nothing about the wait.
            let _ = write!(
                std::io::stderr(),
                "\r\x1b[K{}",
                cut(&line, width.saturating_sub(1))
            );
            self.dirty = true;
            self.state = line;
            return;
        }
        #[allow(clippy::cast_possible_truncation, reason = "0 to 100")]
        let tenth = (progress / 10.0) as i64;
        if self.state != state || tenth > self.tenth {
            eprintln!("{line}");
        }
        state.clone_into(&mut self.state);
        self.tenth = tenth;
    }

    /// Takes the drawn line away, so that what follows stands on its own.
    fn clear(&mut self) {
        if std::mem::take(&mut self.dirty) {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

fn line(state: &str, progress: f64, message: Option<&str>, eta: Option<f64>) -> String {
    const BAR: usize = 20;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 100"
    )]
    let full = (progress.clamp(0.0, 100.0) / 100.0 * BAR as f64) as usize;
    let mut line = format!(
        "[{}{}] {progress:5.1} % {state}",
        "#".repeat(full),
        "-".repeat(BAR - full)
    );
    if let Some(eta) = eta {
        line.push_str(&format!(", about {} left", moment::seconds(eta)));
    }
    if let Some(message) = message {
        line.push_str(": ");
        line.push_str(&plain(message));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use reel_shared::workflow::ErrorView;

    #[test]
    fn the_line_says_how_far_and_until_when() {
        assert_eq!(
            line("running tts", 42.0, Some("a\nb"), Some(75.0)),
            "[########------------]  42.0 % running tts, about 1m15s left: a⏎b"
        );
        assert_eq!(
            line("queued", 0.0, None, None),
            "[--------------------]   0.0 % queued"
        );
        assert!(line("odd", 1e9, None, Some(f64::NAN)).contains("####################"));
    }

    #[test]
    fn only_completed_is_success() {
        let view = |status: &str| WorkflowView {
            id: "cm1".into(),
            status: status.into(),
            ..Default::default()
        };
        assert!(verdict(&view("completed")).is_ok());
        assert_eq!(verdict(&view("cancelled")).unwrap_err().code(), 1);
        let mut failed = view("failed");
        failed.error = Some(ErrorView {
            message: "exit status 9".into(),
            stage: Some("command".into()),
            ..Default::default()
        });
        assert_eq!(
            verdict(&failed).unwrap_err().lines(),
            [
                "workflow cm1 failed in command: exit status 9",
                "see `reel logs cm1`"
            ]
        );
    }
}
