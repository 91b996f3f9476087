//! The shim as a process: trees of every kind are ended, output is kept within its cap and never in a program's way, and a
//! program outlives whoever wanted it.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use reeld::attempt_log::{Level, LogName, Query, read};
use reeld::shim::{End, EndReason, Instructions, Record, SpawnProblem};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const SHIM: &str = env!("CARGO_BIN_EXE_reel-shim");
const KEY: &str = "wf@1/one/1";

struct Yard {
    root: TempDir,
    instructions: Instructions,
}

impl Yard {
    fn new(script: &str) -> Self {
        let root = TempDir::new().unwrap();
        for fifo in ["ready", "go"] {
            assert!(
                Command::new("mkfifo")
                    .arg(root.path().join(fifo))
                    .status()
                    .unwrap()
                    .success()
            );
        }
        let instructions = Instructions {
            key: KEY.into(),
            parent: i32::try_from(std::process::id()).unwrap(),
            boot: "boot".into(),
            attempts_dir: root.path().to_owned(),
            log: LogName::new(root.path(), "wf", "one", 1)
                .unwrap()
                .head()
                .to_owned(),
            log_cap: 1 << 20,
            dir: root.path().to_owned(),
            grace: Duration::from_millis(300),
            program: "sh".into(),
            args: vec!["-c".into(), script.into()],
            ..Instructions::default()
        };
        Self { root, instructions }
    }

    fn journal(&self) -> PathBuf {
        self.root.path().join("journal")
    }

    fn spawn(&self) -> Child {
        let journal = OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.journal())
            .unwrap();
        Command::new(SHIM)
            .args(self.instructions.to_args())
            .env("ZOO", self.root.path())
            .stdin(Stdio::from(journal))
            .spawn()
            .unwrap()
    }

    fn run(&self) -> End {
        assert!(self.spawn().wait().unwrap().success());
        self.end()
    }

    /// Returns when the script has opened `ready`.
    fn wait_until_ready(&self) {
        File::open(self.root.path().join("ready")).unwrap();
    }

    fn go(&self) {
        OpenOptions::new()
            .write(true)
            .open(self.root.path().join("go"))
            .unwrap()
            .write_all(b"\n")
            .unwrap();
    }

    fn records(&self) -> Vec<Record> {
        fs::read(self.journal())
            .unwrap()
            .split(|byte| *byte == b'\n')
            .filter_map(Record::decode)
            .collect()
    }

    fn end(&self) -> End {
        match self.records().pop() {
            Some(Record::End { key, end }) if key == KEY => end,
            other => unreachable!("{other:?}"),
        }
    }

    fn log(&self) -> Vec<(u64, Level, String)> {
        let name = LogName::from_head(self.instructions.log.clone());
        let query = Query {
            from_line: 0,
            limit: usize::MAX,
            min_level: Level::Debug,
        };
        read(&name, query)
            .unwrap()
            .lines
            .into_iter()
            .map(|line| (line.number, line.level, line.text))
            .collect()
    }

    fn texts(&self) -> Vec<String> {
        self.log().into_iter().map(|(_, _, text)| text).collect()
    }

    /// Processes that were started in this yard and are no zombies.
    fn survivors(&self) -> usize {
        let mark = format!("ZOO={}", self.root.path().display());
        let environments = fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter_map(|entry| fs::read(entry.path().join("environ")).ok());
        environments
            .filter(|environment| {
                environment
                    .split(|byte| *byte == 0)
                    .any(|entry| entry == mark.as_bytes())
            })
            .count()
    }
}

#[test]
fn an_end_says_how() {
    let yard = Yard::new("echo out; echo err >&2; exit 3");
    let end = yard.run();
    assert_eq!(
        (end.reason, end.exit, end.signal),
        (EndReason::Exited, Some(3), None)
    );
    assert!(end.started <= end.ended && end.tail.ends_with('\n'));
    let mut texts = yard.texts();
    texts.sort();
    assert_eq!(texts, ["err", "out"]);
    assert_eq!(Yard::new("kill -9 $$").run().signal, Some(9));
}

#[test]
fn a_program_that_says_nothing_leaves_no_log_and_no_tail() {
    let yard = Yard::new("true");
    assert_eq!(yard.run().tail, "");
    assert!(!yard.instructions.log.exists());
}

