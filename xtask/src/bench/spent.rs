//! What a piece of work took: by the clock on the wall, and of a processor alone. The second is what the work itself costs;
//! the first also counts what else the machine did meanwhile, so that on a busy one only the second says whose fault it is.

use super::at;
use super::table::Table;
use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

/// How long something took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spent {
    /// By the clock.
    pub wall: Duration,
    /// Of a processor, in this thread.
    pub cpu: Duration,
}

/// Began to look.
#[derive(Debug, Clone, Copy)]
pub struct Watch {
    began: Instant,
    cpu: Duration,
}

impl Watch {
    /// From now on, in this thread.
    pub fn start() -> Self {
        Self {
            began: Instant::now(),
            cpu: of_the_processor(),
        }
    }

    /// Until now.
    pub fn spent(&self) -> Spent {
        Spent {
            wall: self.began.elapsed(),
            cpu: of_the_processor().saturating_sub(self.cpu),
        }
    }
}

/// What this thread took of a processor since it began.
fn of_the_processor() -> Duration {
    let taken = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(taken.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(taken.tv_nsec).unwrap_or(0))
}

/// So many pieces of work, each looked at.
pub fn timed(count: usize, mut work: impl FnMut(usize)) -> Vec<Spent> {
    (0..count)
        .map(|number| {
            let watch = Watch::start();
            work(number);
            watch.spent()
        })
        .collect()
}

/// In milliseconds.
pub fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}

/// Two rows: what so many of a hundred stayed below, in milliseconds, by the clock and of a processor.
pub fn most(table: &mut Table, what: &str, spans: &[Spent], part: usize, goal: f64) {
    let below = |mut spans: Vec<Duration>| millis(at(&mut spans, part));
    let wall = below(spans.iter().map(|span| span.wall).collect());
    let cpu = below(spans.iter().map(|span| span.cpu).collect());
    table.most(what, wall, goal, "ms");
    table.most(&format!("{what}, CPU time"), cpu, goal, "ms");
}
