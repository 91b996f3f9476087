//! A network namespace for a worker, joined to this one by a pair of devices that can be cut.

use reel_tests::{Failure, Result};
use std::process::Command;

/// One namespace. Dropping it removes it.
#[derive(Debug)]
pub struct Network {
    name: String,
    number: usize,
}

impl Network {
    /// Makes the namespace of this number.
    pub fn make(number: usize) -> Result<Self> {
        let network = Self {
            name: format!("reelsoak{number}"),
            number,
        };
        // One that an earlier run left is in the way.
        let _ = ip(&["netns", "del", &network.name]);
        let _ = ip(&["link", "del", &network.device()]);
        let (here, there) = (network.device(), format!("rst{number}"));
        ip(&["netns", "add", &network.name])?;
        ip(&["link", "add", &here, "type", "veth", "peer", "name", &there])?;
        ip(&["link", "set", &there, "netns", &network.name])?;
        ip(&[
            "addr",
            "add",
            &format!("{}/24", network.gateway()),
            "dev",
            &here,
        ])?;
        ip(&["link", "set", &here, "up"])?;
        let inside = |arguments: &[&str]| ip(&[&["-n", network.name.as_str()], arguments].concat());
        inside(&[
            "addr",
            "add",
            &format!("10.213.{number}.2/24"),
            "dev",
            &there,
        ])?;
        inside(&["link", "set", &there, "up"])?;
        inside(&["link", "set", "lo", "up"])?;
        Ok(network)
    }

    /// The namespace's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where this side is reached from within.
    pub fn gateway(&self) -> String {
        format!("10.213.{}.1", self.number)
    }

    fn device(&self) -> String {
        format!("rsh{}", self.number)
    }

    /// Cuts the link silently, or joins it again.
    pub fn cut(&self, is_cut: bool) -> Result<()> {
        ip(&[
            "link",
            "set",
            &self.device(),
            if is_cut { "down" } else { "up" },
        ])
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // The devices go with it.
        let _ = ip(&["netns", "del", &self.name]);
        let _ = ip(&["link", "del", &self.device()]);
    }
}

fn ip(arguments: &[&str]) -> Result<()> {
    let done = Command::new("ip")
        .args(arguments)
        .output()
        .map_err(Failure::at("ip (of iproute2)"))?;
    if done.status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!(
            "ip {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&done.stderr).trim()
        )))
    }
}
