//! Programs, fonts and keys: what the built-in stages and the chosen providers need of this machine.

use super::{Finding, version};
use crate::config::{Config, Environment, Missing};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const INSTALL: &str = "on Debian: sudo apt-get install -y ffmpeg espeak-ng fonts-dejavu-core";

/// What `ffmpeg -version` must name for the built-in stages to work.
const FFMPEG_PARTS: [(&str, &str); 2] = [
    ("--enable-libx264", "H.264 encoding"),
    ("--enable-libass", "burned captions"),
];

pub(super) fn look(config: &Config, environment: &Environment) -> Vec<Finding> {
    let mut findings = vec![
        ffmpeg(environment),
        program(environment, "ffprobe", "-version", "probing and checking"),
        program(
            environment,
            "espeak-ng",
            "--version",
            "narration without a network",
        ),
        shim(environment),
        font(environment, &config.media.font),
    ];
    findings.extend(whisper(config, environment));
    findings.extend(providers(config, environment));
    findings
}

/// A program on the search path, or at the path that was given.
pub(super) fn find_program(environment: &Environment, name: &str) -> Option<PathBuf> {
    use rustix::fs::{Access, access};
    let runnable = |path: &Path| path.is_file() && access(path, Access::EXEC_OK).is_ok();
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|path| runnable(path));
    }
    let path = environment
        .get("PATH")
        .unwrap_or("/usr/local/bin:/usr/bin:/bin");
    path.split(':')
        .map(|directory| Path::new(directory).join(name))
        .find(|path| runnable(path))
}

fn program(environment: &Environment, name: &str, asks: &str, what_for: &str) -> Finding {
    let subject = format!("program {name}");
    match find_program(environment, name) {
        Some(path) => Finding::ok(subject, told(&path, asks)),
        None => Finding::missing(
            subject,
            format!("not found; it is needed for {what_for}"),
            INSTALL,
        ),
    }
}

/// A program's place and version.
fn told(path: &Path, asks: &str) -> String {
    let version = version::of(path, asks).unwrap_or_else(|| "tells no version".to_owned());
    format!("{} ({version})", path.display())
}

/// The program and the model that make transcripts here, where they are chosen and there: what lacks is told as a provider's.
fn whisper(config: &Config, environment: &Environment) -> Option<Finding> {
    let whisper = &config.providers.whisper_cpp;
    let is_chosen = matches!(
        config.providers.transcription.as_deref(),
        None | Some("whisper_cpp")
    );
    let model = whisper.model.as_deref().filter(|_| is_chosen)?;
    let size = model.metadata().ok().filter(|found| found.is_file())?.len();
    let path = find_program(environment, &whisper.program.display().to_string())?;
    let detail = format!(
        "{}; model {} of {} MB",
        told(&path, "--version"),
        model.display(),
        size / 1_000_000
    );
    Some(Finding::ok("provider whisper_cpp", detail))
}

fn ffmpeg(environment: &Environment) -> Finding {
    let Some(path) = find_program(environment, "ffmpeg") else {
        return Finding::missing(
            "program ffmpeg",
            "not found; it is needed for every video",
            INSTALL,
        );
    };
    let output = Command::new(&path)
        .arg("-version")
        .stdin(Stdio::null())
        .output();
    let text = output
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    let Some(version) = text
        .strip_prefix("ffmpeg version ")
        .and_then(|rest| rest.split_whitespace().next())
    else {
        return Finding::missing(
            "program ffmpeg",
            format!("{} does not run", path.display()),
            INSTALL,
        );
    };
    match FFMPEG_PARTS.iter().find(|(part, _)| !text.contains(part)) {
        Some((part, what_for)) => {
            let detail = format!(
                "{} was built without {part}, which {what_for} needs",
                path.display()
            );
            Finding::missing(
                "program ffmpeg",
                detail,
                "use Debian's build, or one with libx264 and libass",
            )
        }
        None => Finding::ok("program ffmpeg", format!("{} ({version})", path.display())),
    }
}

