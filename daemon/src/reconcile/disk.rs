//! Watches the free space of the data directory: below `[retention] min_free_disk` nothing new starts, and it goes on by
//! itself. Results that were kept for reuse give way first. The same loop puts the ballast back after the disk was full.

use super::Context;
use rustix::fs::statvfs;
use std::time::Duration;

/// A disk gives no signal.
const PERIOD: Duration = Duration::from_secs(5);
/// Leaving the low state takes this much more than entering it, so that it doesn't flap.
const MARGIN: u64 = 64 << 20;

pub(super) async fn run(context: Context) {
    let mut low = false;
    loop {
        let (limit, dir) = {
            let config = context.config.borrow();
            (config.retention.min_free_disk, config.data_dir.clone())
        };
        match statvfs(&dir) {
            Ok(disk) => {
                let free = disk.f_bavail.saturating_mul(disk.f_frsize);
                let now = if low {
                    free < limit.saturating_add(MARGIN.min(limit / 8))
                } else {
                    free < limit
                };
                if now {
                    // What can be made again gives way to what can't.
                    let wanted = limit.saturating_add(MARGIN.min(limit / 8));
                    make_room(&context, wanted.saturating_sub(free)).await;
                }
                if now != low || context.engine.disk_is_low() != now {
                    low = now;
                    if let Err(error) = context.engine.hold(Some(now), None).await {
                        tracing::warn!(
                            component = "QUEUE_MANAGER",
                            "the disk's state was not noted: {error}"
                        );
                    }
                }
            }
            Err(error) => {
                tracing::warn!(component = "QUEUE_MANAGER", path = %dir.display(), "the free space can't be read: {error}");
            }
        }
        tokio::select! {
            () = context.stop.cancelled() => return,
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}

/// Lets kept results of so many bytes go.
async fn make_room(context: &Context, bytes: u64) {
    let cache = context.cache.clone();
    let gone = tokio::task::spawn_blocking(move || cache.give_up(bytes)).await;
    if let Err(error) = gone {
        tracing::warn!(
            component = "CACHE",
            "what is kept could not give way to the low disk: {error}"
        );
    }
}
