//! Installs what is missing of Debian's packages where that is allowed, and otherwise says the one line that does.

use reel_tests::{Failure, Result};
use std::path::Path;
use std::process::{Command, Stdio};

/// A package and a file that it brings.
type Package = (&'static str, &'static [&'static str]);

const FFMPEG: Package = ("ffmpeg", &["/usr/bin/ffmpeg", "/usr/local/bin/ffmpeg"]);
const ESPEAK: Package = (
    "espeak-ng",
    &["/usr/bin/espeak-ng", "/usr/local/bin/espeak-ng"],
);
const FONT: Package = (
    "fonts-dejavu-core",
    &["/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"],
);
const REDIS: Package = (
    "redis-server",
    &["/usr/bin/redis-server", "/usr/local/bin/redis-server"],
);

/// What a video needs.
pub const FOR_VIDEOS: &[Package] = &[FFMPEG, ESPEAK, FONT];

/// What the tests need.
pub const FOR_TESTS: &[Package] = &[FFMPEG, ESPEAK, FONT, REDIS];

/// Makes sure that these packages are there.
pub fn run(wanted: &[Package]) -> Result<()> {
    let missing: Vec<&str> = wanted
        .iter()
        .filter(|(_, files)| !files.iter().any(|file| Path::new(file).exists()))
        .map(|(name, _)| *name)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!(
        "apt-get install -y --no-install-recommends {}",
        missing.join(" ")
    );
    let may = rustix::process::geteuid().is_root() && Path::new("/usr/bin/apt-get").exists();
    if !may {
        return Err(Failure::new(format!(
            "{} is missing; install it with:\n\n    sudo {line}\n",
            missing.join(", ")
        )));
    }
    eprintln!("installing {}", missing.join(", "));
    apt(&["update", "-qq"])?;
    let arguments = ["install", "-y", "-qq", "--no-install-recommends"];
    apt(&arguments
        .iter()
        .chain(&missing)
        .copied()
        .collect::<Vec<_>>())
    .map_err(|failure| Failure::new(format!("{failure}; install them by hand:\n\n    {line}\n")))
}

fn apt(arguments: &[&str]) -> Result<()> {
    let status = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .map_err(Failure::at("apt-get"))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!(
            "apt-get {} failed ({status})",
            arguments[0]
        )))
    }
}
