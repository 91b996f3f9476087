//! The state and its one entrance. What each event does stands in the sibling files, one duty each.

use super::acts::Held;
use super::areas::Areas;
use super::call::Call;
use super::event::{Action, Event};
use super::view::{Prompt, Screen, View};
use crate::input::{Context, Keymap};
use crate::model::link::LinkView;
use crate::model::{Model, Row};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// What the person chose at the start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Started with acts refused; `!` allows them.
    pub read_only: bool,
    /// Only ASCII glyphs.
    pub ascii: bool,
    /// Clock times stand in this zone.
    pub zone: TimeZone,
}

/// Everything the dashboard knows and shows.
#[derive(Debug, Clone)]
pub struct App {
    /// What is known of the daemon.
    pub model: Model,
    /// The connection.
    pub link: LinkView,
    /// Where the person is.
    pub view: View,
    /// The moment of the last event, in Unix milliseconds.
    pub now_ms: i64,
    /// What the person chose.
    pub settings: Settings,
    /// Which key means what.
    pub keymap: Keymap,
    /// Asked, not answered yet.
    pub calls: BTreeMap<u64, Call>,
    /// Confirmed, and held back for undo.
    pub held: Vec<Held>,
    /// Set while the last acts are awaited before the end: until when, and whether the picture stays.
    pub quitting: Option<(i64, bool)>,
    pub(super) refresh: super::refresh::Refresh,
    pub(super) next_ticket: u64,
    /// Rows, filters or sizes changed: the list is put together again before it is drawn.
    pub(super) list_changed: bool,
    /// Lines or what is wanted of them changed.
    pub(super) log_changed: bool,
    pub(super) changed: bool,
    pub(super) title: String,
    pub(super) belled_ms: i64,
    pub(super) out: Vec<Action>,
}

impl App {
    /// Nothing known yet.
    #[must_use]
    pub fn new(target: String, settings: Settings, size: (u16, u16), now_ms: i64) -> Self {
        let view = View {
            size,
            focused: true,
            ..View::default()
        };
        Self {
            model: Model::default(),
            link: LinkView::new(target),
            view,
            now_ms,
            settings,
            keymap: Keymap::default(),
            calls: BTreeMap::new(),
            held: Vec::new(),
            quitting: None,
            refresh: super::refresh::Refresh::default(),
            next_ticket: 1,
            list_changed: true,
            log_changed: true,
            changed: true,
            title: String::new(),
            belled_ms: i64::MIN / 2,
            out: Vec::new(),
        }
    }

    /// Takes what happened at `now_ms`; says what is wanted.
    pub fn handle(&mut self, event: Event, now_ms: i64) -> Vec<Action> {
        self.now_ms = now_ms;
        match event {
            Event::Key(key) => self.key(key),
            Event::Paste(text) => self.paste(&text),
            Event::Resize(columns, rows) => {
                self.view.size = (columns, rows);
                self.touch_all();
            }
            Event::Focus(focused) => {
                self.view.focused = focused;
                self.changed = true;
            }
            Event::Link(event) => self.link_event(event),
            Event::Reply { ticket, result } => self.reply(ticket, result),
            Event::Tick => self.tick(),
        }
        self.finish_quitting();
        std::mem::take(&mut self.out)
    }

    /// Puts lists and log in order for a picture; true if the picture may differ from the last one.
    pub fn settle(&mut self) -> bool {
        if self.list_changed {
            self.list_changed = false;
            let model = self
                .view
                .frozen
                .as_ref()
                .map_or(&self.model, |frozen| &frozen.model);
            self.view.active.fill(model.visible(self.now_ms), false);
            self.view.ended.fill(
                self.view.history.rows.iter(),
                self.view.ended.sort.key == Default::default(),
            );
        }
        let rows = self.areas().list_rows();
        self.view.list_mut().scroll(rows);
        if self.log_changed {
            self.log_changed = false;
            self.settle_log();
        }
        self.settle_title();
        std::mem::take(&mut self.changed)
    }

    /// What settling wanted.
    pub fn take_actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.out)
    }

    /// Where everything stands.
    #[must_use]
    pub fn areas(&self) -> Areas {
        Areas::of(self.view.size, self.view.detail.is_some())
    }

    /// What is drawn: the model, or the one that is held still.
    #[must_use]
    pub fn shown(&self) -> &Model {
        self.view
            .frozen
            .as_ref()
            .map_or(&self.model, |frozen| &frozen.model)
    }

    /// A workflow from wherever it is known.
    #[must_use]
    pub fn row(&self, id: &str) -> Option<&Row> {
        let history = || self.view.history.rows.iter().find(|row| row.view.id == id);
        let detail = || {
            self.view
                .detail
                .as_ref()
                .and_then(|detail| detail.shown.as_ref())
                .filter(|row| row.view.id == id)
        };
        self.shown().row(id).or_else(detail).or_else(history)
    }

    /// The workflow that is meant: the open one, else the one under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<&Row> {
        let id = match &self.view.detail {
            Some(detail) => Some(detail.id.as_str()),
            None => self.view.list().cursor.as_deref(),
        };
        id.and_then(|id| self.row(id))
    }

    /// Where keys are typed, for the keymap, help and hints.
    #[must_use]
    pub fn context(&self) -> Context {
        if self.view.detail.is_some() {
            Context::Detail
        } else {
            Context::List
        }
    }

    /// Time moves: durations grow and estimates shrink. Not while stale, nor while the picture is held still.
    #[must_use]
    pub fn clock_ms(&self) -> i64 {
        match &self.view.frozen {
            Some(frozen) => frozen.at_ms,
            None if self.link.is_fresh(self.now_ms) => self.now_ms,
            None => self.link.last_frame_ms,
        }
    }

    pub(super) fn touch_all(&mut self) {
        self.changed = true;
        self.list_changed = true;
        self.log_changed = true;
    }

    pub(super) fn call(&mut self, call: Call) {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.calls.insert(ticket, call.clone());
        self.out.push(Action::Call { ticket, call });
    }

    fn paste(&mut self, text: &str) {
        let edit = match &mut self.view.prompt {
            Some(
                Prompt::Filter { edit, .. }
                | Prompt::Search { edit, .. }
                | Prompt::Palette { edit, .. },
            ) => edit,
            None => return,
        };
        edit.insert(text);
        self.typed_on();
    }

    fn settle_title(&mut self) {
        let asks = self.model.count(Row::asks);
        let failed = self
            .model
            .count(|row| row.status == crate::model::words::Status::Failed);
        let host = if self.model.host.is_empty() {
            "…"
        } else {
            &self.model.host
        };
        let title = match (asks, failed) {
            (0, 0) => format!("reel {host}"),
            (0, failed) => format!("({failed}!) reel {host}"),
            (asks, 0) => format!("({asks}?) reel {host}"),
            (asks, failed) => format!("({asks}?{failed}!) reel {host}"),
        };
        if title != self.title {
            self.title.clone_from(&title);
            self.out.push(Action::Title(title));
        }
    }

    /// The screens' rows, for moving along them.
    pub(super) fn show_screen(&mut self, screen: Screen) {
        let from = (
            self.view.screen,
            self.view.detail.as_ref().map(|detail| detail.id.clone()),
        );
        if self.view.detail.is_some() {
            self.close_detail();
        }
        if screen != self.view.screen || from.1.is_some() {
            self.view.last = Some(from);
        }
        self.view.screen = screen;
        if screen == Screen::History && (!self.view.history.loaded || self.view.history.outdated) {
            self.fetch_history();
        }
        self.touch_all();
    }
}
