//! Writes to the boxes what is to be said to them.

use super::Inner;
use super::boxes::BoxLink;
use crate::domain::workflow::Failure;
use crate::domain::{ErrorClass, Outcome};
use crate::engine::EngineError;
use crate::engine::boxes::RemoteEnd;
use crate::engine::ports::Order;
use crate::transport::key::Way;
use crate::transport::letter::{self, Attempt, Down, DownLetter, OrderDoc};
use crate::transport::streams;
use std::sync::Arc;
use std::time::Instant;

pub(super) async fn write(inner: Arc<Inner>) {
    loop {
        tokio::select! {
            () = inner.parts.stop.cancelled() => return,
            () = inner.stirred.notified() => {}
        }
        prepare(&inner);
        let names: Vec<String> = inner.boxes().keys().cloned().collect();
        for name in names {
            write_to(&inner, &name).await;
        }
    }
}

/// Lists the files of orders that are to be written; each goes out when that is done.
fn prepare(inner: &Arc<Inner>) {
    let mut due: Vec<(String, Order)> = Vec::new();
    let mut void: Vec<(String, Order)> = Vec::new();
    for (name, link) in inner.boxes().iter_mut() {
        // Without a beat nobody is there to be written to; what is held is written with the first.
        let is_there = !link.session.is_empty() && !link.presence.is_away();
        for held in link.held.values_mut().filter(|held| held.sent.is_none()) {
            if held.is_void() {
                void.push((name.clone(), held.order.clone()));
            } else if is_there {
                held.was_sent = true;
                due.push((name.clone(), held.order.clone()));
            } else {
                continue;
            }
            held.sent = Some(Instant::now());
        }
    }
    for (name, order) in void {
        end_here(inner, name, order, Outcome::Cancelled);
    }
    if due.is_empty() {
        return;
    }
    let inner = Arc::clone(inner);
    tokio::task::spawn_blocking(move || {
        for (name, order) in due {
            let attempt = Attempt::from(&order.key());
            match document(&inner, &order) {
                Ok(document) => {
                    let mut boxes = inner.boxes();
                    if let Some(link) = boxes.get_mut(&name)
                        && let Some(held) = link.held.get(&attempt)
                    {
                        let cancelled = held.cancelled;
                        link.say(Down::Order(Box::new(document)));
                        if cancelled {
                            // A cancel that came meanwhile went ahead of it, and meant nothing to the box.
                            link.say(Down::Cancel(attempt));
                        }
                    }
                    drop(boxes);
                    inner.stirred.notify_one();
                }
                Err(problem) => refuse(&inner, name, order, problem),
            }
        }
    });
}

fn document(inner: &Inner, order: &Order) -> Result<OrderDoc, String> {
    (inner.parts.prepare)(&order.workflow)?;
    let files = inner
        .parts
        .stock
        .belongings(&order.workflow)
        .map_err(|error| error.to_string())?;
    OrderDoc::of(order, &inner.parts.data_dir, files).map_err(|error| error.to_string())
}

/// An order that can't be written fails, as any stage whose files can't be read.
fn refuse(inner: &Arc<Inner>, name: String, order: Order, problem: String) {
    let failure = Failure {
        class: ErrorClass::Storage,
        code: "files".into(),
        message: format!("its files can't be made ready for box {name}: {problem}"),
        stage: Some(order.workflow.plan.stages[order.stage].id.clone()),
        hint: "Look whether the data directory can be read and its disk has room.".into(),
    };
    end_here(inner, name, order, Outcome::Failed { failure });
}

/// Tells the end of an attempt that its box knows nothing of.
fn end_here(inner: &Arc<Inner>, name: String, order: Order, outcome: Outcome) {
    let inner = Arc::clone(inner);
    tokio::runtime::Handle::current().spawn(async move {
        let end = RemoteEnd {
            key: order.key(),
            started_at: None,
            outcome,
        };
        let attempt = Attempt::from(&order.key());
        let (key, command) = end.command();
        let told = inner.parts.engine.command(&key.workflow, command).await;
        if let Err(error @ (EngineError::DiskFull | EngineError::Store(_))) = told {
            tracing::error!(component = "BOXES", videoId = %attempt.workflow, "an order that can't be written could not be ended and is tried again: {error}");
            if let Some(held) = inner
                .boxes()
                .get_mut(&name)
                .and_then(|link| link.held.get_mut(&attempt))
            {
                held.sent = None;
            }
            return;
        }
        if let Some(link) = inner.boxes().get_mut(&name) {
            link.end(&attempt);
        }
    });
}

async fn write_to(inner: &Inner, name: &str) {
    let (bodies, downs) = {
        let mut boxes = inner.boxes();
        let Some(link) = boxes.get_mut(name) else {
            return;
        };
        if link.session.is_empty() || link.presence.is_away() {
            return;
        }
        let downs = link.take_out();
        let bodies: Vec<Vec<u8>> = downs
            .iter()
            .map(|say| {
                let letter = letter_to(&inner.lead, link, say.clone());
                letter::seal(&inner.parts.keys, Way::Down, name, &letter)
            })
            .collect();
        (bodies, downs)
    };
    if bodies.is_empty() {
        return;
    }
    let stream = streams::to(&inner.parts.keys, name);
    let sent = inner
        .parts
        .link
        .add(&stream, inner.parts.engine.home(), bodies, None)
        .await;
    if let Err(error) = sent {
        tracing::debug!(component = "BOXES", r#box = name, %error, "letters could not be sent and follow later");
        if let Some(link) = inner.boxes().get_mut(name) {
            link.put_back(downs);
        }
    }
}

fn letter_to(lead: &str, link: &mut BoxLink, say: Down) -> DownLetter {
    link.number += 1;
    DownLetter {
        session: link.session.clone(),
        lead: lead.to_owned(),
        heard: link.heard,
        number: link.number,
        say,
    }
}
