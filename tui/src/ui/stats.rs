//! Screen 6: how much went well, how long stages take, and what failed, folded by cause.

use super::paint::{Run, field, field_right, put, runs};
use super::pen::rule;
use super::rows::{self, Lines};
use super::{empty, format, theme};
use crate::app::App;
use crate::app::areas::{Areas, Width};
use crate::model::stats::{Family, Stats};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// A column of numbers, with the space before it.
const WIDE: u16 = 8;

/// Draws it.
pub fn draw(app: &App, areas: &Areas, buffer: &mut Buffer) {
    let area = areas.main;
    let view = &app.view.stats;
    let told: Vec<(usize, &Stats)> = (0..app.daemons())
        .filter_map(|daemon| Some((daemon, view.told.get(&(daemon, view.hours()))?)))
        .collect();
    if told.is_empty() {
        empty::stats(app, area, buffer);
        return;
    }
    let mut y = 0;
    for (daemon, stats) in &told {
        summary(app, *daemon, stats, area, &mut y, buffer);
    }
    y = throughput(app, area, y, buffer);
    let families = view.families.len();
    let left = area.height.saturating_sub(y);
    let wanted = u16::try_from(families.max(1))
        .unwrap_or(u16::MAX)
        .saturating_add(1);
    let below = wanted.min(left / 2).max(2.min(left));
    let times = Rect {
        y: area.y + y,
        height: left.saturating_sub(below),
        ..area
    };
    stages(app, &told, areas.width, times, buffer);
    let used = Rect {
        y: times.bottom(),
        height: below,
        ..area
    };
    causes(app, areas.width, used, buffer);
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A daemon's numbers in a line or two.
fn summary(app: &App, daemon: usize, stats: &Stats, area: Rect, y: &mut u16, buffer: &mut Buffer) {
    let view = &app.view.stats;
    let title = if app.several() {
        format!("{} ─ last {}", app.daemon_name(daemon), view.name())
    } else {
        format!("last {}", view.name())
    };
    rule(buffer, area, *y, &title, "< > another time", true);
    let videos = &stats.videos;
    let ended = videos.completed + videos.failed;
    let mut parts: Vec<Run<'_>> = Vec::new();
    match videos.success_rate {
        Some(rate) => {
            let look = if rate < 0.9 { theme::FAIL } else { theme::OK };
            parts.push((format!(" ok {}", percent(rate)).into(), look));
            parts.push((
                format!(" ({}/{ended})", videos.completed).into(),
                theme::PLAIN,
            ));
        }
        None => parts.push((" nothing ended".into(), theme::PLAIN)),
    }
    let double = view.told.get(&(daemon, view.hours() * 2));
    if let Some(before) = double.and_then(|double| stats.before(double)) {
        parts.push((format!("   before {}", percent(before)).into(), theme::DIM));
    }
    if videos.cancelled > 0 {
        parts.push((
            format!("   cancelled {}", videos.cancelled).into(),
            theme::DIM,
        ));
    }
    let times = stats.processing_time;
    if let (Some(p50), Some(p90)) = (times.p50, times.p90) {
        parts.push((
            format!("   took p50 {} p90 {}", took(p50), took(p90)).into(),
            theme::PLAIN,
        ));
    }
    let line = Rect {
        y: area.y + *y + 1,
        height: u16::from(area.height > *y + 1),
        ..area
    };
    runs(buffer, line, 0, 0, &parts);
    let free = stats.storage.free_bytes.map_or_else(String::new, |free| {
        format!(", {} free", format::bytes(free))
    });
    let hooks = &stats.webhooks;
    let text = format!(
        " kept {} in {} files{free}   webhooks {} delivered, {} failed",
        format::bytes(stats.storage.bytes),
        stats.storage.files,
        hooks.delivered,
        hooks.failed
    );
    if area.height > *y + 2 {
        put(buffer, area, 0, *y + 2, &text, theme::DIM);
    }
    *y += 3;
}

fn took(ms: f64) -> String {
    if ms < 10_000.0 {
        format!("{:.1}s", ms / 1000.0)
    } else {
        format::took(ms as i64)
    }
}

/// How many ended over the window.
fn throughput(app: &App, area: Rect, y: u16, buffer: &mut Buffer) -> u16 {
    let view = &app.view.stats;
    if view.ended.is_empty() || area.height <= y + 4 {
        return y;
    }
    let parts = usize::from(area.width.saturating_sub(34)).clamp(12, 48);
    let counts = app.ended_by_time(parts);
    let all: Vec<u64> = counts.iter().map(|(all, _)| *all).collect();
    let most = all.iter().copied().max().unwrap_or(0);
    let hours = f64::from(view.hours()) / parts as f64;
    let unit = if hours >= 1.0 {
        format!("{hours:.0} h")
    } else {
        format!("{:.0} min", hours * 60.0)
    };
    let more = if view.more { ", newest 200" } else { "" };
    let sparks = format::sparks(&all);
    let line = Rect {
        y: area.y + y,
        height: 1,
        ..area
    };
    runs(
        buffer,
        line,
        0,
        0,
        &[
            (" ended ".into(), theme::DIM),
            (sparks.into(), theme::RUN),
            (format!(" most {most} in {unit}{more}").into(), theme::DIM),
        ],
    );
    y + 1
}

fn stages(app: &App, told: &[(usize, &Stats)], size: Width, area: Rect, buffer: &mut Buffer) {
    if area.height < 2 {
        return;
    }
    let several = told.len() > 1;
    let count: usize = told.iter().map(|(_, stats)| stats.stages.len()).sum();
    rule(buffer, area, 0, &format!("stages {count}"), "", false);
    let wide = size >= Width::Narrow;
    let name_wide = match size {
        Width::Narrow => 16,
        _ if wide => 24,
        _ => 12,
    };
    let head = Rect {
        y: area.y + 1,
        height: 1,
        ..area
    };
    field(buffer, head, 1, 0, name_wide, "STAGE", theme::DIM);
    let columns = ["RUNS", "P50", "P90", "P99", "FAILED"];
    for (at, title) in (0u16..).zip(columns) {
        field_right(
            buffer,
            head,
            name_wide + 2 + at * WIDE,
            0,
            WIDE - 1,
            title,
            theme::DIM,
        );
    }
    let longest = told
        .iter()
        .flat_map(|(_, stats)| stats.stages.values())
        .filter_map(|one| one.p90.or(one.p50))
        .fold(1.0, f64::max);
    let lines = told
        .iter()
        .flat_map(|(daemon, stats)| stats.stages.iter().map(move |(id, one)| (*daemon, id, one)));
    let room = usize::from(area.height.saturating_sub(2));
    let mut ordered: Vec<_> = lines.collect();
    ordered.sort_by(|a, b| b.2.p50.unwrap_or(0.0).total_cmp(&a.2.p50.unwrap_or(0.0)));
    let hidden = ordered.len().saturating_sub(room);
    for (y, (daemon, id, one)) in (2u16..).zip(ordered.into_iter().take(room)) {
        let row = Rect {
            y: area.y + y,
            height: 1,
            ..area
        };
        let name = if several {
            format!("{id} {}", app.daemon_name(daemon))
        } else {
            id.clone()
        };
        field(buffer, row, 1, 0, name_wide, &name, theme::PLAIN);
        let time = |at: Option<f64>| at.map_or_else(|| "-".to_owned(), took);
        let cells = [
            (one.count.to_string(), theme::PLAIN),
            (time(one.p50), theme::PLAIN),
            (time(one.p90), theme::PLAIN),
            (time(one.p99), theme::PLAIN),
            (
                one.failed.to_string(),
                if one.failed > 0 {
                    theme::FAIL
                } else {
                    theme::DIM
                },
            ),
        ];
        for (at, (text, look)) in (0u16..).zip(cells) {
            field_right(
                buffer,
                row,
                name_wide + 2 + at * WIDE,
                0,
                WIDE - 1,
                &text,
                look,
            );
        }
        let x = name_wide + 2 + 5 * WIDE + 1;
        let room = row.width.saturating_sub(x + 1);
        if wide && room >= 8 {
            let cells = |at: f64| (at / longest * f64::from(room)).round() as usize;
            let (p50, p90) = (cells(one.p50.unwrap_or(0.0)), cells(one.p90.unwrap_or(0.0)));
            let bar = format!("{}{}", "█".repeat(p50), "─".repeat(p90.saturating_sub(p50)));
            put(buffer, row, x, 0, &bar, theme::DIM);
        }
    }
    if hidden > 0 {
        let text = format!(" {hidden} shorter ones more ");
        let x = area.width.saturating_sub(super::paint::width(&text) + 2);
        put(buffer, area, x, 0, &text, theme::DIM);
    }
}

fn causes(app: &App, size: Width, area: Rect, buffer: &mut Buffer) {
    let view = &app.view.stats;
    let failed: usize = view.families.iter().map(|one| one.keys.len()).sum();
    let title = format!("failures {failed} by cause");
    rule(
        buffer,
        area,
        0,
        &title,
        "Enter opens, r retries all of it",
        false,
    );
    if view.families.is_empty() {
        if area.height > 1 {
            put(buffer, area, 2, 1, "Nothing failed.", theme::OK);
        }
        return;
    }
    let room = usize::from(area.height.saturating_sub(1));
    let first = view
        .cursor
        .top
        .min(view.families.len().saturating_sub(room));
    let first = first
        .max((view.cursor.at + 1).saturating_sub(room))
        .min(view.cursor.at);
    let lines = Lines {
        top: first,
        at: view.cursor.at,
        chosen: true,
    };
    let all = view.families.iter();
    let below = rows::below_title(area);
    rows::draw(lines, all, below, buffer, |_, one, row, buffer| {
        cause(app, size, one, row, buffer);
    });
}

fn cause(app: &App, size: Width, one: &Family, row: Rect, buffer: &mut Buffer) {
    let zone = &app.settings.zone;
    field_right(
        buffer,
        row,
        1,
        0,
        5,
        &format!("×{}", one.keys.len()),
        theme::FAIL,
    );
    let stage = one.stage.as_deref().unwrap_or("");
    let mut x = 7;
    if size >= Width::Narrow {
        field(buffer, row, x, 0, 18, stage, theme::PLAIN);
        x += 19;
    }
    let since = format!(
        "since {}",
        format::day_or_clock(one.since_ms, app.now_ms, zone)
    );
    let mut behind = since;
    if let [only] = one.boxes.as_slice()
        && size >= Width::Strip
    {
        behind.push_str(&format!(", only {only}"));
    }
    let behind_wide = super::paint::width(&behind);
    let room = row.width.saturating_sub(x + behind_wide + 3);
    field(buffer, row, x, 0, room, &one.words, theme::PLAIN);
    field_right(
        buffer,
        row,
        x + room + 1,
        0,
        behind_wide,
        &behind,
        theme::DIM,
    );
}
