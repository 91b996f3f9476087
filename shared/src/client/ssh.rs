//! A connection through the user's own `ssh`: `reel dial-stdio` on the other side joins the session to the daemon's socket.
//! Keys, hosts, jumps and multiplexing are what the user's ssh configuration says; nothing is asked for, since the terminal
//! may be a dashboard's.

use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

/// As much of ssh's complaints is kept.
const COMPLAINT: u64 = 4096;

/// Where ssh goes: `[USER@]HOST[:PORT]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshHost {
    /// `[USER@]HOST`, as ssh takes it.
    pub destination: String,
    /// Another port than ssh's own choice.
    pub port: Option<u16>,
}

impl SshHost {
    /// Reads what follows `ssh://`.
    pub fn read(text: &str) -> Result<Self, String> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let (destination, port) = match text.rsplit_once(':') {
            Some((host, port)) if !host.ends_with(']') || !port.is_empty() => {
                let number = port.parse::<u16>().ok().filter(|port| *port > 0);
                let number = number
                    .ok_or_else(|| format!("{port:?} is no port: a number from 1 to 65535"))?;
                (host, Some(number))
            }
            _ => (text, None),
        };
        let host = destination
            .rsplit_once('@')
            .map_or(destination, |(_, host)| host);
        if host.is_empty() {
            return Err("the host is missing: ssh://[USER@]HOST".to_owned());
        }
        // ssh takes what begins with a dash as an option.
        if destination.starts_with('-') || host.starts_with('-') {
            return Err("a host begins with no dash".to_owned());
        }
        let odd = |c: char| c.is_whitespace() || c.is_control() || "/?#'\"\\$`;&|<>()".contains(c);
        if destination.contains(odd) {
            return Err("only a user, a host and a port may follow ssh://".to_owned());
        }
        Ok(Self {
            destination: destination.to_owned(),
            port,
        })
    }
}

impl std::fmt::Display for SshHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.destination)?;
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

/// A session. It ends with the value.
#[derive(Debug)]
pub struct Session {
    input: ChildStdin,
    output: ChildStdout,
    complaint: Option<JoinHandle<String>>,
    answered: bool,
    /// Killed when it is dropped.
    _child: Child,
}

impl Session {
    /// Starts ssh. Whether it gets through shows with the first byte, or with what it complains of.
    pub fn start(host: &SshHost) -> io::Result<Self> {
        let mut command = Command::new("ssh");
        command.args(["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"]);
        if let Some(port) = host.port {
            command.args(["-p", &port.to_string()]);
        }
        command
            .args(["--", &host.destination, "reel", "dial-stdio"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => io::Error::new(
                io::ErrorKind::Unsupported,
                "there is no ssh on this machine: install it, or forward the socket by other means",
            ),
            _ => error,
        })?;
        let (Some(input), Some(output), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(io::Error::other("ssh has no standard streams"));
        };
        Ok(Self {
            input,
            output,
            complaint: Some(tokio::spawn(complaint(errors))),
            answered: false,
            _child: child,
        })
    }
}

/// What ssh, or the other side's `reel`, says on its standard error: the last line with anything on it.
async fn complaint(errors: ChildStderr) -> String {
    let mut text = Vec::new();
    // What can't be read is no complaint.
    let _ = errors.take(COMPLAINT).read_to_end(&mut text).await;
    let text = String::from_utf8_lossy(&text);
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    last.unwrap_or("ssh ended before the daemon answered")
        .trim()
        .to_owned()
}

impl AsyncRead for Session {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let session = self.get_mut();
        let before = buf.filled().len();
        if !session.answered && session.complaint.is_none() {
            return Poll::Ready(Ok(()));
        }
        ready!(Pin::new(&mut session.output).poll_read(cx, buf))?;
        if buf.filled().len() > before || buf.remaining() == 0 || session.answered {
            session.answered |= buf.filled().len() > before;
            return Poll::Ready(Ok(()));
        }
        // It ended without a byte: why stands on its standard error.
        let Some(complaint) = &mut session.complaint else {
            return Poll::Ready(Ok(()));
        };
        let why = ready!(Pin::new(complaint).poll(cx));
        session.complaint = None;
        let why = why.unwrap_or_else(|_| "ssh ended before the daemon answered".to_owned());
        Poll::Ready(Err(io::Error::new(io::ErrorKind::NotConnected, why)))
    }
}

impl AsyncWrite for Session {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().input).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().input).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().input).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_and_what_ssh_would_misread_is_refused() {
        let read = |text: &str| SshHost::read(text).map(|host| host.to_string());
        assert_eq!(read("box"), Ok("box".to_owned()));
        assert_eq!(read("ana@box:2222"), Ok("ana@box:2222".to_owned()));
        for bad in [
            "",
            "ana@",
            "-oProxyCommand=x",
            "ana@-x",
            "box:0",
            "box:x",
            "a b",
            "box;ls",
            "box/path",
        ] {
            assert!(SshHost::read(bad).is_err(), "{bad}");
        }
    }
}
