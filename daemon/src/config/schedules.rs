//! `[[schedules]]` and `[[windows]]`: what is submitted by the clock, and when nothing new starts.

use super::section::Section;
use std::time::Duration;

/// `[[schedules]]`
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// Its name.
    pub name: String,
    /// Five or six fields.
    pub cron: String,
    /// IANA zone; default UTC.
    pub zone: String,
    /// What is submitted.
    pub pipeline: String,
    /// With these.
    pub params: serde_json::Map<String, serde_json::Value>,
    /// `episodes`: once for each that is found.
    pub for_each: Option<String>,
    /// One missed run is made up for.
    pub catch_up: bool,
}

/// `[[windows]]`
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// When it opens.
    pub cron: String,
    /// IANA zone.
    pub zone: String,
    /// How long.
    pub duration: Duration,
}

impl Schedule {
    pub(super) fn read(section: &mut Section<'_, '_, '_>) -> Option<Self> {
        let name = required(section, "name");
        let cron = read_cron(section);
        let zone = read_zone(section);
        let pipeline = required(section, "pipeline");
        let params = section.section("params", |params| {
            params
                .free_keys()
                .into_iter()
                .map(|(key, node)| (key, node.value.to_json()))
                .collect()
        });
        let place = section.place_of("for_each");
        let for_each = section.text("for_each");
        if for_each.as_deref().is_some_and(|what| what != "episodes") {
            section.refuse(
                "for_each",
                place,
                "names nothing that can be listed".to_owned(),
                "write \"episodes\"",
            );
        }
        let catch_up = section.choice_or("catch_up", &[("one", true), ("none", false)], 0);
        Some(Self {
            name: name?,
            cron: cron?,
            zone,
            pipeline: pipeline?,
            params,
            for_each,
            catch_up,
        })
    }
}

impl Window {
    pub(super) fn read(section: &mut Section<'_, '_, '_>) -> Option<Self> {
        let cron = read_cron(section);
        let zone = read_zone(section);
        let duration = section.duration_or("duration", Duration::ZERO);
        if duration.is_zero() {
            section.refuse(
                "duration",
                None,
                "is missing".to_owned(),
                "say how long it stays open, like \"2h\"",
            );
            return None;
        }
        Some(Self {
            cron: cron?,
            zone,
            duration,
        })
    }
}

fn required(section: &mut Section<'_, '_, '_>, name: &str) -> Option<String> {
    let text = section.text(name).filter(|text| !text.is_empty());
    if text.is_none() && section.place_of(name).is_none() {
        section.refuse(name, None, "is missing".to_owned(), "set it");
    }
    text
}

fn read_cron(section: &mut Section<'_, '_, '_>) -> Option<String> {
    let text = required(section, "cron")?;
    let parser = croner::parser::CronParser::builder()
        .seconds(croner::parser::Seconds::Optional)
        .build();
    match parser.parse(&text) {
        Ok(_) => Some(text),
        Err(error) => {
            let place = section.place_of("cron");
            let remedy =
                "write five fields (minute hour day month weekday) or six with seconds first";
            section.refuse(
                "cron",
                place,
                format!("{text:?} is no schedule: {error}"),
                remedy,
            );
            None
        }
    }
}

pub(super) fn read_zone(section: &mut Section<'_, '_, '_>) -> String {
    let place = section.place_of("zone");
    let zone = section.text_or("zone", "UTC");
    if jiff::tz::TimeZone::get(&zone).is_err() {
        section.refuse(
            "zone",
            place,
            format!("no time zone is called {zone:?}"),
            "write one like \"Europe/Berlin\"",
        );
    }
    zone
}

/// The file's order is kept; two schedules of one name can't be told apart.
pub(super) fn refuse_twins(section: &mut Section<'_, '_, '_>, schedules: &[Schedule]) {
    for (index, schedule) in schedules.iter().enumerate() {
        if schedules[..index]
            .iter()
            .any(|other| other.name == schedule.name)
        {
            let problem = format!("two are called {:?}", schedule.name);
            section.refuse(
                &format!("schedules[{index}].name"),
                None,
                problem,
                "give each a name of its own",
            );
        }
    }
}
