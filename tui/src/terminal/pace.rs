//! How often a picture is drawn: what a key did at once (60 a second at most), what the daemon did four times a second over
//! ssh and fifteen here, once a second while nobody looks.

/// The link between terminal and person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// A slow one.
    Ssh,
    /// A fast one.
    Local,
}

const TYPED_MS: i64 = 16;
const UNSEEN_MS: i64 = 1_000;
const SLOW_LINK_MS: i64 = 500;

/// When the last picture was drawn, and what asked for the next.
#[derive(Debug, Clone)]
pub struct Pace {
    profile: Profile,
    last_ms: i64,
    wanted: Option<bool>,
}

impl Pace {
    /// Nothing drawn yet.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self {
            profile,
            last_ms: i64::MIN / 2,
            wanted: Some(true),
        }
    }

    /// Something changed; `typed` by the person.
    pub fn want(&mut self, typed: bool) {
        self.wanted = Some(typed || self.wanted == Some(true));
    }

    /// When the next picture is due, if one is wanted.
    #[must_use]
    pub fn due(&self, focused: bool, slow: bool) -> Option<i64> {
        let gap = match (self.wanted?, focused, self.profile) {
            (true, _, _) => TYPED_MS,
            (false, false, _) => UNSEEN_MS,
            (false, true, _) if slow => SLOW_LINK_MS,
            (false, true, Profile::Ssh) => 250,
            (false, true, Profile::Local) => 66,
        };
        Some(self.last_ms.saturating_add(gap))
    }

    /// It was drawn.
    pub fn drawn(&mut self, now_ms: i64) {
        self.last_ms = now_ms;
        self.wanted = None;
    }
}
