//! What came back of what was asked. A reply to something that is no longer on the screen changes nothing.

use super::call::{Call, Failure, PAGE};
use super::core::App;
use super::popup::{Answer, Popup, WhyView};
use super::toast::Tone;
use crate::model::span::EventLine;
use crate::model::{Attention, Row};
use reel_shared::workflow::WorkflowView;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Listing {
    workflows: Vec<WorkflowView>,
    #[serde(default)]
    total: u64,
}

#[derive(Deserialize)]
struct EventPage {
    events: Vec<EventLine>,
}

impl App {
    pub(super) fn reply(&mut self, ticket: u64, result: Result<Value, Failure>) {
        let Some(call) = self.calls.remove(&ticket) else {
            return;
        };
        self.changed = true;
        match call {
            Call::Act { id, act } => self.acted(&id, act.verb(), result),
            Call::Why { id } => self.why_told(&id, result),
            Call::Show { id } => self.shown_told(&id, result),
            Call::Events { id, .. } => self.events_told(&id, result),
            Call::History { offset } => self.history_told(offset, result),
            Call::Workers => {
                if let Ok(value) = result {
                    self.model.place(&value);
                    self.list_changed = true;
                }
            }
            Call::Attention => {
                if let Ok(value) = result {
                    self.model.attention = Attention::read_all(&value);
                }
            }
        }
    }

    fn acted(&mut self, id: &str, verb: &str, result: Result<Value, Failure>) {
        let name = self
            .row(id)
            .map_or_else(|| id.to_owned(), |row| row.name().to_owned());
        match result {
            Ok(_) if verb == "priority" => {}
            Ok(_) => self.say(Tone::Good, format!("{verb} {name}: the daemon took it")),
            Err(failure) if failure.uncertain => {
                self.say(
                    Tone::Bad,
                    format!(
                        "{verb} {name}: {}; the row will tell whether it was done",
                        failure.message
                    ),
                );
            }
            Err(failure) => self.say(Tone::Bad, format!("{verb} {name}: {}", failure.message)),
        }
    }

    fn why_told(&mut self, id: &str, result: Result<Value, Failure>) {
        let Some(Popup::Why(why)) = &mut self.view.popup else {
            return;
        };
        if why.id != id {
            return;
        }
        why.answer = match result.map(serde_json::from_value::<WhyView>) {
            Ok(Ok(view)) => Answer::Told(view),
            Ok(Err(error)) => Answer::Failed(format!("the answer is not understood: {error}")),
            Err(failure) => Answer::Failed(failure.message),
        };
    }

    fn shown_told(&mut self, id: &str, result: Result<Value, Failure>) {
        let now = self.now_ms;
        let told = result.map(serde_json::from_value::<WorkflowView>);
        if let Ok(Ok(view)) = &told {
            self.model.refine(view, now);
            self.list_changed = true;
        }
        let Some(detail) = self.view.detail.as_mut().filter(|detail| detail.id == id) else {
            return;
        };
        match told {
            Ok(Ok(view)) => {
                detail.shown = Some(Row::new(view, now));
                detail.problem = None;
            }
            Ok(Err(error)) => {
                detail.problem = Some(format!("the workflow's answer is not understood: {error}"));
            }
            Err(failure) => detail.problem = Some(failure.message),
        }
    }

    fn events_told(&mut self, id: &str, result: Result<Value, Failure>) {
        let Some(detail) = self.view.detail.as_mut().filter(|detail| detail.id == id) else {
            return;
        };
        match result.map(serde_json::from_value::<EventPage>) {
            Ok(Ok(page)) => {
                let full = page.events.len() as u64 >= PAGE;
                let last = page.events.last().map(|event| event.seq);
                detail
                    .events
                    .extend(page.events.into_iter().map(|event| (event.seq, event)));
                if let (true, Some(after)) = (full, last) {
                    let id = id.to_owned();
                    self.call(Call::Events { id, after });
                }
            }
            Ok(Err(error)) => {
                detail.problem = Some(format!("its events are not understood: {error}"))
            }
            Err(failure) => detail.problem = Some(format!("its events: {}", failure.message)),
        }
    }

    fn history_told(&mut self, offset: u64, result: Result<Value, Failure>) {
        let now = self.now_ms;
        let history = &mut self.view.history;
        match result.map(serde_json::from_value::<Listing>) {
            Ok(Ok(page)) => {
                if offset == 0 {
                    history.rows.clear();
                    history.outdated = false;
                }
                let known: std::collections::BTreeSet<String> =
                    history.rows.iter().map(|row| row.view.id.clone()).collect();
                history.rows.extend(
                    page.workflows
                        .into_iter()
                        .filter(|view| !known.contains(&view.id))
                        .map(|view| Row::new(view, now)),
                );
                history.total = page.total;
                history.loaded = true;
                history.problem = None;
            }
            Ok(Err(error)) => {
                history.problem = Some(format!("the answer is not understood: {error}"))
            }
            Err(failure) => history.problem = Some(failure.message),
        }
        self.list_changed = true;
    }

    /// Asks unless the same is asked already.
    pub(super) fn call_once(&mut self, call: Call) {
        if !self.calls.values().any(|asked| *asked == call) {
            self.call(call);
        }
    }

    pub(super) fn fetch_history(&mut self) {
        if self.link.is_connected() {
            self.call_once(Call::History { offset: 0 });
        }
    }

    /// More of what ended, when the cursor comes near the end of what is here.
    pub(super) fn fetch_more_history(&mut self) {
        let here = self.view.history.rows.len();
        let near = self.view.ended.at + 20 >= self.view.ended.ids.len();
        if near && here > 0 && (here as u64) < self.view.history.total && self.link.is_connected() {
            self.call_once(Call::History {
                offset: here as u64,
            });
        }
    }

    /// After a fresh picture: what the stream may have passed over.
    pub(super) fn refetch_detail(&mut self) {
        let Some(detail) = &self.view.detail else {
            return;
        };
        let id = detail.id.clone();
        let after = detail.events.last_key_value().map_or(0, |(seq, _)| *seq);
        self.call_once(Call::Show { id: id.clone() });
        self.call_once(Call::Events { id, after });
    }
}
