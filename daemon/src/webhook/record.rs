//! What follows from an attempt, in one transaction: the attempt itself, the delivery's next step, the endpoint's health, and
//! the event that says that it was turned off.

use super::attempt::Outcome;
use super::schedule;
use crate::domain::Timestamp;
use crate::engine::Notice;
use crate::store::StoreError;
use crate::store::deliveries::{self, DueRow, Standing};
use crate::store::endpoints::{self, EndpointRow};
use rusqlite::Connection;
use serde_json::json;
use std::time::Duration;

/// Deliveries in a row that fail for good before their endpoint is turned off,
const IN_A_ROW: u32 = 5;
/// and the time over which nothing must have got through.
const FAILING: Duration = Duration::from_secs(24 * 3600);

/// Writes an attempt's outcome. `now` is when it ended.
///
/// # Errors
/// The database's.
pub fn record(
    connection: &Connection,
    delivery: &DueRow,
    outcome: &Outcome,
    schedule: &[Duration],
    draw: f64,
    now: Timestamp,
) -> Result<((), Vec<Notice>), StoreError> {
    let made = (delivery.attempts + 1).saturating_sub(delivery.round);
    let standing = if outcome.delivered {
        Standing::Delivered
    } else if outcome.gone {
        Standing::Failed
    } else {
        schedule::next(schedule, made, outcome.retry_after, now, draw)
            .map_or(Standing::Failed, Standing::Due)
    };
    if !deliveries::attempted(connection, delivery.n, &outcome.row, standing, now)? {
        return Ok(((), Vec::new()));
    }
    let Some(endpoint) = &delivery.endpoint else {
        return Ok(((), Vec::new()));
    };
    if standing == Standing::Delivered {
        endpoints::got_through(connection, endpoint)?;
        return Ok(((), Vec::new()));
    }
    let Some(mut row) = endpoints::get(connection, endpoint)? else {
        return Ok(((), Vec::new()));
    };
    let before = (row.exhausted, row.failing_since);
    let off = judge(&mut row, outcome, standing, now);
    if off.is_none() && before == (row.exhausted, row.failing_since) {
        return Ok(((), Vec::new()));
    }
    endpoints::save(connection, &row)?;
    let Some(reason) = off else {
        return Ok(((), Vec::new()));
    };
    deliveries::hold(connection, &row.id)?;
    let data = json!({
        "webhookId": row.id, "url": row.url, "reason": reason,
        "remedy": format!("mend the receiver, then `reel webhooks enable {}`; what waits is sent then", row.id),
    });
    Ok((
        (),
        vec![Notice {
            kind: "endpoint.disabled",
            data,
        }],
    ))
}

/// The endpoint's health after an attempt that failed; why it is turned off, if it is.
fn judge(
    row: &mut EndpointRow,
    outcome: &Outcome,
    standing: Standing,
    now: Timestamp,
) -> Option<String> {
    let since = *row.failing_since.get_or_insert(outcome.row.at);
    if standing == Standing::Failed {
        row.exhausted = row.exhausted.saturating_add(1);
    }
    let reason = if outcome.gone {
        "it answered 410: it wants nothing more".to_owned()
    } else if standing == Standing::Failed
        && row.exhausted >= IN_A_ROW
        && now.since(since) >= FAILING
    {
        format!(
            "{} deliveries in a row failed for good, and nothing got through for a day",
            row.exhausted
        )
    } else {
        return None;
    };
    if !row.active {
        return None;
    }
    row.active = false;
    row.disabled = Some(reason.clone());
    Some(reason)
}
