//! What is done on the Hooks screen: send again, enable, rotate, test, copy as curl.

use super::call::{Call, Deed};
use super::core::App;
use super::event::Action;
use super::hooks::Pane;
use super::popup::Popup;
use super::toast::Tone;
use crate::model::key;

impl App {
    /// The deliveries that an act means: the marked ones, else the one under the cursor.
    fn meant_deliveries(&self) -> Vec<String> {
        let hooks = &self.view.hooks;
        if !hooks.marks.is_empty() {
            return hooks.marks.iter().cloned().collect();
        }
        self.delivery()
            .map(|one| one.delivery_id.clone())
            .into_iter()
            .collect()
    }

    pub(super) fn replay(&mut self) {
        let failed = |app: &Self, id: &String| {
            let known = app
                .view
                .hooks
                .deliveries
                .iter()
                .find(|one| one.delivery_id == *id);
            known.is_none_or(|one| one.status == "failed")
        };
        let meant = self.meant_deliveries();
        let ids: Vec<String> = meant
            .iter()
            .filter(|id| failed(self, id))
            .cloned()
            .collect();
        if ids.is_empty() {
            let text = if meant.is_empty() {
                "no delivery stands here"
            } else {
                "it did not fail: it got through, or waits for its next attempt"
            };
            self.say(Tone::Plain, text);
            return;
        }
        if !self.may_act(&ids[0]) {
            return;
        }
        for id in ids {
            let daemon = key::split(&id).0;
            self.call(Call::Deed {
                daemon,
                deed: Deed::Replay(id),
            });
        }
        self.view.hooks.marks.clear();
    }

    pub(super) fn ask_replay_all(&mut self) {
        let failed: Vec<(usize, u64)> = (0..self.daemons())
            .map(|daemon| (daemon, self.model_of(daemon).hooks.kept))
            .filter(|(_, kept)| *kept > 0)
            .collect();
        let count: u64 = failed.iter().map(|(_, kept)| kept).sum();
        if count == 0 {
            self.say(
                Tone::Plain,
                "no delivery failed: there is nothing to send again",
            );
            return;
        }
        let deeds = failed
            .into_iter()
            .map(|(daemon, _)| (daemon, Deed::ReplayAll))
            .collect();
        let mut lines = vec![format!("Send all {count} failed deliveries again?")];
        lines.push("Each gets five fresh attempts, with the same bytes and id.".to_owned());
        self.ask_deeds(
            "replay all",
            deeds,
            lines,
            Some(count.to_string()).filter(|_| count > 5),
        );
    }

    pub(super) fn enable(&mut self) {
        let Some(one) = self.endpoint() else {
            self.say(
                Tone::Plain,
                "no endpoint stands here: Tab goes to the endpoints",
            );
            return;
        };
        let (id, active, url) = (one.webhook_id.clone(), one.active, one.url.clone());
        let daemon = key::split(&id).0;
        let deed = Deed::Enable(id.clone(), !active);
        if !self.may_act(&id) {
            return;
        }
        if active {
            let lines = vec![
                format!("Disable {url}?"),
                "It hears of nothing until it is enabled; what waits for it is kept.".to_owned(),
            ];
            self.ask_deeds("disable", vec![(daemon, deed)], lines, None);
        } else {
            self.call(Call::Deed { daemon, deed });
        }
    }

    pub(super) fn ask_rotate(&mut self) {
        let Some(one) = self.endpoint() else {
            self.say(
                Tone::Plain,
                "no endpoint stands here: Tab goes to the endpoints",
            );
            return;
        };
        let (id, url) = (one.webhook_id.clone(), one.url.clone());
        let lines = vec![
            format!("Give {url} a new secret?"),
            "It is shown once, here. The old one also signs for 24 hours.".to_owned(),
        ];
        let daemon = key::split(&id).0;
        self.ask_deeds("rotate", vec![(daemon, Deed::Rotate(id))], lines, None);
    }

    pub(super) fn ping(&mut self) {
        let Some(id) = self.endpoint().map(|one| one.webhook_id.clone()) else {
            self.say(
                Tone::Plain,
                "no endpoint stands here: Tab goes to the endpoints",
            );
            return;
        };
        if self.may_act(&id) {
            let daemon = key::split(&id).0;
            self.call(Call::Deed {
                daemon,
                deed: Deed::Ping(id),
            });
        }
    }

    /// The delivery as a command on the clipboard; asked for first where its request isn't here.
    pub(super) fn copy_curl(&mut self) {
        let wanted = self.view.hooks.as_curl.take();
        let Some(id) = wanted.or_else(|| self.delivery().map(|one| one.delivery_id.clone())) else {
            self.say(Tone::Plain, "no delivery stands here");
            return;
        };
        match self
            .view
            .hooks
            .whole
            .get(&id)
            .and_then(|one| one.request.as_ref())
        {
            Some(request) => {
                let text = crate::curl::command(request);
                self.say(
                    Tone::Good,
                    "the curl command was copied via OSC 52, its secret masked",
                );
                self.out.push(Action::Copy(text));
            }
            None => {
                self.view.hooks.as_curl = Some(id.clone());
                self.call_once(Call::Delivery { id });
            }
        }
    }

    /// Enter: the chosen endpoint's deliveries; a delivery beside the last accepted one.
    pub(super) fn open_in_hooks(&mut self) {
        match self.view.hooks.pane {
            Pane::Endpoints => self.view.hooks.pane = Pane::Deliveries,
            Pane::Deliveries => {
                if let Some(id) = self.delivery().map(|one| one.delivery_id.clone()) {
                    self.fetch_whole();
                    self.view.popup = Some(Popup::Delivery { id, top: 0 });
                }
            }
        }
    }
}
