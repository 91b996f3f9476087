//! `tts`: speaks the script, with espeak-ng or a service, sentence by sentence, into one sound file. Each sentence's length is counted in
//! samples, so that captions and pictures change exactly when the voice does.

use super::kept::Kept;
use super::narration::{self, Narration, Spoken, language, sentences, wav};
use super::reuse::{self, Look, Piece};
use super::{files, programs, provided, settings, speech};
use crate::attempt_log::Level;
use crate::domain::nearest::suggest;
use crate::domain::{ErrorClass, Value, Values};
use crate::executor::stage::{StageContext, StageError, Stdout, Step};
use crate::providers::Speech;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Milliseconds of silence: before the first word, between sentences, between paragraphs, after the last word.
const LEAD: u64 = 150;
const PAUSE: u64 = 260;
const PARAGRAPH: u64 = 520;
const TAIL: u64 = 400;

/// Its name where no service speaks.
const OWN: &str = "espeak";

/// A sentence's sound shorter than this holds nothing that was said.
const SHORTEST: u64 = 20;

/// Runs the stage.
///
/// # Errors
/// Class `input` for a script that can't be said and for an unknown language or voice; class `config` without espeak-ng.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let script = settings::script(&context)?.to_owned();
    let spoken = sentences::of(&script);
    if spoken.is_empty() {
        return Err(unspeakable(
            "the script holds nothing that can be said: no letter, no digit",
        ));
    }
    let service = service(&context)?;
    let (mut outputs, reused) = match piece(&context, service.as_ref(), &script)
        .look(&context)
        .await?
    {
        Look::Found(facts) => (facts, true),
        Look::Missing(making) => {
            let facts = narrate(&context, service.as_ref(), &script, spoken).await?;
            making.keep(&context, &facts).await;
            (facts, false)
        }
    };
    let narration = Narration::read(&context.work_dir).await?;
    let mut sound = context.work_dir.join(narration::SOUND);
    if !settings::flag(&context.params, "cleanup_local_files") {
        let kept = Kept::of(&context).await?.audio();
        let (from, to) = (sound, kept.clone());
        files::blocking(move || files::link(&from, &to)).await?;
        sound = kept;
    }
    let length = narration.length().as_secs_f64();
    context.log(Level::Info, &format!("the narration is {length:.2} s long"));
    let count = i64::try_from(narration.sentences.len()).unwrap_or(i64::MAX);
    let provider = service.as_ref().map_or(OWN, Speech::name);
    outputs.extend([
        (
            "audioPath".to_owned(),
            Value::from(sound.to_string_lossy().into_owned()),
        ),
        ("audioLength".to_owned(), Value::Number(length)),
        ("provider".to_owned(), Value::from(provider)),
        ("sentences".to_owned(), Value::Int(count)),
    ]);
    reuse::say(&mut outputs, reused);
    Ok(outputs)
}

/// What the narration follows from.
fn piece(context: &StageContext, service: Option<&Speech>, script: &str) -> Piece {
    let asked = |name: &str| settings::text(&context.params, name).unwrap_or_default();
    let piece = Piece::new("narration", 1)
        .fact("script", script)
        .fact("language", asked("language"))
        .fact("voice", asked("voice"))
        .fact(
            "by",
            service.map_or_else(|| OWN.to_owned(), Speech::identity),
        )
        .makes("sound", &context.work_dir.join(narration::SOUND))
        .makes("timing", &context.work_dir.join(narration::TIMING));
    match service {
        Some(_) => piece,
        None => piece.by("espeak-ng"),
    }
}

/// Has the script spoken, and joins what was spoken; the language and voice.
async fn narrate(
    context: &StageContext,
    service: Option<&Speech>,
    script: &str,
    spoken: Vec<sentences::Sentence>,
) -> Result<Values, StageError> {
    let folder = context.work_dir.join("speech");
    let dir = folder.clone();
    files::blocking(move || files::make_dir(&dir)).await?;
    let said = match service {
        Some(service) => speech::speak(context, service, script, &spoken, &folder).await?,
        None => by_espeak(context, script, &spoken, &folder).await?,
    };
    let facts = Values::from([
        ("language".to_owned(), Value::from(said.language.as_str())),
        ("voice".to_owned(), Value::from(said.voice)),
    ]);
    let work = context.work_dir.clone();
    files::blocking(move || join(&work, &said.sounds, &spoken, said.language)).await?;
    Ok(facts)
}

/// The service that speaks, where one is named and can.
fn service(context: &StageContext) -> Result<Option<Speech>, StageError> {
    if provided::is_simulated(context) {
        return Ok(None);
    }
    match Speech::of(&context.config, &context.config.providers.speech) {
        Ok(service) => Ok(service),
        Err(lacks) => {
            provided::or_offline(context, &lacks, "espeak-ng speaks instead")?;
            Ok(None)
        }
    }
}

async fn by_espeak(
    context: &StageContext,
    script: &str,
    spoken: &[sentences::Sentence],
    folder: &Path,
) -> Result<speech::Spoken, StageError> {
    let cast = Cast::of(context, script).await?;
    context.log(
        Level::Info,
        &format!("{} sentences, voice {}", spoken.len(), cast.voice),
    );
    for (index, sentence) in spoken.iter().enumerate() {
        let voice = cast.voice_for(&sentence.text);
        speak(context, folder, index, &sentence.text, &voice).await?;
        #[allow(clippy::cast_precision_loss, reason = "a count of sentences")]
        let done = 95.0 * (index + 1) as f64 / spoken.len() as f64;
        let message = format!("sentence {} of {}", index + 1, spoken.len());
        context.progress(done, Some(&message));
    }
    let sounds = (0..spoken.len()).map(|index| folder.join(format!("{index}.wav")));
    Ok(speech::Spoken {
        sounds: sounds.collect(),
        language: cast.language,
        voice: cast.voice,
    })
}

