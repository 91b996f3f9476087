//! Screen 4: endpoints, their deliveries, and beside them the one under the cursor: every attempt, the receiver's answer, and
//! what is sent now beside what was accepted last.

use super::paint::{field, field_right, frame, put, width};
use super::pen::{Pen, rule};
use super::rows::{self, Lines};
use super::{empty, format, theme};
use crate::app::App;
use crate::app::areas::{Areas, Width};
use crate::app::hooks::Pane;
use crate::model::hooks::{Delivery, Endpoint};
use crate::model::row::unix_ms;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Draws it.
pub fn draw(app: &App, areas: &Areas, buffer: &mut Buffer) {
    let hooks = &app.view.hooks;
    if !hooks.loaded && hooks.endpoints.is_empty() {
        empty::hooks(app, areas.main, buffer);
        return;
    }
    let (above, below) = areas.hooks_split(hooks.endpoints.len() + 1);
    endpoints(app, above, buffer);
    deliveries(app, areas.width, below, buffer);
    if !areas.preview.is_empty() {
        let title = app
            .delivery()
            .map_or("", |one| crate::model::key::id(&one.delivery_id));
        let inside = frame(buffer, areas.preview, title, theme::DIM, theme::BOLD);
        let text = Rect {
            x: inside.x + 1,
            width: inside.width.saturating_sub(2),
            ..inside
        };
        about(app, text, buffer);
    } else if !areas.strip.is_empty() {
        let mut pen = Pen::new(buffer, areas.strip);
        let title = app.delivery().map_or("", |one| one.event_type.as_str());
        pen.rule(title);
        let inside = Rect {
            x: areas.strip.x + 1,
            y: areas.strip.y + 1,
            width: areas.strip.width.saturating_sub(2),
            height: areas.strip.height.saturating_sub(1),
        };
        about(app, inside, buffer);
    }
}

fn endpoints(app: &App, area: Rect, buffer: &mut Buffer) {
    let hooks = &app.view.hooks;
    let chosen = hooks.pane == Pane::Endpoints;
    let off = hooks.endpoints.iter().filter(|one| !one.active).count();
    let said = if off > 0 {
        format!("{off} off, e enables")
    } else {
        String::new()
    };
    let title = format!("endpoints {}", hooks.endpoints.len());
    rule(buffer, area, 0, &title, &said, chosen);
    let kept: u64 = app.models().map(|model| model.hooks.kept).sum();
    let lines = Lines {
        top: hooks.picked.top,
        at: hooks.picked.at,
        chosen,
    };
    // The first line stands for what failed, whoever it was meant for.
    let all = std::iter::once(None).chain(hooks.endpoints.iter().map(Some));
    let below = rows::below_title(area);
    rows::draw(lines, all, below, buffer, |_, one, row, buffer| {
        let Some(one) = one else {
            let look = if kept > 0 { theme::FAIL } else { theme::PLAIN };
            let sign = if kept > 0 { "!" } else { "✓" };
            put(buffer, row, 2, 0, sign, look);
            let text = match kept {
                0 => "no delivery failed".to_owned(),
                1 => "1 delivery failed".to_owned(),
                many => format!("{many} deliveries failed"),
            };
            put(buffer, row, 4, 0, &text, theme::BOLD);
            return;
        };
        endpoint(app, one, row, buffer);
    });
}

fn endpoint(app: &App, one: &Endpoint, row: Rect, buffer: &mut Buffer) {
    let (sign, look, state) = match (&one.disabled_reason, one.active) {
        (_, true) if one.failing_since.is_some() => ("~", theme::ASK, "failing".to_owned()),
        (_, true) => ("✓", theme::OK, "on".to_owned()),
        (Some(reason), false) => ("!", theme::FAIL, format!("off: {reason}")),
        (None, false) => ("‖", theme::PAUSE, "off".to_owned()),
    };
    put(buffer, row, 2, 0, sign, look);
    let events = one.events.join(" ");
    let state_wide = width(&state).min(row.width / 3).max(3);
    let events_wide = if row.width >= 70 {
        width(&events).clamp(1, row.width / 4)
    } else {
        0
    };
    let url_wide = row
        .width
        .saturating_sub(4 + state_wide + 2 + events_wide + 2);
    let mut url = one.url.clone();
    if app.several() {
        let daemon = crate::model::key::split(&one.webhook_id).0;
        url = format!("{} {url}", app.daemon_name(daemon));
    }
    field(buffer, row, 4, 0, url_wide, &url, theme::PLAIN);
    let mut x = 4 + url_wide + 1;
    if events_wide > 0 {
        field(buffer, row, x, 0, events_wide, &events, theme::DIM);
        x += events_wide + 2;
    }
    field_right(
        buffer,
        row,
        x,
        0,
        row.width.saturating_sub(x + 1),
        &state,
        look,
    );
}

