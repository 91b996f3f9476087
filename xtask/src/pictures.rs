//! `cargo xtask pictures`: Active, Detail and Hooks of a real daemon with real work, as SVG files for the README.

use crate::build;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use reel::app::{Action, App, Event, Settings};
use reel::clock::now_ms;
use reel::input::Key;
use reel::net::{Control, Handle};
use reel_shared::client::Method;
use reel_shared::request::SubmitRequest;
use reel_tests::{Daemon, Failure, Home, Result, command, submit};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// The terminal that is drawn.
const SIZE: (u16, u16) = (120, 30);

/// Nothing that is waited for takes longer.
const LIMIT: Duration = Duration::from_secs(120);

/// Its options.
#[derive(Debug, clap::Args)]
pub struct Pictures {
    /// Where the files go
    #[arg(long, default_value = "docs")]
    to: PathBuf,
    /// Use these programs instead of building them
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,
}

impl Pictures {
    /// Runs real work, and draws it.
    pub fn run(self) -> Result<()> {
        let programs = self.programs.clone().map_or_else(build::debug, Ok)?;
        reel_tests::use_programs(programs);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(Failure::at("the runtime"))?;
        runtime.block_on(draw(&self.to))
    }
}

async fn draw(to: &std::path::Path) -> Result<()> {
    let home = Home::scratch()?;
    let receiver = TcpListener::bind("127.0.0.1:0")
        .await
        .map_err(Failure::at("a receiver"))?;
    let port = receiver
        .local_addr()
        .map_err(Failure::at("the receiver's address"))?
        .port();
    tokio::spawn(receive(receiver));
    home.configure(
        "[box]\nname = \"studio\"\n[resources]\ncpu = 2\n[webhooks]\nallow_http = true\nallow_private = [\"127.0.0.0/8\"]\nschedule = [\"0s\", \"1s\"]\n",
    )?;
    let _daemon = Daemon::start(&home)?;
    for place in ["shop", "archive"] {
        let body = serde_json::json!({ "url": format!("http://127.0.0.1:{port}/{place}"), "events": ["*"] });
        let body = body.to_string().into_bytes();
        home.client()
            .request(Method::POST, "/api/webhooks/register", Some(body), &[])
            .await
            .map_err(Failure::at("registering an endpoint"))?;
    }
    work(&home).await?;
    let mut screen = Looking::open(&home);
    let failed = |app: &App| app.count(|row| row.view.status == "failed") > 0;
    let runs = |app: &App| {
        app.rows()
            .any(|row| row.view.progress >= 12.0 && row.view.status == "running")
    };
    screen.until(|app| failed(app) && runs(app)).await?;
    screen.save(
        to,
        "active",
        "The Active screen: what runs, waits and failed",
    )?;
    screen.press("Enter").await;
    screen
        .until(|app| {
            let detail = app.view.detail.as_ref();
            detail.is_some_and(|detail| detail.log.len() > 12 && !detail.events.is_empty())
        })
        .await?;
    screen.save(
        to,
        "detail",
        "An opened workflow: its stages over time, and its log",
    )?;
    screen.press("4").await;
    screen
        .until(|app| {
            app.delivery()
                .is_some_and(|one| app.view.hooks.whole.contains_key(&one.delivery_id))
        })
        .await?;
    screen.save(
        to,
        "hooks",
        "The Hooks screen: a failed delivery beside the last accepted one",
    )
}

/// An endpoint that takes everything but what tells of a failure.
async fn receive(receiver: TcpListener) {
    while let Ok((mut socket, _)) = receiver.accept().await {
        tokio::spawn(async move {
            let mut request = vec![0; 64 << 10];
            let Ok(count) = socket.read(&mut request).await else {
                return;
            };
            let text = String::from_utf8_lossy(&request[..count]).into_owned();
            let answer = if text.starts_with("POST /shop") && text.contains("video.failed") {
                "HTTP/1.1 422 Unprocessable\r\nconnection: close\r\ncontent-length: 36\r\n\r\n{\"error\":\"unknown field `error`\"}   "
            } else {
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok"
            };
            // A sender that is gone needs no answer.
            let _ = socket.write_all(answer.as_bytes()).await;
        });
    }
}

