//! Redis and the workers, as processes.

use super::network::Network;
use super::proxy::Proxy;
use reel_tests::{Failure, Home, Result, program};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::OpenOptions;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A Redis without persistence: what it forgets when it is killed is all of it.
#[derive(Debug)]
pub struct Redis {
    pub port: u16,
    dir: PathBuf,
    child: Option<Child>,
}

impl Redis {
    pub fn start(home: &Home) -> Result<Self> {
        let free = std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(Failure::at("a port for Redis"))?;
        let mut redis = Self {
            port: free.port(),
            dir: home.root().to_owned(),
            child: None,
        };
        redis.up()?;
        Ok(redis)
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn up(&mut self) -> Result<()> {
        let child = Command::new("redis-server")
            .args(["--save", "", "--appendonly", "no", "--bind", "127.0.0.1"])
            .args(["--port", &self.port.to_string()])
            .arg("--dir")
            .arg(&self.dir)
            .stdout(Stdio::null())
            .spawn()
            .map_err(Failure::at("redis-server"))?;
        self.child = Some(child);
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if Instant::now() > until {
                return Err(Failure::new("redis-server does not listen"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub fn flush(&self) -> Result<()> {
        let port = self.port.to_string();
        Command::new("redis-cli")
            .args(["-p", &port, "FLUSHALL"])
            .stdout(Stdio::null())
            .status()
            .map_err(Failure::at("redis-cli"))?;
        Ok(())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// One worker in its namespace.
#[derive(Debug)]
pub struct Worker {
    pub name: String,
    pub network: Network,
    pub proxy: Proxy,
    home: Home,
    child: Option<Child>,
}

impl Worker {
    pub fn make(number: usize, redis: &Redis, key: &std::path::Path) -> Result<Self> {
        let network = Network::make(number)?;
        let proxy = Proxy::start(&network.gateway(), redis.port)?;
        let home = Home::scratch()?;
        home.configure("[resources]\ncpu = 2\n[retention]\nmin_free_disk = \"16MiB\"\n")?;
        std::fs::copy(key, home.data().join("redis.key")).map_err(Failure::at("the key's copy"))?;
        let mut worker = Self {
            name: format!("w{number}"),
            network,
            proxy,
            home,
            child: None,
        };
        worker.up()?;
        Ok(worker)
    }

    pub fn up(&mut self) -> Result<()> {
        if self.child.is_some() {
            return Ok(());
        }
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.home.log())
            .map_err(Failure::at("a worker's log"))?;
        let child = Command::new("ip")
            .args(["netns", "exec", self.network.name()])
            .arg(program("reeld")?)
            .args(["worker", "--name", &self.name, "--redis", &self.proxy.url()])
            .arg("--config")
            .arg(self.home.config())
            .arg("--data-dir")
            .arg(self.home.data())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(Failure::at("a worker"))?;
        self.child = Some(child);
        Ok(())
    }

    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub fn signal(&self, signal: Signal) {
        let pid = self
            .child
            .as_ref()
            .and_then(|child| i32::try_from(child.id()).ok())
            .and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // One that is gone is as good as stopped.
            let _ = kill_process(pid, signal);
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.kill();
        for process in reel_tests::running_under(self.home.root()) {
            if let Some(pid) = Pid::from_raw(process.pid) {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }
}
