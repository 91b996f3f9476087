//! Transcripts behind the widespread protocol: `POST {base_url}/audio/transcriptions`, a form with the sound.
//!
//! Word times stand at the top of the answer or inside its segments, as the server likes; a model that gives no times gives
//! one segment without them.

use super::call::{Service, Shown};
use super::multipart::Form;
use super::{Lacks, OPENAI, Trouble, base, key};
use crate::config::Config;
use crate::episodes::{Segment, Transcript, Word};
use hyper::Method;
use serde::Deserialize;
use std::time::Duration;

/// A long recording takes its time.
const TOTAL: Duration = Duration::from_secs(1_800);
const LARGEST: usize = 64 << 20;
/// What services take at once.
pub const LARGEST_SOUND: u64 = 25 << 20;

/// Who listens.
#[derive(Clone)]
pub struct Transcription {
    service: Service,
    model: String,
}

#[derive(Deserialize)]
struct Report {
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    text: String,
    #[serde(default)]
    duration: Option<f64>,
    #[serde(default)]
    segments: Option<Vec<Piece>>,
    #[serde(default)]
    words: Option<Vec<Spoken>>,
}

#[derive(Deserialize)]
struct Piece {
    start: f64,
    end: f64,
    #[serde(default)]
    text: String,
    #[serde(default)]
    words: Option<Vec<Spoken>>,
}

#[derive(Deserialize)]
struct Spoken {
    #[serde(alias = "text")]
    word: String,
    start: f64,
    end: f64,
}

impl Transcription {
    /// `[providers.openai]`.
    ///
    /// # Errors
    /// What it lacks.
    pub fn of(config: &Config) -> Result<Self, Lacks> {
        let openai = &config.providers.openai;
        let model = openai.transcription_model.clone().ok_or(Lacks {
            provider: "openai",
            setting: "transcription_model",
        })?;
        let base = base(openai.remote.base_url.as_deref(), OPENAI);
        let key = key("openai", openai.remote.api_key.as_ref())?;
        let service = Service::new("openai", base, key, Shown::Bearer, config, TOTAL, LARGEST);
        Ok(Self { service, model })
    }

    /// Everything of it that a transcript depends on besides the sound and the language.
    #[must_use]
    pub fn identity(&self) -> String {
        format!(
            "{} {} {}",
            self.service.name,
            self.service.base(),
            self.model
        )
    }

    /// Writes down what is said in an Ogg file's bytes.
    ///
    /// # Errors
    /// The service's.
    pub async fn listen(
        &self,
        sound: &[u8],
        language: Option<&str>,
        length: f64,
    ) -> Result<Transcript, Trouble> {
        let mut form = Form::new()
            .text("model", &self.model)
            .text("response_format", "verbose_json")
            .text("timestamp_granularities[]", "word")
            .text("timestamp_granularities[]", "segment");
        // The tag's language alone: services know no regions here. It was checked as a tag before.
        if let Some(language) = language.and_then(|tag| tag.split('-').next()) {
            form = form.text("language", language);
        }
        let body = form.file("file", "sound.ogg", "audio/ogg", sound).finish();
        let answer = self
            .service
            .send(Method::POST, "/audio/transcriptions", Some(body))
            .await?;
        let report: Report = self.service.json(&answer)?;
        Ok(read(report, length))
    }
}

fn read(report: Report, length: f64) -> Transcript {
    let length = report.duration.unwrap_or(length);
    let mut segments: Vec<Segment> = report
        .segments
        .unwrap_or_default()
        .into_iter()
        .map(|piece| Segment {
            start: piece.start,
            end: piece.end,
            text: piece.text,
            words: words(piece.words),
        })
        .collect();
    let all = words(report.words);
    if segments.is_empty() {
        segments = of_words(&all, &report.text, length);
    }
    for word in all {
        let middle = f64::midpoint(word.start, word.end);
        let own = segments
            .iter_mut()
            .find(|segment| middle >= segment.start && middle <= segment.end);
        if let Some(segment) = own.filter(|segment| !segment.words.contains(&word)) {
            segment.words.push(word);
        }
    }
    Transcript {
        provider: "openai".to_owned(),
        language: report.language.unwrap_or_default(),
        segments,
    }
}

fn words(given: Option<Vec<Spoken>>) -> Vec<Word> {
    let given = given.unwrap_or_default().into_iter();
    given
        .map(|one| Word {
            start: one.start,
            end: one.end,
            text: one.word.trim().to_owned(),
        })
        .collect()
}

/// Segments where none came: sentences of the words, or all in one.
fn of_words(words: &[Word], text: &str, length: f64) -> Vec<Segment> {
    if words.is_empty() {
        let whole = Segment {
            start: 0.0,
            end: length,
            text: text.trim().to_owned(),
            words: Vec::new(),
        };
        return if whole.text.is_empty() {
            Vec::new()
        } else {
            vec![whole]
        };
    }
    let mut segments: Vec<Segment> = Vec::new();
    let mut ended = true;
    for word in words {
        match segments.last_mut() {
            Some(segment) if !ended => {
                segment.end = word.end;
                segment.text.push(' ');
                segment.text.push_str(&word.text);
            }
            _ => segments.push(Segment {
                start: word.start,
                end: word.end,
                text: word.text.clone(),
                words: Vec::new(),
            }),
        }
        ended = word.text.ends_with(['.', '!', '?', '。', '؟']);
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Transcript {
        read(serde_json::from_str(json).unwrap(), 9.0).tidied(9.0)
    }

    #[test]
    fn words_are_found_at_the_top_and_inside() {
        let top = of(
            r#"{"language":"english","duration":4.0,"text":"Hi there. You.","segments":[{"id":0,"start":0.0,"end":2.0,"text":" Hi there."},
            {"id":1,"start":2.0,"end":4.0,"text":" You."}],"words":[{"word":"Hi","start":0.1,"end":0.4},{"word":"there.","start":0.5,"end":1.0},{"word":"You.","start":2.5,"end":3.0}]}"#,
        );
        let inside = of(
            r#"{"segments":[{"start":0.0,"end":2.0,"text":"Hi there.","words":[{"word":" Hi","start":0.1,"end":0.4,"t_dtw":-1,"probability":0.9},
            {"word":" there.","start":0.5,"end":1.0}]},{"start":2.0,"end":4.0,"text":"You.","words":[{"word":" You.","start":2.5,"end":3.0}]}]}"#,
        );
        assert_eq!(top.segments, inside.segments);
        assert_eq!(top.segments[0].words[1].text, "there.");
    }

    #[test]
    fn what_has_no_segments_gets_some() {
        let words = of(
            r#"{"text":"One. Two.","words":[{"word":"One.","start":0,"end":1},{"word":"Two.","start":2,"end":3}]}"#,
        );
        assert_eq!(words.segments.len(), 2);
        let bare = of(r#"{"text":"Only text."}"#);
        assert_eq!((bare.segments.len(), bare.segments[0].end), (1, 9.0));
        assert_eq!(of(r#"{"text":""}"#).segments, []);
    }
}
