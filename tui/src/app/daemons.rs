//! Several daemons in one view: each with its own model and its own link, so that one that is gone blocks nothing.

use super::call::Call;
use super::core::App;
use super::event::Action;
use crate::model::link::{LinkView, Shown};
use crate::model::{Model, Row, key};

/// A daemon beside the first one.
#[derive(Debug, Clone)]
pub struct Peer {
    /// What is known of it.
    pub model: Model,
    /// Its connection.
    pub link: LinkView,
}

impl Peer {
    /// Nothing known yet.
    #[must_use]
    pub fn new(daemon: usize, target: String) -> Self {
        Self {
            model: Model {
                daemon,
                ..Model::default()
            },
            link: LinkView::new(target),
        }
    }
}

impl App {
    /// How many daemons are looked at.
    #[must_use]
    pub fn daemons(&self) -> usize {
        1 + self.peers.len()
    }

    /// More than one is looked at.
    #[must_use]
    pub fn several(&self) -> bool {
        !self.peers.is_empty()
    }

    /// What is drawn of each daemon: the models, or those that are held still.
    pub fn models(&self) -> impl Iterator<Item = &Model> {
        let frozen = self.view.frozen.as_ref().map(|frozen| frozen.models.iter());
        let live = frozen
            .is_none()
            .then(|| std::iter::once(&self.model).chain(self.peers.iter().map(|peer| &peer.model)));
        frozen
            .into_iter()
            .flatten()
            .chain(live.into_iter().flatten())
    }

    /// Each link with its daemon's number.
    pub fn links(&self) -> impl Iterator<Item = (usize, &LinkView)> {
        std::iter::once(&self.link)
            .chain(self.peers.iter().map(|peer| &peer.link))
            .enumerate()
    }

    /// The link of the daemon with this number.
    #[must_use]
    pub fn link_of(&self, daemon: usize) -> &LinkView {
        match daemon.checked_sub(1).and_then(|at| self.peers.get(at)) {
            Some(peer) => &peer.link,
            None => &self.link,
        }
    }

    pub(super) fn link_mut(&mut self, daemon: usize) -> &mut LinkView {
        match daemon.checked_sub(1).and_then(|at| self.peers.get_mut(at)) {
            Some(peer) => &mut peer.link,
            None => &mut self.link,
        }
    }

    pub(super) fn model_mut(&mut self, daemon: usize) -> &mut Model {
        match daemon.checked_sub(1).and_then(|at| self.peers.get_mut(at)) {
            Some(peer) => &mut peer.model,
            None => &mut self.model,
        }
    }

    /// The live model of the daemon with this number.
    #[must_use]
    pub fn model_of(&self, daemon: usize) -> &Model {
        match daemon.checked_sub(1).and_then(|at| self.peers.get(at)) {
            Some(peer) => &peer.model,
            None => &self.model,
        }
    }

    /// What a daemon is called: its box, and where two have one name, or none is known, the way to it.
    #[must_use]
    pub fn daemon_name(&self, daemon: usize) -> &str {
        let host = self.model_of(daemon).host.as_str();
        let target = self.link_of(daemon).target.as_str();
        let shared = self
            .links()
            .filter(|(other, _)| self.model_of(*other).host == host)
            .count()
            > 1;
        if host.is_empty() || shared {
            target
        } else {
            host
        }
    }

    /// Active and failed rows of all daemons.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.models().flat_map(|model| model.rows.values())
    }

    /// How many rows hold this, over all daemons.
    #[must_use]
    pub fn count(&self, holds: impl Fn(&Row) -> bool) -> usize {
        self.rows().filter(|row| holds(row)).count()
    }

    /// At least one daemon told what it has.
    #[must_use]
    pub fn loaded(&self) -> bool {
        self.models().any(|model| model.loaded)
    }

    /// The daemon that a key names takes requests.
    #[must_use]
    pub fn reaches(&self, of: &str) -> bool {
        self.link_of(key::split(of).0).is_connected()
    }

    /// At least one daemon takes requests.
    #[must_use]
    pub fn reaches_any(&self) -> bool {
        self.links().any(|(_, link)| link.is_connected())
    }

    /// What the row's times may be counted on to: its daemon speaks, and the picture isn't held still.
    #[must_use]
    pub fn is_fresh(&self, row: &Row) -> bool {
        self.view.frozen.is_some() || self.link_of(key::split(&row.key).0).is_fresh(self.now_ms)
    }

    /// The daemon that a row is of has gone quiet.
    #[must_use]
    pub fn is_stale(&self, row: &Row) -> bool {
        let link = self.link_of(key::split(&row.key).0);
        self.model_of(key::split(&row.key).0).loaded
            && !matches!(link.shown(self.now_ms), Shown::Live | Shown::Slow)
    }

    /// Asks each daemon that takes requests.
    pub(super) fn ask_each(&mut self, call: impl Fn(usize) -> Call) {
        for daemon in 0..self.daemons() {
            if self.link_of(daemon).is_connected() {
                self.call_once(call(daemon));
            }
        }
    }

    /// Wants something of each daemon: a fresh picture where it is there, a connection where it isn't.
    pub(super) fn renew_links(&mut self) {
        for daemon in 0..self.daemons() {
            let action = if self.link_of(daemon).is_connected() {
                Action::Resync(daemon)
            } else {
                Action::Dial(daemon)
            };
            self.out.push(action);
        }
    }
}
