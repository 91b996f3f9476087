//! Runs attempts of stages on this box: programs and built-in stages, their progress, logs, limits and end.

pub mod registry;
pub mod stage;
