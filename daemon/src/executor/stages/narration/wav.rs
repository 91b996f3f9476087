//! Sound files of 16-bit samples, one channel: read as samples, joined with silence between them. A sample is the unit of
//! all timing, so nothing drifts over a long narration.

use super::super::files;
use crate::domain::ErrorClass;
use crate::executor::stage::StageError;
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The longest sound that one sentence may be.
const LONGEST: u64 = 512 << 20;
const HEADER: u64 = 44;

/// The samples of a file, as bytes, and how many a second.
#[derive(Debug, PartialEq, Eq)]
pub struct Sound {
    /// Samples a second.
    pub rate: u32,
    /// Two bytes a sample, little end first.
    pub bytes: Vec<u8>,
}

/// Reads a file that a voice program wrote.
///
/// # Errors
/// Class `provider` when it is no such file; what the disk says.
pub fn read(path: &Path) -> Result<Sound, StageError> {
    let length = std::fs::metadata(path)
        .map_err(|error| files::failed("read", path, &error))?
        .len();
    let refused = |problem: &str| {
        let message = format!("{} is no sound that can be used: {problem}", path.display());
        StageError::failed(
            ErrorClass::Provider,
            "bad_sound",
            message,
            "Look at what the voice program says in the attempt's log.",
        )
    };
    if length > LONGEST {
        return Err(refused("one sentence is longer than three hours"));
    }
    let bytes = std::fs::read(path).map_err(|error| files::failed("read", path, &error))?;
    parse(&bytes).map_err(|problem| refused(&problem))
}

fn parse(bytes: &[u8]) -> Result<Sound, String> {
    if bytes.get(..4) != Some(b"RIFF") || bytes.get(8..12) != Some(b"WAVE") {
        return Err("it is not in WAVE form".to_owned());
    }
    let (mut at, mut rate) = (12, None);
    while let Some(head) = bytes.get(at..at + 8) {
        let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let body = &bytes[at + 8..bytes.len().min((at + 8).saturating_add(size))];
        match &head[..4] {
            b"fmt " => rate = Some(format(body)?),
            b"data" => {
                let rate = rate.ok_or("its samples come before their description")?;
                let even = body.len() & !1;
                return Ok(Sound {
                    rate,
                    bytes: body[..even].to_vec(),
                });
            }
            _ => {}
        }
        at = (at + 8).saturating_add(size).saturating_add(size & 1);
    }
    Err("it holds no samples".to_owned())
}

fn format(body: &[u8]) -> Result<u32, String> {
    let word = |at: usize| {
        body.get(at..at + 2)
            .map(|b| u16::from_le_bytes([b[0], b[1]]))
    };
    let (Some(1), Some(1), Some(16)) = (word(0), word(2), word(14)) else {
        return Err("it is not one channel of 16-bit samples".to_owned());
    };
    let rate = body
        .get(4..8)
        .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .unwrap_or(0);
    if (8_000..=192_000).contains(&rate) {
        Ok(rate)
    } else {
        Err(format!("{rate} samples a second are out of bounds"))
    }
}

/// Joins sounds into one file, under its part name until it is whole.
pub struct Joiner {
    path: PathBuf,
    file: BufWriter<File>,
    rate: u32,
    samples: u64,
}

impl Joiner {
    /// A new file for sounds of this rate.
    ///
    /// # Errors
    /// What the disk says.
    pub fn create(path: &Path, rate: u32) -> Result<Self, StageError> {
        let make = || -> io::Result<BufWriter<File>> {
            let mut file = BufWriter::new(File::create(files::part(path))?);
            file.write_all(&[0; HEADER as usize])?;
            Ok(file)
        };
        let file = make().map_err(|error| files::failed("written", path, &error))?;
        Ok(Self {
            path: path.to_path_buf(),
            file,
            rate,
            samples: 0,
        })
    }

