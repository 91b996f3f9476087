//! Reel's daemon as a library, so that the two binaries and the tests share it. Modules stand in layer order: each may use
//! those before it. `tests/it/tidy.rs` checks the law.

pub mod attempt_log;
pub mod cache;
pub mod cast;
pub mod config;
pub mod episodes;
pub mod links;
pub mod metrics;
pub mod objects;
pub mod outbound;
pub mod signing;
pub mod telemetry;
pub mod veil;
pub mod youtube;

pub mod domain;

pub mod calendar;
pub mod clock;
pub mod pipeline;
pub mod providers;
pub mod store;

pub mod engine;

pub mod executor;
pub mod reconcile;
pub mod shim;
pub mod transport;

pub mod conversation;
pub mod notify;
pub mod webhook;

pub mod api;

pub mod app;
pub mod check;
pub mod cli;
