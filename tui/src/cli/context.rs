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
    /// Where the daemon is: unix:PATH, ws://HOST:PORT or ssh://HOST [default: REEL_CONNECT, else this box's socket]
    ///
    /// Without it REEL_CONNECT counts, then REEL_SOCKET, then the sockets of this user's daemon and of the system's. The
    /// dashboard takes it several times, for several boxes in one view. ssh:// goes through your own ssh, to `reel
    /// dial-stdio` over there; it must log in without asking.
    #[arg(long, global = true, value_name = "WHERE")]
    pub connect: Vec<String>,
    /// A file that holds the token [default: REEL_TOKEN]; the socket needs none
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

impl Connection {
    /// The one daemon that is meant.
    pub fn endpoint(&self) -> Outcome<Endpoint> {
        let connect = match self.connect.as_slice() {
            [] => None,
            [one] => Some(one.as_str()),
            [..] => {
                return Err(Failure::usage("--connect is given more than once")
                    .with_remedy("one daemon is asked at a time: leave one of them"));
            }
        };
        self.resolve(connect)
    }

    /// Every daemon that is meant, for one view of all, with the text that each was named by.
    pub fn endpoints(&self) -> Outcome<Vec<(Endpoint, String)>> {
        let named = |endpoint: Endpoint| {
            let text = endpoint
                .targets
                .first()
                .map_or_else(String::new, ToString::to_string);
            (endpoint, text)
        };
        if self.connect.is_empty() {
            return Ok(vec![named(self.resolve(None)?)]);
        }
        self.connect
            .iter()
            .map(|text| Ok(named(self.resolve(Some(text))?)))
            .collect()
    }

    fn resolve(&self, connect: Option<&str>) -> Outcome<Endpoint> {
        let env = |name: &str| std::env::var_os(name);
        Ok(Endpoint::resolve(
            connect,
            self.token_file.as_deref(),
            &env,
        )?)
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
        self.out
            .terminal
            .then(|| columns(std::io::stdout()))
            .flatten()
    }
}

/// The width of a terminal that knows its own.
pub fn columns(terminal: impl std::os::fd::AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(terminal).ok()?;
    (size.ws_col > 0).then(|| usize::from(size.ws_col))
}

/// Whether a person reads standard error: progress may then be drawn in place.
pub fn stderr_is_terminal() -> bool {
    std::io::stderr().is_terminal()
}
