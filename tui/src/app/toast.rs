//! Short words about what just happened. They go by themselves after six seconds; an error stays until it is seen (Esc).

/// How long a toast stays, in milliseconds.
pub const STAY_MS: i64 = 6_000;

/// How many stand at once.
const MOST: usize = 3;

/// What a toast is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It went well.
    Good,
    /// So it is.
    Plain,
    /// Something failed: it stays until it is seen.
    Bad,
}

/// A toast.
#[derive(Debug, Clone, PartialEq)]
pub struct Toast {
    /// What.
    pub text: String,
    /// How.
    pub tone: Tone,
    /// Since when, in Unix milliseconds.
    pub at_ms: i64,
}

/// Those that stand, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Toasts {
    standing: Vec<Toast>,
}

impl Toasts {
    /// Says something. The same words again only renew it.
    pub fn say(&mut self, tone: Tone, text: impl Into<String>, at_ms: i64) {
        let text = text.into();
        self.standing.retain(|toast| toast.text != text);
        self.standing.push(Toast { text, tone, at_ms });
        if self.standing.len() > MOST {
            let oldest = self
                .standing
                .iter()
                .position(|toast| toast.tone != Tone::Bad)
                .unwrap_or(0);
            self.standing.remove(oldest);
        }
    }

    /// Those that stand.
    #[must_use]
    pub fn standing(&self) -> &[Toast] {
        &self.standing
    }

    /// Lets go of what stood long enough; true if something went.
    pub fn expire(&mut self, now_ms: i64) -> bool {
        let before = self.standing.len();
        self.standing
            .retain(|toast| toast.tone == Tone::Bad || now_ms - toast.at_ms < STAY_MS);
        self.standing.len() != before
    }

    /// They were seen; true if there were any.
    pub fn clear(&mut self) -> bool {
        let any = !self.standing.is_empty();
        self.standing.clear();
        any
    }

    /// When the next one goes.
    #[must_use]
    pub fn next_expiry(&self) -> Option<i64> {
        self.standing
            .iter()
            .filter(|toast| toast.tone != Tone::Bad)
            .map(|toast| toast.at_ms + STAY_MS)
            .min()
    }
}
