//! The dashboard for a screen reader, a dumb terminal or a log: lines that are only ever added, keys typed by line, and never
//! an escape sequence. It is the same core: a typed line becomes the keys it stands for, and what changed is told in words.
//!
//! Bare Enter lists, a number chooses a workflow, a key acts on it, `q` ends.

mod tell;

use crate::app::{Action, App, Event, Settings};
use crate::clock::now_ms;
use crate::input::{Code, Key};
use crate::model::link::Link;
use crate::net::{Control, Handle};
use reel_shared::client::Endpoint;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;
use tell::Teller;
use tokio::io::{AsyncBufReadExt, BufReader};

/// Runs until `q`, the end of the input, or a reader that goes away.
pub async fn run(
    endpoints: Vec<Endpoint>,
    targets: Vec<String>,
    settings: Settings,
) -> io::Result<ExitCode> {
    let mut net = Handle::start(endpoints);
    let mut app = App::of(targets, settings, (100, 10_000), now_ms());
    let mut teller = Teller::default();
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut reading = true;
    loop {
        let left = u64::try_from(app.next_tick() - now_ms()).unwrap_or(0);
        // What is typed ahead, or piped in, waits until there is something to act on, or it is clear that there is nobody.
        let ready = app.loaded()
            || app
                .links()
                .all(|(_, link)| !matches!(link.link, Link::Dialing | Link::Live));
        let actions = tokio::select! {
            line = lines.next_line(), if reading && ready => match line? {
                Some(line) => typed(&mut app, &mut teller, line.trim()),
                None => {
                    reading = false;
                    app.run(crate::input::Command::QuitLeaving);
                    app.handle(Event::Tick, now_ms())
                }
            },
            event = net.link.recv() => match event {
                Some((daemon, event)) => app.handle(Event::Link { daemon, event }, now_ms()),
                None => return Err(io::Error::other("the connection's task ended")),
            },
            Some(reply) = net.replies.recv() => {
                app.handle(Event::Reply { ticket: reply.ticket, result: reply.result }, now_ms())
            }
            () = tokio::time::sleep(Duration::from_millis(left)) => app.handle(Event::Tick, now_ms()),
        };
        app.settle();
        let told = teller.news(&app);
        let written = io::stdout()
            .write_all(told.as_bytes())
            .and_then(|()| io::stdout().flush());
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                return Ok(ExitCode::SUCCESS);
            }
            other => other?,
        }
        for action in actions.into_iter().chain(app.take_actions()) {
            if act(&net, action) {
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
}

/// Does what is wanted; true at the end. What only a screen can do is left out.
fn act(net: &Handle, action: Action) -> bool {
    match action {
        Action::Call { ticket, call } => drop(net.call(ticket, call)),
        Action::Subscribe(daemon, logs) => drop(net.control(daemon, Control::Subscribe(logs))),
        Action::Dial(daemon) => drop(net.control(daemon, Control::Dial)),
        Action::Resync(daemon) => drop(net.control(daemon, Control::Resync)),
        Action::Seen {
            daemon,
            seq,
            instance,
        } => drop(net.control(daemon, Control::Seen(seq, instance))),
        Action::Quit { .. } => return true,
        Action::Save { path, text } => match crate::terminal::files::save(&path, &text) {
            Ok(place) => println!("written to {}", place.display()),
            Err(why) => println!("{why}"),
        },
        Action::Repaint
        | Action::Mouse(_)
        | Action::Title(_)
        | Action::Copy(_)
        | Action::Notify(_)
        | Action::Reload
        | Action::Suspend => {}
    }
    false
}

/// A typed line as the keys it stands for.
fn typed(app: &mut App, teller: &mut Teller, line: &str) -> Vec<Action> {
    let now = now_ms();
    if app.view.popup.is_none()
        && let Some(form) = &mut app.view.form
    {
        if line == "b" {
            return app.handle(Event::Key(Key::of(Code::Esc)), now);
        }
        // A line is typed on purpose: nothing typed ahead is to be dropped.
        form.armed_ms = now;
        form.answer_line(line);
        return app.handle(Event::Key(Key::of(Code::Enter)), now);
    }
    if app.view.popup.is_some() {
        let mut actions = Vec::new();
        for c in line.chars() {
            actions.extend(app.handle(Event::Key(Key::char(c)), now));
        }
        // What is still asked is answered by the line's end: a typed count counts, anything else is No.
        if app.view.popup.is_some() {
            actions.extend(app.handle(Event::Key(Key::of(Code::Enter)), now));
        }
        if app.view.popup.is_some() {
            actions.extend(app.handle(Event::Key(Key::of(Code::Esc)), now));
        }
        return actions;
    }
    match line {
        "" | "ls" => teller.list(app),
        "?" => teller.help(app),
        "b" => return app.handle(Event::Key(Key::of(Code::Esc)), now),
        "q" => {
            app.run(crate::input::Command::QuitLeaving);
            return app.handle(Event::Tick, now);
        }
        _ => {
            if let Ok(number) = line.parse::<usize>() {
                teller.choose(app, number);
            } else if let Some(name) = line.strip_prefix(':') {
                match App::named(name) {
                    Some(command) => app.run(command),
                    None => teller.say(format!("no command {name:?}; ? lists them")),
                }
            } else if line.starts_with('/') || line.chars().count() == 1 {
                let mut actions = Vec::new();
                for c in line.chars() {
                    actions.extend(app.handle(Event::Key(Key::char(c)), now));
                }
                if app.view.prompt.is_some() {
                    actions.extend(app.handle(Event::Key(Key::of(Code::Enter)), now));
                    app.settle();
                    teller.list(app);
                }
                return actions;
            } else {
                teller.say(format!("{line:?} is no key; ? lists them"));
            }
        }
    }
    app.take_actions()
}
