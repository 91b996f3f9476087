//! Why a ready stage has no slot: no box could ever run it, none that could accepts work, or what it wants is taken.

use super::{Closed, Context, Holder, WaitKind, WaitingFor, listed};
use crate::domain::pick::{self, BoxSlots, Demand};
use crate::domain::pipeline::Resources;
use crate::domain::ready::could_start;
use crate::domain::workflow::Workflow;

/// For a workflow none of whose stages runs.
pub(super) fn waits(workflow: &Workflow, context: &Context<'_>) -> Option<WaitingFor> {
    let stage = could_start(workflow).next()?;
    let wants = workflow.resources(stage);
    let labels = &workflow.plan.stages[stage].box_labels;
    let (place, kind) = (pick::place(workflow, stage), pick::kind(workflow, stage));
    let demand = Demand {
        wants,
        labels,
        place: &place,
        kind: &kind,
    };
    let able: Vec<usize> = (0..context.boxes.len())
        .filter(|index| context.boxes[*index].could_run(demand))
        .collect();
    if able.is_empty() {
        let blocked: Vec<&str> = context
            .boxes
            .iter()
            .filter(|slots| slots.blocked.contains(&kind))
            .map(|slots| slots.name.as_str())
            .collect();
        if !blocked.is_empty() {
            let message = format!(
                "{} failed at `{kind}` again and again and gets none of it for a while; look at the log of the last failures there",
                listed(&blocked)
            );
            return Some(WaitingFor {
                kind: WaitKind::Box,
                message,
                until: None,
            });
        }
        let label = |(key, value): (&String, &String)| format!("{key} = {value}");
        let needs: Vec<String> = wants
            .iter()
            .map(|(name, amount)| format!("{name} = {amount}"))
            .chain(labels.iter().map(label))
            .collect();
        let offers: Vec<String> = context.boxes.iter().map(offer).collect();
        let message = format!(
            "no box offers {} ({}); add it to a box's `[resources]` or labels, or let the stage ask for less",
            needs.join(", "),
            offers.join("; ")
        );
        return Some(WaitingFor {
            kind: WaitKind::Box,
            message,
            until: None,
        });
    }
    let closed = |index: &usize| context.closed.get(*index).copied().flatten();
    if let Some(reasons) = able.iter().map(closed).collect::<Option<Vec<Closed>>>() {
        return Some(all_closed(&able, &reasons, context));
    }
    Some(taken(&able, wants, context))
}

fn offer(slots: &BoxSlots) -> String {
    let amounts: Vec<String> = slots
        .capacity
        .iter()
        .map(|(name, amount)| format!("{name} = {amount}"))
        .collect();
    format!("`{}`: {}", slots.name, amounts.join(", "))
}

/// Every box that could run it takes nothing new: the one that opens by itself soonest leads.
fn all_closed(able: &[usize], reasons: &[Closed], context: &Context<'_>) -> WaitingFor {
    let until = reasons.iter().filter_map(|reason| match reason {
        Closed::Window { until } => Some(*until),
        Closed::Drained | Closed::LowDisk | Closed::Silent | Closed::Stopping => None,
    });
    if let Some(until) = until.min() {
        let message = "for the end of a window in which nothing new starts".to_owned();
        return WaitingFor {
            kind: WaitKind::Time,
            message,
            until: Some(until),
        };
    }
    let told: Vec<String> = able
        .iter()
        .zip(reasons)
        .map(|(index, reason)| {
            let name = &context.boxes[*index].name;
            match reason {
                Closed::Drained => format!("`{name}` is drained (undrain opens it)"),
                Closed::LowDisk => {
                    format!("`{name}` is low on disk (it goes on by itself once there is room)")
                }
                Closed::Silent => format!("`{name}` has not been heard of"),
                Closed::Stopping => format!("`{name}` is stopping"),
                Closed::Window { .. } => {
                    format!("`{name}` is in a window in which nothing new starts")
                }
            }
        })
        .collect();
    WaitingFor {
        kind: WaitKind::Box,
        message: told.join("; "),
        until: None,
    }
}

/// Something is taken that it wants, or kept for those ahead of it.
fn taken(able: &[usize], wants: &Resources, context: &Context<'_>) -> WaitingFor {
    let here = |holder: &&Holder| {
        able.iter()
            .any(|index| context.boxes[*index].name == holder.box_name)
    };
    let rival = |holder: &&Holder| {
        wants
            .keys()
            .any(|name| holder.holds.get(name).is_some_and(|amount| *amount > 0))
    };
    let holders: Vec<&str> = context
        .holders
        .iter()
        .filter(here)
        .filter(rival)
        .map(|holder| holder.workflow.as_str())
        .collect();
    let short: Vec<&str> = wants
        .iter()
        .filter(|(name, amount)| {
            able.iter()
                .all(|index| context.boxes[*index].free(name) < **amount)
        })
        .map(|(name, _)| name.as_str())
        .collect();
    let mut message = match (short.as_slice(), holders.as_slice()) {
        ([], _) if context.ahead.is_empty() => "it is about to start".to_owned(),
        ([], _) => "what is free is kept for those ahead".to_owned(),
        (short, []) => format!("no {} is free", short.join(", ")),
        (short, holders) => format!(
            "no {} is free; held by {}",
            short.join(", "),
            listed(holders)
        ),
    };
    if let Some(position) = context.position {
        message.push_str(&format!("; number {position} in the queue"));
    }
    if !context.ahead.is_empty() {
        let ahead: Vec<&str> = context.ahead.iter().map(String::as_str).collect();
        message.push_str(&format!(", after {}", listed(&ahead)));
    }
    WaitingFor {
        kind: WaitKind::Slot,
        message,
        until: context.starts_about,
    }
}
