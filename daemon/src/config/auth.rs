//! `[auth]`: who may use the socket, and whether loopback callers need a token.

use super::section::Section;

/// `[auth]`
#[derive(Debug, Clone, PartialEq)]
pub struct Auth {
    /// Members may use the socket; ignored where it doesn't exist.
    pub socket_group: String,
    /// `operate` lets loopback callers in without a token.
    pub loopback: Loopback,
}

/// `[auth] loopback`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loopback {
    /// A token is wanted.
    Off,
    /// Scope `operate` without one.
    Operate,
}

impl Auth {
    pub(super) fn read(section: &mut Section<'_, '_, '_>) -> Self {
        Self {
            socket_group: section.text_or("socket_group", "reel"),
            loopback: section.choice_or(
                "loopback",
                &[("off", Loopback::Off), ("operate", Loopback::Operate)],
                0,
            ),
        }
    }
}
