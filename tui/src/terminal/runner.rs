//! The loop: what happened goes into the core, what it wants is done, and when something changed and it is time, a picture
//! is drawn. Keys go before everything else; the network is never waited for.

use super::keys::{Input, Parser};
use super::kind::Kind;
use super::pace::{Pace, Profile};
use super::painter::Painter;
use super::session;
use super::tty::Tty;
use crate::app::{App, Event, Settings};
use crate::clock::now_ms;
use crate::config::Config;
use crate::model::link::Shown;
use crate::net::{Handle, Reply};
use crate::ui;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::io;
use std::time::{Duration, Instant};
use tokio::io::unix::AsyncFd;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Longer than this the loop doesn't take in what came before it looks at keys and the picture again.
const DRAIN: Duration = Duration::from_millis(2);

/// Sizes come in swarms while a window is dragged: the last one counts.
const RESIZE_MS: i64 = 50;

/// Nothing followed an Esc for so long: it is an Esc.
const ESC_MS: i64 = 40;

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The person quit.
    Quit,
    /// The terminal is gone, or a signal said so.
    Signal,
}

/// Looks of the terminal.
#[derive(Debug, Clone, Copy)]
pub struct Looks {
    /// How often to draw.
    pub profile: Profile,
    /// With colours.
    pub colours: bool,
    /// What the terminal is.
    pub terminal: Kind,
}

struct Signals {
    resized: Signal,
    hung_up: Signal,
    terminated: Signal,
    interrupted: Signal,
    continued: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            resized: signal(SignalKind::window_change())?,
            hung_up: signal(SignalKind::hangup())?,
            terminated: signal(SignalKind::terminate())?,
            interrupted: signal(SignalKind::interrupt())?,
            continued: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
        })
    }
}

pub(super) struct Runner {
    pub(super) app: App,
    pub(super) tty: AsyncFd<Tty>,
    parser: Parser,
    pub(super) painter: Painter,
    pub(super) buffer: Buffer,
    pub(super) pace: Pace,
    pub(super) looks: Looks,
    pub(super) net: Handle,
    esc_due: Option<i64>,
    resize_due: Option<i64>,
    pub(super) end: Option<(End, bool)>,
    /// The picture that the terminal itself shows, by its key and its place.
    pub(super) pictured: Option<(String, Rect)>,
}

/// What woke the loop.
enum Woken {
    Typed,
    Writable,
    Due,
    Link(Option<(usize, crate::app::LinkEvent)>),
    Reply(Option<Reply>),
    Resized,
    Continued,
    Ended,
}

/// Runs the dashboard on the terminal until it ends.
pub async fn run(
    net: Handle,
    targets: Vec<String>,
    settings: Settings,
    looks: Looks,
    config: Config,
) -> io::Result<End> {
    let mut signals = Signals::listen()?;
    let mut tty = Tty::open()?;
    let size = tty.size();
    tty.enter()?;
    let named = targets.clone();
    let mut runner = Runner {
        app: App::of(targets, settings, size, now_ms()),
        tty: watched(tty)?,
        parser: Parser::default(),
        painter: Painter::new(size, looks.colours),
        buffer: Buffer::empty(Rect::new(0, 0, size.0, size.1)),
        pace: Pace::new(looks.profile),
        looks,
        net,
        esc_due: None,
        resize_due: None,
        end: None,
        pictured: None,
    };
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let kept = session::place(&named, env);
    if let Some(memory) = kept.as_deref().and_then(session::load) {
        runner.app.recall_session(&memory);
    }
    runner.feed(Event::Configured(Box::new(config)));
    runner.listen_to_mouse();
    loop {
        runner.draw_if_due()?;
        if let Some((end, leave_picture)) = runner.end {
            if let Some(place) = &kept {
                // A session that can't be kept begins anew next time.
                let _ = session::save(place, &runner.app.memory());
            }
            let picture = if leave_picture {
                runner.picture()
            } else {
                String::new()
            };
            runner.tty.get_mut().leave(picture.as_bytes());
            return Ok(end);
        }
        match runner.wait(&mut signals).await? {
            Woken::Typed => runner.typed()?,
            Woken::Writable => runner.tty.get_mut().flush()?,
            Woken::Due => runner.due(),
            Woken::Link(Some((daemon, event))) => runner.drain(Event::Link { daemon, event }),
            Woken::Reply(Some(reply)) => runner.drain(Event::Reply {
                ticket: reply.ticket,
                result: reply.result,
            }),
            Woken::Link(None) | Woken::Reply(None) => {
                return Err(io::Error::other("the connection's task ended"));
            }
            Woken::Resized => runner.resize_due = Some(now_ms() + RESIZE_MS),
            Woken::Continued => runner.come_back()?,
            Woken::Ended => runner.end = Some((End::Signal, false)),
        }
    }
}

impl Runner {
    async fn wait(&mut self, signals: &mut Signals) -> io::Result<Woken> {
        let due = self.next_due();
        let left = Duration::from_millis(u64::try_from(due - now_ms()).unwrap_or(0));
        let full = self.tty.get_ref().is_full();
        Ok(tokio::select! {
            biased;
            _ = signals.hung_up.recv() => Woken::Ended,
            _ = signals.terminated.recv() => Woken::Ended,
            _ = signals.interrupted.recv() => Woken::Ended,
            ready = self.tty.readable() => {
                ready?.clear_ready();
                Woken::Typed
            }
            _ = signals.continued.recv() => Woken::Continued,
            _ = signals.resized.recv() => Woken::Resized,
            ready = self.tty.writable(), if full => {
                ready?.clear_ready();
                Woken::Writable
            }
            () = tokio::time::sleep(left) => Woken::Due,
            reply = self.net.replies.recv() => Woken::Reply(reply),
            event = self.net.link.recv() => Woken::Link(event),
        })
    }

