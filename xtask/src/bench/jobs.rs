//! Jobs a second, end to end: every one a real process under the shim, every transition on disk, output captured.

use super::table::Table;
use super::{Ground, daemon, limits, peers, rate};
use reel_shared::request::SubmitRequest;
use reel_shared::workflow::WorkflowView;
use reel_tests::{Failure, Home, Result, command, wait_for_end};
use std::time::Instant;

/// The limit, ours and the peers', each thrice and in turn, so that the machine's moods meet all of them.
pub fn measure(ground: &Ground, count: usize) -> Result<Table> {
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        bare.push(limits::spawn(&ground.runtime, count)?);
        ours.push(once(ground, count)?);
    }
    let middle = |mut rates: Vec<f64>| {
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    };
    let (bare, ours) = (middle(bare), middle(ours));
    let mut table = Table::default();
    table.figure(
        "bare tokio spawn of /bin/true, two in flight",
        bare,
        "jobs/s",
    );
    table.figure(
        "reel: submitted one by one, two slots, durable",
        ours,
        "jobs/s",
    );
    table.least("reel to bare spawn", ours / bare, 0.6, "x");
    peers::jobs(&mut table, count, ours)?;
    Ok(table)
}

fn once(ground: &Ground, count: usize) -> Result<f64> {
    let (home, daemon) = daemon()?;
    let took = ground.runtime.block_on(async {
        let began = Instant::now();
        submit_all(&home, count).await?;
        // The last in the queue; whatever else still runs then is waited for as well.
        wait_for_end(&home, "the-last").await?;
        let active: Vec<WorkflowView> = active(&home).await?;
        for view in active {
            wait_for_end(&home, &view.id).await?;
        }
        Ok::<_, Failure>(began.elapsed())
    })?;
    daemon.terminate()?;
    Ok(rate(count, took))
}

/// Submits so many jobs one by one; the one that is called `the-last` goes last.
pub(super) async fn submit_all(home: &Home, count: usize) -> Result<()> {
    let mut client = home.client();
    let job = command(&["/bin/true"]);
    for number in 1..=count {
        let last = number == count;
        let job = SubmitRequest {
            id: last.then(|| "the-last".to_owned()),
            priority: last.then_some(-1000),
            ..job.clone()
        };
        let _: serde_json::Value = client
            .post("/api/workflow", &job)
            .await
            .map_err(Failure::at("a submit"))?;
    }
    Ok(())
}

/// The workflows that have not ended.
pub(super) async fn active(home: &Home) -> Result<Vec<WorkflowView>> {
    let page: serde_json::Value = home
        .client()
        .get("/api/workflow/active")
        .await
        .map_err(Failure::at("the active ones"))?;
    let list = page.as_array().or_else(|| {
        page.as_object()
            .and_then(|page| page.values().find_map(|value| value.as_array()))
    });
    let views = list
        .into_iter()
        .flatten()
        .cloned()
        .map(serde_json::from_value);
    views
        .collect::<std::result::Result<_, _>>()
        .map_err(Failure::at("the active ones"))
}
