//! The times of a narration's words. What is said is known, for we had it spoken; a recogniser that is named tells when, word
//! by word, and captions change exactly there.

use super::{Heard, Recording};
use crate::attempt_log::Level;
use crate::episodes::{Segment, Transcript, Word};
use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::captions::{align, spoken};
use crate::executor::stages::narration::{self, Narration, Spoken};
use crate::executor::stages::provided;

/// A sentence's words are looked for this far outside of it, in seconds.
const AROUND: f64 = 0.25;

/// A narration whose words have their times.
pub struct Timed {
    /// What is said and when.
    pub narration: Narration,
    /// Who heard when.
    pub provider: String,
    /// It was heard before.
    pub reused: bool,
}

/// The narration in phrases whose times were heard, and by whom; as it is, and `aligned`, where nobody is named or nothing was
/// heard.
///
/// # Errors
/// The provider's.
pub async fn timed(context: &StageContext, narration: Narration) -> Result<Timed, StageError> {
    let aligned = |narration| {
        Ok(Timed {
            narration,
            provider: "aligned".to_owned(),
            reused: false,
        })
    };
    let named = context.config.providers.transcription.as_deref();
    if provided::is_simulated(context) || !matches!(named, Some("whisper_cpp" | "openai")) {
        return aligned(narration);
    }
    let recording = Recording {
        path: context.work_dir.join(narration::SOUND),
        length: narration.length().as_secs_f64(),
        has_sound: true,
        language: Some(narration.language.clone()),
    };
    let Some(Heard {
        transcript: heard,
        reused,
    }) = super::of(context, &recording).await?
    else {
        return aligned(narration);
    };
    let words: Vec<Word> = heard
        .segments
        .iter()
        .flat_map(|segment| segment.words.clone())
        .collect();
    if words.is_empty() {
        context.log(
            Level::Warn,
            &format!(
                "{} told no times of words; sentences keep their own",
                heard.provider
            ),
        );
        return aligned(narration);
    }
    let segments = narration
        .sentences
        .iter()
        .map(|sentence| segment(sentence, &words));
    let transcript = Transcript {
        provider: heard.provider,
        language: narration.language.clone(),
        segments: segments.collect(),
    };
    Ok(Timed {
        narration: spoken::between(&transcript, 0.0, recording.length),
        provider: transcript.provider,
        reused,
    })
}

#[allow(clippy::cast_precision_loss, reason = "a narration's milliseconds")]
fn segment(sentence: &Spoken, heard: &[Word]) -> Segment {
    let (start, end) = (sentence.from as f64 / 1_000.0, sentence.to as f64 / 1_000.0);
    let inside: Vec<Word> = heard
        .iter()
        .filter(|word| {
            let middle = f64::midpoint(word.start, word.end);
            middle >= start - AROUND && middle <= end + AROUND
        })
        .cloned()
        .collect();
    let written: Vec<&str> = sentence.text.split_whitespace().collect();
    let times = align::times(&written, &inside, start, end).unwrap_or_default();
    let words = written.iter().zip(times).map(|(text, (start, end))| Word {
        start,
        end,
        text: (*text).to_owned(),
    });
    Segment {
        start,
        end,
        text: sentence.text.clone(),
        words: words.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_keeps_its_words_and_gets_their_times() {
        let sentence = Spoken {
            text: "Hello, brave world.".into(),
            from: 1_000,
            to: 3_000,
        };
        let word = |text: &str, start: f64| Word {
            start,
            end: start + 0.3,
            text: text.to_owned(),
        };
        let heard = [
            word("before", 0.2),
            word("hello", 1.1),
            word("brave", 1.6),
            word("word", 2.4),
            word("after", 3.6),
        ];
        let segment = segment(&sentence, &heard);
        let found: Vec<(&str, f64)> = segment
            .words
            .iter()
            .map(|word| (word.text.as_str(), word.start))
            .collect();
        assert_eq!(found, [("Hello,", 1.1), ("brave", 1.6), ("world.", 2.4)]);
        assert!(super::segment(&sentence, &[]).words.is_empty());
    }
}