    fn next_due(&self) -> i64 {
        let full = self.tty.get_ref().is_full();
        let picture = self.picture_due().filter(|_| !full);
        [
            Some(self.app.next_tick()),
            picture,
            self.esc_due,
            self.resize_due,
        ]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(0)
    }

    fn picture_due(&self) -> Option<i64> {
        let slow = self.app.link.shown(self.app.now_ms) == Shown::Slow;
        self.pace.due(self.app.view.focused, slow)
    }

    /// Everything the terminal has for us. The readiness was cleared before: what comes now wakes again.
    fn typed(&mut self) -> io::Result<()> {
        let mut bytes = [0; 4096];
        loop {
            match self.tty.get_ref().read(&mut bytes) {
                Ok(0) => {
                    self.end = Some((End::Signal, false));
                    return Ok(());
                }
                Ok(count) => {
                    for input in self.parser.feed(&bytes[..count]) {
                        self.input(input);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // A terminal that was hung up answers so.
                Err(_) => {
                    self.end = Some((End::Signal, false));
                    return Ok(());
                }
            }
        }
        self.esc_due = self.parser.is_open().then(|| now_ms() + ESC_MS);
        Ok(())
    }

    fn input(&mut self, input: Input) {
        self.pace.want(true);
        self.feed(match input {
            Input::Key(key) => Event::Key(key),
            Input::Mouse(mouse) => Event::Mouse(mouse),
            Input::Paste(text) => Event::Paste(text),
            Input::Focus(focused) => Event::Focus(focused),
        });
    }

    /// A moment that was asked for.
    fn due(&mut self) {
        let now = now_ms();
        if self.esc_due.is_some_and(|due| due <= now) {
            self.esc_due = None;
            for input in self.parser.flush() {
                self.input(input);
            }
        }
        if self.resize_due.is_some_and(|due| due <= now) {
            self.resize_due = None;
            let size = self.tty.get_ref().size();
            self.painter.begin_anew(size);
            self.pace.want(true);
            self.feed(Event::Resize(size.0, size.1));
        }
        if self.app.next_tick() <= now {
            self.feed(Event::Tick);
        }
    }

    /// This and what else came, for a short while: keys and picture are looked at in between.
    fn drain(&mut self, first: Event) {
        let began = Instant::now();
        self.feed(first);
        while began.elapsed() < DRAIN {
            let event = match self.net.replies.try_recv() {
                Ok(reply) => Event::Reply {
                    ticket: reply.ticket,
                    result: reply.result,
                },
                Err(_) => match self.net.link.try_recv() {
                    Ok((daemon, event)) => Event::Link { daemon, event },
                    Err(_) => return,
                },
            };
            self.feed(event);
        }
    }

    pub(super) fn feed(&mut self, event: Event) {
        let actions = self.app.handle(event, now_ms());
        self.pace.want(false);
        for action in actions {
            self.act(action);
        }
    }

    /// One picture, in one write; none while the line is still busy with the last one.
    fn draw_if_due(&mut self) -> io::Result<()> {
        let now = now_ms();
        if self.picture_due().is_some_and(|due| due <= now) && !self.tty.get_ref().is_full() {
            self.pace.drawn(now);
            if self.app.settle() {
                self.hide_picture();
                let (columns, rows) = self.app.view.size;
                self.buffer.resize(Rect::new(0, 0, columns, rows));
                let cursor = ui::draw(&self.app, &mut self.buffer);
                let bytes = self.painter.paint(&self.buffer, cursor);
                if !bytes.is_empty() {
                    self.app.written.0 += bytes.len() as u64;
                    self.app.written.1 += 1;
                }
                self.tty.get_mut().queue(bytes);
                self.show_picture();
            }
            for action in self.app.take_actions() {
                self.act(action);
            }
        }
        match self.tty.get_mut().flush() {
            Err(_) => {
                self.end = Some((End::Signal, false));
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    pub(super) fn suspend(&mut self) {
        self.tty.get_mut().leave(b"");
        // The shell waits for the whole group; coming back is told by the signal that continues us.
        let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
    }

    fn come_back(&mut self) -> io::Result<()> {
        let tty = self.tty.get_mut();
        tty.leave(b"");
        tty.enter()?;
        let size = tty.size();
        self.listen_to_mouse();
        self.painter = Painter::new(size, self.looks.colours);
        self.pace.want(true);
        self.feed(Event::Resize(size.0, size.1));
        Ok(())
    }

    /// The last picture as lines, for leaving it on the terminal.
    fn picture(&self) -> String {
        ui::lines(&self.buffer)
            .iter()
            .map(|line| format!("{line}\r\n"))
            .collect()
    }
}

/// The terminal with its readiness told.
#[allow(
    deprecated,
    reason = "its replacement is unsafe, which is forbidden here; `Tty` owns its one descriptor"
)]
fn watched(tty: Tty) -> io::Result<AsyncFd<Tty>> {
    AsyncFd::new(tty)
}
