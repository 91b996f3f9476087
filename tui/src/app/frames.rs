//! What the connection says: its state, and the frames of the stream.

use super::core::App;
use super::event::{Action, LinkEvent};
use super::toast::Tone;
use super::view::Screen;
use crate::config::Occasion;
use crate::model::link::Link;
use crate::model::log::{Level, Line, clean};
use crate::model::row::unix_ms;
use crate::model::span::EventLine;
use crate::model::words::Status;
use crate::model::{Applied, Row};
use crate::model::{asked, happening, key};
use reel_shared::stream::{Frame, LogSubscription};

impl App {
    pub(super) fn link_event(&mut self, daemon: usize, event: LinkEvent) {
        if daemon >= self.daemons() {
            return;
        }
        let now = self.now_ms;
        match event {
            LinkEvent::State(state) => {
                let live = state == Link::Live;
                self.note_link(daemon, &state);
                let link = self.link_mut(daemon);
                link.link = state;
                self.changed = true;
                if live {
                    self.link_mut(daemon).last_frame_ms = now;
                    self.subscribe();
                }
            }
            LinkEvent::Rtt(ms) => {
                let link = self.link_mut(daemon);
                let before = link.shown(now);
                // One slow answer is no slow line: the better of the last two counts.
                let last = link.measured_ms.replace(ms);
                link.rtt_ms = Some(last.map_or(ms, |last| last.min(ms)));
                let differs = before != link.shown(now);
                self.changed |= differs;
            }
            LinkEvent::Frame(frame) => {
                let link = self.link_mut(daemon);
                let was_fresh = link.is_fresh(now);
                link.last_frame_ms = now;
                self.changed |= !was_fresh;
                self.frame(daemon, *frame);
            }
        }
    }

    fn frame(&mut self, daemon: usize, frame: Frame) {
        if let Frame::Log {
            workflow_id,
            stage,
            timestamp,
            level,
            line,
            offset,
        } = frame
        {
            self.log_line(
                &key::of(daemon, &workflow_id),
                stage,
                &timestamp,
                &level,
                &line,
                offset,
            );
            return;
        }
        self.keep_event(daemon, &frame);
        let now = self.now_ms;
        match self.model_mut(daemon).apply(frame, now) {
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
                self.seen(daemon);
                self.view.history.outdated = true;
                self.refetch_screen();
                self.refetch_detail();
                self.check_question();
                self.touch_all();
            }
            Applied::Changed {
                id, before, at_ms, ..
            } => {
                self.seen(daemon);
                let after = self.model_of(daemon).rows.get(&id).map(|row| row.status);
                self.note_move(before.as_ref().map(|row| row.status), after);
                self.announce(&key::of(daemon, &id), before.as_deref(), at_ms);
                self.check_question();
                self.changed = true;
                self.list_changed = true;
            }
            Applied::Elsewhere { kind } => {
                self.seen(daemon);
                if kind == "endpoint.disabled" {
                    let text = "a webhook endpoint was disabled: 4 shows it";
                    self.notify(Occasion::Hook, text);
                    self.view.toasts.say(Tone::Bad, text, now);
                }
                self.call_once(super::call::Call::Attention { daemon });
                self.view.hooks.outdated |= kind.starts_with("endpoint");
                if self.view.screen == Screen::Hooks {
                    self.fetch_hooks();
                }
            }
            Applied::Gap { expected, got } => {
                // The socket loses nothing: a second gap right after a fresh snapshot is how this stream is numbered.
                if self.model_of(daemon).instance.is_some()
                    && self
                        .view
                        .toasts
                        .standing()
                        .iter()
                        .any(|t| t.text.starts_with(GAP))
                {
                    self.model_mut(daemon).gaps_allowed = true;
                } else {
                    self.say(
                        Tone::Plain,
                        format!(
                            "{GAP} {expected} to {}: asking for a fresh picture",
                            got - 1
                        ),
                    );
                }
                self.out.push(Action::Resync(daemon));
            }
        }
    }

    /// The next connection resumes behind what is folded in.
    fn seen(&mut self, daemon: usize) {
        let model = self.model_of(daemon);
        let seq = model.seq;
        if let Some(instance) = model.instance.clone() {
            self.out.push(Action::Seen {
                daemon,
                seq,
                instance,
            });
        }
    }

    /// What happened is kept; the open workflow's events grow with the stream.
    fn keep_event(&mut self, daemon: usize, frame: &Frame) {
        let Frame::Event {
            seq,
            timestamp,
            workflow_id,
            kind,
            data,
            workflow,
        } = frame
        else {
            return;
        };
        // What came before was told already.
        let model = self.model_of(daemon);
        if *seq > model.seq && !model.awaiting_snapshot && kind != "stage.progress" {
            let at_ms = unix_ms(timestamp).unwrap_or(self.now_ms);
            let id = workflow_id.as_deref();
            let name = match workflow {
                Some(view) if !view.name.is_empty() => view.name.clone(),
                _ => id.unwrap_or_else(|| self.daemon_name(daemon)).to_owned(),
            };
            let seq = *seq;
            self.note_seq(daemon, seq);
            self.happened(happening::of_event(daemon, at_ms, id, &name, kind, data));
        }
        let Some(id) = workflow_id.as_ref().map(|id| key::of(daemon, id)) else {
            return;
        };
        let Some(detail) = self.view.detail.as_mut().filter(|detail| detail.id == id) else {
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

    /// Follows the open workflow's log, from where it was left; of every other daemon, none.
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
            let (daemon, id) = key::split(&detail.id);
            let logs = LogSubscription {
                id: id.to_owned(),
                stage: None,
                offset: detail.log.resume(runs),
            };
            (daemon, logs)
        });
        for daemon in 0..self.daemons() {
            let logs = wanted.clone().filter(|(of, _)| *of == daemon);
            let logs = logs.map(|(_, logs)| logs).into_iter().collect();
            if self.link_of(daemon).is_connected() {
                self.out.push(Action::Subscribe(daemon, logs));
            }
        }
    }

    /// Says what a person would want to know at once.
    fn announce(&mut self, id: &str, before: Option<&Row>, at_ms: i64) {
        let (daemon, bare) = key::split(id);
        let Some(row) = self.model_of(daemon).row(bare) else {
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
            let occasion = match tone {
                Tone::Bad => Occasion::Failed,
                Tone::Good => Occasion::Done,
                Tone::Plain => Occasion::Ask,
            };
            self.notify(occasion, &text);
            // The event itself stands among the events already.
            self.view.toasts.say(tone, text, self.now_ms);
        }
    }

    /// Tells a person who looks elsewhere, of what they want to be told, and not too often.
    pub(super) fn notify(&mut self, occasion: Occasion, text: &str) {
        let wanted = self.settings.notify.contains(&occasion);
        let due = self.now_ms - self.notified_ms >= self.settings.notify_every_ms;
        if wanted && !self.view.focused && due {
            self.notified_ms = self.now_ms;
            self.out.push(Action::Notify(text.to_owned()));
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
        .map(|question| asked::words(row, &question.question))
        .next();
    match question {
        Some(question) => format!("{} asks: {question}", row.name()),
        None => format!("{} waits to be confirmed: 2 shows it", row.name()),
    }
}
