//! A real daemon, a real client and a real terminal for tests: starts the built programs on a directory of their own and
//! waits on what they say (readiness, events, bytes on the screen), never on the clock.
//!
//! Every wait has a limit that only a broken program reaches. What a test started is gone when its [`Daemon`] is: the
//! daemon, its shims and whatever they run.

mod curl;
mod daemon;
mod failure;
mod gate;
mod home;
mod like;
mod makers;
mod processes;
mod program;
mod raw;
mod redis;
mod s3;
mod said;
mod screen;
mod standin;
mod submit;
mod timeline;
mod watch;
mod youtube;

pub use curl::{ask, curl, tcp};
pub use daemon::Daemon;
pub use failure::{Failure, Result};
pub use gate::Gate;
pub use home::Home;
pub use like::{assert_like, unlike};
pub use makers::Makers;
pub use processes::{Process, running_under};
pub use program::{Ended, program, reel, reeld, run_to_end, use_programs};
pub use raw::{RawReply, raw, send};
pub use redis::Redis;
pub use s3::{Health, S3};
pub use said::{Said, said, said_kinds};
pub use screen::Screen;
pub use standin::{Asked, Reply, StandIn};
pub use submit::{act, command, request, submit};
pub use timeline::Timeline;
pub use watch::{Watch, shown, wait_for, wait_for_end, wait_for_status};
pub use youtube::{Fault, Uploaded, YouTube};

use std::time::Duration;

/// What only a broken program reaches.
pub const LIMIT: Duration = Duration::from_secs(60);
