//! Why the box takes nothing new: its quiet hours (`[[windows]]`), or a disk that is low.

use super::book::Book;
use crate::calendar;
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::transport::letter::Rest;
use rustix::fs::statvfs;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Neither a disk nor the wall clock gives a signal.
const PERIOD: Duration = Duration::from_secs(5);
/// Leaving the low state takes this much more than entering it, so that it doesn't flap.
const MARGIN: u64 = 64 << 20;

/// Looks until it is told to stop.
pub(super) async fn watch(book: Arc<Book>, config: Arc<Config>, stop: CancellationToken) {
    let mut is_low = false;
    loop {
        let disk = free(&config).filter(|free| {
            let limit = config.retention.min_free_disk;
            let margin = if is_low { MARGIN.min(limit / 8) } else { 0 };
            *free < limit.saturating_add(margin)
        });
        if disk.is_some() != is_low {
            is_low = disk.is_some();
            if is_low {
                tracing::warn!(component = "BOXES", path = %config.data_dir.display(), "the disk is low: this box takes nothing new until there is more room");
            } else {
                tracing::info!(component = "BOXES", "the disk has room again");
            }
        }
        let rests = match disk {
            Some(free_bytes) => Some(Rest::Disk { free_bytes }),
            None => calendar::open_until(&config.windows, SystemClock.now())
                .map(|until| Rest::Quiet { until_ms: until.0 }),
        };
        book.set_rest(rests);
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}

fn free(config: &Config) -> Option<u64> {
    match statvfs(&config.data_dir) {
        Ok(disk) => Some(disk.f_bavail.saturating_mul(disk.f_frsize)),
        Err(error) => {
            tracing::warn!(component = "BOXES", path = %config.data_dir.display(), "the free space can't be read: {error}");
            None
        }
    }
}
