//! The voices of espeak-ng, as its own table lists them. The table changes with the installed package only, so a reading
//! holds for a while.

use super::Voice;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::Command;
use tokio::sync::Mutex;

/// How long a reading holds.
const HOLDS: Duration = Duration::from_secs(600);
/// The program answers in milliseconds; this is for one that hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was last read.
#[derive(Debug, Default)]
pub struct Spoken(Mutex<Option<(Instant, Vec<Voice>)>>);

impl Spoken {
    /// The voices that espeak-ng has; none where it isn't installed or does not answer, which the log tells.
    pub async fn voices(&self) -> Vec<Voice> {
        let mut held = self.0.lock().await;
        if let Some((at, voices)) = &*held
            && at.elapsed() < HOLDS
        {
            return voices.clone();
        }
        match table().await {
            Ok(text) => {
                let voices = read(&text);
                *held = Some((Instant::now(), voices.clone()));
                voices
            }
            Err(problem) => {
                tracing::warn!(
                    component = "PROVIDER",
                    "espeak-ng's voices can't be listed: {problem}"
                );
                Vec::new()
            }
        }
    }
}

async fn table() -> Result<String, String> {
    let mut command = Command::new("espeak-ng");
    command
        .arg("--voices")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output())
        .await
        .map_err(|_| format!("it has not answered for {} s", PATIENCE.as_secs()))?
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(output.status.to_string())
    }
}

/// A line is `5  en-us  --/M  English_(America)  gmw/en-US  (en 3)`. The language is what `-v` takes, so it is the id; of
/// two voices of one language the program takes the first.
fn read(table: &str) -> Vec<Voice> {
    let mut voices: Vec<Voice> = Vec::new();
    for line in table.lines().skip(1) {
        let mut columns = line.split_whitespace().skip(1);
        let (Some(language), Some(person), Some(name)) =
            (columns.next(), columns.next(), columns.next())
        else {
            continue;
        };
        if voices.iter().any(|voice| voice.voice_id == language) {
            continue;
        }
        let gender = match person.rsplit('/').next() {
            Some("M") => Some("male"),
            Some("F") => Some("female"),
            _ => None,
        };
        voices.push(Voice {
            voice_id: language.to_owned(),
            name: name.replace('_', " ").trim().to_owned(),
            gender: gender.map(str::to_owned),
            language: Some(language.to_owned()),
            preview_url: None,
        });
    }
    voices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_by_its_columns() {
        let voices = read(
            "Pty Language       Age/Gender VoiceName          File                 Other Languages\n \
             5  af              --/M      Afrikaans          gmw/af               \n \
             2  en-gb           --/F      English_(Great_Britain) gmw/en               (en 2)\n \
             5  en-gb           --/M      Another            gmw/en2\n\nshort\n",
        );
        let shown: Vec<_> = voices
            .iter()
            .map(|one| {
                (
                    one.voice_id.as_str(),
                    one.name.as_str(),
                    one.gender.as_deref(),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("af", "Afrikaans", Some("male")),
                ("en-gb", "English (Great Britain)", Some("female"))
            ]
        );
    }
}
