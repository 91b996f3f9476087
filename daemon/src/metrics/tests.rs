//! The page that Prometheus reads: every name of the contract, in its format, within its bounds.

use super::bounded::{Bounded, OTHER};
use super::{Direction, Metrics, Query, Slots, Standing};
use prometheus::{IntCounterVec, Opts};
use std::collections::BTreeSet;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// One of each thing that can happen.
fn busy() -> Metrics {
    let metrics = Metrics::new();
    metrics.created("video", "workflow");
    metrics.finished("video", "completed", Some(SECOND));
    metrics.finished("video", "cancelled", None);
    metrics.stage("video", "renditions", SECOND);
    metrics.stage_failed("renditions", "timeout");
    metrics.error("WEBHOOK");
    metrics.waited(SECOND);
    metrics.webhook_attempt("2xx", SECOND);
    metrics.http("/api/workflow/{id}/why", 200, SECOND);
    metrics.stored(Direction::Up, 7, SECOND);
    metrics.db(Query::Commit, SECOND);
    metrics.output(1 << 20);
    metrics
}

fn standing() -> Standing {
    Standing {
        queue: [("queued", 3), ("running", 0)].into(),
        media_bytes: 5,
        free_bytes: Some(9),
        beats: [("here".to_owned(), 0.0)].into(),
        slots: [("cpu".to_owned(), Slots { used: 1, free: 1 })].into(),
        box_slots: [(
            ("here".to_owned(), "cpu".to_owned()),
            Slots { used: 1, free: 1 },
        )]
        .into(),
    }
}

#[test]
fn every_name_of_the_contract_is_there_with_its_type_and_labels() {
    let metrics = busy();
    let client = metrics.event_client();
    let page = metrics.page(&standing()).unwrap();
    for line in [
        "reel_workflows_created_total{pipeline=\"video\",surface=\"workflow\"} 1",
        "reel_workflows_finished_total{pipeline=\"video\",status=\"cancelled\"} 1",
        "reel_workflow_seconds_count 1",
        "reel_stage_seconds_count{pipeline=\"video\",stage=\"renditions\"} 1",
        "reel_stage_failures_total{class=\"timeout\",stage=\"renditions\"} 1",
        "reel_errors_total{component=\"WEBHOOK\"} 1",
        "reel_queue_length{status=\"queued\"} 3",
        "reel_queue_wait_seconds_sum 1",
        "reel_webhook_attempts_total{outcome=\"2xx\"} 1",
        "reel_webhook_seconds_count 1",
        "reel_http_requests_total{code=\"200\",route=\"/api/workflow/{id}/why\"} 1",
        "reel_http_seconds_count{route=\"/api/workflow/{id}/why\"} 1",
        "reel_store_bytes_total{direction=\"up\"} 7",
        "reel_store_seconds_count 1",
        "reel_db_seconds_count{kind=\"commit\"} 1",
        "reel_output_bytes_count 1",
        "reel_media_bytes 5",
        "reel_disk_free_bytes 9",
        "reel_box_beat_age_seconds{box=\"here\"} 0",
        "reel_box_slots{box=\"here\",resource=\"cpu\",state=\"free\"} 1",
        "reel_slots{resource=\"cpu\",state=\"used\"} 1",
        "reel_slots{resource=\"cpu\",state=\"free\"} 1",
        "reel_event_clients 1",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}\n{page}");
    }
    drop(client);
    let page = metrics.page(&standing()).unwrap();
    assert!(page.contains("\nreel_event_clients 0\n"));
}

#[test]
fn the_page_parses_line_by_line() {
    let page = busy().page(&standing()).unwrap();
    let (mut helped, mut typed) = (BTreeSet::new(), BTreeSet::new());
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(!help.is_empty() && helped.insert(name), "{line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            assert!(typed.insert(name), "{line}");
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            value.parse::<f64>().unwrap();
            let name = series.split('{').next().unwrap();
            let family = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|end| name.strip_suffix(end))
                .unwrap_or(name);
            assert!(typed.contains(family) || typed.contains(name), "{line}");
        }
    }
    assert_eq!(helped, typed);
}

#[test]
fn what_never_happened_is_named_all_the_same() {
    let page = Metrics::new().page(&Standing::default()).unwrap();
    for name in [
        "reel_workflows_created_total counter",
        "reel_slots gauge",
        "reel_db_seconds histogram",
    ] {
        assert_eq!(
            page.matches(&format!("# TYPE {name}\n")).count(),
            1,
            "{page}"
        );
    }
}

#[test]
fn labels_from_outside_are_bounded() {
    let family = IntCounterVec::new(Opts::new("x_total", "x"), &["name"]).unwrap();
    let bounded = Bounded::new(family, 3);
    for turn in 0..100 {
        bounded.of([&format!("name-{turn}")]).inc();
    }
    for first in ["name-0", "name-1", "name-2"] {
        bounded.of([first]).inc();
        assert_eq!(bounded.of([first]).get(), 2, "known ones stay told apart");
    }
    assert_eq!(bounded.of([OTHER]).get(), 97);
}

#[test]
fn what_is_gone_is_gone_from_the_page() {
    let metrics = Metrics::new();
    assert!(metrics.page(&standing()).unwrap().contains("box=\"here\""));
    let page = metrics.page(&Standing::default()).unwrap();
    assert!(!page.contains("box=\"here\"") && !page.contains("resource=\"cpu\""));
}
