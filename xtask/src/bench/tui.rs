//! The dashboard: what a picture takes, what it writes, how soon it is there. Pictures are timed in this process, without a
//! terminal; starts, idle and keys on a real one.

use super::idle::Usage;
use super::spent::{Spent, Watch, most, timed};
use super::table::Table;
use super::{Ground, tui_much, tui_terminal};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use reel::app::{App, Event, LinkEvent, Settings};
use reel::input::Key;
use reel::model::link::Link;
use reel::terminal::painter::Painter;
use reel::ui;
use reel_shared::stream::Frame;
use reel_shared::workflow::WorkflowView;
use reel_tests::{Failure, Result};
use serde_json::json;

/// The moment that pictures begin at, in Unix milliseconds.
pub(super) const NOW: i64 = 1_795_159_860_000;

/// Measures all of it.
pub fn measure(ground: &Ground) -> Result<Table> {
    let mut table = Table::default();
    pictures(&mut table)?;
    bytes(&mut table)?;
    logs(&mut table)?;
    tui_much::lines(&mut table)?;
    tui_much::history(&mut table)?;
    // What was measured without a terminal stands, whatever happens on one.
    if let Err(failure) = tui_terminal::measure(ground, &mut table) {
        table.failed("in a terminal", &failure.to_string());
    }
    Ok(table)
}

pub(super) fn workflow(id: &str, status: &str, progress: f64) -> Result<WorkflowView> {
    let stage = |title: &str, status: &str| {
        json!({"title": title, "status": status, "progress": progress, "attempts": 1,
        "startedAt": "2026-11-20T07:21:00.000Z", "needs": [], "outputs": {}})
    };
    let rest = if status == "running" {
        "pending"
    } else {
        "completed"
    };
    let at_work = if status == "running" {
        "in_progress"
    } else {
        status
    };
    serde_json::from_value(json!({
        "id": id, "videoId": id, "pipeline": "video", "name": format!("lecture {id}"), "userId": "ana", "status": status,
        "currentState": status, "progress": progress, "attempt": 1, "priority": 0, "params": {"prompt": "A video of a sunset"},
        "createdAt": "2026-11-20T07:20:00.000Z", "startedAt": "2026-11-20T07:21:00.000Z", "updatedAt": "2026-11-20T07:31:00.000Z",
        "estimatedTimeRemaining": 740.0, "etaLow": 600.0, "etaHigh": 860.0, "box": "box-a",
        "stages": {"generating_tts": stage("t", "completed"), "transcribing": stage("c", "completed"),
            "processing_video": stage("p", at_work), "thumbnails": stage("h", rest)},
    }))
    .map_err(Failure::at("a workflow"))
}

fn id(number: usize) -> String {
    format!("{number:04}aaaaaaaa")
}

pub(super) struct Shown {
    pub(super) app: App,
    painter: Painter,
    buffer: Buffer,
}

impl Shown {
    pub(super) fn new(size: (u16, u16), workflows: Vec<WorkflowView>, colours: bool) -> Self {
        let settings = Settings::default();
        let mut app = App::of(
            vec!["unix:/run/reel/reeld.sock".to_owned()],
            settings,
            size,
            NOW,
        );
        app.handle(Event::link(LinkEvent::State(Link::Live)), NOW);
        let mut shown = Self {
            app,
            painter: Painter::new(size, colours),
            buffer: Buffer::empty(Rect::new(0, 0, size.0, size.1)),
        };
        shown.feed(
            Frame::Hello {
                protocol: reel_shared::PROTOCOL,
                version: "0".into(),
                host: "box-a".into(),
                instance: "i".into(),
                seq: 0,
            },
            NOW,
        );
        let (queue, webhooks, attention) = (json!({}), json!({}), json!({}));
        shown.feed(
            Frame::Snapshot {
                seq: 1,
                workflows,
                queue,
                webhooks,
                attention,
            },
            NOW,
        );
        shown
    }

    pub(super) fn feed(&mut self, frame: Frame, now: i64) {
        self.app
            .handle(Event::link(LinkEvent::Frame(Box::new(frame))), now);
    }

    pub(super) fn key(&mut self, name: &str, now: i64) {
        if let Some(key) = Key::read(name) {
            self.app.handle(Event::Key(key), now);
        }
    }

    /// A picture; how many bytes it took.
    pub(super) fn paint(&mut self) -> usize {
        if !self.app.settle() {
            return 0;
        }
        let cursor = ui::draw(&self.app, &mut self.buffer);
        self.painter.paint(&self.buffer, cursor).len()
    }

