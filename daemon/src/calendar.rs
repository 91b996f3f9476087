//! Times of cron expressions in a time zone, daylight saving included.

use crate::config::Window;
use crate::domain::Timestamp;
use croner::Cron;
use jiff::Zoned;
use jiff::tz::TimeZone;

/// The first time after `after`; none where there is none, or the expression or the zone is no such thing.
#[must_use]
pub fn next(cron: &str, zone: &str, after: Timestamp) -> Option<Timestamp> {
    let (cron, at) = read(cron, zone, after)?;
    Some(Timestamp(
        cron.find_next_occurrence(&at, false)
            .ok()?
            .timestamp()
            .as_millisecond(),
    ))
}

/// The last time at or before `until`; none as above.
#[must_use]
pub fn last(cron: &str, zone: &str, until: Timestamp) -> Option<Timestamp> {
    let (cron, at) = read(cron, zone, until)?;
    Some(Timestamp(
        cron.find_previous_occurrence(&at, true)
            .ok()?
            .timestamp()
            .as_millisecond(),
    ))
}

/// When the last of the windows that are open at `now` closes; none while all are closed.
#[must_use]
pub fn open_until(windows: &[Window], now: Timestamp) -> Option<Timestamp> {
    windows
        .iter()
        .filter_map(|window| Some(last(&window.cron, &window.zone, now)?.plus(window.duration)))
        .filter(|end| *end > now)
        .max()
}

fn read(cron: &str, zone: &str, at: Timestamp) -> Option<(Cron, Zoned)> {
    let zone = TimeZone::get(zone).ok()?;
    Some((
        cron.parse().ok()?,
        jiff::Timestamp::from_millisecond(at.0).ok()?.to_zoned(zone),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn nine_in_berlin_moves_with_daylight_saving() {
        assert_eq!(
            next("0 9 * * *", "Europe/Berlin", at("2026-01-10T00:00:00Z")),
            Some(at("2026-01-10T08:00:00Z"))
        );
        assert_eq!(
            next("0 9 * * *", "Europe/Berlin", at("2026-07-10T00:00:00Z")),
            Some(at("2026-07-10T07:00:00Z"))
        );
    }

    #[test]
    fn the_last_time_may_be_now() {
        let noon = at("2026-03-01T12:00:00Z");
        assert_eq!(last("0 12 * * *", "UTC", noon), Some(noon));
        assert_eq!(
            next("0 12 * * *", "UTC", noon),
            Some(at("2026-03-02T12:00:00Z"))
        );
    }

    #[test]
    fn of_open_windows_the_last_to_close_counts() {
        let window = |cron: &str, hours: u64| Window {
            cron: cron.into(),
            zone: "UTC".into(),
            duration: std::time::Duration::from_secs(hours * 3600),
        };
        let windows = [window("0 22 * * *", 8), window("0 1 * * *", 2)];
        let until = |now| open_until(&windows, at(now));
        assert_eq!(
            until("2026-03-02T02:00:00Z"),
            Some(at("2026-03-02T06:00:00Z"))
        );
        assert_eq!(until("2026-03-02T12:00:00Z"), None);
    }

    #[test]
    fn nonsense_has_no_time() {
        assert_eq!(next("every day", "UTC", at("2026-03-01T12:00:00Z")), None);
        assert_eq!(
            next("0 12 * * *", "Mars/Olympus", at("2026-03-01T12:00:00Z")),
            None
        );
    }
}
