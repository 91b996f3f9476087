//! What is written for each row of the route table, a file for each surface.

mod daemon;
mod generations;
mod jobs;
mod running;
mod service;
mod videos;
mod webhooks;
mod workflows;

use super::doc::Surface;

/// All surfaces, in the order in which they are shown.
pub const ALL: &[Surface] = &[
    workflows::SURFACE,
    webhooks::SURFACE,
    videos::SURFACE,
    generations::SURFACE,
    service::SURFACE,
    jobs::SURFACE,
    daemon::SURFACE,
    running::SURFACE,
];
