//! What is looked up beside the stream for an opened workflow: its deliveries, usual times, the last good run; and what a
//! person takes away: the screen as text, how the links stand.

use super::call::{Call, Failure};
use super::core::App;
use super::detail::{Comparison, Tab};
use super::event::Action;
use super::popup::Popup;
use super::toast::Tone;
use crate::model::key;
use crate::model::stats::StageStats;
use reel_shared::workflow::WorkflowView;
use serde_json::Value;

/// Usual times are of so many hours.
pub const USUAL_HOURS: u32 = 168;

impl App {
    /// Asks for what the opened tab shows beyond the stream.
    pub(super) fn fetch_tab(&mut self) {
        let Some(detail) = &self.view.detail else {
            return;
        };
        let (id, tab) = (detail.id.clone(), detail.tab);
        let daemon = key::split(&id).0;
        if !self.reaches(&id) {
            return;
        }
        match tab {
            Tab::Timeline if !self.view.stats.told.contains_key(&(daemon, USUAL_HOURS)) => {
                self.call_once(Call::Stats {
                    daemon,
                    hours: USUAL_HOURS,
                });
            }
            Tab::Hooks => {
                self.call_once(Call::Endpoints { daemon });
                self.call_once(Call::Failed { daemon, offset: 0 });
                let endpoints: Vec<String> = self
                    .view
                    .hooks
                    .endpoints
                    .iter()
                    .map(|one| one.webhook_id.clone())
                    .filter(|id| key::split(id).0 == daemon)
                    .collect();
                for id in endpoints {
                    self.call_once(Call::Deliveries { id, offset: 0 });
                }
            }
            _ => {}
        }
    }

    /// The usual times of a stage at a daemon, over all pipelines.
    #[must_use]
    pub fn usual(&self, key: &str, stage: &str) -> Option<StageStats> {
        let daemon = key::split(key).0;
        let stats = self.view.stats.told.get(&(daemon, USUAL_HOURS))?;
        stats.stages.get(stage).copied().filter(|one| one.count > 0)
    }

    /// Puts the last good run of the same pipeline beside the current workflow.
    pub(super) fn compare(&mut self) {
        let Some(row) = self.current() else { return };
        let (id, pipeline) = (row.key.clone(), row.view.pipeline.clone());
        if !self.reaches(&id) {
            self.say(
                Tone::Bad,
                "not connected: the last good run can't be asked for",
            );
            return;
        }
        if self.view.detail.is_none() {
            self.open_detail(id.clone(), Tab::Timeline);
        }
        if let Some(detail) = &mut self.view.detail {
            detail.compare = Some(Comparison::default());
        }
        self.view.popup = Some(Popup::Compare { top: 0 });
        self.call_once(Call::LastGood {
            id: id.clone(),
            pipeline,
        });
        self.call_once(Call::LogPage { id });
    }

    pub(super) fn last_good_told(&mut self, id: &str, result: Result<Value, Failure>) {
        let now = self.now_ms;
        let daemon = key::split(id).0;
        let found = result.map_err(|failure| failure.message).and_then(|value| {
            let listed = value["workflows"].as_array().cloned().unwrap_or_default();
            listed
                .into_iter()
                .filter_map(|one| serde_json::from_value::<WorkflowView>(one).ok())
                .map(|view| self.model_of(daemon).row_of(view, now))
                .find(|row| row.key != id)
                .ok_or_else(|| "no run of this pipeline has ended well yet".to_owned())
        });
        let Some(detail) = self.view.detail.as_mut().filter(|detail| detail.id == id) else {
            return;
        };
        let compare = detail.compare.get_or_insert_default();
        match found {
            Ok(row) => {
                let other = row.key.clone();
                compare.other = Some(row);
                self.call_once(Call::LogPage { id: other });
            }
            Err(why) => compare.problem = Some(why),
        }
    }

    /// A log's first lines, of the opened workflow or of the one beside it.
    pub(super) fn log_page_told(&mut self, id: &str, result: Result<Value, Failure>) {
        let Some(compare) = self
            .view
            .detail
            .as_mut()
            .and_then(|detail| detail.compare.as_mut())
        else {
            return;
        };
        let lines = result.map(|value| {
            let listed = value["lines"].as_array().cloned().unwrap_or_default();
            listed
                .iter()
                .map(|line| {
                    let stage = line["stage"].as_str().unwrap_or_default();
                    let text = line["line"].as_str().unwrap_or_default();
                    format!("{stage} {}", crate::model::log::clean(text))
                })
                .collect::<Vec<_>>()
        });
        let lines = Some(lines.unwrap_or_default());
        if compare.other.as_ref().is_some_and(|row| row.key == id) {
            compare.other_log = lines;
        } else {
            compare.own_log = lines;
        }
    }

    /// The log of the opened workflow as its lines stand, else the screen, as text in a file.
    pub(super) fn save_screen(&mut self, path: &str) {
        let text = match &self.view.detail {
            Some(detail)
                if matches!(detail.tab, Tab::Timeline | Tab::Logs) && !path.ends_with(".svg") =>
            {
                log_text(detail)
            }
            _ => {
                let (columns, rows) = self.view.size;
                let area = ratatui::layout::Rect::new(0, 0, columns, rows);
                let mut buffer = ratatui::buffer::Buffer::empty(area);
                crate::ui::draw(self, &mut buffer);
                if path.ends_with(".svg") {
                    crate::ui::svg::svg(&buffer, "reel")
                } else {
                    let mut text = crate::ui::lines(&buffer).join("\n");
                    text.push('\n');
                    text
                }
            }
        };
        self.out.push(Action::Save {
            path: path.to_owned(),
            text,
        });
    }

    /// How each link stands, and what the terminal was written.
    pub(super) fn show_net(&mut self) {
        let mut lines = Vec::new();
        for (daemon, link) in self.links() {
            let model = self.model_of(daemon);
            lines.push(format!("{} at {}", self.daemon_name(daemon), link.target));
            let rtt = link
                .rtt_ms
                .map_or_else(|| "not measured".to_owned(), |ms| format!("{ms} ms"));
            let age = (self.now_ms - link.last_frame_ms).max(0) / 1000;
            lines.push(format!(
                "  {}, there and back {rtt}, last heard {age} s ago, event {}, reeld {}",
                link.shown(self.now_ms).word(),
                model.seq,
                if model.version.is_empty() {
                    "?"
                } else {
                    &model.version
                },
            ));
        }
        lines.push(String::new());
        let (bytes, pictures) = self.written;
        lines.push(format!(
            "{pictures} pictures in {bytes} bytes were written to this terminal"
        ));
        lines.push(format!("{} requests are under way", self.calls.len()));
        self.view.popup = Some(Popup::Text {
            title: "links".to_owned(),
            lines,
            top: 0,
        });
    }
}

/// The lines that pass, of those that were looked at, as text.
fn log_text(detail: &super::detail::Detail) -> String {
    let mut text = String::new();
    let mut places = detail.log_view.passing.places.iter().copied().peekable();
    let Some(first) = places.peek().copied() else {
        return text;
    };
    let mut room = crate::model::log::Lines::default();
    detail.log.read(first..u32::MAX, &mut room, |seen| {
        if places.peek() == Some(&seen.place) {
            places.next();
            let at = crate::ui::format::rfc3339(seen.at_ms);
            let level = seen.level.word();
            text.push_str(&format!("{at} {level} {} {}\n", seen.stage, seen.text));
        }
        places.peek().is_some()
    });
    text
}
