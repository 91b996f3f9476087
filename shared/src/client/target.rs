//! Where a daemon is: what `--connect` takes, and where one is looked for when nothing is said.

use super::error::ClientError;
use super::ssh::SshHost;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// One address of a daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The operator's socket on this box.
    Unix(PathBuf),
    /// `host:port`, plain HTTP and WebSocket; an IPv6 host stands in brackets.
    Tcp(String),
    /// `host:port`, over TLS.
    Tls(String),
    /// Through the user's own ssh, to the socket over there.
    Ssh(SshHost),
}

impl Target {
    /// What the `Host` header says. The operator's socket has no host of its own.
    pub(super) fn authority(&self) -> &str {
        match self {
            Self::Unix(_) | Self::Ssh(_) => "localhost",
            Self::Tcp(address) | Self::Tls(address) => address,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(address) => write!(f, "ws://{address}"),
            Self::Tls(address) => write!(f, "wss://{address}"),
            Self::Ssh(host) => write!(f, "ssh://{host}"),
        }
    }
}

impl FromStr for Target {
    type Err = ClientError;

    fn from_str(text: &str) -> Result<Self, ClientError> {
        let refuse = |problem: &str| {
            Err(ClientError::Target {
                value: text.to_owned(),
                problem: problem.to_owned(),
            })
        };
        if let Some(path) = text.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() {
                refuse("the path of the socket is missing: unix:/run/reel/reeld.sock")
            } else {
                Ok(Self::Unix(PathBuf::from(path)))
            };
        }
        if let Some(rest) = text.strip_prefix("ws://") {
            let address = rest.strip_suffix('/').unwrap_or(rest);
            return match check_address(address) {
                Ok(()) => Ok(Self::Tcp(address.to_owned())),
                Err(problem) => refuse(&problem),
            };
        }
        if let Some(rest) = text.strip_prefix("wss://") {
            let address = rest.strip_suffix('/').unwrap_or(rest);
            return match check_address(address) {
                Ok(()) => Ok(Self::Tls(address.to_owned())),
                Err(problem) => refuse(&problem),
            };
        }
        if let Some(rest) = text.strip_prefix("ssh://") {
            return match SshHost::read(rest) {
                Ok(host) => Ok(Self::Ssh(host)),
                Err(problem) => refuse(&problem),
            };
        }
        refuse(
            "it begins with none of unix:PATH, ws://HOST:PORT, wss://HOST:PORT, ssh://[USER@]HOST",
        )
    }
}

/// `host:port` with a port from 1 to 65535 and nothing behind it.
fn check_address(address: &str) -> Result<(), String> {
    let Some((host, port)) = address.rsplit_once(':') else {
        return Err(
            "the port is missing: ws://HOST:PORT (reeld listens on 3124 by default)".to_owned(),
        );
    };
    if host.is_empty() {
        return Err("the host is missing: ws://HOST:PORT".to_owned());
    }
    let bracketed = host.starts_with('[') && host.ends_with(']');
    if host.contains(':') && !bracketed {
        return Err("an IPv6 address stands in brackets: ws://[::1]:3124".to_owned());
    }
    if host
        .bytes()
        .any(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'@' | b'?' | b'#'))
    {
        return Err("only a host and a port may follow ws://".to_owned());
    }
    match port.parse::<u16>() {
        Ok(1..) => Ok(()),
        _ => Err(format!("{port:?} is no port: a number from 1 to 65535")),
    }
}

/// Where a daemon is looked for when nobody says: each in turn until one answers.
///
/// `env` reads an environment variable. The order is the daemon's own rule for its socket: `REEL_SOCKET` alone if it
/// is set; else the runtime directory's, the data directory's, the system service's.
pub fn default_targets(env: &dyn Fn(&str) -> Option<OsString>) -> Vec<Target> {
    let dir = |name: &str| {
        env(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(path) = dir("REEL_SOCKET") {
        return vec![Target::Unix(path)];
    }
    let data_dir = dir("REEL_DATA_DIR")
        .or_else(|| dir("XDG_DATA_HOME").map(|home| home.join("reel")))
        .or_else(|| dir("HOME").map(|home| home.join(".local/share/reel")));
    let runtime = dir("XDG_RUNTIME_DIR").map(|runtime| runtime.join("reel/reeld.sock"));
    runtime
        .into_iter()
        .chain(data_dir.map(|data| data.join("reeld.sock")))
        .chain([PathBuf::from("/run/reel/reeld.sock")])
        .map(Target::Unix)
        .collect()
}
