//! whisper.cpp's program: reads a file, writes JSON with the times of every token.

use super::Recording;
use crate::config::Providers;
use crate::domain::ErrorClass;
use crate::episodes::{Segment, Transcript, Word};
use crate::executor::stage::{StageContext, StageError, Step};
use crate::executor::stages::reuse::Piece as Work;
use crate::executor::stages::{files, programs};
use serde::Deserialize;
use std::ffi::OsString;

const OUT: &str = "whisper";
/// More than this of its answer is not read: enough for a day of speech.
const LARGEST: u64 = 256 << 20;

#[derive(Deserialize)]
struct Report {
    #[serde(default)]
    result: Outcome,
    #[serde(default)]
    transcription: Vec<Piece>,
}

#[derive(Deserialize, Default)]
struct Outcome {
    #[serde(default)]
    language: String,
}

#[derive(Deserialize)]
struct Piece {
    offsets: Offsets,
    #[serde(default)]
    text: String,
    #[serde(default)]
    tokens: Vec<Token>,
}

#[derive(Deserialize, Clone, Copy)]
struct Offsets {
    from: f64,
    to: f64,
}

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    text: String,
    offsets: Option<Offsets>,
}

/// What its transcripts follow from besides the recording.
#[must_use]
pub fn piece(providers: &Providers) -> Work {
    let whisper = &providers.whisper_cpp;
    let model = whisper.model.clone().unwrap_or_default();
    // A model is as good as a program: it has hundreds of megabytes, and its place, size and time tell which one it is.
    Work::paid("transcript", 1)
        .by(&whisper.program.to_string_lossy())
        .by(&model.to_string_lossy())
}

/// Runs it on a recording.
///
/// # Errors
/// The step's own; class `config` when the model can't be loaded; class `provider` when its answer can't be read.
pub async fn run(context: &StageContext, recording: &Recording) -> Result<Transcript, StageError> {
    let config = context.config.clone();
    let whisper = &config.providers.whisper_cpp;
    let model = whisper.model.clone().unwrap_or_default();
    let sound = super::sound(context, recording, "speech.wav", &["pcm_s16le"]).await?;
    let language = recording.language.as_deref().map_or("auto", |language| {
        language.split('-').next().unwrap_or(language)
    });
    let mut args: Vec<OsString> =
        vec!["-m".into(), model.clone().into(), "-f".into(), sound.into()];
    args.extend(["-l", language, "-ojf", "-of", OUT, "-np"].map(OsString::from));
    let result = programs::attempt(context, "whisper", Step::new(&whisper.program, args)).await?;
    if result.exit == Some(3) {
        return Err(StageError::failed(
            ErrorClass::Config,
            "model",
            format!(
                "{} can't load the model {}",
                whisper.program.display(),
                model.display()
            ),
            "Set [providers.whisper_cpp] model to a whole ggml file that the daemon's user can read.",
        ));
    }
    result.require_success("whisper.cpp")?;
    let path = context.work_dir.join(format!("{OUT}.json"));
    let length = recording.length;
    files::blocking(move || {
        let size = std::fs::metadata(&path)
            .map_err(|error| files::failed("read", &path, &error))?
            .len();
        if size > LARGEST {
            return Err(unreadable(&format!("it has {size} bytes")));
        }
        let json = std::fs::read(&path).map_err(|error| files::failed("read", &path, &error))?;
        read(&json)
            .map(|transcript| transcript.tidied(length))
            .map_err(|error| unreadable(&error.to_string()))
    })
    .await
}

fn unreadable(problem: &str) -> StageError {
    StageError::failed(
        ErrorClass::Provider,
        "bad_answer",
        format!("what whisper.cpp wrote can't be read: {problem}"),
        "Look whether [providers.whisper_cpp] program is whisper.cpp's own (whisper-cli).",
    )
}

/// Its text may break a character between two tokens: what is not UTF-8 is replaced, not refused.
fn read(json: &[u8]) -> serde_json::Result<Transcript> {
    let report: Report = serde_json::from_str(&String::from_utf8_lossy(json))?;
    let segments = report.transcription.into_iter().map(|piece| Segment {
        start: piece.offsets.from / 1_000.0,
        end: piece.offsets.to / 1_000.0,
        words: words(&piece.tokens),
        text: piece.text,
    });
    Ok(Transcript {
        provider: "whisper_cpp".to_owned(),
        language: report.result.language,
        segments: segments.collect(),
    })
}

/// Tokens are pieces of words: one that begins with a space begins a word. Marks in brackets are none.
fn words(tokens: &[Token]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for token in tokens {
        let Some(Offsets { from, to }) = token.offsets else {
            continue;
        };
        if token.text.starts_with("[_") || token.text.trim().is_empty() {
            continue;
        }
        let (start, end) = (from / 1_000.0, to / 1_000.0);
        match words.last_mut() {
            Some(word) if !token.text.starts_with(' ') => {
                word.text.push_str(&token.text);
                word.end = end;
            }
            _ => words.push(Word {
                start,
                end,
                text: token.text.trim().to_owned(),
            }),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_become_words() {
        let json = br#"{"result":{"language":"en"},"transcription":[{"timestamps":{"from":"00:00:00,000","to":"00:00:02,000"},
            "offsets":{"from":0,"to":2000},"text":" Hello, world.","tokens":[
            {"text":"[_BEG_]","offsets":{"from":0,"to":0},"id":1,"p":0.9},
            {"text":" Hel","offsets":{"from":100,"to":300}},{"text":"lo","offsets":{"from":300,"to":500}},
            {"text":",","offsets":{"from":500,"to":520}},{"text":" world","offsets":{"from":600,"to":1200}},{"text":"."}]}]}"#;
        let transcript = read(json).unwrap();
        assert_eq!(
            (transcript.language.as_str(), transcript.segments.len()),
            ("en", 1)
        );
        let words: Vec<(f64, f64, &str)> = transcript.segments[0]
            .words
            .iter()
            .map(|word| (word.start, word.end, word.text.as_str()))
            .collect();
        assert_eq!(words, [(0.1, 0.52, "Hello,"), (0.6, 1.2, "world")]);
        assert_eq!(transcript.tidied(2.0).segments[0].text, "Hello, world.");
    }

    #[test]
    fn silence_is_an_empty_transcript_and_nonsense_is_refused() {
        assert_eq!(
            read(br#"{"result":{"language":"en"},"transcription":[]}"#)
                .unwrap()
                .segments,
            []
        );
        assert!(read(b"<html>").is_err());
    }
}
