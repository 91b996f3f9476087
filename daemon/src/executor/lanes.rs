//! Plain threads that wait for programs: kept for the next job, made when all are busy, gone when idle for a while.
//!
//! There are as many as jobs at once, and jobs are bounded by the box's resources. Waiting in a plain thread and not in the
//! async runtime, because spawning and waiting there costs a short job a good part of its time.

use super::lock::lock;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// An idle thread stays so long.
const LINGER: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce() + Send>;

/// The threads.
#[derive(Default, Clone)]
pub struct Lanes {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    idle: usize,
}

impl Lanes {
    /// Runs this on a thread of its own: one that idles, or a new one.
    pub fn run(&self, job: impl FnOnce() + Send + 'static) {
        let mut queue = lock(&self.shared.queue);
        queue.jobs.push_back(Box::new(job));
        // Those that idle may not have taken what was queued before: this one must not wait behind it.
        if queue.idle >= queue.jobs.len() {
            drop(queue);
            self.shared.wake.notify_one();
            return;
        }
        drop(queue);
        let shared = Arc::clone(&self.shared);
        if let Err(error) = std::thread::Builder::new()
            .name("lane".to_owned())
            .spawn(move || shared.work())
        {
            // The job stays queued: the next lane that is free takes it.
            tracing::error!(component = "WORKER", %error, "no thread for a stage; it starts when another has ended");
        }
    }
}

impl Shared {
    fn work(&self) {
        let mut queue = lock(&self.queue);
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                drop(queue);
                job();
                queue = lock(&self.queue);
                continue;
            }
            queue.idle += 1;
            let (woken, timeout) = match self.wake.wait_timeout(queue, LINGER) {
                Ok(woken) => woken,
                Err(poisoned) => poisoned.into_inner(),
            };
            queue = woken;
            queue.idle -= 1;
            if timeout.timed_out() && queue.jobs.is_empty() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::sync_channel;

    #[test]
    fn jobs_never_wait_for_each_other() {
        let lanes = Lanes::default();
        for _ in 0..50 {
            let (first, at_first) = sync_channel::<()>(0);
            let (second, at_second) = sync_channel::<()>(0);
            // Each needs the other to be running.
            lanes.run(move || {
                at_first.recv().unwrap();
                second.send(()).unwrap();
            });
            let (done, is_done) = sync_channel(1);
            lanes.run(move || {
                first.send(()).unwrap();
                at_second.recv().unwrap();
                done.send(()).unwrap();
            });
            is_done.recv().unwrap();
        }
    }
}
