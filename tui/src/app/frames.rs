//! What the connection says: its state, and the frames of the stream.

use super::core::App;
use super::event::{Action, LinkEvent};
use super::toast::Tone;
use crate::model::link::Link;
use crate::model::log::{Level, Line, clean};
use crate::model::row::unix_ms;
use crate::model::span::EventLine;
use crate::model::words::Status;
use crate::model::{Applied, Row};
use reel_shared::stream::{Frame, LogSubscription};

/// Between two rings, in milliseconds.
const BELL_MS: i64 = 10_000;

impl App {
    pub(super) fn link_event(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::State(link) => {
                let live = link == Link::Live;
                self.link.link = link;
                self.changed = true;
                if live {
                    self.link.last_frame_ms = self.now_ms;
                    self.subscribe();
                }
            }
            LinkEvent::Rtt(ms) => {
                let before = self.link.shown(self.now_ms);
                // One slow answer is no slow line: the better of the last two counts.
                let last = self.link.measured_ms.replace(ms);
                self.link.rtt_ms = Some(last.map_or(ms, |last| last.min(ms)));
                self.changed |= before != self.link.shown(self.now_ms);
            }
            LinkEvent::Frame(frame) => {
                let was_fresh = self.link.is_fresh(self.now_ms);
                self.link.last_frame_ms = self.now_ms;
                self.changed |= !was_fresh;
                self.frame(*frame);
            }
        }
    }

    fn frame(&mut self, frame: Frame) {
        if let Frame::Log {
            workflow_id,
            stage,
            timestamp,
            level,
            line,
            offset,
        } = frame
        {
            self.log_line(&workflow_id, stage, &timestamp, &level, &line, offset);
            return;
        }
        self.keep_event(&frame);
        match self.model.apply(frame, self.now_ms) {
            Applied::Nothing => {}
            Applied::Hello { .. } => self.changed = true,
            Applied::Progress => {
                self.changed = true;
                // Only some orders move with progress.
                self.list_changed |= self.view.active.sort.key != Default::default();
            }
            Applied::Snapshot { missed } => {
                if missed > 0 {
                    self.say(Tone::Plain, format!("{missed} events missed, refetched"));
                }
                self.seen();
                self.view.history.outdated = true;
                self.refetch_detail();
                self.check_question();
                self.touch_all();
            }
            Applied::Changed {
                id, before, at_ms, ..
            } => {
                self.seen();
                let after = self.model.rows.get(&id).map(|row| row.status);
                self.note_move(before.as_ref().map(|row| row.status), after);
                self.announce(&id, before.as_deref(), at_ms);
                self.check_question();
                self.changed = true;
                self.list_changed = true;
            }
            Applied::Elsewhere { .. } => {
                self.seen();
                self.call_once(super::call::Call::Attention);
            }
            Applied::Gap { expected, got } => {
                // The socket loses nothing: a second gap right after a fresh snapshot is how this stream is numbered.
                if self.model.instance.is_some()
                    && self
                        .view
                        .toasts
                        .standing()
                        .iter()
                        .any(|t| t.text.starts_with(GAP))
                {
                    self.model.gaps_allowed = true;
                } else {
                    self.say(
                        Tone::Plain,
                        format!(
                            "{GAP} {expected} to {}: asking for a fresh picture",
                            got - 1
                        ),
                    );
                }
                self.out.push(Action::Resync);
            }
        }
    }

    /// The next connection resumes behind what is folded in.
    fn seen(&mut self) {
        if let Some(instance) = self.model.instance.clone() {
            self.out.push(Action::Seen {
                seq: self.model.seq,
                instance,
            });
        }
    }

    /// The open workflow's events grow with the stream.
    fn keep_event(&mut self, frame: &Frame) {
        let Frame::Event {
            seq,
            timestamp,
            workflow_id: Some(id),
            kind,
            data,
            ..
        } = frame
        else {
            return;
        };
        let Some(detail) = self.view.detail.as_mut().filter(|detail| detail.id == *id) else {
            return;
        };
        let line = EventLine {
            seq: *seq,
            timestamp: timestamp.clone(),
            kind: kind.clone(),
            data: data.clone(),
        };
        detail.events.insert(*seq, line);
    }

    fn log_line(
        &mut self,
        id: &str,
        stage: String,
        timestamp: &str,
        level: &str,
        line: &str,
        offset: u64,
    ) {
        let now = self.now_ms;
        let Some(detail) = self.view.detail.as_mut().filter(|detail| detail.id == id) else {
            return;
        };
        let line = Line {
            offset,
            at_ms: unix_ms(timestamp).unwrap_or(now),
            level: Level::read(level),
            stage,
            text: clean(line),
        };
        if detail.log.push(line) {
            self.log_changed = true;
            self.changed = true;
        }
    }

    /// Follows the open workflow's log, from where it was left.
    pub(super) fn subscribe(&mut self) {
        let wanted = self.view.detail.as_ref().map(|detail| {
            let row = self.row(&detail.id);
            let runs = |stage: &str| {
                row.is_some_and(|row| {
                    row.stages
                        .iter()
                        .any(|known| known.id == stage && known.view.status == "in_progress")
                })
            };
            LogSubscription {
                id: detail.id.clone(),
                stage: None,
                offset: detail.log.resume(runs),
            }
        });
        self.out
            .push(Action::Subscribe(wanted.into_iter().collect()));
    }

    /// Says what a person would want to know at once.
    fn announce(&mut self, id: &str, before: Option<&Row>, at_ms: i64) {
        let Some(row) = self.model.row(id) else {
            return;
        };
        let name = row.name().to_owned();
        let time = crate::ui::format::clock(at_ms, &self.settings.zone);
        let was = before.map(|before| before.status);
        let asked = before.is_some_and(Row::asks);
        let told = if was == Some(row.status) {
            (row.asks() && !asked).then(|| (Tone::Plain, asks(row)))
        } else {
            match row.status {
                Status::Completed => Some((Tone::Good, format!("{name} done {time}"))),
                Status::Cancelled => Some((Tone::Plain, format!("{name} cancelled {time}"))),
                Status::Failed => {
                    let why = row
                        .view
                        .error
                        .as_ref()
                        .map_or("no reason was told", |error| error.message.as_str());
                    Some((Tone::Bad, format!("{name} failed: {why}")))
                }
                _ if row.asks() && !asked => Some((Tone::Plain, asks(row))),
                _ => None,
            }
        };
        if row.status.is_terminal() {
            self.view.history.outdated = true;
        }
        if let Some((tone, text)) = told {
            if !self.view.focused && self.now_ms - self.belled_ms >= BELL_MS {
                self.belled_ms = self.now_ms;
                self.out.push(Action::Bell);
            }
            self.say(tone, text);
        }
    }
}

const GAP: &str = "events are missing:";

/// What a workflow asks, in words.
fn asks(row: &Row) -> String {
    let question = row
        .view
        .gates
        .iter()
        .flat_map(|gate| &gate.questions)
        .map(|question| question.question.as_str())
        .next();
    match question {
        Some(question) => format!("{} asks: {question}", row.name()),
        None => format!(
            "{} waits for a confirmation: reel confirm {}",
            row.name(),
            row.view.id
        ),
    }
}