    /// Adds silence.
    ///
    /// # Errors
    /// What the disk says.
    pub fn silence(&mut self, milliseconds: u64) -> Result<(), StageError> {
        let samples = milliseconds * u64::from(self.rate) / 1_000;
        let copied = io::copy(
            &mut io::Read::take(io::repeat(0), samples * 2),
            &mut self.file,
        );
        copied.map_err(|error| files::failed("written", &self.path, &error))?;
        self.samples += samples;
        Ok(())
    }

    /// Adds a sound. It must have the file's rate.
    ///
    /// # Errors
    /// What the disk says.
    pub fn sound(&mut self, sound: &Sound) -> Result<(), StageError> {
        self.file
            .write_all(&sound.bytes)
            .map_err(|error| files::failed("written", &self.path, &error))?;
        self.samples += sound.bytes.len() as u64 / 2;
        Ok(())
    }

    /// Where the end is now.
    #[must_use]
    pub fn milliseconds(&self) -> u64 {
        self.samples * 1_000 / u64::from(self.rate)
    }

    /// Completes the file and gives it its name.
    ///
    /// # Errors
    /// What the disk says; more than 4 GiB of sound.
    pub fn finish(mut self) -> Result<u64, StageError> {
        let milliseconds = self.milliseconds();
        let mut write = || -> io::Result<()> {
            let data = u32::try_from(self.samples * 2)
                .map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
            let whole = data.checked_add(36).ok_or(io::ErrorKind::FileTooLarge)?;
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(&header(self.rate, data, whole))?;
            self.file.flush()
        };
        write().map_err(|error| files::failed("written", &self.path, &error))?;
        files::finish(&files::part(&self.path), &self.path)?;
        Ok(milliseconds)
    }
}

fn header(rate: u32, data: u32, whole: u32) -> Vec<u8> {
    let mut header = Vec::with_capacity(44);
    header.extend_from_slice(b"RIFF");
    header.extend_from_slice(&whole.to_le_bytes());
    header.extend_from_slice(b"WAVEfmt ");
    header.extend_from_slice(&16_u32.to_le_bytes());
    header.extend_from_slice(&1_u16.to_le_bytes());
    header.extend_from_slice(&1_u16.to_le_bytes());
    header.extend_from_slice(&rate.to_le_bytes());
    header.extend_from_slice(&(rate * 2).to_le_bytes());
    header.extend_from_slice(&2_u16.to_le_bytes());
    header.extend_from_slice(&16_u16.to_le_bytes());
    header.extend_from_slice(b"data");
    header.extend_from_slice(&data.to_le_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn joins_to_the_sample() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("n.wav");
        let mut joiner = Joiner::create(&path, 22_050).unwrap();
        joiner.silence(100).unwrap();
        joiner
            .sound(&Sound {
                rate: 22_050,
                bytes: vec![1; 44_100],
            })
            .unwrap();
        assert_eq!(joiner.milliseconds(), 1_100);
        joiner.silence(250).unwrap();
        assert_eq!(joiner.finish().unwrap(), 1_349);
        let back = read(&path).unwrap();
        assert_eq!(
            (back.rate, back.bytes.len()),
            (22_050, (2_205 + 22_050 + 5_512) * 2)
        );
        assert!(back.bytes[..4_410].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn refuses_what_is_no_sound() {
        for bytes in [
            &b""[..],
            b"RIFF",
            b"RIFF\0\0\0\0WAVE",
            b"RIFF\0\0\0\0WAVEdata\x02\0\0\0ab",
        ] {
            assert!(parse(bytes).is_err());
        }
        let mut stereo = header(22_050, 0, 36);
        stereo[22] = 2;
        assert!(parse(&stereo).unwrap_err().contains("one channel"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), head in any::<bool>()) {
            let mut all = if head { b"RIFF\0\0\0\0WAVE".to_vec() } else { Vec::new() };
            all.extend(bytes);
            let _ = parse(&all);
        }
    }
}
