//! The dashboard with much: a million lines of a log, a hundred thousand workflows that ended.

use super::spent::{Watch, most, timed};
use super::table::Table;
use super::tui::{NOW, Shown, fifty, line, own_memory, workflow};
use reel::app::Event;
use reel_shared::workflow::WorkflowView;
use reel_tests::{Failure, Result};
use serde_json::{Value, json};

/// A million lines, of which each says something else.
pub(super) fn lines(table: &mut Table) -> Result<()> {
    let before = own_memory()?;
    let mut shown = Shown::new((120, 36), fifty()?, true);
    shown.paint();
    shown.key("l", NOW);
    for number in 0..1_000_000 {
        shown.feed(line(number), NOW);
    }
    shown.paint();
    shown.scan();
    table.most(
        "memory for a million log lines",
        own_memory()? - before,
        40.0,
        "MiB",
    );
    let kept = |shown: &Shown| {
        shown
            .app
            .view
            .detail
            .as_ref()
            .map_or(0, |detail| detail.log.len())
    };
    if kept(&shown) < 990_000 {
        return Err(Failure::new(format!(
            "of a million lines {} are kept",
            kept(&shown)
        )));
    }
    let spans = timed(200, |number| {
        shown.feed(line(1_000_000 + number as u64), NOW + number as i64);
        shown.paint();
    });
    most(
        table,
        "a picture with them, following, p99",
        &spans,
        99,
        5.0,
    );
    let spans = timed(200, |number| {
        shown.key("PgUp", NOW + number as i64);
        shown.paint();
    });
    most(
        table,
        "a picture with them, scrolling, p99",
        &spans,
        99,
        5.0,
    );
    // The pattern stands in the oldest and the newest lines; typed key by key, then once as a whole.
    let watch = Watch::start();
    for key in [
        ":", "s", "e", "a", "r", "c", "h", "Space", "=", "1", "7", "7", "Space", "M",
    ] {
        shown.key(key, NOW);
    }
    shown.key("Enter", NOW);
    shown.paint();
    most(
        table,
        "a search through them, the first found",
        &[watch.spent()],
        100,
        30.0,
    );
    let slices = shown.scan();
    most(
        table,
        "a search through them, all found",
        &[watch.spent()],
        100,
        300.0,
    );
    most(
        table,
        "between two looks at the keys meanwhile, p99",
        &slices,
        99,
        16.0,
    );
    let watch = Watch::start();
    shown.key("L", NOW);
    shown.key("L", NOW);
    shown.paint();
    shown.scan();
    most(
        table,
        "another level, all looked at",
        &[watch.spent()],
        100,
        300.0,
    );
    Ok(())
}

/// A hundred thousand ended workflows, paged through to the end.
pub(super) fn history(table: &mut Table) -> Result<()> {
    const PAGES: u64 = 500;
    let mut shown = Shown::new((120, 36), fifty()?, true);
    shown.key("3", NOW);
    shown.paint();
    let mut before = 0.0;
    for page in 0..PAGES {
        if page == 1 {
            // What reading a page takes is taken once.
            before = own_memory()?;
        }
        let ticket = shown
            .app
            .calls
            .iter()
            .find(|(_, call)| matches!(call, reel::app::call::Call::History { .. }))
            .map(|(ticket, _)| *ticket);
        let Some(ticket) = ticket else {
            return Err(Failure::new("the dashboard asks for no further page"));
        };
        let data: Value = json!({ "workflows": ended(page)?, "total": PAGES * 200 });
        let result = Ok(data);
        shown.app.handle(Event::Reply { ticket, result }, NOW);
        shown.paint();
        shown.key("G", NOW);
    }
    shown.paint();
    let count = shown.app.view.ended.ids.len();
    table.most(
        &format!("memory for {count} ended workflows"),
        own_memory()? - before,
        15.0,
        "MiB",
    );
    let spans = timed(300, |number| {
        shown.key(if number % 2 == 0 { "k" } else { "j" }, NOW + number as i64);
        shown.paint();
    });
    most(table, "a picture with them, p99", &spans, 99, 5.0);
    let spans = timed(20, |number| {
        shown.key(if number == 0 { "/" } else { "1" }, NOW + number as i64);
        shown.paint();
    });
    most(table, "a key of a filter over them", &spans, 99, 10.0);
    Ok(())
}

/// A page of what ended, as different from each other as workflows are.
fn ended(page: u64) -> Result<Vec<WorkflowView>> {
    (0..200)
        .map(|at| {
            let number = page * 200 + at;
            let status = if number.is_multiple_of(17) {
                "failed"
            } else {
                "completed"
            };
            let mut view = workflow(&format!("h{number:011}"), status, 100.0)?;
            view.name = format!("lecture {} of course {}", number % 40, number / 40);
            view.user_id = format!("person-{}", number % 60);
            let ended = NOW - i64::try_from(number).unwrap_or(0) * 30_000;
            let written =
                |ms: i64| jiff::Timestamp::from_millisecond(ms).map(|at| format!("{at:.3}"));
            let written = |ms| written(ms).map_err(Failure::at("a time"));
            view.created_at = written(ended - 700_000 - i64::try_from(number % 977).unwrap_or(0))?;
            view.started_at = written(ended - 600_000)?;
            view.updated_at = written(ended)?;
            view.completed_at = Some(written(ended)?);
            Ok(view)
        })
        .collect()
}