fn unspeakable(message: &str) -> StageError {
    StageError::failed(
        ErrorClass::Input,
        "nothing_to_say",
        message,
        "Retry with a script in words: `-p script=…`.",
    )
}

/// Who speaks.
struct Cast {
    /// The script's language.
    language: String,
    /// Its voice.
    voice: String,
    /// What else could speak: a sentence in letters of another language gets that language's voice. Empty where a person
    /// chose the language or the voice.
    others: Vec<String>,
}

impl Cast {
    /// What was asked for, else by the script's letters.
    async fn of(context: &StageContext, script: &str) -> Result<Self, StageError> {
        let asked = settings::text(&context.params, "language").map(str::to_owned);
        let language = asked
            .clone()
            .unwrap_or_else(|| language::guess(script).to_owned());
        if let Some(voice) = settings::text(&context.params, "voice") {
            let voice = voice.to_owned();
            return Ok(Self {
                language,
                voice,
                others: Vec::new(),
            });
        }
        let step = Step {
            stdout: Stdout::Capture { limit: 1 << 20 },
            timeout: Some(Duration::from_secs(30)),
            ..Step::new("espeak-ng", ["--voices"])
        };
        let table = programs::run(context, "voices", step).await?.stdout;
        let table = String::from_utf8_lossy(&table).into_owned();
        let listed = language::listed(&table);
        if let Some(voice) = language::voice(&language, &listed) {
            let others = if asked.is_some() { Vec::new() } else { listed };
            let others = others.into_iter().map(str::to_owned).collect();
            return Ok(Self {
                language,
                voice,
                others,
            });
        }
        if asked.is_none() {
            context.log(
                Level::Warn,
                &format!("espeak-ng has no voice for `{language}`, which the script's letters point to; an English one reads it"),
            );
            return Ok(Self {
                language,
                voice: "en-us".to_owned(),
                others: Vec::new(),
            });
        }
        Err(StageError::failed(
            ErrorClass::Input,
            "unknown_language",
            format!(
                "espeak-ng speaks no `{language}`; {}",
                suggest(&language, listed.iter().copied())
            ),
            "`espeak-ng --voices` lists the languages; retry with `-p language=…`.",
        ))
    }

    fn voice_for(&self, sentence: &str) -> String {
        let own = language::guess(sentence);
        let others: Vec<&str> = self.others.iter().map(String::as_str).collect();
        let other = if own == self.language {
            None
        } else {
            language::voice(own, &others)
        };
        other.unwrap_or_else(|| self.voice.clone())
    }
}

async fn speak(
    context: &StageContext,
    folder: &Path,
    index: usize,
    text: &str,
    voice: &str,
) -> Result<(), StageError> {
    let (words, sound) = (format!("{index}.txt"), format!("{index}.wav"));
    let (path, contents) = (folder.join(&words), text.as_bytes().to_vec());
    files::blocking(move || files::write_whole(&path, &contents)).await?;
    let args = [
        "-v", voice, "-b", "1", "-s", "165", "-z", "-f", &words, "-w", &sound,
    ];
    let step = Step {
        dir: Some(folder.to_path_buf()),
        timeout: Some(Duration::from_secs(600)),
        ..Step::new("espeak-ng", args)
    };
    let result = programs::attempt(context, &format!("speak-{index}"), step).await?;
    if result.exit == Some(0) {
        return Ok(());
    }
    if result.log_tail.to_lowercase().contains("voice") {
        let message = format!("espeak-ng has no voice `{voice}`");
        return Err(StageError::failed(
            ErrorClass::Input,
            "unknown_voice",
            message,
            "`espeak-ng --voices` lists them; retry with `-p voice=…`.",
        ));
    }
    result.require_success("espeak-ng").map(|_| ())
}

/// Joins the sentences' sounds with pauses, and tells when each is said.
fn join(
    work: &Path,
    sounds: &[PathBuf],
    sentences: &[sentences::Sentence],
    language: String,
) -> Result<Narration, StageError> {
    let Some(first) = sounds.first() else {
        return Err(unspeakable("nothing was spoken"));
    };
    let rate = wav::read(first)?.rate;
    let mut joiner = wav::Joiner::create(&work.join(narration::SOUND), rate)?;
    joiner.silence(LEAD)?;
    let mut spoken = Vec::with_capacity(sentences.len());
    let mut said = 0;
    for (index, (sentence, sound)) in sentences.iter().zip(sounds).enumerate() {
        let sound = wav::read(sound)?;
        if sound.rate != rate {
            return Err(StageError::failed(
                ErrorClass::Provider,
                "bad_sound",
                format!(
                    "sentence {index} has {} samples a second, the first has {rate}",
                    sound.rate
                ),
                "Choose one voice for the whole script.",
            ));
        }
        let from = joiner.milliseconds();
        joiner.sound(&sound)?;
        let to = joiner.milliseconds();
        if to - from >= SHORTEST {
            said += 1;
        }
        spoken.push(Spoken {
            text: sentence.text.clone(),
            from,
            to,
        });
        let last = index + 1 == sentences.len();
        joiner.silence(if last {
            TAIL
        } else if sentence.ends_paragraph {
            PARAGRAPH
        } else {
            PAUSE
        })?;
    }
    if said == 0 {
        return Err(unspeakable(
            "the voice made no sound of the script; does it speak the script's language?",
        ));
    }
    let milliseconds = joiner.finish()?;
    let narration = Narration {
        language,
        milliseconds,
        sentences: spoken,
    };
    narration.write(work)?;
    Ok(narration)
}