fn sign(one: &Delivery) -> (&'static str, Style) {
    match one.status.as_str() {
        "delivered" => ("✓", theme::OK),
        "failed" => ("!", theme::FAIL),
        _ if one.attempts.is_empty() => ("·", theme::DIM),
        _ => ("↻", theme::RETRY),
    }
}

fn deliveries(app: &App, size: Width, area: Rect, buffer: &mut Buffer) {
    let hooks = &app.view.hooks;
    let chosen = hooks.pane == Pane::Deliveries;
    let title = match hooks.endpoint() {
        None => format!("failed deliveries {}", hooks.total()),
        Some(_) => format!("deliveries {}", hooks.total()),
    };
    let said = match (hooks.marks.len(), hooks.endpoint().is_some()) {
        (0, false) if hooks.total() > 0 => "R again, A all again".to_owned(),
        (0, _) => "newest first".to_owned(),
        (marked, _) => format!("{marked} marked: R sends them again"),
    };
    rule(buffer, area, 0, &title, &said, chosen);
    if hooks.deliveries.is_empty() {
        let below = Rect {
            y: area.y + 1,
            height: area.height.saturating_sub(1),
            ..area
        };
        empty::deliveries(app, below, buffer);
        return;
    }
    let lines = Lines {
        top: hooks.cursor.top,
        at: hooks.cursor.at,
        chosen,
    };
    let all = hooks.deliveries.iter();
    let below = rows::below_title(area);
    rows::draw(lines, all, below, buffer, |_, one, row, buffer| {
        delivery(app, size, one, row, buffer);
    });
}

fn delivery(app: &App, size: Width, one: &Delivery, row: Rect, buffer: &mut Buffer) {
    if app.view.hooks.marks.contains(&one.delivery_id) {
        put(buffer, row, 1, 0, "●", theme::BOLD);
    }
    let zone = &app.settings.zone;
    let (sign, look) = sign(one);
    put(buffer, row, 2, 0, sign, look);
    let when = one
        .created_ms()
        .map_or_else(String::new, |at| format::day_or_clock(at, app.now_ms, zone));
    field(buffer, row, 4, 0, 6, &when, theme::DIM);
    field(buffer, row, 11, 0, 18, &one.event_type, theme::PLAIN);
    let name = one.video_id.as_ref().map_or("", |id| {
        app.row(id)
            .map_or(crate::model::key::id(id), |row| row.name())
    });
    let mut x = 30;
    if size >= Width::Narrow {
        let wide = (row.width / 4).clamp(8, 24);
        field(buffer, row, x, 0, wide, name, theme::PLAIN);
        x += wide + 1;
    }
    let tries = format!("try {}", one.attempts.len());
    field(buffer, row, x, 0, 6, &tries, theme::DIM);
    x += 7;
    let (text, look) = outcome(app, one);
    let room = row.width.saturating_sub(x + 1);
    field(buffer, row, x, 0, room, &text, look);
}

/// How the last attempt went, and when the next one is.
fn outcome(app: &App, one: &Delivery) -> (String, Style) {
    let last = one.last().map_or_else(String::new, |last| {
        format!("{} {}", last.outcome(), last.said())
    });
    let next = one.next_attempt_at.as_deref().and_then(unix_ms);
    match (one.status.as_str(), next) {
        ("failed", _) => (last, theme::FAIL),
        ("pending", Some(at)) if at > app.now_ms => (
            format!("{last}  next in {}", format::duration(at - app.now_ms)),
            theme::PLAIN,
        ),
        _ => (last, theme::PLAIN),
    }
}

