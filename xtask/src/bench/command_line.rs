//! `reel run` as a process of its own, against the least that a client could be: the same submit, sent by a static
//! program that does nothing else.

use super::table::Table;
use super::{Ground, daemon, limits, peers};
use reel_tests::{Failure, Result, command};
use serde_json::{Value, json};
use std::process::Command;

const CALLS: usize = 300;

/// Both in turn, thrice.
pub fn measure(ground: &Ground) -> Result<Table> {
    let (home, daemon) = daemon()?;
    ground
        .runtime
        .block_on(async { home.client().post::<Value>("/api/drain", &json!({})).await })
        .map_err(Failure::at("the drain"))?;
    let body = serde_json::to_string(&command(&["/bin/true"])).map_err(Failure::at("a request"))?;
    let request = home.root().join("request");
    let head = "POST /api/workflow HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json";
    std::fs::write(
        &request,
        format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()),
    )
    .map_err(Failure::at("a file"))?;
    let bare = || {
        let mut command = Command::new(ground.programs.join("bare-call"));
        command.arg(home.socket()).arg(&request);
        command
    };
    let ours = || {
        let mut command = Command::new(ground.programs.join("reel"));
        command
            .arg("--connect")
            .arg(format!("unix:{}", home.socket().display()))
            .args(["run", "--", "/bin/true"]);
        command
    };
    let (mut floor, mut reel) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        floor.push(limits::calls(CALLS, bare)?);
        reel.push(limits::calls(CALLS, ours)?);
    }
    floor.sort_by(f64::total_cmp);
    reel.sort_by(f64::total_cmp);
    let mut table = Table::default();
    table.figure("bare static program, the same submit", floor[1], "calls/s");
    table.figure("reel run", reel[1], "calls/s");
    table.least(
        "reel run to the bare program",
        reel[1] / floor[1],
        0.75,
        "x",
    );
    peers::calls(&mut table, CALLS, reel[1])?;
    daemon.terminate()?;
    Ok(table)
}