#[test]
fn our_words_are_understood() {
    let yard =
        Yard::new("echo ::log warn careful; echo ::progress 50; echo ::park 60 tired; exit 75");
    let end = yard.run();
    assert_eq!(end.exit, Some(75));
    assert_eq!(
        end.park.map(|park| (park.wait_ms, park.reason)),
        Some((60_000, "tired".to_owned()))
    );
    assert_eq!(yard.log(), [(0, Level::Warn, "careful".to_owned())]);
}

#[test]
fn what_can_not_be_started_says_why() {
    let mut yard = Yard::new("");
    yard.instructions.program = "no-such-program".into();
    assert_eq!(
        yard.run().reason,
        EndReason::SpawnFailed(SpawnProblem::Program(2))
    );
    yard.instructions.dir = "/no/such/directory".into();
    assert_eq!(
        yard.run().reason,
        EndReason::SpawnFailed(SpawnProblem::Directory(2))
    );
    let mut yard = Yard::new("");
    yard.instructions.stdout = Some("/no/such/file".into());
    assert_eq!(
        yard.run().reason,
        EndReason::SpawnFailed(SpawnProblem::Output(2))
    );
}

#[test]
fn standard_output_can_go_to_a_file() {
    let mut yard = Yard::new("echo data; echo words >&2");
    yard.instructions.stdout = Some(yard.root.path().join("out"));
    yard.instructions.tail = 100;
    assert_eq!(yard.run().tail, "words\n");
    assert_eq!(
        fs::read_to_string(yard.root.path().join("out")).unwrap(),
        "data\n"
    );
    assert_eq!(yard.texts(), ["words"]);
}

#[test]
fn every_kind_of_tree_is_ended_by_a_cancel() {
    let zoo = [
        ("plain", ": > ready; sleep 1000"),
        ("new session", "setsid sleep 1000 & : > ready; wait"),
        (
            "double fork",
            "sh -c 'setsid sh -c \"sleep 1000 & sleep 1000 &\" & sleep 0'; : > ready; sleep 1000",
        ),
        (
            "ignores TERM",
            "trap '' TERM; : > ready; sleep 1000; sleep 1000",
        ),
        ("stopped", "sleep 1000 & kill -STOP $!; : > ready; wait"),
        (
            "stopped, ignores TERM",
            "sh -c 'trap \"\" TERM; kill -STOP $$; sleep 1000' & : > ready; wait",
        ),
        ("closed stdio", "exec <&- >&- 2>&-; : > ready; sleep 1000"),
        ("zombie maker", "sh -c ': & : > ready; exec sleep 1000'"),
        ("short children", ": > ready; while :; do /bin/true; done"),
        (
            "many that ignore TERM",
            "i=0; while [ $i -lt 60 ]; do (trap '' TERM; sleep 1000; sleep 1000) & i=$((i+1)); done; : > ready; wait",
        ),
        (
            "forks when asked to end",
            "trap 'setsid sleep 1000 & setsid sleep 1000 &' TERM; : > ready; while :; do sleep 1000; done",
        ),
    ];
    for (name, script) in zoo {
        let yard = Yard::new(script);
        let mut shim = yard.spawn();
        yard.wait_until_ready();
        kill_process(Pid::from_child(&shim), Signal::TERM).unwrap();
        assert!(shim.wait().unwrap().success(), "{name}");
        assert_eq!(yard.end().reason, EndReason::Cancelled, "{name}");
        assert_eq!(yard.survivors(), 0, "{name}");
    }
}

#[test]
fn what_a_program_leaves_behind_is_ended_and_its_exit_stands() {
    for script in [
        "sleep 1000 & exit 0",
        "sleep 1000 > /dev/null 2>&1 & exit 0",
        "setsid sh -c 'trap \"\" TERM; sleep 1000; sleep 1000' & exit 0",
    ] {
        let yard = Yard::new(script);
        let end = yard.run();
        assert_eq!(
            (end.reason, end.exit),
            (EndReason::Exited, Some(0)),
            "{script}"
        );
        assert_eq!(yard.survivors(), 0, "{script}");
    }
}

#[test]
fn what_still_writes_after_the_program_is_heard() {
    let yard = Yard::new("(read x < go; echo late) & exit 0");
    let mut shim = yard.spawn();
    yard.go();
    shim.wait().unwrap();
    assert_eq!(yard.texts(), ["late"]);
}

