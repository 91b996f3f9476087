//! What is counted and measured, for whoever scrapes `/metrics`: one registry for the process, as the log is one.
//!
//! - Counting costs a hash and an atomic; nothing is held across an await and nothing is written to disk.
//! - No label grows without bound: routes are the table's templates, and names that files or requests bring (pipelines,
//!   stages, boxes) are told apart up to a number, `other` from there on (`bounded`).
//! - What is a state rather than a happening (queue, slots, disk) is read when somebody scrapes, and handed over as
//!   `Standing`: nothing keeps it up to date meanwhile.
//!
//! How to count: `metrics().webhook_attempt("2xx", elapsed)`.

mod bounded;
mod families;
mod page;

#[cfg(test)]
mod tests;

pub use families::{Direction, EventClient, Looked, Metrics, Query};
pub use page::{CONTENT_TYPE, Slots, Standing};

use std::sync::LazyLock;

static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

/// The process's one set of metrics.
#[must_use]
pub fn metrics() -> &'static Metrics {
    &METRICS
}
