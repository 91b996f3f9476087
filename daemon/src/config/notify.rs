//! `[notify]`: who is told of what, by Slack, mail or any program.

use super::http::read_url;
use super::section::Section;

/// `[notify]`; each way is none where its section is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct Notify {
    /// `[notify.slack]`
    pub slack: Option<Slack>,
    /// `[notify.email]`
    pub email: Option<Email>,
    /// `[notify.command]`
    pub command: Option<NotifyCommand>,
}

/// `[notify.slack]`
#[derive(Debug, Clone, PartialEq)]
pub struct Slack {
    /// The incoming webhook.
    pub url: String,
    /// What is told.
    pub events: Vec<String>,
}

/// `[notify.email]`
#[derive(Debug, Clone, PartialEq)]
pub struct Email {
    /// `smtp://HOST:PORT`
    pub smtp: String,
    /// The sender.
    pub from: String,
    /// The receivers.
    pub to: Vec<String>,
    /// What is told.
    pub events: Vec<String>,
}

/// `[notify.command]`
#[derive(Debug, Clone, PartialEq)]
pub struct NotifyCommand {
    /// The program and its arguments; the event comes on its stdin.
    pub run: Vec<String>,
    /// What is told.
    pub events: Vec<String>,
}

const EVENTS: [&str; 4] = ["video.failed", "endpoint_disabled", "disk_low", "box_lost"];

impl Notify {
    pub(super) fn read(section: &mut Section<'_, '_, '_>) -> Self {
        Self {
            slack: section.section("slack", |section| {
                let url = read_url(section, "url", &["http", "https"]);
                let events = section.texts_or("events", &EVENTS);
                wanted(section, "url", url).map(|url| Slack { url, events })
            }),
            email: section.section("email", |section| {
                let smtp = read_url(section, "smtp", &["smtp", "smtps"]);
                let (from, to) = (
                    section.text("from").unwrap_or_default(),
                    section.texts_or("to", &[]),
                );
                let events = section.texts_or("events", &EVENTS);
                if section.is_given() && (from.is_empty() || to.is_empty()) {
                    section.refuse(
                        "to",
                        None,
                        "sender or receivers are missing".to_owned(),
                        "set both from and to",
                    );
                }
                wanted(section, "smtp", smtp).map(|smtp| Email {
                    smtp,
                    from,
                    to,
                    events,
                })
            }),
            command: section.section("command", |section| {
                let run = Some(section.texts_or("run", &[])).filter(|run| !run.is_empty());
                let events = section.texts_or("events", &EVENTS);
                wanted(section, "run", run).map(|run| NotifyCommand { run, events })
            }),
        }
    }
}

/// A section that is there needs this key.
fn wanted<T>(section: &mut Section<'_, '_, '_>, name: &str, value: Option<T>) -> Option<T> {
    if section.is_given() && value.is_none() && section.place_of(name).is_none() {
        section.refuse(
            name,
            None,
            "is missing".to_owned(),
            "set it or take the section out",
        );
    }
    value
}
