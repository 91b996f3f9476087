//! Marks: what acts mean instead of the row under the cursor. Workflows are marked on lists, deliveries on the Hooks screen.

use super::core::App;
use super::hooks::Pane;
use super::toast::Tone;
use super::view::Screen;
use std::collections::BTreeSet;

impl App {
    /// The things that can be marked here, in order, and where the cursor stands among them.
    fn markable(&self) -> (Vec<String>, usize) {
        if self.view.screen == Screen::Hooks {
            let hooks = &self.view.hooks;
            let ids = hooks.deliveries.iter().map(|one| one.delivery_id.clone());
            return (ids.collect(), hooks.cursor.at);
        }
        let list = self.view.list();
        (list.ids.iter().map(str::to_owned).collect(), list.at)
    }

    fn marks_mut(&mut self) -> &mut BTreeSet<String> {
        if self.view.screen == Screen::Hooks {
            &mut self.view.hooks.marks
        } else {
            &mut self.view.marks
        }
    }

    pub(super) fn mark(&mut self) {
        let (ids, at) = self.markable();
        let Some(id) = ids.get(at).cloned() else {
            return;
        };
        self.view.hooks.pane = Pane::Deliveries;
        let marks = self.marks_mut();
        if !marks.remove(&id) {
            marks.insert(id.clone());
        }
        self.view.mark_from = Some(id);
        self.marked();
        self.move_by(1);
    }

    /// All from the last mark to the cursor.
    pub(super) fn mark_range(&mut self) {
        let (ids, at) = self.markable();
        let from = self.view.mark_from.as_ref();
        let Some(from) = from.and_then(|id| ids.iter().position(|known| known == id)) else {
            self.say(
                Tone::Plain,
                "a range begins at the last mark: Space marks, then V at its other end",
            );
            return;
        };
        let range = from.min(at)..=from.max(at);
        let wanted: Vec<String> = ids.get(range).unwrap_or_default().to_vec();
        self.marks_mut().extend(wanted);
        self.marked();
    }

    pub(super) fn mark_all(&mut self) {
        let (ids, _) = self.markable();
        self.marks_mut().extend(ids);
        self.marked();
    }

    pub(super) fn invert_marks(&mut self) {
        let (ids, _) = self.markable();
        let marks = self.marks_mut();
        for id in ids {
            if !marks.remove(&id) {
                marks.insert(id);
            }
        }
        self.marked();
    }

    /// What is marked is at hand for acts, also where lists keep it packed.
    fn marked(&mut self) {
        if self.view.screen == Screen::History {
            self.unpack_marked();
        }
    }

    pub(super) fn clear_marks(&mut self) {
        self.marks_mut().clear();
        self.view.mark_from = None;
    }
}
