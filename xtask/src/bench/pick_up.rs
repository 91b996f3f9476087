//! From the call to the running program: the program's first act is to tell. The floor is one durable write and then the
//! same program, started directly.

use super::table::Table;
use super::{Ground, at, daemon, limits};
use reel_tests::{Failure, Result, command, wait_for_end};
use serde_json::Value;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const COUNT: usize = 200;

/// Both, one call at a time, each after the one before has ended.
pub fn measure(ground: &Ground) -> Result<Table> {
    let (home, daemon) = daemon()?;
    let path = home.root().join("told");
    let told = UnixDatagram::bind(&path).map_err(Failure::at("a socket"))?;
    told.set_read_timeout(Some(reel_tests::LIMIT))
        .map_err(Failure::at("a socket"))?;
    let program = ground.programs.join("bare-call");
    let (program, address) = (program.display().to_string(), path.display().to_string());
    let wait = || {
        told.recv(&mut [0; 8])
            .map(drop)
            .map_err(Failure::at("the program never started"))
    };

    let (mut floor, mut ours): (Vec<Duration>, Vec<Duration>) = (Vec::new(), Vec::new());
    let mut client = home.client();
    let job = command(&[&program, "tell", &address]);
    // In turn, so that the machine's moods meet both.
    for _ in 0..COUNT {
        let began = Instant::now();
        limits::fdatasync(home.root(), 1)?;
        let child = Command::new(&program)
            .args(["tell", &address])
            .stdin(Stdio::null())
            .spawn();
        let mut child = child.map_err(Failure::at("the program"))?;
        wait()?;
        floor.push(began.elapsed());
        child.wait().map_err(Failure::at("the program"))?;

        let began = Instant::now();
        let posted = client.post::<Value>("/api/workflow", &job);
        let made = ground
            .runtime
            .block_on(posted)
            .map_err(Failure::at("a submit"))?;
        wait()?;
        ours.push(began.elapsed());
        let id = made["id"].as_str().unwrap_or_default();
        ground.runtime.block_on(wait_for_end(&home, id))?;
    }
    daemon.terminate()?;
    let millis = |span: Duration| span.as_secs_f64() * 1e3;
    let (floor50, floor99) = (at(&mut floor, 50), at(&mut floor, 99));
    let (ours50, ours99) = (at(&mut ours, 50), at(&mut ours, 99));
    let mut table = Table::default();
    table.figure(
        "floor: one fdatasync, then the program, p50",
        millis(floor50),
        "ms",
    );
    table.figure("floor, p99", millis(floor99), "ms");
    table.figure("reel: call to running program, p50", millis(ours50), "ms");
    table.figure("reel, p99", millis(ours99), "ms");
    table.most(
        "reel to the floor, p50",
        millis(ours50) / millis(floor50),
        1.5,
        "x",
    );
    table.most(
        "reel to the floor, p99",
        millis(ours99) / millis(floor99),
        3.0,
        "x",
    );
    Ok(table)
}
