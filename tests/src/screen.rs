//! A terminal of a given size with a program on it: keys go in, the screen's text comes out.

use crate::{Failure, Home, LIMIT, Result, program};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Instant;

/// A program on a terminal.
pub struct Screen {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    bytes: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    /// Every byte the program wrote.
    pub written: u64,
    terminal: Box<dyn MasterPty + Send>,
}

impl Screen {
    /// Opens `reel` on this home's daemon with these arguments.
    pub fn open(home: &Home, columns: u16, rows: u16, arguments: &[&str]) -> Result<Self> {
        let connect = format!("unix:{}", home.socket().display());
        let arguments = [&["--connect", connect.as_str()], arguments].concat();
        Self::open_as(home, (columns, rows), &arguments, &[])
    }

    /// Opens `reel` with these arguments and nothing besides, and with these variables of the environment.
    pub fn open_as(
        home: &Home,
        (columns, rows): (u16, u16),
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Result<Self> {
        let refused = |doing: &'static str| move |error| Failure::new(format!("{doing}: {error}"));
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system()
            .openpty(size)
            .map_err(refused("a terminal"))?;
        let mut command = CommandBuilder::new(program("reel")?);
        command.env_clear();
        for (name, value) in [
            ("TERM", "xterm-256color"),
            ("LANG", "C.UTF-8"),
            ("TZ", "UTC"),
            ("PATH", "/usr/bin:/bin"),
        ] {
            command.env(name, value);
        }
        command.env("HOME", home.root());
        for (name, value) in variables {
            command.env(name, value);
        }
        command.args(arguments);
        let child = pair
            .slave
            .spawn_command(command)
            .map_err(refused("reel on a terminal"))?;
        drop(pair.slave);
        let keys = pair.master.take_writer().map_err(refused("the keyboard"))?;
        let bytes = read_on_a_thread(
            pair.master
                .try_clone_reader()
                .map_err(refused("the screen"))?,
        );
        Ok(Self {
            child,
            keys,
            bytes,
            parser: vt100::Parser::new(cell(rows), cell(columns), 0),
            written: 0,
            terminal: pair.master,
        })
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) -> Result<()> {
        self.keys
            .write_all(keys.as_bytes())
            .and_then(|()| self.keys.flush())
            .map_err(Failure::at("pressing a key"))
    }

    /// The terminal has another size from now on.
    pub fn resize(&mut self, columns: u16, rows: u16) -> Result<()> {
        self.parser.screen_mut().set_size(cell(rows), cell(columns));
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        self.terminal
            .resize(size)
            .map_err(|error| Failure::new(format!("another size: {error}")))
    }

    /// The program's process.
    pub fn pid(&self) -> Option<u32> {
        self.child.process_id()
    }

    /// Waits until the screen's text is as wanted, and answers it.
    pub fn until(&mut self, wanted: impl Fn(&str) -> bool) -> Result<String> {
        let began = Instant::now();
        loop {
            let text = self.text();
            if wanted(&text) {
                return Ok(text);
            }
            match self
                .bytes
                .recv_timeout(LIMIT.saturating_sub(began.elapsed()))
            {
                Ok(bytes) => self.take(&bytes),
                Err(_) => {
                    return Err(Failure::new(format!(
                        "the screen is still not as wanted:\n{text}"
                    )));
                }
            }
        }
    }

    /// The screen's text as it is now.
    pub fn text(&mut self) -> String {
        while let Ok(bytes) = self.bytes.try_recv() {
            self.take(&bytes);
        }
        self.parser.screen().contents()
    }

    /// Whether these words stand out as chosen: in reverse.
    pub fn chosen(&mut self, words: &str) -> bool {
        let _ = self.text();
        let screen = self.parser.screen();
        let (rows, columns) = screen.size();
        (0..rows.get()).any(|row| {
            let reversed: String = (0..columns.get())
                .filter_map(|column| screen.cell(row, column))
                .filter(|cell| cell.inverse())
                .map(|cell| {
                    if cell.has_contents() {
                        cell.contents()
                    } else {
                        " "
                    }
                })
                .collect();
            reversed.contains(words)
        })
    }

    fn take(&mut self, bytes: &[u8]) {
        self.written += bytes.len() as u64;
        self.parser.process(bytes);
    }

    /// Whether the program left the terminal as it found it: the main screen, with a cursor.
    pub fn is_restored(&self) -> bool {
        !self.parser.screen().alternate_screen() && !self.parser.screen().hide_cursor()
    }

    /// Waits until the program ends and answers its exit code; what it wrote at last is on the screen.
    pub fn ended(&mut self) -> Result<u32> {
        let status = self.child.wait().map_err(Failure::at("reel's end"))?;
        while let Ok(bytes) = self.bytes.recv_timeout(LIMIT) {
            self.take(&bytes);
        }
        Ok(status.exit_code())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A terminal has at least one row and one column.
fn cell(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap_or(NonZero::<u16>::MIN)
}

/// The thread ends with the terminal, or when nobody listens any more.
fn read_on_a_thread(mut reader: Box<dyn Read + Send>) -> Receiver<Vec<u8>> {
    let (sender, bytes) = sync_channel(1024);
    std::thread::spawn(move || {
        let mut buffer = vec![0; 16384];
        while let Ok(length) = reader.read(&mut buffer) {
            if length == 0 || sender.send(buffer[..length].to_vec()).is_err() {
                return;
            }
        }
    });
    bytes
}