#[test]
fn the_time_limit_holds() {
    let mut yard = Yard::new("echo on; sleep 1000");
    yard.instructions.timeout = Some(Duration::from_millis(200));
    let end = yard.run();
    assert_eq!((end.reason, end.signal), (EndReason::Timeout, Some(15)));
    assert_eq!((yard.texts()[0].as_str(), yard.survivors()), ("on", 0));
}

#[test]
fn standing_still_is_noticed_and_working_or_speaking_is_not_that() {
    let mut yard = Yard::new("echo on; sleep 1000");
    yard.instructions.stall = Some(Duration::from_millis(400));
    assert_eq!(yard.run().reason, EndReason::Stalled);
    // Works for longer than the limit without a word; then speaks for longer than the limit without work.
    let mut yard = Yard::new(
        "timeout 1 sh -c 'while :; do :; done'; for i in 1 2 3 4 5; do sleep 0.2; echo $i; done",
    );
    yard.instructions.stall = Some(Duration::from_millis(600));
    assert_eq!(yard.run().reason, EndReason::Exited);
}

#[test]
fn a_million_lines_keep_head_and_tail_and_stop_nobody() {
    let yard = Yard::new("seq 0 999999; echo ::progress 100; echo the end");
    assert_eq!(yard.run().exit, Some(0));
    let log = yard.log();
    assert_eq!(
        (log[0].2.as_str(), log.last().unwrap().2.as_str()),
        ("0", "the end")
    );
    assert_eq!(log.last().unwrap().0, 1_000_000);
    assert!(
        log.iter()
            .rev()
            .skip(1)
            .all(|(number, _, text)| *text == number.to_string())
    );
    let directory = yard.instructions.log.parent().unwrap();
    let bytes: u64 = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert!(bytes <= yard.instructions.log_cap + 16 * 1024, "{bytes}");
}

#[test]
fn a_log_that_can_not_be_written_stops_nobody() {
    let mut yard = Yard::new("seq 0 99999");
    yard.instructions.log = "/proc/no/such.log".into();
    assert_eq!(yard.run().exit, Some(0));
}

#[test]
fn odd_bytes_are_kept_readable() {
    let yard = Yard::new(
        r"printf 'a\377b\nno end'; head -c 100000 /dev/zero | tr '\0' x; echo; printf '1%%\r2%%\r3%%\n'",
    );
    yard.run();
    let texts = yard.texts();
    assert_eq!(texts[0], "a\u{fffd}b");
    assert!(
        texts[1].starts_with("no endxxx") && texts[1].len() < 17_000,
        "{}",
        texts[1].len()
    );
    assert_eq!(texts[2], "3%");
}

#[test]
fn a_program_outlives_who_wanted_it_and_its_end_is_written() {
    let yard = Yard::new("echo first; : > ready; read x < go; echo second; exit 7");
    // A shell stands in for the daemon: it is the shim's parent, and is killed.
    let script = "key=$1; shift 2; \"$0\" \"$key\" parent=$$ \"$@\" 0>>\"$JOURNAL\" & wait";
    let args = yard.instructions.to_args();
    let mut daemon = Command::new("sh")
        .arg("-c")
        .arg(script)
        .arg(SHIM)
        .args(args)
        .env("JOURNAL", yard.journal())
        .spawn()
        .unwrap();
    yard.wait_until_ready();
    let Some(Record::Start { pid, .. }) = yard.records().pop() else {
        unreachable!("no start")
    };
    let shim = pidfd_open(Pid::from_raw(pid).unwrap(), PidfdFlags::empty()).unwrap();
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    yard.go();
    poll(&mut [PollFd::new(&shim, PollFlags::IN)], None).unwrap();
    assert_eq!(yard.end().exit, Some(7));
    assert_eq!(yard.texts(), ["first", "second"]);
}

#[test]
fn a_shim_whose_daemon_is_gone_runs_nothing() {
    let mut yard = Yard::new("touch ran");
    yard.instructions.parent += 1_000_000;
    assert!(yard.spawn().wait().unwrap().success());
    assert!(
        matches!(&yard.records()[..], [Record::Start { .. }, Record::Aborted { key }] if key == KEY)
    );
    assert!(!yard.root.path().join("ran").exists());
}
