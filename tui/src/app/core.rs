//! The state and its one entrance. What each event does stands in the sibling files, one duty each.

use super::areas::{Areas, Shape};
use super::call::Call;
use super::daemons::Peer;
use super::event::{Action, Event};
use super::held::Held;
use super::toast::Tone;
use super::view::{Screen, View};
use crate::config::{Config, Occasion};
use crate::input::{Context, Keymap};
use crate::model::link::LinkView;
use crate::model::{Model, Row, key};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// What the person chose at the start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Started with acts refused; `!` allows them.
    pub read_only: bool,
    /// Only ASCII glyphs.
    pub ascii: bool,
    /// Its colours.
    pub theme: crate::ui::theme::Theme,
    /// The list's columns, where a person chose them.
    pub columns: Option<Vec<super::list::Column>>,
    /// When a person is told who looks elsewhere.
    pub notify: Vec<Occasion>,
    /// Between two of those, in milliseconds.
    pub notify_every_ms: i64,
    /// The terminal tells of the mouse.
    pub mouse: bool,
    /// The terminal shows pictures itself.
    pub graphics: bool,
    /// Clock times stand in this zone.
    pub zone: TimeZone,
}

impl Default for Settings {
    fn default() -> Self {
        let config = Config::default();
        Self {
            read_only: false,
            ascii: false,
            theme: Default::default(),
            columns: None,
            notify: config.notify,
            notify_every_ms: config.notify_every_ms,
            mouse: false,
            graphics: false,
            zone: TimeZone::UTC,
        }
    }
}

/// Everything the dashboard knows and shows.
#[derive(Debug, Clone)]
pub struct App {
    /// What is known of the first daemon.
    pub model: Model,
    /// The connection to it.
    pub link: LinkView,
    /// The other daemons, from number 1 on.
    pub peers: Vec<Peer>,
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
    /// Bytes and pictures that were written to the terminal.
    pub written: (u64, u64),
    pub(super) refresh: super::refresh::Refresh,
    pub(super) next_ticket: u64,
    /// Rows, filters or sizes changed: the list is put together again before it is drawn.
    pub(super) list_changed: bool,
    /// Lines or what is wanted of them changed.
    pub(super) log_changed: bool,
    pub(super) changed: bool,
    pub(super) title: String,
    pub(super) notified_ms: i64,
    pub(super) out: Vec<Action>,
}

impl App {
    /// Nothing known yet; `targets` are the daemons' addresses as typed.
    #[must_use]
    pub fn of(targets: Vec<String>, settings: Settings, size: (u16, u16), now_ms: i64) -> Self {
        let mut targets = targets.into_iter();
        let mut app = Self::new(targets.next().unwrap_or_default(), settings, size, now_ms);
        app.peers = (1..)
            .zip(targets)
            .map(|(n, target)| Peer::new(n, target))
            .collect();
        app
    }

