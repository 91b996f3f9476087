//! The Events screen: everything that happened while we watched, newest first, filtered by words.

use super::core::App;
use super::cursor::Cursor;
use super::toast::Tone;
use crate::model::happening::{self, Happening, Happenings};

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
