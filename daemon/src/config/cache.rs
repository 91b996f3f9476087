//! `[cache]`: how much is kept of what was made, for when the same is wanted again.

use super::section::Section;

/// `[cache]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    /// Bytes; 0: nothing is kept and nothing is reused.
    pub max: u64,
}

impl Cache {
    pub(super) fn read(section: &mut Section<'_, '_, '_>) -> Self {
        Self {
            max: section.size_or("max", 10 << 30),
        }
    }
}
