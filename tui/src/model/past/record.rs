//! One ended workflow in about a hundred bytes: texts that come again are numbers, times are differences.

use crate::model::row::{Row, Stage, unix_ms};
use crate::model::strings::Names;
use crate::model::varint::{put, take, unzigzag, zigzag};
use crate::model::words::Status;
use jiff::Timestamp;
use reel_shared::workflow::{ErrorView, StageView, WorkflowView};

/// What every look at a list reads.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    pub daemon: usize,
    pub status: u32,
    pub pipeline: u32,
    pub user: u32,
    pub id: &'a str,
    pub name: &'a str,
}

/// What is read of those that pass.
#[derive(Debug, Clone, Copy)]
pub struct Body {
    pub state: u32,
    pub place: u32,
    pub host: u32,
    /// Class, code, message, stage and hint; all 0 where there is none.
    pub error: [u32; 5],
    /// Names and texts as pairs, joined.
    pub labels: u32,
    pub progress: f64,
    pub priority: i32,
    pub attempt: u32,
    pub created_ms: i64,
    pub started_ms: i64,
    pub updated_ms: i64,
    pub completed_ms: Option<i64>,
}

/// Between labels, and between a label's name and text: neither can hold it.
pub const BETWEEN: char = '\u{1f}';

/// Writes a row behind what is there.
pub fn pack(row: &Row, names: &mut Names, out: &mut Vec<u8>) {
    let view = &row.view;
    put(out, super::super::key::split(&row.key).0 as u64);
    let mut name = |text: &str, out: &mut Vec<u8>| put(out, u64::from(names.number(text)));
    name(&view.status, out);
    name(&view.pipeline, out);
    name(&view.user_id, out);
    text(&view.id, out);
    text(&view.name, out);
    name(&view.current_state, out);
    name(view.box_name.as_deref().unwrap_or(""), out);
    name(&row.host, out);
    match &view.error {
        None => put(out, 0),
        Some(error) => {
            put(out, 1);
            let stage = error.stage.as_deref().unwrap_or("");
            for part in [
                &error.class,
                &error.code,
                &error.message,
                stage,
                &error.hint,
            ] {
                name(part, out);
            }
        }
    }
    let labels: Vec<&str> = view
        .labels
        .iter()
        .flat_map(|(key, value)| [key.as_str(), value.as_str()])
        .collect();
    name(&labels.join(&BETWEEN.to_string()), out);
    progress(view.progress, out);
    put(out, zigzag(i64::from(view.priority)));
    put(out, u64::from(view.attempt));
    put(out, zigzag(row.created_ms));
    put(out, zigzag(row.started_ms - row.created_ms));
    put(out, zigzag(row.updated_ms - row.created_ms));
    moment(row.completed_ms, row.started_ms, out);
    let plan: Vec<&str> = row
        .stages
        .iter()
        .flat_map(|stage| [stage.id.as_str(), stage.view.title.as_str()])
        .collect();
    name(&plan.join(&BETWEEN.to_string()), out);
    put(out, row.stages.len() as u64);
    for stage in &row.stages {
        name(&stage.view.status, out);
        progress(stage.view.progress, out);
        put_tries(stage.view.attempts, stage.view.tries, out);
        moment(stage.started_ms, row.started_ms, out);
        moment(
            stage.completed_ms,
            stage.started_ms.unwrap_or(row.started_ms),
            out,
        );
    }
}

/// Most of what ended is done: that takes one byte.
fn progress(progress: f64, out: &mut Vec<u8>) {
    let left = 1000 - (progress.clamp(0.0, 100.0) * 10.0).round() as u64;
    put(out, left);
}

fn take_progress(rest: &mut &[u8]) -> Option<f64> {
    Some(1000_u64.saturating_sub(take(rest)?) as f64 / 10.0)
}

fn text(text: &str, out: &mut Vec<u8>) {
    put(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// 0 for none, else one more than the difference.
fn moment(at: Option<i64>, from: i64, out: &mut Vec<u8>) {
    put(out, at.map_or(0, |at| zigzag(at - from).saturating_add(1)));
}

fn take_moment(from: i64, rest: &mut &[u8]) -> Option<Option<i64>> {
    let told = take(rest)?;
    Some(told.checked_sub(1).map(|told| from + unzigzag(told)))
}

fn take_text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let length = take(rest)? as usize;
    let (text, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    std::str::from_utf8(text).ok()
}

/// Attempts, and the tries among them, which are most often as many: then in one number.
fn put_tries(attempts: u32, tries: u32, out: &mut Vec<u8>) {
    put(out, u64::from(attempts) << 1 | u64::from(attempts != tries));
    if attempts != tries {
        put(out, u64::from(tries));
    }
}

fn take_tries(rest: &mut &[u8]) -> Option<(u32, u32)> {
    let told = take(rest)?;
    let attempts = u32::try_from(told >> 1).ok()?;
    let tries = if told & 1 == 0 {
        attempts
    } else {
        take_name(rest)?
    };
    Some((attempts, tries))
}

fn take_name(rest: &mut &[u8]) -> Option<u32> {
    u32::try_from(take(rest)?).ok()
}

/// Reads what every look needs; `rest` is left at the body.
pub fn head<'a>(rest: &mut &'a [u8]) -> Option<Head<'a>> {
    Some(Head {
        daemon: take(rest)? as usize,
        status: take_name(rest)?,
        pipeline: take_name(rest)?,
        user: take_name(rest)?,
        id: take_text(rest)?,
        name: take_text(rest)?,
    })
}