    /// Lets it look at all lines of the log; what each slice took.
    pub(super) fn scan(&mut self) -> Vec<Spent> {
        let mut slices = Vec::new();
        while self.app.is_scanning() {
            let watch = Watch::start();
            self.app.handle(Event::Tick, NOW);
            slices.push(watch.spent());
        }
        if slices.is_empty() {
            slices.push(Spent::default());
        }
        slices
    }

    /// Twelve of the workflows report.
    fn report(&mut self, tick: i64) {
        let now = NOW + tick * 100;
        self.app.handle(Event::Tick, now);
        for number in 0..12 {
            #[allow(clippy::cast_precision_loss, reason = "ticks of a minute")]
            let progress = (number as f64 * 3.0 + tick as f64 / 40.0).min(99.0);
            let frame = Frame::Progress {
                workflow_id: id(number),
                stage: "processing_video".into(),
                progress,
                workflow_progress: progress,
                message: Some(format!("frame {} of 9000", tick * 3)),
                eta_seconds: Some(900.0),
            };
            self.feed(frame, now);
        }
    }
}

pub(super) fn fifty() -> Result<Vec<WorkflowView>> {
    (0..50)
        .map(|number| workflow(&id(number), "running", 10.0))
        .collect()
}

fn pictures(table: &mut Table) -> Result<()> {
    for (size, p50, p99) in [((120, 36), Some(0.5), 3.0), ((200, 60), None, 5.0)] {
        let mut shown = Shown::new(size, fifty()?, true);
        shown.paint();
        let spans = timed(600, |tick| {
            shown.report(i64::try_from(tick).unwrap_or(0));
            shown.paint();
        });
        let name = format!("a picture at {}x{}, 50 workflows", size.0, size.1);
        if let Some(goal) = p50 {
            most(table, &format!("{name}, p50"), &spans, 50, goal);
        }
        most(table, &format!("{name}, p99"), &spans, 99, p99);
    }
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "bytes of a minute")]
fn bytes(table: &mut Table) -> Result<()> {
    let mut first = Shown::new((120, 36), fifty()?, true);
    table.most("first picture at 120x36", first.paint() as f64, 7000.0, "B");
    let cases = [
        ((120, 36), 4, true, 500.0),
        ((200, 60), 4, true, 800.0),
        ((80, 24), 4, true, 400.0),
        ((120, 36), 2, false, 250.0),
    ];
    for (size, a_second, colours, goal) in cases {
        let mut shown = Shown::new(size, fifty()?, colours);
        shown.paint();
        let (mut total, mut peak) = (0, 0);
        for second in 0..60 {
            let mut written = 0;
            for tick in 0..10 {
                shown.report(second * 10 + tick);
                if tick % (10 / a_second) == 0 && tick / (10 / a_second) < a_second {
                    written += shown.paint();
                }
            }
            total += written;
            peak = peak.max(written);
        }
        let link = if colours {
            "ssh"
        } else {
            "slow link, no colours"
        };
        let name = format!("50 at 10 Hz, {}x{}, {link}", size.0, size.1);
        table.most(
            &format!("{name}: mean"),
            f64::from(u32::try_from(total / 60).unwrap_or(u32::MAX)),
            goal,
            "B/s",
        );
        table.most(&format!("{name}: worst second"), peak as f64, 4000.0, "B");
    }
    Ok(())
}

pub(super) fn line(number: u64) -> Frame {
    Frame::Log {
        workflow_id: id(0),
        stage: "processing_video".into(),
        timestamp: "2026-11-20T07:31:00.000Z".into(),
        level: "info".into(),
        line: format!(
            "frame={} fps=118 q=23.0 size={} MB speed=2.1x",
            number * 59,
            number / 40
        ),
        offset: (1 << 32) | number,
    }
}

#[allow(clippy::cast_precision_loss, reason = "bytes of a few seconds")]
fn logs(table: &mut Table) -> Result<()> {
    for (a_second, goal) in [(20, 4000.0), (200, 12_000.0)] {
        let mut shown = Shown::new((120, 36), fifty()?, true);
        // The cursor stands on the first row as soon as that is drawn.
        shown.paint();
        shown.key("l", NOW);
        for number in 0..200 {
            shown.feed(line(number), NOW);
        }
        shown.paint();
        let mut written = 0;
        for quarter in 0..80u64 {
            let now = NOW + i64::try_from(quarter).unwrap_or(0) * 250;
            for number in 0..a_second / 4 {
                shown.feed(line(200 + quarter * (a_second / 4) + number), now);
            }
            shown.app.handle(Event::Tick, now);
            written += shown.paint();
        }
        table.most(
            &format!("log followed at {a_second} lines/s"),
            written as f64 / 20.0,
            goal,
            "B/s",
        );
    }
    Ok(())
}

pub(super) fn own_memory() -> Result<f64> {
    Ok(Usage::of(std::process::id())?.resident)
}
