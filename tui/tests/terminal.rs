//! The program on a real pseudo-terminal, without a daemon and with a stand-in for one: what it leaves behind, what it writes
//! when nothing happens, and that it ends when its terminal does.

#![allow(
    clippy::unwrap_used,
    reason = "a test's failure is told where it happens"
)]

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// The longest any step may take before the test is given up.
const LIMIT: Duration = Duration::from_secs(20);

struct Session {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    bytes: Receiver<Vec<u8>>,
    seen: Vec<u8>,
    screen: vt100::Parser,
}

impl Session {
    fn open(socket: &Path, env: &[(&str, &str)]) -> Self {
        let size = PtySize {
            rows: 24,
            cols: 80,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_reel"));
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env("REEL_SOCKET", socket);
        for (name, value) in env {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, bytes) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let screen = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 0);
        Self {
            child,
            master: pair.master,
            bytes,
            seen: Vec::new(),
            screen,
        }
    }

    /// Reads until the screen holds this text.
    fn until(&mut self, text: &str) {
        let deadline = Instant::now() + LIMIT;
        while !self.screen.screen().contents().contains(text) {
            let left = deadline.saturating_duration_since(Instant::now());
            let bytes = self.bytes.recv_timeout(left);
            let bytes = bytes.unwrap_or_else(|_| {
                unreachable!("{text:?} never came:\n{}", self.screen.screen().contents())
            });
            self.take(&bytes);
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.screen.process(bytes);
        self.seen.extend_from_slice(bytes);
    }

    fn press(&mut self, keys: &str) {
        self.master
            .take_writer()
            .unwrap()
            .write_all(keys.as_bytes())
            .unwrap();
    }

    fn signal(&self, name: &str) {
        let pid = self.child.process_id().unwrap().to_string();
        assert!(
            Command::new("kill")
                .args([&format!("-{name}"), &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits for the end, reading on; the exit code.
    fn ended(&mut self) -> u32 {
        let deadline = Instant::now() + LIMIT;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                while let Ok(bytes) = self.bytes.recv_timeout(Duration::from_millis(200)) {
                    self.take(&bytes);
                }
                return status.exit_code();
            }
            assert!(Instant::now() < deadline, "it does not end");
            if let Ok(bytes) = self.bytes.recv_timeout(Duration::from_millis(20)) {
                self.take(&bytes);
            }
        }
    }

    /// Its own screen is left, the cursor shows, pastes and focus are no longer told.
    fn is_restored(&self) -> bool {
        let written = |sequence: &[u8]| {
            self.seen
                .windows(sequence.len())
                .rposition(|window| window == sequence)
        };
        let last = |off: &[u8], on: &[u8]| written(off) > written(on);
        last(b"\x1b[?1049l", b"\x1b[?1049h")
            && last(b"\x1b[?25h", b"\x1b[?25l")
            && last(b"\x1b[?2004l", b"\x1b[?2004h")
            && last(b"\x1b[?1004l", b"\x1b[?1004h")
    }
}

fn nobody() -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("nobody.sock");
    (dir, socket)
}

#[test]
fn q_gives_the_terminal_back() {
    let (_dir, socket) = nobody();
    let mut session = Session::open(&socket, &[]);
    session.until("RETRY");
    session.press("q");
    assert_eq!(session.ended(), 0);
    assert!(session.is_restored());
}

#[test]
fn a_signal_gives_the_terminal_back() {
    for name in ["TERM", "HUP", "INT"] {
        let (_dir, socket) = nobody();
        let mut session = Session::open(&socket, &[]);
        session.until("RETRY");
        session.signal(name);
        assert_ne!(session.ended(), 0, "{name}");
        assert!(session.is_restored(), "{name}");
    }
}

/// Without a session of its own nothing is signalled: only the terminal's silence tells.
#[test]
fn it_ends_when_its_terminal_goes() {
    use rustix::fs::{Mode, OFlags};
    use rustix::pty::OpenptFlags;
    let (_dir, socket) = nobody();
    let master =
        rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
            .unwrap();
    rustix::pty::grantpt(&master).unwrap();
    rustix::pty::unlockpt(&master).unwrap();
    let name = rustix::pty::ptsname(&master, Vec::new()).unwrap();
    let open = || {
        rustix::fs::open(
            &name,
            OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC,
            Mode::empty(),
        )
        .unwrap()
    };
    let mut child = Command::new(env!("CARGO_BIN_EXE_reel"))
        .env("REEL_SOCKET", &socket)
        .stdin(open())
        .stdout(open())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("RETRY") {
        let mut buffer = [0; 4096];
        let count = rustix::io::read(&master, &mut buffer).unwrap();
        seen.extend_from_slice(&buffer[..count]);
    }
    drop(master);
    let gone = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(gone.elapsed() < LIMIT, "it does not end");
        std::thread::yield_now();
    }
}

#[test]
fn no_query_is_sent_that_a_terminal_would_answer() {
    let (_dir, socket) = nobody();
    let mut session = Session::open(&socket, &[]);
    session.until("RETRY");
    for query in [&b"\x1b[6n"[..], b"\x1b[c", b"\x1b[>c", b"\x1b]11;?"] {
        assert!(
            !session
                .seen
                .windows(query.len())
                .any(|window| window == query)
        );
    }
}

#[test]
fn without_colours_none_is_written() {
    let (_dir, socket) = nobody();
    let mut session = Session::open(&socket, &[("NO_COLOR", "1")]);
    session.until("RETRY");
    for y in 0..24 {
        for x in 0..80 {
            let cell = session.screen.screen().cell(y, x).unwrap();
            assert_eq!(cell.fgcolor(), vt100::Color::Default);
        }
    }
    assert!(
        (0..80).any(|x| session.screen.screen().cell(0, x).unwrap().bold()),
        "bold stays"
    );
}

#[test]
fn without_a_terminal_there_is_no_escape_and_an_absent_daemon_is_3() {
    let (_dir, socket) = nobody();
    for flags in [&[][..], &["--once"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_reel"))
            .args(flags)
            .env("REEL_SOCKET", &socket)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert!(output.stdout.is_empty());
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("nobody.sock"), "{told}");
    }
}

#[test]
fn linear_mode_tells_lines_and_ends_by_q() {
    let (_dir, socket) = nobody();
    let mut child = Command::new(env!("CARGO_BIN_EXE_reel"))
        .arg("--linear")
        .env("REEL_SOCKET", &socket)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.as_mut().unwrap().write_all(b"?\nq\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("q ends"), "{text}");
    assert!(!text.contains('\u{1b}'));
}
