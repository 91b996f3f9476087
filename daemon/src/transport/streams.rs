//! The names of the streams. `ID` is public: it tells two coordinators on one Redis apart.

use super::key::KeyRing;

/// Orders and answers for one box.
#[must_use]
pub fn to(keys: &KeyRing, box_name: &str) -> String {
    format!("reel:{}:to:{box_name}", keys.id())
}

/// What all boxes say.
#[must_use]
pub fn up(keys: &KeyRing) -> String {
    format!("reel:{}:up", keys.id())
}

/// The beats of all boxes.
#[must_use]
pub fn beats(keys: &KeyRing) -> String {
    format!("reel:{}:beats", keys.id())
}
