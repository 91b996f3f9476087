//! What came back of what was asked. A reply to something that is no longer on the screen changes nothing.

use super::call::{Act, Call, Deed, Failure, PAGE};
use super::core::App;
use super::popup::{Answer, Popup, WhyView};
use super::toast::Tone;
use crate::model::span::EventLine;
use crate::model::{Attention, key};
use reel_shared::workflow::WorkflowView;
use serde::Deserialize;
use serde_json::Value;

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
        let refused = self.form_told(ticket, &result);
        match call {
            // A form that was refused says so itself.
            Call::Act { .. } if refused => {}
            Call::Act { id, act } => self.acted(&id, &act, result),
            Call::Deed { daemon, deed } => self.did(daemon, &deed, result),
            Call::Why { id } => self.why_told(&id, result),
            Call::Show { id } => self.shown_told(&id, result),
            Call::Events { id, .. } => self.events_told(&id, result),
            Call::History {
                daemon,
                offset,
                query,
            } => self.history_told(daemon, offset, &query, result),
            Call::Past { daemon, .. } => self.past_told(daemon, result),
            Call::LastGood { id, .. } => self.last_good_told(&id, result),
            Call::LogPage { id } => self.log_page_told(&id, result),
            Call::Picture { id } => self.picture_told(&id, result),
            Call::Ended { daemon, .. } => self.ended_told(daemon, result),
            Call::Endpoints { daemon } => self.endpoints_told(daemon, result),
            Call::Failed { daemon, offset } => self.deliveries_told(daemon, None, offset, result),
            Call::Deliveries { id, offset } => {
                let daemon = key::split(&id).0;
                self.deliveries_told(daemon, Some(id), offset, result);
            }
            Call::Delivery { id } => self.delivery_told(&id, result),
            Call::Stats { daemon, hours } => self.stats_told(daemon, hours, result),
            Call::Workers { daemon } => {
                if let Ok(value) = result {
                    self.model_mut(daemon).place(&value);
                    self.list_changed = true;
                }
            }
            Call::Attention { daemon } => {
                if let Ok(value) = result {
                    self.model_mut(daemon).attention = Attention::read_all(&value);
                }
            }
        }
    }

    /// A deed was done, or not.
    fn did(&mut self, daemon: usize, deed: &Deed, result: Result<Value, Failure>) {
        let (verb, target) = (deed.verb(), deed.target().to_owned());
        match result {
            Ok(value) => {
                if let (Deed::Rotate(_), Some(secret)) = (deed, value["secret"].as_str()) {
                    self.view.popup = Some(Popup::Text {
                        title: format!("new secret of {target}"),
                        lines: vec![
                            secret.to_owned(),
                            "It is shown this once. The old one also signs for 24 hours."
                                .to_owned(),
                        ],
                        top: 0,
                    });
                }
                let count = value["count"].as_u64();
                let count = count.map_or_else(String::new, |count| format!(": {count} in all"));
                self.say(
                    Tone::Good,
                    format!("{verb} {target}: the daemon took it{count}"),
                );
            }
            Err(failure) if failure.uncertain => {
                let text = format!("{verb} {target}: {}; the screen will tell", failure.message);
                self.say(Tone::Bad, text);
            }
            Err(failure) => self.say(Tone::Bad, format!("{verb} {target}: {}", failure.message)),
        }
        match deed {
            Deed::Drain(_) | Deed::Undrain(_) => self.call_once(Call::Workers { daemon }),
            _ => self.fetch_hooks(),
        }
    }

    fn acted(&mut self, id: &str, act: &Act, result: Result<Value, Failure>) {
        let verb = act.verb();
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
            // Somebody else was faster: say who.
            Err(failure) if failure.status == Some(409) => {
                let by = self.who_moved(id);
                let by = by.map_or_else(String::new, |by| format!(" ({by} was faster)"));
                self.say(Tone::Bad, format!("{verb} {name}: {}{by}", failure.message));
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
            self.model_mut(key::split(id).0).refine(view, now);
            self.list_changed = true;
        }
        let row = match told {
            Ok(Ok(view)) => Ok(Ok(self.model_of(key::split(id).0).row_of(view, now))),
            Ok(Err(error)) => Ok(Err(error)),
            Err(failure) => Err(failure),
        };
        if let Ok(Ok(row)) = &row
            && self.view.history.past.find(id).is_some()
        {
            self.view.history.take(row.clone());
        }
        let Some(detail) = self.view.detail.as_mut().filter(|detail| detail.id == id) else {
            return;
        };
        match row {
            Ok(Ok(row)) => {
                detail.shown = Some(row);
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

    /// Asks unless the same is asked already.
    pub(super) fn call_once(&mut self, call: Call) {
        if !self.calls.values().any(|asked| *asked == call) {
            self.call(call);
        }
    }

    /// After a fresh picture: what the stream may have passed over.
    pub(super) fn refetch_detail(&mut self) {
        let Some(detail) = &self.view.detail else {
            return;
        };
        let id = detail.id.clone();
        let after = detail.events.last_key_value().map_or(0, |(seq, _)| *seq);
        if !self.reaches(&id) {
            return;
        }
        self.call_once(Call::Show { id: id.clone() });
        self.call_once(Call::Events { id, after });
        self.fetch_tab();
    }
}
