//! Reel's terminal: a client like any other. The command line asks and prints; the dashboard keeps a model from a
//! snapshot and the events after it, and draws it.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod curl;
pub mod dashboard;
pub mod input;
pub mod linear;
pub mod model;
pub mod net;
pub mod once;
pub mod terminal;
pub mod ui;
