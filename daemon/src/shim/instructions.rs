//! What the daemon asks of a shim, as the shim's arguments: `name=value` each, `--`, then the program and its own.
//! Arguments and not a file, so that nothing has to be made, read and removed for a short job, and `ps` shows what runs.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;
use std::time::Duration;

/// One run of a program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Instructions {
    /// Names the run; in the journal and the hints.
    pub key: String,
    /// The daemon's process id.
    pub parent: i32,
    /// The kernel's boot id.
    pub boot: String,
    /// Where `hints.sock` is.
    pub attempts_dir: PathBuf,
    /// The head file of the attempt's log.
    pub log: PathBuf,
    /// The log's cap in bytes.
    pub log_cap: u64,
    /// Where the program runs.
    pub dir: PathBuf,
    /// The longest it may run.
    pub timeout: Option<Duration>,
    /// The longest that nothing may move.
    pub stall: Option<Duration>,
    /// Between SIGTERM and SIGKILL, and what leftovers get after the program's end.
    pub grace: Duration,
    /// How long the media is that ffmpeg makes.
    pub expected: Option<Duration>,
    /// Its standard output goes here instead of to the log.
    pub stdout: Option<PathBuf>,
    /// So many of the last bytes of its output are put into the End record, also when it ended well; 0: only the last line
    /// of a failure.
    pub tail: usize,
    /// Whether a session of its own is wanted: only where the daemon has a terminal, because making one is dear. Elsewhere the
    /// daemon gives the shim a process group.
    pub session: bool,
    /// The program.
    pub program: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
}

/// Arguments that are no instructions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not reel-shim's arguments: {0}")]
pub struct BadInstructions(String);

impl Instructions {
    /// As arguments.
    #[must_use]
    pub fn to_args(&self) -> Vec<OsString> {
        let mut args = Vec::with_capacity(14 + self.args.len());
        let mut put = |name: &str, value: &OsStr| {
            let mut arg = OsString::from(name);
            arg.push("=");
            arg.push(value);
            args.push(arg);
        };
        put("key", OsStr::new(&self.key));
        put("parent", OsStr::new(&self.parent.to_string()));
        put("boot", OsStr::new(&self.boot));
        put("attempts", self.attempts_dir.as_os_str());
        put("log", self.log.as_os_str());
        put("cap", OsStr::new(&self.log_cap.to_string()));
        put("dir", self.dir.as_os_str());
        put("grace", OsStr::new(&self.grace.as_millis().to_string()));
        for (name, span) in [
            ("timeout", self.timeout),
            ("stall", self.stall),
            ("expected", self.expected),
        ] {
            if let Some(span) = span {
                put(name, OsStr::new(&span.as_millis().to_string()));
            }
        }
        if let Some(path) = &self.stdout {
            put("stdout", path.as_os_str());
        }
        if self.session {
            put("session", OsStr::new("1"));
        }
        if self.tail > 0 {
            put("tail", OsStr::new(&self.tail.to_string()));
        }
        args.push("--".into());
        args.push(self.program.clone());
        args.extend(self.args.iter().cloned());
        args
    }

    /// From arguments, without the shim's own name.
    ///
    /// # Errors
    /// Names the argument that is unknown or can't be read, or what is missing.
    pub fn from_args(args: impl IntoIterator<Item = OsString>) -> Result<Self, BadInstructions> {
        let mut args = args.into_iter();
        let mut it = Self::default();
        for arg in args.by_ref() {
            if arg == "--" {
                break;
            }
            let bytes = arg.as_bytes();
            let Some(at) = bytes.iter().position(|byte| *byte == b'=') else {
                return Err(BadInstructions(format!("{} has no value", arg.display())));
            };
            let value = OsStr::from_bytes(&bytes[at + 1..]);
            match &bytes[..at] {
                b"key" => it.key = text(value)?,
                b"parent" => it.parent = number(value)?,
                b"boot" => it.boot = text(value)?,
                b"attempts" => it.attempts_dir = value.into(),
                b"log" => it.log = value.into(),
                b"cap" => it.log_cap = number(value)?,
                b"dir" => it.dir = value.into(),
                b"grace" => it.grace = Duration::from_millis(number(value)?),
                b"timeout" => it.timeout = Some(Duration::from_millis(number(value)?)),
                b"stall" => it.stall = Some(Duration::from_millis(number(value)?)),
                b"expected" => it.expected = Some(Duration::from_millis(number(value)?)),
                b"stdout" => it.stdout = Some(value.into()),
                b"session" => it.session = number::<u8>(value)? != 0,
                b"tail" => it.tail = number(value)?,
                _ => return Err(BadInstructions(format!("{} is unknown", arg.display()))),
            }
        }
        it.program = args
            .next()
            .ok_or_else(|| BadInstructions("no program is named".to_owned()))?;
        it.args = args.collect();
        if it.key.is_empty() || it.parent == 0 {
            return Err(BadInstructions(
                "key or parent is missing: this program is started by reeld alone".to_owned(),
            ));
        }
        Ok(it)
    }
}

fn text(value: &OsStr) -> Result<String, BadInstructions> {
    String::from_utf8(value.to_owned().into_vec())
        .map_err(|_| BadInstructions(format!("{} is not text", value.display())))
}

fn number<T: std::str::FromStr>(value: &OsStr) -> Result<T, BadInstructions> {
    value
        .to_str()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| BadInstructions(format!("{} is no number", value.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_come_back() {
        let given = Instructions {
            key: "wf1@5/one/1".into(),
            parent: 7,
            boot: "b".into(),
            attempts_dir: "/a=b".into(),
            log: OsString::from_vec(vec![b'/', 0xff]).into(),
            log_cap: 9,
            dir: "/".into(),
            timeout: Some(Duration::from_millis(5)),
            stall: None,
            grace: Duration::from_secs(5),
            expected: Some(Duration::from_secs(3)),
            stdout: Some("/out".into()),
            tail: 4,
            session: true,
            program: "prog".into(),
            args: vec!["--".into(), "key=x".into(), "".into()],
        };
        assert_eq!(Instructions::from_args(given.to_args()), Ok(given));
    }

    #[test]
    fn other_arguments_are_refused() {
        for args in [
            &["--help"][..],
            &[],
            &["key=a", "--", "true"],
            &["what=1", "--", "true"],
            &["cap=x", "--", "true"],
            &["key=a", "parent=1"],
        ] {
            assert!(
                Instructions::from_args(args.iter().map(OsString::from)).is_err(),
                "{args:?}"
            );
        }
    }
}