/// The shim stands beside the daemon, or where `REEL_SHIM` says.
fn shim(environment: &Environment) -> Finding {
    let named = environment.get("REEL_SHIM").map(PathBuf::from);
    let beside = || {
        std::env::current_exe()
            .ok()
            .map(|daemon| daemon.with_file_name("reel-shim"))
    };
    let Some(path) = named.or_else(beside) else {
        return Finding::missing(
            "program reel-shim",
            "this program's own place is unknown",
            "set REEL_SHIM to its path",
        );
    };
    match find_program(environment, &path.display().to_string()) {
        Some(path) => Finding::ok("program reel-shim", path.display().to_string()),
        None => {
            let detail = format!(
                "{} is not there or can't be run; no stage can start without it",
                path.display()
            );
            Finding::missing(
                "program reel-shim",
                detail,
                "install it beside reeld, or set REEL_SHIM to its path",
            )
        }
    }
}

/// Whether fontconfig (which burns the captions) has the font itself, not a stand-in.
fn font(environment: &Environment, name: &str) -> Finding {
    let subject = format!("font {name:?}");
    let Some(tool) = find_program(environment, "fc-match") else {
        let directories = ["/usr/share/fonts", "/usr/local/share/fonts"].map(PathBuf::from);
        let wanted = name.replace(' ', "").to_lowercase();
        return match directories
            .iter()
            .find_map(|directory| find_font_file(directory, &wanted, 4))
        {
            Some(path) => Finding::ok(subject, path.display().to_string()),
            None => Finding::warning(
                subject,
                "no file of that name; captions would use another",
                INSTALL,
            ),
        };
    };
    let output = Command::new(tool)
        .args(["--format", "%{family}", name])
        .stdin(Stdio::null())
        .output();
    let family = output
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    if family
        .split(',')
        .any(|family| family.eq_ignore_ascii_case(name))
    {
        Finding::ok(subject, "installed")
    } else {
        Finding::warning(
            subject,
            format!("not installed; captions would use {family:?}"),
            INSTALL,
        )
    }
}

fn find_font_file(directory: &Path, wanted: &str, depth: usize) -> Option<PathBuf> {
    let entries: Vec<_> = std::fs::read_dir(directory)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    let is_it = |path: &&PathBuf| {
        path.file_stem()
            .is_some_and(|stem| stem.to_string_lossy().to_lowercase() == wanted)
    };
    let here = entries.iter().find(is_it).cloned();
    here.or_else(|| {
        let below = entries.iter().filter(|path| depth > 0 && path.is_dir());
        below
            .filter_map(|path| find_font_file(path, wanted, depth - 1))
            .next()
    })
}

/// The chosen providers' keys and programs.
fn providers(config: &Config, environment: &Environment) -> Vec<Finding> {
    let providers = &config.providers;
    let chosen = [
        ("speech", Some(providers.speech.as_str())),
        ("transcription", providers.transcription.as_deref()),
        ("footage", Some(providers.footage.as_str())),
        ("generation", Some(providers.generation.as_str())),
        ("chat", providers.chat.as_deref()),
        ("intent", Some(providers.intent.as_str())),
    ];
    let lack = |name: &str| match name {
        "openai" => providers
            .openai
            .remote
            .api_key
            .is_none()
            .then_some("[providers.openai] api_key"),
        "google_tts" => providers
            .google_tts
            .api_key
            .is_none()
            .then_some("[providers.google_tts] api_key"),
        "pexels" => providers
            .pexels
            .api_key
            .is_none()
            .then_some("[providers.pexels] api_key"),
        "veo" => providers
            .veo
            .api_key
            .is_none()
            .then_some("[providers.veo] api_key"),
        "whisper_cpp" => {
            let whisper = &providers.whisper_cpp;
            let there = whisper.model.as_deref().is_some_and(Path::is_file)
                && find_program(environment, &whisper.program.display().to_string()).is_some();
            (!there).then_some("[providers.whisper_cpp] program and model")
        }
        _ => None,
    };
    chosen
        .into_iter()
        .filter_map(|(kind, name)| Some((kind, name?, lack(name?)?)))
        .map(|(kind, name, key)| {
            let subject = format!("provider {name}");
            match providers.missing {
                Missing::Fallback => {
                    let detail = format!(
                        "chosen for {kind}, but it can't be used: the offline one works instead"
                    );
                    Finding::warning(subject, detail, format!("set {key}"))
                }
                Missing::Refuse => Finding::missing(
                    subject,
                    format!("chosen for {kind}, but it can't be used"),
                    format!("set {key}"),
                ),
            }
        })
        .collect()
}
