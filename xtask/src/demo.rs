//! `cargo xtask demo`: from nothing to a finished MP4, while a person watches.

use crate::{build, setup};
use reel_shared::request::SubmitRequest;
use reel_shared::workflow::WorkflowView;
use reel_tests::{Daemon, Failure, Home, Result, Watch};
use std::cell::RefCell;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const PROMPT: &str = "The tide draws a line of foam along the sand. A lighthouse blinks three times and waits. \
    Far out, a small boat turns for home before the rain.";

/// Its options.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// What the video tells; three sentences show best
    #[arg(long, default_value = PROMPT)]
    prompt: String,
    /// `9:16` or `16:9`
    #[arg(long, default_value = "9:16")]
    ratio: String,
    /// Where everything is kept; a directory below the target directory unless said
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Progress lines even on a terminal
    #[arg(long)]
    plain: bool,
}

impl Demo {
    /// Installs, builds, runs, shows, names the file.
    pub fn run(self) -> Result<()> {
        setup::run(setup::FOR_VIDEOS)?;
        eprintln!("building (the first time takes a few minutes)");
        let programs = build::debug()?;
        let home = Home::at(
            self.dir
                .clone()
                .map_or_else(|| build::target().map(|target| target.join("demo")), Ok)?,
        )?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Failure::at("the runtime"))?;
        let daemon = Daemon::start(&home)?;
        let request = self.request();
        let id = runtime.block_on(submit(&home, &request))?;
        eprintln!(
            "reeld serves at {}; {id} is on its way",
            home.socket().display()
        );
        let ended =
            if !self.plain && std::io::stdout().is_terminal() && std::io::stdin().is_terminal() {
                eprintln!("the dashboard opens; q leaves it, the video goes on");
                dashboard(&programs, &home)?;
                runtime.block_on(progress_lines(&home, &id))?
            } else {
                runtime.block_on(progress_lines(&home, &id))?
            };
        daemon.terminate()?;
        report(&ended, &home)
    }

    fn request(&self) -> SubmitRequest {
        let mut params = serde_json::Map::new();
        params.insert("prompt".into(), self.prompt.clone().into());
        params.insert("aspectRatio".into(), self.ratio.clone().into());
        SubmitRequest {
            pipeline: "video".into(),
            name: Some("demo".into()),
            params,
            ..SubmitRequest::default()
        }
    }
}

async fn submit(home: &Home, request: &SubmitRequest) -> Result<String> {
    let made: WorkflowView = home
        .client()
        .post("/api/workflow", request)
        .await
        .map_err(Failure::at("submitting"))?;
    Ok(made.id)
}

fn dashboard(programs: &Path, home: &Home) -> Result<()> {
    let status = Command::new(programs.join("reel"))
        .arg("--connect")
        .arg(format!("unix:{}", home.socket().display()))
        .status()
        .map_err(Failure::at("the dashboard"))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("the dashboard ended with {status}")))
    }
}

/// One line for each change worth one, until the workflow ends. A stretch without any change is no failure here.
async fn progress_lines(home: &Home, id: &str) -> Result<WorkflowView> {
    let last = RefCell::new(String::new());
    let shown = |view: &WorkflowView| {
        let waits = view
            .waiting_for
            .as_ref()
            .map(|waits| format!("  ({})", waits.message))
            .unwrap_or_default();
        let line = format!("{:>5.1} %  {}{waits}", view.progress, view.current_state);
        if *last.borrow() != line {
            eprintln!("{line}");
            last.replace(line);
        }
        ["completed", "failed", "cancelled"].contains(&view.status.as_str())
    };
    Watch::open(home, id)
        .await?
        .until_within(Duration::from_secs(3600), shown)
        .await
}

/// The file, what ffprobe says of it, and how long each stage took.
fn report(view: &WorkflowView, home: &Home) -> Result<()> {
    eprintln!("\n{} {}", view.id, view.status);
    for (id, stage) in view.stage_views() {
        let took = stage.duration.map_or_else(
            || "-".to_owned(),
            |millis| format!("{}.{:03} s", millis / 1000, millis % 1000),
        );
        eprintln!("  {id:18} {:10} {took:>10}", stage.status);
    }
    if view.status != "completed" {
        let error = view
            .error
            .as_ref()
            .map(|error| format!("{}: {} ({})", error.class, error.message, error.hint));
        return Err(Failure::new(format!(
            "no video was made: {}\n{}",
            error.unwrap_or_default(),
            home.last_words()
        )));
    }
    let path = view
        .outputs
        .get("videoPath")
        .and_then(serde_json::Value::as_str);
    let path =
        path.ok_or_else(|| Failure::new("the workflow completed without outputs.videoPath"))?;
    let path = if Path::new(path).is_absolute() {
        PathBuf::from(path)
    } else {
        home.data().join(path)
    };
    let probe = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-show_entries",
            "stream=codec_name,width,height,duration:format=duration,size",
            "-of",
            "compact=nk=0",
        ])
        .arg(&path)
        .output()
        .map_err(Failure::at("ffprobe"))?;
    if !probe.status.success() {
        return Err(Failure::new(format!(
            "ffprobe can't read {}: {}",
            path.display(),
            String::from_utf8_lossy(&probe.stderr)
        )));
    }
    eprint!("{}", String::from_utf8_lossy(&probe.stdout));
    println!("{}", path.display());
    Ok(())
}
