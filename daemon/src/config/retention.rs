//! `[retention]`: how long things are kept, and how much of the disk stays free.

use super::quantity::parse_duration;
use super::section::Section;
use std::time::Duration;

/// `[retention]`
#[derive(Debug, Clone, PartialEq)]
pub struct Retention {
    /// Ended workflows kept.
    pub finished: u64,
    /// None: `off`.
    pub max_age: Option<Duration>,
    /// The daily log files.
    pub logs: Duration,
    /// Deliveries that were given up.
    pub failed_deliveries: Duration,
    /// Bytes; below it nothing new starts.
    pub min_free_disk: u64,
}

const DAY: Duration = Duration::from_secs(86_400);

impl Retention {
    pub(super) fn read(section: &mut Section<'_, '_, '_>) -> Self {
        Self {
            finished: section.integer_or("finished", 1000, (0, u64::from(u32::MAX))),
            max_age: section.read_or(
                "max_age",
                (None, "off".to_owned()),
                "\"off\" or a duration like \"24h\"",
                |text| {
                    if text == "off" {
                        Some(None)
                    } else {
                        parse_duration(text).map(Some)
                    }
                },
            ),
            logs: section.duration_or("logs", 7 * DAY),
            failed_deliveries: section.duration_or("failed_deliveries", 30 * DAY),
            min_free_disk: section.size_or("min_free_disk", 2 << 30),
        }
    }
}
