//! End to end, in one binary: the built programs, real sockets, real processes, real ffmpeg. One file for each thing that
//! must hold; what they share is the harness in `src/`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects; a broken expectation should panic"
)]

mod accounts;
mod approval;
mod asking;
mod boxes;
mod cancel;
mod chain;
mod clips_stored;
mod command_line;
mod conversations;
mod costs;
mod crash;
mod dashboard;
mod database;
mod deadlines;
mod disk;
mod documents_000;
mod documents_001;
mod documents_002;
mod documents_003;
mod documents_004;
mod episodes;
mod faults;
mod faults_of_stores;
mod flows;
mod hostile;
mod makers_outside;
mod n8n;
mod programs;
mod providers;
mod refusals;
mod requests;
mod reuse;
mod start;
mod storage;
mod stored;
mod surfaces;
mod ten_minutes;
mod tidy;
mod tls;
mod uploads;
mod video;
mod webhooks;
mod worker_callbacks;
mod youtube;
mod youtube_whole;
