//! The list below 60 columns: a card of two lines for each workflow.

use super::columns::outlook;
use super::paint::{field, field_right, put, width};
use super::{format, theme};
use crate::app::App;
use crate::app::list::ListView;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The cards from the list's first row on.
pub fn draw(app: &App, list: &ListView, buffer: &mut Buffer, area: Rect) {
    let room = usize::from(area.height / 2);
    for (line, id) in list.ids.iter().skip(list.top).take(room).enumerate() {
        let Some(row) = app.row(id) else { continue };
        let y = u16::try_from(line * 2).unwrap_or(0);
        let under_cursor = list.cursor.as_deref() == Some(id);
        let (sign, look) = theme::sign(row);
        if under_cursor {
            put(buffer, area, 0, y, "▌", theme::BOLD);
            put(buffer, area, 0, y + 1, "▌", theme::BOLD);
        }
        if app.view.marks.contains(id) {
            put(buffer, area, 1, y, "●", theme::BOLD);
        }
        put(buffer, area, 2, y, sign, look);
        let name_width = area.width.saturating_sub(10);
        field(buffer, area, 4, y, name_width, row.name(), theme::PLAIN);
        field_right(
            buffer,
            area,
            area.width.saturating_sub(5),
            y,
            4,
            &format::percent(row.view.progress),
            theme::PLAIN,
        );
        let (words, words_look) = outlook(app, row);
        let x = put(
            buffer,
            Rect {
                width: area.width.min(12),
                ..area
            },
            4,
            y + 1,
            row.view.id.get(..6).unwrap_or(&row.view.id),
            theme::DIM,
        );
        let stages = format::stages(row);
        put(buffer, area, x + 1, y + 1, &stages, theme::PLAIN);
        let taken = x + 2 + width(&stages);
        let room = area.width.saturating_sub(taken + 1);
        field_right(
            buffer,
            area,
            taken,
            y + 1,
            room,
            &words,
            words_look.unwrap_or(theme::PLAIN),
        );
        if under_cursor {
            let card = Rect {
                x: area.x + 1,
                y: area.y + y,
                width: area.width.saturating_sub(1),
                height: 2,
            };
            buffer.set_style(
                card.intersection(buffer.area).intersection(area),
                theme::CURSOR,
            );
        }
    }
}
