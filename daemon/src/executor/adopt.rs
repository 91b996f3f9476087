//! At boot: attempts that an earlier daemon had begun.
//!
//! | the journal says | then |
//! |---|---|
//! | End | it is told |
//! | Start, and the shim lives | waited for; its progress is heard again, and cancel reaches it |
//! | Start, and the shim is gone without End | what it left is ended; `Lost` |
//! | Aborted, or nothing | `NotBegun`: as if it had never been leased |
//!
//! A built-in stage's function is simply called again: its steps are found in the same way.

use super::program::{self, Places};
use super::runner::Inner;
use super::shims::Ended;
use super::{built_in, known, run_key};
use crate::domain::Workflow;
use crate::domain::pipeline::Work;
use crate::domain::workflow::State;
use crate::engine::ports::Order;
use std::collections::HashSet;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Whether the workflow was on its way out already: its attempts are then ended and not only followed.
#[must_use]
pub fn shall_end(workflow: &Workflow) -> bool {
    matches!(workflow.state, State::Cancelling { .. } | State::Failing(_))
}

/// Takes these attempts over, each on a lane of its own.
pub fn adopt(inner: &Arc<Inner>, orders: Vec<(Order, CancellationToken)>) {
    let attempts: HashSet<String> = orders
        .iter()
        .map(|(order, _)| run_key::of_attempt(order))
        .collect();
    let is_whole = match inner.shims.load_earlier(&attempts) {
        Ok(()) => true,
        Err(error) => {
            tracing::error!(component = "WORKER", %error, "an earlier journal can't be read: attempts that it alone names are ended and begun anew");
            false
        }
    };
    for (order, cancel) in orders {
        let carrier = Arc::clone(inner);
        inner
            .lanes
            .run(move || take_over(&carrier, order, cancel, is_whole));
    }
}

fn take_over(inner: &Arc<Inner>, order: Order, cancel: CancellationToken, is_whole: bool) {
    let places = match Places::of(&inner.config.data_dir, &order) {
        Ok(places) => places,
        Err(fault) => return inner.finish_with(&order, fault),
    };
    if let Work::BuiltIn { .. } = order.workflow.plan.stages[order.stage].work {
        return match places.make() {
            Ok(()) => built_in::carry(inner, order, &places, cancel, true),
            Err(fault) => inner.finish_with(&order, fault),
        };
    }
    let task = match program::task(&order, &places, cancel) {
        Ok(task) => task,
        Err(fault) => return inner.finish_with(&order, fault),
    };
    let ended = match inner.shims.resume(&task) {
        // Without the whole journal it may have begun: then it must not run twice.
        Ended::NotBegun if !is_whole => inner
            .shims
            .bury(&task, "the journal that would name it can't be read"),
        ended => ended,
    };
    let (started, outcome, spent) = program::outcome(&order, &places, &task, ended);
    if let Some(making) = known::Making::of(inner, &order, &places, &task) {
        making.keep(inner, &order, &places, &outcome);
    }
    inner.finish(&order, started, outcome, &spent);
}
