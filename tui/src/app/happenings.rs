//! The Events screen: everything that happened, newest first, filtered by words: what we saw come, and before that what the
//! daemon keeps, a page at a time.

use super::call::{Call, Failure};
use super::core::App;
use super::cursor::Cursor;
use super::toast::Tone;
use super::view::Screen;
use crate::model::happening::{self, Happening, Happenings};
use crate::model::key;
use crate::model::row::unix_ms;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A page of the daemon's events, the newest first.
#[derive(Deserialize)]
struct Past {
    events: Vec<Told>,
    next: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    seq: u64,
    timestamp: String,
    workflow_id: Option<String>,
    kind: String,
    #[serde(default)]
    data: Value,
}

/// What the Events screen shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventsView {
    /// What is kept.
    pub kept: Happenings,
    /// Something came since `shown` was made.
    pub changed: bool,
    /// Words that must all stand in a line; `!word` must not.
    pub filter: String,
    /// Places in `kept` of what passes, newest first.
    pub shown: Vec<usize>,
    /// Where the person is.
    pub cursor: Cursor,
    /// The oldest number that is kept of each daemon, and whether it keeps older ones.
    pub oldest: BTreeMap<usize, (u64, bool)>,
    /// Why older ones can't be had.
    pub problem: Option<String>,
}

impl EventsView {
    /// What stands on a line of the screen.
    pub fn line(&self, at: usize) -> Option<&Happening> {
        self.shown
            .get(at)
            .and_then(|place| self.kept.iter().nth(*place))
    }

    fn passes(&self, one: &Happening) -> bool {
        let text = format!(
            "{} {} {} {}",
            one.name,
            one.kind,
            one.by.as_deref().unwrap_or_default(),
            one.told
        )
        .to_lowercase();
        self.filter
            .to_lowercase()
            .split_whitespace()
            .all(|word| match word.strip_prefix('!') {
                Some(word) => word.is_empty() || !text.contains(word),
                None => text.contains(word),
            })
    }
}

impl App {
    /// Chooses what passes; a cursor that left the top stays on its line while newer ones come above it.
    pub(super) fn settle_events(&mut self) {
        let view = &mut self.view.events;
        if !view.changed {
            return;
        }
        view.changed = false;
        let before = view.shown.len();
        let passing: Vec<usize> = view
            .kept
            .iter()
            .enumerate()
            .filter(|(_, one)| view.passes(one))
            .map(|(place, _)| place)
            .collect();
        view.shown = passing;
        view.shown.reverse();
        if view.cursor.at > 0 {
            let more = view.shown.len().saturating_sub(before);
            view.cursor.at += more;
            view.cursor.top += more;
        }
    }

    /// The first number of a daemon that was seen as it came: older ones are asked for from there.
    pub(super) fn note_seq(&mut self, daemon: usize, seq: u64) {
        self.view.events.oldest.entry(daemon).or_insert((seq, true));
    }

    /// Asks for older ones where the cursor comes near the end.
    pub(super) fn fetch_older_events(&mut self) {
        let view = &self.view.events;
        if self.view.screen != Screen::Events || view.cursor.at + 20 < view.shown.len() {
            return;
        }
        if view.kept.len() >= happening::KEPT {
            return;
        }
        for daemon in 0..self.daemons() {
            let (before, more) = match self.view.events.oldest.get(&daemon) {
                Some((seq, more)) => (Some(*seq), *more),
                // What the first snapshot held was not seen come.
                None => (Some(self.model_of(daemon).seq + 1), true),
            };
            let asked =
                |call: &Call| matches!(call, Call::Past { daemon: of, .. } if *of == daemon);
            if more && self.link_of(daemon).is_connected() && !self.calls.values().any(asked) {
                self.call(Call::Past { daemon, before });
            }
        }
    }

    /// Older ones are on their way.
    #[must_use]
    pub fn is_asking_for_events(&self) -> bool {
        self.calls
            .values()
            .any(|call| matches!(call, Call::Past { .. }))
    }

