//! The journal's records: one line each, a checksum in hexadecimal, a space, JSON. A line that a crash cut short, or that
//! was damaged, fails its checksum and counts as not written.

use serde::{Deserialize, Serialize};

/// What a shim writes down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// The shim is there, and will run the program unless `Aborted` follows.
    Start {
        /// Names the run.
        key: String,
        /// The shim's.
        pid: i32,
        /// The kernel's boot id: after another boot nothing of it can be left.
        boot: String,
        /// Milliseconds since the epoch.
        at: i64,
    },
    /// The daemon that wanted it was gone: nothing was run.
    Aborted {
        /// Names the run.
        key: String,
    },
    /// The program ended, and all that it started.
    End {
        /// Names the run.
        key: String,
        /// How.
        #[serde(flatten)]
        end: End,
    },
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// Why it ended.
    pub reason: EndReason,
    /// Exit code of the program itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// The signal that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// When it was started: milliseconds since the epoch.
    pub started: i64,
    /// When all of it was gone.
    pub ended: i64,
    /// Processor time of the whole tree in milliseconds; 0 where it was too short to tell.
    #[serde(default)]
    pub cpu_ms: u64,
    /// What it asked for by `::park`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub park: Option<Park>,
    /// The end of what it said; of a program that ended well only where it was asked for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tail: String,
}

/// Why a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// By itself.
    Exited,
    /// It took longer than its limit.
    Timeout,
    /// Nothing moved for longer than its limit.
    Stalled,
    /// The shim was asked to.
    Cancelled,
    /// It could not be started.
    SpawnFailed(SpawnProblem),
}

/// Why a program could not be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpawnProblem {
    /// The working directory can't be entered: errno.
    Directory(i32),
    /// The file for its standard output can't be made: errno.
    Output(i32),
    /// The program itself: errno.
    Program(i32),
}

/// A wait that a program asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Park {
    /// How long, in milliseconds.
    pub wait_ms: u64,
    /// In words.
    pub reason: String,
}

impl Record {
    /// Whose record it is.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Start { key, .. } | Self::Aborted { key } | Self::End { key, .. } => key,
        }
    }

    /// The record's line, with its end.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Strings, numbers and plain enums always have a JSON form.
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes())).into_bytes()
    }

    /// The record of a line without its end; none when the line is damaged.
    #[must_use]
    pub fn decode(line: &[u8]) -> Option<Self> {
        let (sum, json) = line.split_at_checked(9)?;
        let sum = std::str::from_utf8(sum).ok()?.strip_suffix(' ')?;
        if u32::from_str_radix(sum, 16).ok()? != crc32fast::hash(json) {
            return None;
        }
        serde_json::from_slice(json).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_and_a_damaged_one_does_not() {
        let record = Record::End {
            key: "wf1@5/one/1".into(),
            end: End {
                reason: EndReason::SpawnFailed(SpawnProblem::Program(2)),
                exit: None,
                signal: Some(9),
                started: 1,
                ended: 2,
                cpu_ms: 3,
                park: Some(Park {
                    wait_ms: 4,
                    reason: "quota\nused".into(),
                }),
                tail: "a\nb".into(),
            },
        };
        let line = record.encode();
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
        let line = &line[..line.len() - 1];
        assert_eq!(Record::decode(line), Some(record));
        for cut in 0..line.len() {
            assert_eq!(Record::decode(&line[..cut]), None, "{cut}");
        }
        let mut flipped = line.to_vec();
        flipped[20] ^= 1;
        assert_eq!(Record::decode(&flipped), None);
    }
}
