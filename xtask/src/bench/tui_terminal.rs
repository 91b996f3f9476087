//! The dashboard on a real terminal: its start, its idle, a key under load, a daemon that restarts, a terminal that goes.

use super::idle::Usage;
use super::spent::millis;
use super::table::Table;
use super::{Ground, at, daemon};
use reel_tests::{Daemon, Failure, Result, Screen, command};
use std::time::{Duration, Instant};

/// On a terminal, with a daemon.
pub fn measure(ground: &Ground, table: &mut Table) -> Result<()> {
    let (home, first) = daemon()?;
    let began = Instant::now();
    let mut screen = Screen::open(&home, 120, 36, &[])?;
    screen.until(|text| text.contains("Active"))?;
    table.most(
        "start to the first picture",
        millis(began.elapsed()),
        50.0,
        "ms",
    );
    screen.until(|text| text.contains("LIVE"))?;
    table.most("start to live data", millis(began.elapsed()), 150.0, "ms");
    let pid = screen
        .pid()
        .ok_or_else(|| Failure::new("reel has no process"))?;
    std::thread::sleep(Duration::from_secs(3));
    screen.text();
    let (usage, written) = (Usage::of(pid)?, screen.written);
    std::thread::sleep(Duration::from_secs(20));
    screen.text();
    let after = Usage::of(pid)?;
    // Twenty seconds hold at most one change of the clock.
    #[allow(clippy::cast_precision_loss, reason = "a few bytes")]
    table.most(
        "idle for 20 s",
        (screen.written - written) as f64,
        40.0,
        "B",
    );
    table.most("idle: of a core", after.core_since(&usage, 20.0), 0.1, "%");
    table.most("idle: resident memory", after.resident, 20.0, "MiB");
    let busy = "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo \"::progress $((i/30)) step $i\"; echo line $i; sleep 0.02; done";
    for _ in 0..2 {
        let request = command(&["/bin/sh", "-c", busy]);
        ground
            .runtime
            .block_on(reel_tests::submit(&home, &request))?;
    }
    screen.until(|text| text.contains("▶"))?;
    let mut spans = Vec::new();
    for number in 0..40 {
        let opens = number % 2 == 0;
        let began = Instant::now();
        screen.press("?")?;
        screen.until(|text| text.contains("Esc closes") == opens)?;
        spans.push(began.elapsed());
    }
    table.most(
        "a key to its bytes under load, p99",
        millis(at(&mut spans, 99)),
        16.0,
        "ms",
    );
    first.kill()?;
    screen.until(|text| !text.contains("LIVE"))?;
    let second = Daemon::start(&home)?;
    let began = Instant::now();
    screen.until(|text| text.contains("LIVE"))?;
    table.most(
        "live again after the daemon's restart",
        began.elapsed().as_secs_f64(),
        2.0,
        "s",
    );
    let began = Instant::now();
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(i32::try_from(pid).unwrap_or(0))
            .ok_or_else(|| Failure::new("reel has no process"))?,
        rustix::process::Signal::HUP,
    )
    .map_err(Failure::at("hanging up"))?;
    screen.ended()?;
    table.most(
        "ended after the terminal is gone",
        began.elapsed().as_secs_f64(),
        1.0,
        "s",
    );
    second.terminate().map(drop)
}
