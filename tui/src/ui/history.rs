//! Screen 3: what ended, newest first, a page at a time.

use super::{active, empty};
use crate::app::App;
use crate::app::areas::Areas;
use ratatui::buffer::Buffer;

/// The list, or why there is none.
pub fn draw(app: &App, areas: &Areas, buffer: &mut Buffer) {
    let list = &app.view.ended;
    let history = &app.view.history;
    let mut title = format!(
        "ended {} of {}",
        list.ids.len(),
        history.total.max(list.total as u64)
    );
    if history.outdated && history.loaded {
        title.push_str(", more ended since: C-r");
    }
    active::table(app, list, areas, &title, buffer);
    if list.ids.is_empty() {
        empty::history(app, active::inside(areas), buffer);
    }
}
