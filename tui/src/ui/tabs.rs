//! The second line: the screens, or where an opened workflow stands and its tabs; on wide terminals a third with filter and
//! order.

use super::paint::{Run, put, runs, width};
use super::{format, theme};
use crate::app::App;
use crate::app::detail::{Detail, Tab};
use crate::app::view::Screen;
use crate::model::order::SortKey;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws both.
pub fn draw(app: &App, area: Rect, crumbs: Rect, buffer: &mut Buffer) {
    match &app.view.detail {
        Some(detail) => opened(app, detail, area, buffer),
        None => screens(app, area, crumbs, buffer),
    }
}

fn screens(app: &App, area: Rect, crumbs: Rect, buffer: &mut Buffer) {
    let mut x = 1;
    for (screen, key, title) in Screen::ALL {
        let chosen = screen == app.view.screen;
        let count = if screen == Screen::Active && app.shown().loaded {
            format!(" {}", app.view.active.total)
        } else {
            String::new()
        };
        let text = if chosen {
            format!("[{key} {title}{count}]")
        } else {
            format!(" {key} {title} ")
        };
        x = put(
            buffer,
            area,
            x,
            0,
            &text,
            if chosen { theme::BOLD } else { theme::PLAIN },
        );
    }
    let help = ": command   ? keys";
    let said = what_is_shown(app);
    if crumbs.is_empty() {
        let x = put(buffer, area, x + 2, 0, &said, theme::DIM);
        let start = area.width.saturating_sub(width("? keys") + 1);
        if x < start {
            put(buffer, area, start, 0, "? keys", theme::DIM);
        }
        return;
    }
    put(
        buffer,
        area,
        area.width.saturating_sub(width(help) + 1),
        0,
        help,
        theme::DIM,
    );
    put(buffer, crumbs, 1, 0, &said, theme::DIM);
}

/// Filter, order, marks.
fn what_is_shown(app: &App) -> String {
    let list = app.view.list();
    let mut said = Vec::new();
    if !list.filter.is_empty() {
        let hidden = list.total.saturating_sub(list.ids.len());
        said.push(format!("filter {} ({hidden} hidden)", list.filter.text()));
    }
    let arrow = if list.sort.reversed { " ▼" } else { "" };
    // History stands as the daemon lists it unless another order is chosen.
    let as_listed = app.view.screen == Screen::History && list.sort.key == SortKey::State;
    let word = if as_listed {
        "newest first"
    } else {
        list.sort.word()
    };
    said.push(format!("sort {word}{arrow}"));
    if !app.view.marks.is_empty() {
        said.push(format!("{} marked", app.view.marks.len()));
    }
    said.join("   ")
}

fn opened(app: &App, detail: &Detail, area: Rect, buffer: &mut Buffer) {
    let mut parts: Vec<Run<'_>> = Vec::new();
    let tabs: u16 = Tab::ALL.iter().map(|(_, title)| width(title) + 2).sum();
    let head = match app.row(&detail.id) {
        Some(row) => {
            let (sign, look) = theme::sign(row);
            let id = detail.id.get(..6).unwrap_or(&detail.id).to_owned();
            parts.push((format!(" {id} ").into(), theme::DIM));
            parts.push((row.name().into(), theme::BOLD));
            parts.push((format!("  {sign} ").into(), look));
            let word = app
                .under_way(row)
                .unwrap_or_else(|| row.status.word().replace('_', " "));
            parts.push((word.into(), look));
            let eta = format::eta(
                row,
                app.clock_ms(),
                app.link.is_fresh(app.now_ms) || app.view.frozen.is_some(),
            );
            if let Some(eta) = eta.filter(|_| row.is_active()) {
                parts.push((format!("  ETA {eta}").into(), theme::PLAIN));
            }
            if row.view.attempt > 1 {
                parts.push((
                    format!("  attempt {}", row.view.attempt).into(),
                    theme::PLAIN,
                ));
            }
            if row.view.priority != 0 {
                parts.push((format!("  prio {}", row.view.priority).into(), theme::PLAIN));
            }
            true
        }
        None => false,
    };
    if !head {
        parts.push((format!(" {} ", detail.id).into(), theme::BOLD));
    }
    let room = area.width.saturating_sub(tabs + 2);
    let narrow = room < 24;
    let line = if narrow {
        area
    } else {
        Rect {
            width: room,
            ..area
        }
    };
    runs(buffer, line, 0, 0, &parts);
    let mut x = room + 1;
    for (tab, title) in Tab::ALL {
        let chosen = tab == detail.tab;
        if narrow {
            if chosen {
                let text = format!("[{title}]");
                put(
                    buffer,
                    area,
                    area.width.saturating_sub(width(&text) + 1),
                    0,
                    &text,
                    theme::BOLD,
                );
            }
            continue;
        }
        let text = if chosen {
            format!("[{title}]")
        } else {
            format!(" {title} ")
        };
        x = put(
            buffer,
            area,
            x,
            0,
            &text,
            if chosen { theme::BOLD } else { theme::DIM },
        );
    }
}
