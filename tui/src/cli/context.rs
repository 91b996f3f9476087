//! What every verb works with: the daemon, the output, the clock's zone and the command line's own options.

use super::failure::{Failure, Outcome};
use super::output::Output;
use reel_shared::client::{Endpoint, Http};
use std::io::IsTerminal;
use std::path::PathBuf;

/// Where the daemon is and as whom it is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// Where the daemon is: unix:PATH or ws://HOST:PORT [default: REEL_CONNECT, else this box's socket]
    ///
    /// Without it REEL_CONNECT counts, then REEL_SOCKET, then the sockets of this user's daemon and of the system's.
    /// The dashboard takes it several times, for several boxes at once.
    #[arg(long, global = true, value_name = "WHERE")]
    pub connect: Vec<String>,
    /// A file that holds the token [default: REEL_TOKEN]; the socket needs none
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

impl Connection {
    /// Every daemon that is meant: one, unless `--connect` was given several times.
    pub fn endpoints(&self) -> Outcome<Vec<Endpoint>> {
        let env = |name: &str| std::env::var_os(name);
        let token_file = self.token_file.as_deref();
        if self.connect.is_empty() {
            return Ok(vec![Endpoint::resolve(None, token_file, &env)?]);
        }
        let resolve = |text: &String| Endpoint::resolve(Some(text), token_file, &env);
        Ok(self.connect.iter().map(resolve).collect::<Result<_, _>>()?)
    }

    /// The one daemon that a verb asks.
    pub fn endpoint(&self) -> Outcome<Endpoint> {
        if self.connect.len() > 1 {
            return Err(Failure::usage("--connect is given more than once")
                .with_remedy("only the dashboard watches several boxes; a verb asks one"));
        }
        let mut endpoints = self.endpoints()?;
        endpoints
            .pop()
            .ok_or_else(|| Failure::usage("--connect is empty"))
    }
}

/// What a verb works with.
pub struct Context {
    /// The daemon.
    pub http: Http,
    /// Standard output.
    pub out: Output,
}

impl Context {
    /// For this endpoint, printing to standard output.
    pub fn new(endpoint: Endpoint, json: bool) -> Self {
        Self {
            http: Http::new(endpoint),
            out: Output::stdout(json),
        }
    }

    /// The width to cut lines at: the terminal's, or none.
    pub fn width(&self) -> Option<usize> {
        if !self.out.terminal {
            return None;
        }
        let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
        (size.ws_col > 0).then(|| usize::from(size.ws_col))
    }
}

/// Whether a person reads standard error: progress may then be drawn in place.
pub fn stderr_is_terminal() -> bool {
    std::io::stderr().is_terminal()
}
