//! `[notify]`: who is told of what, by Slack, mail or any program.

use super::http::read_secret_url;
use super::secret::Secret;
use super::section::Section;
use std::time::Duration;

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
    /// The incoming webhook: whoever knows it may write there.
    pub url: Secret,
    /// What is told, and when.
    pub rules: Rules,
}

/// `[notify.email]`
#[derive(Debug, Clone, PartialEq)]
pub struct Email {
    /// `smtp://HOST:PORT` or `smtps://…`, a name and password before the host.
    pub smtp: Secret,
    /// The sender.
    pub from: String,
    /// The receivers.
    pub to: Vec<String>,
    /// What is told, and when.
    pub rules: Rules,
}

/// `[notify.command]`
#[derive(Debug, Clone, PartialEq)]
pub struct NotifyCommand {
    /// The program and its arguments; the event comes on its stdin.
    pub run: Vec<String>,
    /// What is told, and when.
    pub rules: Rules,
}

/// What is told by one way, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// Events of the webhooks, kinds of the log, or `queue_backlog disk_low box_lost endpoint_disabled error_rate`.
    pub events: Vec<String>,
    /// Only these pipelines'; empty: any.
    pub pipelines: Vec<String>,
    /// Only workflows with all of these; empty: any.
    pub labels: Vec<(String, String)>,
    /// After one is told, equal ones are gathered for so long and told together.
    pub fold: Duration,
    /// Messages a second; what is more is gathered too.
    pub rate: f64,
    /// Nothing is told between these minutes of the day; it is gathered until then.
    pub quiet: Option<(u16, u16)>,
    /// The zone of `quiet`.
    pub zone: String,
}

const EVENTS: [&str; 4] = ["video.failed", "endpoint_disabled", "disk_low", "box_lost"];

impl Notify {
    pub(super) fn read(section: &mut Section<'_, '_, '_>) -> Self {
        Self {
            slack: section.section("slack", |section| {
                let url = read_secret_url(section, "url", &["http", "https"], |_| true);
                let rules = Rules::read(section);
                wanted(section, "url", url).map(|url| Slack { url, rules })
            }),
            email: section.section("email", |section| {
                let smtp = read_secret_url(section, "smtp", &["smtp", "smtps"], |text| {
                    text.contains('@')
                });
                let (from, to) = (
                    section.text("from").unwrap_or_default(),
                    section.texts_or("to", &[]),
                );
                let rules = Rules::read(section);
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
                    rules,
                })
            }),
            command: section.section("command", |section| {
                let run = Some(section.texts_or("run", &[])).filter(|run| !run.is_empty());
                let rules = Rules::read(section);
                wanted(section, "run", run).map(|run| NotifyCommand { run, rules })
            }),
        }
    }
}

impl Rules {
    fn read(section: &mut Section<'_, '_, '_>) -> Self {
        let events = section.texts_or("events", &EVENTS);
        let pipelines = section.texts_or("pipelines", &[]);
        let place = section.place_of("labels");
        let mut labels = Vec::new();
        for text in section.texts_or("labels", &[]) {
            match text.split_once('=') {
                Some((key, value)) => labels.push((key.to_owned(), value.to_owned())),
                None => section.refuse(
                    "labels",
                    place.clone(),
                    format!("{text:?} is no label"),
                    "write [\"KEY=VALUE\"]",
                ),
            }
        }
        let zone = super::schedules::read_zone(section);
        Self {
            events,
            pipelines,
            labels,
            fold: section.duration_or("fold", Duration::from_secs(300)),
            rate: section.rate_or("rate", "30/h"),
            quiet: section.read_or(
                "quiet",
                (None, "off".to_owned()),
                "hours like \"22:00-07:00\", or \"off\"",
                quiet,
            ),
            zone,
        }
    }
}

/// `22:00-07:00` as minutes of the day; `off` is none.
#[allow(
    clippy::option_option,
    reason = "the outer none says that the text can't be read"
)]
fn quiet(text: &str) -> Option<Option<(u16, u16)>> {
    if text == "off" {
        return Some(None);
    }
    let minute = |text: &str| {
        let (hours, minutes) = text.trim().split_once(':')?;
        let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
        (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
    };
    let (from, to) = text.split_once('-')?;
    Some(Some((minute(from)?, minute(to)?)))
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
