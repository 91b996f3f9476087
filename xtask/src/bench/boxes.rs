//! Work on other boxes, all of them on this machine: jobs a second with one, two and three workers beside this box's own
//! runner and Celery, and how long a submit takes to run elsewhere. What the boxes share here (processors, disk, Redis) they
//! don't share in life, so that more workers show what the transport costs, not what more machines give.

use super::table::Table;
use super::{Ground, SETTINGS, at, daemon, jobs, rate};
use reel_tests::{Daemon, Failure, Home, Redis, Result, command, wait_for_end};
use serde_json::Value;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Submits whose way to the start is measured.
const STARTS: usize = 100;

/// A coordinator that runs nothing itself, and its workers.
struct Site {
    redis: Redis,
    home: Home,
    coordinator: Daemon,
    workers: Vec<(Home, Daemon)>,
}

impl Site {
    fn start(workers: usize) -> Result<Self> {
        let (redis, home) = (Redis::start()?, Home::scratch()?);
        home.configure(&format!("{SETTINGS}[resources]\ncpu = 0\n"))?;
        let url = redis.url();
        let flags = ["--listen", "off", "--redis", &url];
        let coordinator = Daemon::start_with(&home, &flags, &[])?;
        let mut site = Self {
            redis,
            home,
            coordinator,
            workers: Vec::new(),
        };
        for number in 1..=workers {
            site.join(&format!("w{number}"))?;
        }
        Ok(site)
    }

    fn join(&mut self, name: &str) -> Result<()> {
        let home = Home::scratch()?;
        home.configure("[resources]\ncpu = 2\n[retention]\nmin_free_disk = \"16MiB\"\n")?;
        let key = |home: &Home| home.data().join("redis.key");
        std::fs::copy(key(&self.home), key(&home)).map_err(Failure::at("the key's copy"))?;
        let worker = Daemon::start_worker(&home, &self.redis.url(), name)?;
        self.workers.push((home, worker));
        Ok(())
    }

    fn end(self) -> Result<()> {
        for (_, worker) in self.workers {
            worker.terminate()?;
        }
        self.coordinator.terminate().map(|_| ())
    }
}

/// All of it.
pub fn measure(ground: &Ground, count: usize) -> Result<Table> {
    let mut table = Table::default();
    let (home, own) = daemon()?;
    let here = run(ground, &home, count)?;
    let near = starts(ground, &home)?;
    own.terminate()?;
    table.figure("this box's own runner, two slots", here, "jobs/s");
    let mut far = (Duration::ZERO, Duration::ZERO);
    for workers in 1..=3 {
        let site = Site::start(workers)?;
        let there = run(ground, &site.home, count)?;
        table.figure(
            &format!("{workers} worker(s), two slots each"),
            there,
            "jobs/s",
        );
        if workers == 1 {
            table.figure("one worker to this box's own runner", there / here, "x");
            far = starts(ground, &site.home)?;
        }
        site.end()?;
    }
    let millis = |span: Duration| span.as_secs_f64() * 1e3;
    table.figure("submit to start here, p50", millis(near.0), "ms");
    table.figure("submit to start here, p99", millis(near.1), "ms");
    table.figure("submit to start on another box, p50", millis(far.0), "ms");
    table.figure("submit to start on another box, p99", millis(far.1), "ms");
    match celery(count)? {
        Some(theirs) => {
            table.figure("Celery with Redis, two processes", theirs, "jobs/s");
            table.figure("one box's own runner to Celery", here / theirs, "x");
        }
        None => table.skipped(
            "Celery with Redis",
            "pip install celery redis, and name its directory: REEL_CELERY=VENV",
        ),
    }
    Ok(table)
}

fn run(ground: &Ground, home: &Home, count: usize) -> Result<f64> {
    let began = Instant::now();
    ground.runtime.block_on(async {
        jobs::submit_all(home, count).await?;
        wait_for_end(home, "the-last").await?;
        for view in jobs::active(home).await? {
            wait_for_end(home, &view.id).await?;
        }
        Ok::<_, Failure>(())
    })?;
    Ok(rate(count, began.elapsed()))
}

/// From the call to the running program, one at a time: the middle one and the slow ones.
fn starts(ground: &Ground, home: &Home) -> Result<(Duration, Duration)> {
    let path = home.root().join("told");
    let told = UnixDatagram::bind(&path).map_err(Failure::at("a socket"))?;
    told.set_read_timeout(Some(reel_tests::LIMIT))
        .map_err(Failure::at("a socket"))?;
    let program = ground.programs.join("bare-call").display().to_string();
    let job = command(&[&program, "tell", &path.display().to_string()]);
    let mut client = home.client();
    let mut spans = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let began = Instant::now();
        let made = ground
            .runtime
            .block_on(client.post::<Value>("/api/workflow", &job))
            .map_err(Failure::at("a submit"))?;
        told.recv(&mut [0; 8])
            .map_err(Failure::at("the program never started"))?;
        spans.push(began.elapsed());
        let id = made["id"].as_str().unwrap_or_default();
        ground.runtime.block_on(wait_for_end(home, id))?;
    }
    Ok((at(&mut spans, 50), at(&mut spans, 99)))
}

/// Its tasks run `/bin/true`, acknowledged late as one must for work that may not be lost.
const TASKS: &str = "\
import os, subprocess, sys
from celery import Celery
app = Celery('tasks', broker=os.environ['BROKER'], backend=os.environ['BROKER'])
app.conf.update(task_acks_late=True, worker_prefetch_multiplier=4, worker_hijack_root_logger=False)
@app.task
def work():
    return subprocess.run(['/bin/true']).returncode
if __name__ == '__main__':
    import time
    count = int(sys.argv[1])
    work.delay().get()
    began = time.monotonic()
    for result in [work.delay() for _ in range(count)]:
        result.get()
    print(count / (time.monotonic() - began))
";

fn celery(count: usize) -> Result<Option<f64>> {
    let Some(place) = std::env::var_os("REEL_CELERY") else {
        return Ok(None);
    };
    let programs = Path::new(&place).join("bin");
    let redis = Redis::start()?;
    let broker = redis.url().replace("unix://", "redis+socket://");
    let folder = tempfile::tempdir().map_err(Failure::at("a directory"))?;
    std::fs::write(folder.path().join("tasks.py"), TASKS).map_err(Failure::at("its tasks"))?;
    let mut worker = Command::new(programs.join("celery"))
        .args([
            "-A",
            "tasks",
            "worker",
            "-c",
            "2",
            "-l",
            "ERROR",
            "--without-gossip",
        ])
        .current_dir(folder.path())
        .env("BROKER", &broker)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(Failure::at("celery"))?;
    let ran = Command::new(programs.join("python"))
        .args(["tasks.py", &count.to_string()])
        .current_dir(folder.path())
        .env("BROKER", &broker)
        .output();
    // It is measured: how it ends is its own affair.
    let _ = worker.kill();
    let _ = worker.wait();
    let ran = ran.map_err(Failure::at("Celery's client"))?;
    let said = String::from_utf8_lossy(&ran.stdout);
    said.trim().parse().map(Some).map_err(|_| {
        Failure::new(format!(
            "Celery gave no figure: {}",
            String::from_utf8_lossy(&ran.stderr)
        ))
    })
}
