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

/// The screens' names as they stand, each with its column.
fn names(app: &App, area: Rect) -> Vec<(u16, Screen, [Run<'static>; 3])> {
    let wide = area.width >= 110;
    let short = area.width < 80;
    let mut names = Vec::new();
    let mut x = 1;
    for (screen, key, title, brief) in Screen::ALL {
        let chosen = screen == app.view.screen;
        let (count, look) = count(app, screen);
        // The narrower, the less is said: only the chosen screen and those that want an eye have a name.
        let title = match (wide, short) {
            (true, _) => title,
            (false, true) if !chosen && count.is_empty() => "",
            _ => brief,
        };
        let space = if title.is_empty() { "" } else { " " };
        let count = match (count.is_empty(), wide || chosen) {
            (true, _) => String::new(),
            (false, true) => format!(" {count}"),
            (false, false) => count,
        };
        let lead = if chosen { "[" } else { " " };
        let tail = match (chosen, wide) {
            (true, _) => "]",
            (false, _) if !short => " ",
            (false, _) => "",
        };
        let name = if chosen { theme::BOLD } else { theme::PLAIN };
        let parts = [
            (format!("{lead}{key}{space}{title}").into(), name),
            (count.into(), if chosen { theme::BOLD } else { look }),
            (tail.into(), name),
        ];
        let needed: u16 = parts.iter().map(|(text, _): &Run<'_>| width(text)).sum();
        if x + needed > area.width {
            break;
        }
        names.push((x, screen, parts));
        x += needed;
    }
    names
}

/// The screen whose name stands at a column.
#[must_use]
pub fn screen_at(app: &App, area: Rect, column: u16) -> Option<Screen> {
    let names = names(app, area);
    let found = names.iter().rev().find(|(x, ..)| *x <= column)?;
    let wide: u16 = found.2.iter().map(|(text, _)| width(text)).sum();
    (column < found.0 + wide).then_some(found.1)
}

/// The columns that the tabs of an opened workflow take, and where they begin; none where only the chosen one is named.
fn tabs_from(area: Rect) -> Option<u16> {
    let tabs: u16 = Tab::ALL.iter().map(|(_, title)| width(title) + 2).sum();
    let room = area.width.saturating_sub(tabs + 2);
    (room >= 24).then_some(room + 1)
}

/// The tab whose title stands at a column.
#[must_use]
pub fn tab_at(area: Rect, column: u16) -> Option<Tab> {
    let mut x = tabs_from(area)?;
    for (tab, title) in Tab::ALL {
        let end = x + width(title) + 2;
        if (x..end).contains(&column) {
            return Some(tab);
        }
        x = end;
    }
    None
}

fn screens(app: &App, area: Rect, crumbs: Rect, buffer: &mut Buffer) {
    let mut x = 1;
    for (_, _, parts) in names(app, area) {
        x = runs(buffer, area, x, 0, &parts);
    }
    let said = what_is_shown(app);
    if crumbs.is_empty() {
        let start = area.width.saturating_sub(width("? keys") + 1);
        let room = Rect {
            width: start.saturating_sub(1),
            ..area
        };
        if x + 12 < room.width {
            put(buffer, room, x + 2, 0, &said, theme::DIM);
        }
        if x < start {
            put(buffer, area, start, 0, "? keys", theme::DIM);
        }
        return;
    }
    let help = ": command   ? keys";
    let start = area.width.saturating_sub(width(help) + 1);
    if x < start {
        put(buffer, area, start, 0, help, theme::DIM);
    }
    put(buffer, crumbs, 1, 0, &said, theme::DIM);
}

/// What a screen's name is told with: how many, and a sign where a person is wanted.
fn count(app: &App, screen: Screen) -> (String, ratatui::style::Style) {
    let none = (String::new(), theme::PLAIN);
    if !app.loaded() {
        return none;
    }
    match screen {
        Screen::Active => (app.view.active.total.to_string(), theme::DIM),
        Screen::Asks => match app.asks_count() {
            0 => none,
            asks => (format!("{asks}?"), theme::ASK),
        },
        Screen::Hooks => {
            let bad: u64 = app
                .models()
                .map(|model| model.hooks.kept + model.hooks.disabled)
                .sum();
            match bad {
                0 => none,
                bad => (format!("{bad}!"), theme::FAIL),
            }
        }
        Screen::History | Screen::Queue | Screen::Stats | Screen::Events => none,
    }
}

/// Filter, order, marks.
fn what_is_shown(app: &App) -> String {
    let view = &app.view;
    let mut said = Vec::new();
    match view.screen {
        Screen::Active | Screen::Asks | Screen::History => {}
        Screen::Hooks => {
            return match view.hooks.endpoint() {
                Some(one) => format!("deliveries to {}", one.url),
                None => "all that failed".to_owned(),
            };
        }
        Screen::Queue => {
            return match view.queue.draft.len() {
                0 => "boxes and the line before them".to_owned(),
                many => format!("a draft of {many}: nothing is sent yet"),
            };
        }
        Screen::Stats => return format!("last {}", view.stats.name()),
        Screen::Events => {
            return match view.events.filter.as_str() {
                "" => format!("{} events, newest first", view.events.kept.len()),
                filter => format!(
                    "filter {filter} ({} of {})",
                    view.events.shown.len(),
                    view.events.kept.len()
                ),
            };
        }
    }
    let list = view.list();
    if app.several() {
        said.push("all boxes".to_owned());
    }
    if !list.filter.is_empty() {
        let hidden = list.total.saturating_sub(list.ids.len());
        said.push(format!("filter {} ({hidden} hidden)", list.filter.text()));
    }
    let arrow = if list.sort.reversed { " ▼" } else { "" };
    // History stands as the daemon lists it unless another order is chosen.
    let as_listed = view.screen == Screen::History && list.sort.key == SortKey::State;
    let word = if as_listed {
        "newest first"
    } else {
        list.sort.word()
    };
    said.push(format!("sort {word}{arrow}"));
    if !view.marks.is_empty() {
        said.push(format!("{} marked", view.marks.len()));
    }
    said.join("   ")
}

fn opened(app: &App, detail: &Detail, area: Rect, buffer: &mut Buffer) {
    let mut parts: Vec<Run<'_>> = Vec::new();
    let head = match app.row(&detail.id) {
        Some(row) => {
            let (sign, look) = theme::sign(row);
            let id = crate::model::key::id(&detail.id);
            let id = id.get(..6).unwrap_or(id).to_owned();
            parts.push((format!(" {id} ").into(), theme::DIM));
            parts.push((row.name().into(), theme::BOLD));
            parts.push((format!("  {sign} ").into(), look));
            let word = app
                .under_way(row)
                .unwrap_or_else(|| match row.asks() && row.is_active() {
                    true => "asks".to_owned(),
                    false => row.status.word().replace('_', " "),
                });
            parts.push((word.into(), look));
            let eta = format::eta(row, app.clock_ms(), app.is_fresh(row));
            if app.several() {
                let daemon = crate::model::key::split(&detail.id).0;
                parts.push((
                    format!("  on {}", app.daemon_name(daemon)).into(),
                    theme::DIM,
                ));
            }
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
    let from = tabs_from(area);
    let narrow = from.is_none();
    let chosen = Tab::ALL.iter().find(|(tab, _)| *tab == detail.tab);
    let alone = chosen.map_or(0, |(_, title)| width(title) + 4);
    let line = Rect {
        width: from.map_or(area.width.saturating_sub(alone), |from| from - 1),
        ..area
    };
    // What it is called and how it stands matter more than its id.
    let wanted: u16 = parts.iter().map(|(text, _)| width(text)).sum();
    if head && wanted > line.width {
        parts[0].0 = " ".into();
    }
    runs(buffer, line, 0, 0, &parts);
    let mut x = from.unwrap_or(0);
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
