//! Workflows for this room's tests.

use crate::domain::pipeline::RetryPolicy;
use crate::domain::{Submit, Timestamp, Workflow, evolve};
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
        user: "ana".into(),
        surface: "test".into(),
        request_id: "r1".into(),
        ..Submit::of(id, Arc::new(plan))
    }
}

/// A new workflow of a pipeline with this text.
pub fn workflow_of(id: &str, text: &str) -> Workflow {
    evolve::create(&submit(id, text), Timestamp(0))
}
