//! What is served: a file for each group of routes. Each is a thin translation between a request and the engine or the
//! store, and decides nothing.

pub mod acts;
pub mod attention;
pub mod conversations;
pub mod deliveries;
pub mod generations;
pub mod health;
pub mod history;
pub mod inbound;
pub mod jobs;
pub mod logs;
pub mod making;
pub mod media;
pub mod metrics;
pub mod pipelines;
pub mod running;
pub mod schedules;
pub mod service;
pub mod stats;
pub mod status;
pub mod store;
pub mod submit;
pub mod tokens;
pub mod upload;
pub mod videos;
pub mod webhooks;
pub mod why;
pub mod words;
pub mod workers;