    pub(super) fn past_told(&mut self, daemon: usize, result: Result<Value, Failure>) {
        let page = match result.map(serde_json::from_value::<Past>) {
            Ok(Ok(page)) => page,
            Ok(Err(error)) => {
                self.view.events.problem = Some(format!("the answer is not understood: {error}"));
                return;
            }
            Err(failure) => {
                // A daemon that keeps none for us is not asked again and again.
                self.view.events.oldest.insert(daemon, (0, false));
                self.view.events.problem = Some(failure.message);
                return;
            }
        };
        // What came meanwhile is above the cursor, what comes now below it.
        self.settle_events();
        let cursor = self.view.events.cursor;
        let oldest = page.events.last().map(|event| event.seq);
        for event in page
            .events
            .into_iter()
            .filter(|one| one.kind != "stage.progress")
        {
            let id = event.workflow_id.as_deref();
            let row = id.and_then(|id| self.row(&key::of(daemon, id)));
            let name = row
                .map_or(id.unwrap_or_default(), |row| row.name())
                .to_owned();
            let at_ms = unix_ms(&event.timestamp).unwrap_or_default();
            let one = happening::of_event(daemon, at_ms, id, &name, &event.kind, &event.data);
            if !self.view.events.kept.push_older(one) {
                break;
            }
        }
        let view = &mut self.view.events;
        view.problem = None;
        if let Some(oldest) = oldest {
            view.oldest.insert(daemon, (oldest, page.next.is_some()));
        } else {
            view.oldest.insert(daemon, (0, false));
        }
        view.changed = true;
        self.settle_events();
        self.view.events.cursor = cursor;
        self.changed = true;
    }

    pub(super) fn event_cursor(&self) -> Option<String> {
        let view = &self.view.events;
        view.line(view.cursor.at).and_then(|one| one.key.clone())
    }

    /// Keeps what was said here among the events.
    pub(super) fn note_said(&mut self, tone: Tone, text: &str) {
        self.happened(Happening {
            at_ms: self.now_ms,
            key: None,
            name: String::new(),
            kind: "here".to_owned(),
            by: None,
            told: text.to_owned(),
            tone: match tone {
                Tone::Good => happening::Tone::Good,
                Tone::Plain => happening::Tone::Plain,
                Tone::Bad => happening::Tone::Bad,
            },
        });
    }

    /// A link that came or went is told among the events.
    pub(super) fn note_link(&mut self, daemon: usize, state: &crate::model::link::Link) {
        use crate::model::link::Link;
        let lived = self.link_of(daemon).link == Link::Live;
        let (told, tone) = match state {
            Link::Live if !lived => ("connected".to_owned(), happening::Tone::Good),
            Link::Retry {
                attempt: 1, why, ..
            } => {
                let told = format!("the link is lost: {why}");
                self.notify(crate::config::Occasion::Box, &told);
                (told, happening::Tone::Bad)
            }
            Link::Denied { why, .. } => (format!("refused: {why}"), happening::Tone::Bad),
            _ => return,
        };
        let one = Happening {
            at_ms: self.now_ms,
            key: None,
            name: self.daemon_name(daemon).to_owned(),
            kind: "link".to_owned(),
            by: None,
            told,
            tone,
        };
        self.happened(one);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::*;
    use serde_json::json;

    fn page(from: u64, count: u64, next: Option<u64>) -> Value {
        let one = |seq: u64| json!({"seq": seq, "timestamp": ago(500), "workflowId": "k3f9a1b2c3d4", "kind": "stage.started", "data": {"by": "ben"}});
        let events: Vec<Value> = (0..count).map(|at| one(from - at)).collect();
        json!({"events": events, "next": next})
    }

    #[test]
    fn older_events_come_page_by_page_below_what_was_seen() {
        let mut app = live((80, 24), workflows());
        type_keys(&mut app, "7");
        let asked = |app: &App| {
            app.calls.values().find_map(|call| match call {
                Call::Past { before, .. } => Some(*before),
                _ => None,
            })
        };
        assert_eq!(asked(&app), Some(Some(11)), "behind the snapshot's number");
        reply_to(
            &mut app,
            |call| matches!(call, Call::Past { .. }),
            page(300, 200, Some(101)),
        );
        draw(&mut app);
        assert_eq!(
            (app.view.events.shown.len(), app.view.events.cursor.at),
            (201, 0)
        );
        assert_eq!(asked(&app), None);
        type_keys(&mut app, "G");
        assert_eq!(asked(&app), Some(Some(101)));
        draw(&mut app);
        let line = app.view.events.cursor;
        reply_to(
            &mut app,
            |call| matches!(call, Call::Past { .. }),
            page(100, 4, None),
        );
        assert_eq!(
            (app.view.events.cursor, app.view.events.shown.len()),
            (line, 205)
        );
        type_keys(&mut app, "G");
        assert_eq!(asked(&app), None, "nothing older is kept");
        let text = crate::ui::lines(&draw(&mut app)).join("\n");
        assert!(
            text.contains("dsp-lecture-42") && text.contains("ben"),
            "{text}"
        );
    }
}
