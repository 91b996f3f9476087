//! A program's standard output and standard error: always read, so that it never waits for a reader.

use super::output::{Lines, Output};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::os::fd::OwnedFd;
use std::process::Child;

const READ: usize = 64 * 1024;
/// What a pipe is made to hold once a program writes faster than it is read.
const LARGE: usize = 1024 * 1024;

/// The pipes that are still open.
#[derive(Debug)]
pub struct Pipes {
    open: [Option<(OwnedFd, Lines)>; 2],
    buffer: Vec<u8>,
}

impl Pipes {
    /// Those of this program.
    pub fn of(child: &mut Child) -> Self {
        let stdout = child
            .stdout
            .take()
            .map(|pipe| (pipe.into(), Lines::default()));
        let stderr = child
            .stderr
            .take()
            .map(|pipe| (pipe.into(), Lines::default()));
        Self {
            open: [stdout, stderr],
            buffer: Vec::new(),
        }
    }

    /// Each open pipe with its number.
    pub fn each(&self) -> impl Iterator<Item = (usize, &OwnedFd)> {
        self.open
            .iter()
            .enumerate()
            .filter_map(|(number, pipe)| Some((number, &pipe.as_ref()?.0)))
    }

    /// Whether nobody can say anything any more.
    pub fn are_closed(&self) -> bool {
        self.open.iter().all(Option::is_none)
    }

    /// Reads once from a pipe that has something; gives how much that was.
    pub fn read(&mut self, number: usize, output: &mut Output) -> usize {
        let Some((pipe, lines)) = &mut self.open[number] else {
            return 0;
        };
        self.buffer.resize(READ, 0);
        match rustix::io::read(&*pipe, &mut self.buffer[..]) {
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => 0,
            Ok(0) | Err(_) => {
                lines.finish(|line, kept| output.line(line, kept));
                self.open[number] = None;
                0
            }
            Ok(read) => {
                lines.take(&self.buffer[..read], |line, kept| output.line(line, kept));
                if read == READ {
                    // A larger pipe saves both of them switches. It may be refused.
                    let _ = rustix::pipe::fcntl_setpipe_size(&*pipe, LARGE);
                }
                read
            }
        }
    }

    /// When the tree is gone: reads what the pipes still hold, and closes them. Somebody outside of the tree may hold one and
    /// go on writing: more than a full pipe is not the program's.
    pub fn drain(&mut self, output: &mut Output) {
        for number in 0..self.open.len() {
            let mut left = LARGE + READ;
            while self.has_input(number) && left > 0 {
                left = left.saturating_sub(self.read(number, output));
                output.flush_log();
            }
            if let Some((_, mut lines)) = self.open[number].take() {
                lines.finish(|line, kept| output.line(line, kept));
            }
        }
    }

    fn has_input(&self, number: usize) -> bool {
        let Some((pipe, _)) = &self.open[number] else {
            return false;
        };
        let mut fds = [PollFd::new(pipe, PollFlags::IN)];
        poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
            && fds[0].revents().contains(PollFlags::IN)
    }
}