/// Reads the rest but the stages, where `rest` is left.
pub fn body(rest: &mut &[u8]) -> Option<Body> {
    let (state, place, host) = (take_name(rest)?, take_name(rest)?, take_name(rest)?);
    let mut error = [0; 5];
    if take(rest)? == 1 {
        for part in &mut error {
            *part = take_name(rest)?;
        }
    }
    let labels = take_name(rest)?;
    let progress = take_progress(rest)?;
    let priority = unzigzag(take(rest)?) as i32;
    let attempt = take_name(rest)?;
    let created_ms = unzigzag(take(rest)?);
    let started_ms = created_ms + unzigzag(take(rest)?);
    let updated_ms = created_ms + unzigzag(take(rest)?);
    Some(Body {
        state,
        place,
        host,
        error,
        labels,
        progress,
        priority,
        attempt,
        created_ms,
        started_ms,
        updated_ms,
        completed_ms: take_moment(started_ms, rest)?,
    })
}

/// How many bytes the record at the front takes.
pub fn length(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    head(&mut rest)?;
    body(&mut rest)?;
    // The plan's name.
    take(&mut rest)?;
    for _ in 0..take(&mut rest)? {
        // Its status and how far it was; its attempts; from when to when.
        take(&mut rest)?;
        take(&mut rest)?;
        take_tries(&mut rest)?;
        take(&mut rest)?;
        take(&mut rest)?;
    }
    Some(bytes.len() - rest.len())
}

/// The row again, without its inputs and outputs: those are asked for when somebody looks at it.
pub fn unpack(mut bytes: &[u8], names: &Names) -> Option<Row> {
    let rest = &mut bytes;
    let head = head(rest)?;
    let body = body(rest)?;
    let mut stages = Vec::new();
    let mut plan = names.text(take_name(rest)?).split(BETWEEN);
    for _ in 0..take(rest)? {
        let id = plan.next().unwrap_or_default().to_owned();
        let title = plan.next().unwrap_or_default().to_owned();
        let status = names.text(take_name(rest)?).to_owned();
        let progress = take_progress(rest)?;
        let (attempts, tries) = take_tries(rest)?;
        let started_ms = take_moment(body.started_ms, rest)?;
        let completed_ms = take_moment(started_ms.unwrap_or(body.started_ms), rest)?;
        stages.push(Stage {
            id,
            started_ms,
            completed_ms,
            view: StageView {
                title,
                status,
                progress,
                attempts,
                tries,
                started_at: started_ms.map(written),
                completed_at: completed_ms.map(written),
                ..StageView::default()
            },
        });
    }
    let told = |number: u32| names.text(number).to_owned();
    let some = |number: u32| (number != 0).then(|| told(number));
    let [class, code, message, stage, hint] = body.error;
    let failed = body.error.iter().any(|part| *part != 0);
    let mut labels = std::collections::BTreeMap::new();
    let mut parts = names.text(body.labels).split(BETWEEN);
    while let (Some(name), Some(text)) = (parts.next(), parts.next()) {
        labels.insert(name.to_owned(), text.to_owned());
    }
    let view = WorkflowView {
        id: head.id.to_owned(),
        video_id: head.id.to_owned(),
        pipeline: told(head.pipeline),
        name: head.name.to_owned(),
        user_id: told(head.user),
        status: told(head.status),
        current_state: told(body.state),
        progress: body.progress,
        attempt: body.attempt,
        priority: body.priority,
        labels,
        created_at: written(body.created_ms),
        started_at: written(body.started_ms),
        updated_at: written(body.updated_ms),
        completed_at: body.completed_ms.map(written),
        error: failed.then(|| ErrorView {
            class: told(class),
            code: told(code),
            message: told(message),
            stage: some(stage),
            hint: told(hint),
        }),
        box_name: some(body.place),
        ..WorkflowView::default()
    };
    Some(Row {
        key: crate::model::key::of(head.daemon, head.id),
        host: told(body.host),
        status: Status::read(&view.status),
        stages,
        created_ms: body.created_ms,
        started_ms: body.started_ms,
        updated_ms: body.updated_ms,
        estimated_ms: body.updated_ms,
        completed_ms: body.completed_ms,
        view,
    })
}

fn written(ms: i64) -> String {
    let at = Timestamp::from_millisecond(ms).unwrap_or_default();
    debug_assert!(unix_ms(&format!("{at:.3}")).is_some());
    format!("{at:.3}")
}
