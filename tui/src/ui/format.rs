//! Numbers as text, in steps: what a person reads changes seldom enough to be cheap on a slow line.

use crate::model::Row;
use crate::model::words::Status;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A moment by jiff, if it is one.
fn moment(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// `2026-11-20T07:31:00.000Z`
#[must_use]
pub fn rfc3339(ms: i64) -> String {
    moment(ms).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// `14:02:59`
#[must_use]
pub fn clock_seconds(ms: i64, zone: &TimeZone) -> String {
    moment(ms)
        .to_zoned(zone.clone())
        .strftime("%H:%M:%S")
        .to_string()
}

/// `1.2 GB`
#[must_use]
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut size = count as f64;
    let mut unit = 0;
    while size >= 999.5 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    if unit == 0 || size >= 99.5 {
        format!("{size:.0} {}", UNITS[unit])
    } else {
        format!("{size:.1} {}", UNITS[unit])
    }
}

/// Counts as one row of eighths, the largest full.
#[must_use]
pub fn sparks(counts: &[u64]) -> String {
    const SPARKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    counts
        .iter()
        .map(|count| match count {
            0 => ' ',
            count => SPARKS[((count * 8).div_ceil(most) as usize).clamp(1, 8) - 1],
        })
        .collect()
}

/// `14:02`
#[must_use]
pub fn clock(ms: i64, zone: &TimeZone) -> String {
    moment(ms)
        .to_zoned(zone.clone())
        .strftime("%H:%M")
        .to_string()
}

/// `14:02:59.123`
#[must_use]
pub fn clock_millis(ms: i64, zone: &TimeZone) -> String {
    moment(ms)
        .to_zoned(zone.clone())
        .strftime("%H:%M:%S%.3f")
        .to_string()
}

/// `14:02`, or `19 Nov` when that was another day.
#[must_use]
pub fn day_or_clock(ms: i64, now_ms: i64, zone: &TimeZone) -> String {
    let (then, now) = (
        moment(ms).to_zoned(zone.clone()),
        moment(now_ms).to_zoned(zone.clone()),
    );
    if then.date() == now.date() {
        then.strftime("%H:%M").to_string()
    } else {
        then.strftime("%-d %b").to_string()
    }
}

/// How long, exactly to the second: `0:41`, `6:42`, `1:02:03`. For what has ended.
#[must_use]
pub fn took(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// How long, in steps: `5s`, `1m20s`, `12m`, `1h05m`. For what goes on.
#[must_use]
pub fn duration(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    match seconds {
        ..60 => format!("{}s", seconds / 5 * 5),
        60..600 => {
            let (minutes, rest) = (seconds / 60, seconds % 60 / 10 * 10);
            if rest == 0 {
                format!("{minutes}m")
            } else {
                format!("{minutes}m{rest:02}s")
            }
        }
        600..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d{}h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// `63%`; 100 only when it is done.
#[must_use]
pub fn percent(progress: f64) -> String {
    let whole = if progress >= 100.0 {
        100.0
    } else {
        progress.clamp(0.0, 99.0).floor()
    };
    format!("{whole:.0}%")
}

/// A bar so many cells wide: full cells, half a cell, dots.
#[must_use]
pub fn bar(progress: f64, cells: u16) -> String {
    let halves = (progress.clamp(0.0, 100.0) / 100.0 * f64::from(cells) * 2.0).floor() as usize;
    let cells = usize::from(cells);
    let (full, half) = (halves / 2, halves % 2);
    let mut bar = "█".repeat(full);
    if half == 1 {
        bar.push('▌');
    }
    bar.push_str(&"·".repeat(cells - full - half));
    bar
}

/// What the ETA column says of a row: when it ends, or what it waits for.
#[must_use]
pub fn outlook(row: &Row, clock_ms: i64, fresh: bool, zone: &TimeZone) -> String {
    let waits = row.view.waiting_for.as_ref();
    match row.status {
        Status::Completed => {
            format!(
                "done {}",
                day_or_clock(row.completed_ms.unwrap_or(row.updated_ms), clock_ms, zone)
            )
        }
        Status::Failed => format!(
            "failed {}",
            day_or_clock(row.completed_ms.unwrap_or(row.updated_ms), clock_ms, zone)
        ),
        Status::Cancelled => "cancelled".to_owned(),
        Status::Paused => "paused".to_owned(),
        Status::PendingClarification => asking("asks", row, clock_ms),
        Status::PendingConfirmation => asking("confirm?", row, clock_ms),
        Status::Blocked => "after others".to_owned(),
        Status::Unknown => row.view.status.clone(),
        Status::Scheduled => match waits
            .and_then(|waits| waits.until.as_deref())
            .and_then(crate::model::row::unix_ms)
        {
            Some(at) => format!("at {}", day_or_clock(at, clock_ms, zone)),
            None => "scheduled".to_owned(),
        },
        Status::Waiting if row.asks() => asking("asks", row, clock_ms),
        Status::Waiting => waiting(row, clock_ms),
        Status::Queued => queued(row, clock_ms, fresh),
        Status::Running if waits.is_some_and(|waits| waits.kind == "slot") => {
            "next slot".to_owned()
        }
        Status::Running => eta(row, clock_ms, fresh).unwrap_or_else(|| "–".to_owned()),
    }
}

/// That somebody is asked, and since when in whole minutes: nothing of a workflow changes while it asks.
fn asking(word: &str, row: &Row, clock_ms: i64) -> String {
    let minutes = (clock_ms - row.updated_ms) / 60_000;
    if minutes < 1 {
        return word.to_owned();
    }
    format!("{word} {}", duration(minutes * 60_000))
}

fn waiting(row: &Row, clock_ms: i64) -> String {
    let Some(waits) = &row.view.waiting_for else {
        return "waits".to_owned();
    };
    let word = match waits.kind.as_str() {
        "time" => "retry",
        "quota" => "quota",
        "callback" => "callback",
        "approval" => "asks",
        other => other,
    };
    match waits.until.as_deref().and_then(crate::model::row::unix_ms) {
        Some(until) if until > clock_ms => format!("{word} {}", duration(until - clock_ms)),
        _ => word.to_owned(),
    }
}

fn queued(row: &Row, clock_ms: i64, fresh: bool) -> String {
    let place = row
        .view
        .queue_position
        .map_or_else(|| "queued".to_owned(), |position| format!("#{position}"));
    let until = row
        .view
        .waiting_for
        .as_ref()
        .and_then(|waits| waits.until.as_deref());
    match until.and_then(crate::model::row::unix_ms) {
        Some(at) if fresh && at > clock_ms => format!("{place} ~{}", duration(at - clock_ms)),
        _ => place,
    }
}

/// `12m ±2`: what is left, and how sure that is. None without an estimate, or when it can't be believed.
#[must_use]
pub fn eta(row: &Row, clock_ms: i64, fresh: bool) -> Option<String> {
    let left = row.view.estimated_time_remaining.filter(|_| fresh)?;
    let past = (clock_ms - row.estimated_ms).max(0) as f64 / 1000.0;
    let left_ms = ((left - past).max(0.0) * 1000.0) as i64;
    let spread = match (row.view.eta_low, row.view.eta_high) {
        (Some(low), Some(high)) if high > low => ((high - low) / 2.0 / 60.0).round(),
        _ => 0.0,
    };
    let left = duration(left_ms);
    Some(if spread >= 1.0 {
        format!("{left} ±{spread:.0}")
    } else {
        left
    })
}

/// The stages as letters: done in capitals, `[X]` at work, a sign behind what failed, asks, is held or waits.
#[must_use]
pub fn stages(row: &Row) -> String {
    let mut text = String::new();
    for stage in &row.stages {
        let letter = stage.id.chars().next().unwrap_or('?');
        match stage.view.status.as_str() {
            "completed" => text.extend(letter.to_uppercase()),
            "in_progress" => {
                text.push('[');
                text.extend(letter.to_uppercase());
                text.push(']');
            }
            "failed" | "cancelled" => {
                text.extend(letter.to_uppercase());
                text.push(if stage.view.status == "failed" {
                    '!'
                } else {
                    '✗'
                });
            }
            "waiting" => {
                text.extend(letter.to_uppercase());
                text.push(if row.asks() { '?' } else { '↻' });
            }
            "skipped" => {}
            _ => text.extend(letter.to_lowercase()),
        }
    }
    if row.status == Status::Paused {
        let done = row
            .stages
            .iter()
            .filter(|stage| stage.view.status == "completed")
            .count();
        text.insert(
            text.char_indices()
                .nth(done)
                .map_or(text.len(), |(at, _)| at),
            '‖',
        );
    }
    text
}
