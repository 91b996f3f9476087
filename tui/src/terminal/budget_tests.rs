//! How many bytes a picture costs: the first, an idle one, a busy minute, a followed log.

use super::painter::Painter;
use super::tests::fifty;
use crate::app::fixture::{NOW, draw, feed, live, type_keys};
use crate::app::{App, Event};
use reel_shared::stream::Frame;

fn paint(app: &mut App, painter: &mut Painter) -> usize {
    let buffer = draw(app);
    painter.paint(&buffer, None).len()
}

#[test]
fn the_first_picture_fits_its_budget() {
    let mut app = fifty((120, 36));
    let mut painter = Painter::new((120, 36), true);
    let bytes = paint(&mut app, &mut painter);
    assert!(bytes <= 7_000, "{bytes} bytes");
}

#[test]
fn nothing_changed_nothing_written() {
    for size in [(120, 36), (80, 24), (40, 10)] {
        let mut app = live(size, vec![]);
        let mut painter = Painter::new(size, true);
        paint(&mut app, &mut painter);
        // Nine seconds of pings and moments that pass.
        for second in 1..10 {
            feed(&mut app, Frame::Ping);
            app.handle(Event::Tick, NOW + second * 1000);
            assert_eq!(paint(&mut app, &mut painter), 0);
        }
        app.handle(Event::Tick, NOW + 60_000);
        feed(&mut app, Frame::Ping);
        let minute = paint(&mut app, &mut painter);
        assert!((1..=40).contains(&minute), "{minute} bytes for a minute");
    }
}

/// Fifty workflows, twelve of them reporting ten times a second, four pictures a second.
#[test]
fn a_busy_minute_over_ssh_stays_within_its_budget() {
    for (size, mean) in [((120, 36), 500), ((200, 60), 800), ((80, 24), 400)] {
        let mut app = fifty(size);
        let mut painter = Painter::new(size, true);
        paint(&mut app, &mut painter);
        let (mut total, mut peak) = (0, 0);
        for second in 0..60 {
            let mut bytes = 0;
            for tick in 0..10 {
                let now = NOW + second * 1000 + tick * 100;
                app.handle(Event::Tick, now);
                for n in 0..12 {
                    let progress =
                        (f64::from(n) * 3.0 + (second * 10 + tick) as f64 / 40.0).min(99.0);
                    feed(
                        &mut app,
                        Frame::Progress {
                            workflow_id: format!("{n:02}aaaaaaaaaa"),
                            stage: "processing_video".into(),
                            progress,
                            workflow_progress: progress,
                            message: Some(format!("frame {} of 9000", second * 300 + tick * 30)),
                            eta_seconds: Some(900.0 - (second as f64)),
                        },
                    );
                }
                if tick == 0 || tick == 2 || tick == 5 || tick == 7 {
                    bytes += paint(&mut app, &mut painter);
                }
            }
            total += bytes;
            peak = peak.max(bytes);
        }
        assert!(total / 60 <= mean, "{} B/s at {size:?}", total / 60);
        assert!(peak <= 4_000, "{peak} B in one second at {size:?}");
    }
}

/// Twenty lines a second, four pictures a second.
#[test]
fn a_followed_log_stays_within_its_budget() {
    let mut app = fifty((120, 36));
    type_keys(&mut app, "l");
    let id = app.view.detail.as_ref().unwrap().id.clone();
    let mut painter = Painter::new((120, 36), true);
    let mut line = 0u64;
    let mut total = 0;
    for second in 0..20 {
        for picture in 0..4 {
            for _ in 0..5 {
                line += 1;
                feed(
                    &mut app,
                    Frame::Log {
                        workflow_id: id.clone(),
                        stage: "processing_video".into(),
                        timestamp: crate::app::fixture::ago(-second),
                        level: "info".into(),
                        line: match line % 4 {
                            0 => format!(
                                "frame={} fps=118 q=23.0 size={} MB speed=2.1x",
                                line * 59,
                                line / 3
                            ),
                            1 => format!(
                                "bitrate {} kb/s over target, buffer {} of 4096",
                                line * 7,
                                line % 97
                            ),
                            2 => format!("[libx264] I:{line} Avg QP:21.13 size: {}", line * 311),
                            _ => "a".repeat(usize::try_from(line % 60).unwrap_or(0)),
                        },
                        offset: (1 << 32) | line,
                    },
                );
            }
            let bytes = paint(&mut app, &mut painter);
            // The first picture of the log fills the screen.
            total += if second == 0 && picture == 0 {
                0
            } else {
                bytes
            };
        }
    }
    assert!(total / 20 <= 4_000, "{} B/s", total / 20);
}