    /// Nothing known yet, of one daemon.
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
            peers: Vec::new(),
            view,
            now_ms,
            settings,
            keymap: Keymap::default(),
            calls: BTreeMap::new(),
            held: Vec::new(),
            quitting: None,
            written: (0, 0),
            refresh: super::refresh::Refresh::default(),
            next_ticket: 1,
            list_changed: true,
            log_changed: true,
            changed: true,
            title: String::new(),
            notified_ms: i64::MIN / 2,
            out: Vec::new(),
        }
    }

    /// Takes what happened at `now_ms`; says what is wanted.
    pub fn handle(&mut self, event: Event, now_ms: i64) -> Vec<Action> {
        self.now_ms = now_ms;
        match event {
            Event::Key(key) => self.key(key),
            Event::Mouse(mouse) => self.mouse(mouse),
            Event::Paste(text) => self.paste(&text),
            Event::Resize(columns, rows) => {
                self.view.size = (columns, rows);
                self.touch_all();
            }
            Event::Focus(focused) => {
                self.view.focused = focused;
                self.changed = true;
            }
            Event::Link { daemon, event } => self.link_event(daemon, event),
            Event::Reply { ticket, result } => self.reply(ticket, result),
            Event::Tick => self.tick(),
            Event::Configured(config) => self.configure(*config),
            Event::Told { good, text } => {
                let tone = if good { Tone::Good } else { Tone::Bad };
                self.say(tone, text);
            }
        }
        self.finish_quitting();
        std::mem::take(&mut self.out)
    }

    /// Puts lists and log in order for a picture; true if the picture may differ from the last one.
    pub fn settle(&mut self) -> bool {
        if self.list_changed {
            self.list_changed = false;
            self.settle_lists();
        }
        self.settle_cursors();
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
        Areas::of(self.view.size, &self.shape())
    }

    /// What the areas hang on, beside the size.
    fn shape(&self) -> Shape {
        Shape {
            detail: self.view.detail.is_some(),
            screen: self.view.screen,
            zoomed: self.view.zoomed,
        }
    }

    /// A workflow from wherever it is known, by its key.
    #[must_use]
    pub fn row(&self, wanted: &str) -> Option<&Row> {
        let (daemon, id) = key::split(wanted);
        let listed = self
            .models()
            .find(|model| model.daemon == daemon)
            .and_then(|model| model.row(id));
        let here = |row: &&Row| row.key == wanted;
        listed
            .or_else(|| {
                let detail = self.view.detail.as_ref();
                detail.and_then(|detail| detail.shown.as_ref()).filter(here)
            })
            .or_else(|| self.view.history.row(wanted))
            .or_else(|| self.view.stats.ended.iter().find(here))
    }

    /// The workflow that is meant: the open one, else the one under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<&Row> {
        self.current_key().and_then(|key| self.row(&key))
    }

    /// Its key.
    #[must_use]
    pub fn current_key(&self) -> Option<String> {
        if let Some(detail) = &self.view.detail {
            return Some(detail.id.clone());
        }
        match self.view.screen {
            Screen::Active | Screen::Asks | Screen::History => self.view.list().cursor.clone(),
            Screen::Queue => self.queue_cursor(),
            Screen::Events => self.event_cursor(),
            Screen::Hooks => self.delivery().and_then(|one| one.video_id.clone()),
            Screen::Stats => None,
        }
    }

    /// Where keys are typed, for the keymap, help and hints.
    #[must_use]
    pub fn context(&self) -> Context {
        match &self.view.detail {
            Some(detail) if detail.tab == super::detail::Tab::Logs => return Context::Log,
            Some(_) => return Context::Detail,
            None => {}
        }
        match self.view.screen {
            Screen::Active | Screen::History => Context::List,
            Screen::Asks => Context::Asks,
            Screen::Hooks => Context::Hooks,
            Screen::Queue => Context::Queue,
            Screen::Stats => Context::Stats,
            Screen::Events => Context::Events,
        }
    }

    /// Time moves: durations grow and estimates shrink. Not while stale, nor while the picture is held still.
    #[must_use]
    pub fn clock_ms(&self) -> i64 {
        let fresh = |(_, link): (usize, &LinkView)| link.is_fresh(self.now_ms);
        match &self.view.frozen {
            Some(frozen) => frozen.at_ms,
            None if self.links().any(fresh) => self.now_ms,
            None => self.link.last_frame_ms,
        }
    }

    pub(super) fn touch_all(&mut self) {
        self.changed = true;
        self.list_changed = true;
        self.log_changed = true;
    }

    /// Asks; gives the ticket that names the reply.
    pub(super) fn call(&mut self, call: Call) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.calls.insert(ticket, call.clone());
        self.out.push(Action::Call { ticket, call });
        ticket
    }

    /// Takes what `tui.toml` says; what is wrong with it is told.
    pub fn configure(&mut self, config: Config) {
        if let Some(theme) = config.theme {
            self.settings.theme = theme;
        }
        if let Some(ascii) = config.ascii {
            self.settings.ascii = ascii;
        }
        if let Some(mouse) = config.mouse.filter(|mouse| *mouse != self.settings.mouse) {
            self.settings.mouse = mouse;
            self.out.push(Action::Mouse(mouse));
        }
        self.settings.columns = config.columns;
        self.settings.notify = config.notify;
        self.settings.notify_every_ms = config.notify_every_ms;
        self.keymap = Keymap::with(&config.keys);
        for problem in config.problems.iter().take(3) {
            self.say(Tone::Bad, problem);
        }
        self.out.push(Action::Repaint);
        self.touch_all();
    }

    fn paste(&mut self, text: &str) {
        if let Some(form) = &mut self.view.form {
            form.paste(text);
            self.changed = true;
        } else if let Some(prompt) = &mut self.view.prompt {
            prompt.edit_mut().insert(text);
            self.typed_on();
        }
    }

    fn settle_title(&mut self) {
        let asks = self.count(Row::asks);
        let failed = self.count(|row| row.status == crate::model::words::Status::Failed);
        let host = match (self.daemons(), self.model.host.as_str()) {
            (1, "") => "…".to_owned(),
            (1, host) => host.to_owned(),
            (many, _) => format!("{many} boxes"),
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
}
