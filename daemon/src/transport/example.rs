//! Workflows for this room's tests.

use crate::domain::pipeline::RetryPolicy;
use crate::domain::{Submit, Timestamp, Values, Workflow, evolve};
use crate::pipeline::{Defaults, parse};
use std::sync::Arc;
use std::time::Duration;

/// What pipelines are read with.
pub fn defaults() -> Defaults {
    Defaults {
        retry: RetryPolicy {
            times: 3,
            first: Duration::from_secs(5),
            max: Duration::from_secs(600),
        },
    }
}

/// To submit a workflow of a pipeline with this text.
pub fn submit(id: &str, text: &str) -> Submit {
    let plan = parse("example", text, "test", &defaults()).unwrap();
    Submit {
        id: id.into(),
        plan: Arc::new(plan),
        name: id.into(),
        user: "ana".into(),
        surface: "test".into(),
        request_id: "r1".into(),
        execution_id: None,
        priority: 0,
        labels: Default::default(),
        params: Values::new(),
        webhook_url: None,
        depends_on: Vec::new(),
        not_before: None,
        wants_confirmation: false,
        gate_deadline: None,
        resources: None,
        retry: None,
    }
}

/// A new workflow of a pipeline with this text.
pub fn workflow_of(id: &str, text: &str) -> Workflow {
    evolve::create(&submit(id, text), Timestamp(0))
}