/// Programs that report what they do, one of which fails.
async fn work(home: &Home) -> Result<()> {
    let encode = "i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo \"::progress $((i/4)) frame $((i*59)) of 23600\"; echo \"frame=$((i*59)) fps=118 q=23.0 speed=2.1x\"; [ $((i % 9)) = 0 ] && echo '::log warn bitrate 4.9 Mb/s over target 4.5 Mb/s'; sleep 0.15; done";
    let check = "echo '::progress 40 link 12 of 30'; echo 'https://example.org/a: 200'; echo 'https://example.org/b: 404' >&2; exit 3";
    let works: [(&str, &str); 6] = [
        ("weekly report", "echo done"),
        ("check the links", check),
        ("encode the lighthouse", encode),
        ("encode the harbour", encode),
        ("transcode the archive", "sleep 1000"),
        ("nightly backup", "sleep 1000"),
    ];
    for (at, (name, script)) in works.into_iter().enumerate() {
        let request = SubmitRequest {
            name: Some(name.to_owned()),
            ..command(&["/bin/sh", "-c", script])
        };
        let made = submit(home, &request).await?;
        if at < 2 {
            let status = if at == 0 { "completed" } else { "failed" };
            reel_tests::wait_for_status(home, &made.id, status).await?;
        }
    }
    let asking = serde_json::json!({ "pipeline": "generation", "name": "the tide", "params": { "prompt": "The tide comes in." } });
    home.client()
        .post::<serde_json::Value>("/api/workflow", &asking)
        .await
        .map(drop)
        .map_err(Failure::at("a workflow that asks"))
}

/// The dashboard without a terminal.
struct Looking {
    app: App,
    net: Handle,
}

impl Looking {
    fn open(home: &Home) -> Self {
        let settings = Settings::default();
        let target = "unix:/run/reel/reeld.sock".to_owned();
        Self {
            app: App::of(vec![target], settings, SIZE, now_ms()),
            net: Handle::start(vec![home.endpoint()]),
        }
    }

    async fn press(&mut self, keys: &str) {
        for key in keys.split(' ').filter_map(Key::read) {
            let actions = self.app.handle(Event::Key(key), now_ms());
            self.act(actions);
        }
    }

    fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                // What can't be asked now is asked again by the next look.
                Action::Call { ticket, call } => drop(self.net.call(ticket, call)),
                Action::Subscribe(daemon, logs) => {
                    let _ = self.net.control(daemon, Control::Subscribe(logs));
                }
                _ => {}
            }
        }
    }

    async fn until(&mut self, wanted: impl Fn(&App) -> bool) -> Result<()> {
        let began = Instant::now();
        loop {
            self.app.settle();
            let actions = self.app.take_actions();
            self.act(actions);
            if wanted(&self.app) {
                return Ok(());
            }
            if began.elapsed() > LIMIT {
                return Err(Failure::new(
                    "the dashboard never showed what was to be drawn",
                ));
            }
            let due = u64::try_from(self.app.next_tick() - now_ms())
                .unwrap_or(0)
                .min(1000);
            let event = tokio::select! {
                Some((daemon, event)) = self.net.link.recv() => Event::Link { daemon, event },
                Some(reply) = self.net.replies.recv() => Event::Reply { ticket: reply.ticket, result: reply.result },
                () = tokio::time::sleep(Duration::from_millis(due)) => Event::Tick,
            };
            let actions = self.app.handle(event, now_ms());
            self.act(actions);
        }
    }

    fn save(&mut self, to: &std::path::Path, name: &str, title: &str) -> Result<()> {
        self.app.settle();
        let mut buffer = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
        reel::ui::draw(&self.app, &mut buffer);
        let place = build::root().join(to).join(format!("{name}.svg"));
        std::fs::write(&place, reel::ui::svg::svg(&buffer, title))
            .map_err(Failure::at("the picture"))?;
        println!("{}", place.display());
        Ok(())
    }
}