/// The delivery under the cursor: where to, every attempt, the answer, the bodies.
fn about(app: &App, area: Rect, buffer: &mut Buffer) {
    let Some(one) = app.delivery() else { return };
    let zone = &app.settings.zone;
    let mut pen = Pen::new(buffer, area);
    if let Some(url) = &one.url {
        pen.line(url, theme::PLAIN);
    }
    let most = usize::from(pen.room() / 3).clamp(1, 8);
    let skipped = one.attempts.len().saturating_sub(most);
    for attempt in one.attempts.iter().skip(skipped) {
        let at =
            unix_ms(&attempt.at).map_or_else(String::new, |at| format::clock_seconds(at, zone));
        let good = attempt
            .status
            .is_some_and(|status| (200..300).contains(&status));
        let look = if good { theme::OK } else { theme::FAIL };
        pen.parts(&[
            (format!("#{:<2} {at} ", attempt.number).into(), theme::DIM),
            (attempt.outcome().into(), look),
            (format!("  {} ms", attempt.latency).into(), theme::DIM),
        ]);
    }
    let answer = one
        .last()
        .and_then(|last| last.response.as_deref())
        .unwrap_or_default();
    if !answer.trim().is_empty() && pen.room() > 1 {
        pen.line("answered:", theme::DIM);
        let text = crate::model::log::clean(answer.trim());
        let most = usize::from(pen.room() / 2).clamp(1, 6);
        pen.text(&text, theme::PLAIN, most);
    }
    if pen.room() > 3 {
        pen.gap();
        let beside = pair(app, one);
        for (line, look) in beside.into_iter().take(usize::from(pen.room())) {
            pen.line(&line, look);
        }
    }
}

/// The body that is sent and the one accepted last, as one text: what is new and what is gone stands out.
#[must_use]
pub fn pair(app: &App, one: &Delivery) -> Vec<(String, Style)> {
    let hooks = &app.view.hooks;
    let Some(whole) = hooks.whole.get(&one.delivery_id) else {
        return vec![("asking for its body…".to_owned(), theme::DIM)];
    };
    let body = whole.body_lines();
    let accepted = one
        .webhook_id
        .as_ref()
        .and_then(|id| hooks.accepted.get(id))
        .cloned()
        .flatten()
        .filter(|id| *id != one.delivery_id);
    let Some(before) = accepted.as_ref().and_then(|id| hooks.whole.get(id)) else {
        let mut lines = vec![(
            "this body (nothing was accepted there lately):".to_owned(),
            theme::DIM,
        )];
        lines.extend(body.into_iter().map(|line| (line, theme::PLAIN)));
        return lines;
    };
    let at = before
        .created_ms()
        .map_or_else(String::new, |at| format::clock(at, &app.settings.zone));
    let mut lines = vec![(
        format!("+ in this body, - in the one taken at {at}:"),
        theme::DIM,
    )];
    for (side, text) in difference(&before.body_lines(), &body) {
        let (lead, look) = match side {
            Side::Same => ("  ", theme::PLAIN),
            Side::New => ("+ ", theme::ASK),
            Side::Gone => ("- ", theme::DIM),
        };
        lines.push((format!("{lead}{text}"), look));
    }
    lines
}

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// In both.
    Same,
    /// In the later one alone.
    New,
    /// In the earlier one alone.
    Gone,
}

/// Lines beyond this many are compared by place alone.
const COMPARED: usize = 400;

/// Two texts as one, by their longest common part.
#[must_use]
pub fn difference(before: &[String], after: &[String]) -> Vec<(Side, String)> {
    let (n, m) = (before.len().min(COMPARED), after.len().min(COMPARED));
    let mut longest = vec![vec![0u16; m + 1]; n + 1];
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            longest[i][j] = if before[i] == after[j] {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::new();
    while i < n || j < m {
        if i < n && j < m && before[i] == after[j] {
            out.push((Side::Same, after[j].clone()));
            i += 1;
            j += 1;
        } else if j < m && (i == n || longest[i][j + 1] > longest[i + 1][j]) {
            out.push((Side::New, after[j].clone()));
            j += 1;
        } else if i < n {
            out.push((Side::Gone, before[i].clone()));
            i += 1;
        } else {
            out.push((Side::New, after[j].clone()));
            j += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_difference_holds_both_texts(before in prop::collection::vec("[abc]", 0..12), after in prop::collection::vec("[abc]", 0..12)) {
            let both = difference(&before, &after);
            let of = |kept: &[Side]| both.iter().filter(|(side, _)| kept.contains(side)).map(|(_, text)| text.clone()).collect::<Vec<_>>();
            prop_assert_eq!(of(&[Side::Same, Side::New]), after);
            prop_assert_eq!(of(&[Side::Same, Side::Gone]), before);
        }
    }
}
