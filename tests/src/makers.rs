//! The services that make things for a key, stood in for by one server: a chat model, speech, transcripts, footage that is
//! searched and footage that is made. What it makes differs with what it is asked, so that what was asked twice shows.

use crate::{Asked, Failure, Home, Reply, Result, StandIn};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The server, and what it was paid for.
pub struct Makers {
    server: StandIn,
}

/// Samples a second of what is spoken.
const RATE: u32 = 24_000;

impl Makers {
    /// Starts one that does everything at once, but a clip that is made is looked at once in vain.
    pub async fn start(home: &Home) -> Result<Self> {
        let film = film(home.root())?;
        let looked: Mutex<BTreeSet<String>> = Mutex::default();
        let server = StandIn::start(move |asked| answer(asked, &film, &looked)).await?;
        Ok(Self { server })
    }

    /// `[providers]` of a daemon that uses it for everything.
    pub fn settings(&self) -> String {
        let url = self.server.url();
        format!(
            "[providers]\nspeech = \"openai\"\ntranscription = \"openai\"\nchat = \"openai\"\n\
             [providers.openai]\nbase_url = \"{url}/v1\"\napi_key = \"key\"\nspeech_model = \"say\"\nchat_model = \"think\"\ntranscription_model = \"hear\"\n\
             [providers.pexels]\nbase_url = \"{url}/v1\"\napi_key = \"key\"\n\
             [providers.veo]\nbase_url = \"{url}\"\napi_key = \"key\"\n"
        )
    }

    /// What it was asked.
    pub fn server(&self) -> &StandIn {
        &self.server
    }

    /// What it was paid for: for each thing, the numbers of the requests that wanted it.
    pub fn paid(&self) -> BTreeMap<String, Vec<usize>> {
        let mut paid: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (number, asked) in self.server.asked().iter().enumerate() {
            if asked.method == "POST" {
                paid.entry(thing(asked)).or_default().push(number);
            }
        }
        paid
    }
}

/// What a request wants: its path and body, without the mark between the body's parts, which is drawn anew each time.
fn thing(asked: &Asked) -> String {
    let body = String::from_utf8_lossy(&asked.body);
    let mark = body.lines().next().filter(|line| line.starts_with("--"));
    let body = mark.map_or_else(|| body.to_string(), |mark| body.replace(mark, ""));
    format!("{} {body}", asked.path)
}

fn answer(asked: &Asked, film: &[u8], looked: &Mutex<BTreeSet<String>>) -> Reply {
    let path = asked.path.split('?').next().unwrap_or_default();
    let host = asked.header("host").unwrap_or_default();
    match (asked.method.as_str(), path) {
        ("POST", "/v1/chat/completions") => Reply::json(200, &written(asked)),
        ("POST", "/v1/audio/speech") => {
            let words = asked.json()["input"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            Reply::new(200, spoken(&words))
        }
        ("POST", "/v1/audio/transcriptions") => Reply::json(200, &heard()),
        ("GET", "/v1/videos/search") => Reply::json(200, &found(host)),
        ("GET", path) if path.starts_with("/film-") => Reply::new(200, film),
        ("POST", "/v1beta/interactions") => {
            let name = format!("int_{:x}", mark(&asked.body));
            Reply::json(200, &json!({"id": name, "status": "queued", "steps": []}))
        }
        ("GET", path) => match path.strip_prefix("/v1beta/interactions/") {
            Some(name) => {
                let mut looked = looked.lock().unwrap_or_else(PoisonError::into_inner);
                Reply::json(200, &made(name, host, looked.insert(name.to_owned())))
            }
            None if path.ends_with(":download") => Reply::new(200, film),
            None if path.starts_with("/v1beta/files/") => {
                Reply::json(200, &json!({"name": "files/f", "state": "ACTIVE"}))
            }
            None => Reply::json(404, &json!({"error": "no such path"})),
        },
        _ => Reply::json(404, &json!({"error": "no such path"})),
    }
}

/// A number that stands for these bytes.
fn mark(bytes: &[u8]) -> u32 {
    bytes.iter().fold(2_166_136_261, |mark, byte| {
        (mark ^ u32::from(*byte)).wrapping_mul(16_777_619)
    })
}

/// A script about what was asked for.
fn written(asked: &Asked) -> Value {
    let wish = asked.json()["messages"][1]["content"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let script = json!({"script": format!("This is {wish}. And {wish} is never still."), "title": wish,
        "search": ["ocean waves", "deep sea"]});
    json!({"choices": [{"message": {"content": script.to_string()}, "finish_reason": "stop"}], "usage": {"total_tokens": 77}})
}

/// A second of a tone whose height is the words' own.
fn spoken(words: &str) -> Vec<u8> {
    let height = 200.0 + f64::from(mark(words.as_bytes()) % 400);
    let tone = (0..RATE).flat_map(|index| {
        let phase = std::f64::consts::TAU * height * f64::from(index) / f64::from(RATE);
        #[allow(clippy::cast_possible_truncation, reason = "between -8000 and 8000")]
        let sample = (phase.sin() * 8_000.0) as i16;
        sample.to_le_bytes()
    });
    let tone: Vec<u8> = tone.collect();
    let length = u32::try_from(tone.len()).unwrap_or(0);
    let mut wav = Vec::with_capacity(tone.len() + 44);
    wav.extend(b"RIFF");
    wav.extend((36 + length).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend([1_u16, 1].iter().flat_map(|number| number.to_le_bytes()));
    wav.extend(
        [RATE, RATE * 2]
            .iter()
            .flat_map(|number| number.to_le_bytes()),
    );
    wav.extend([2_u16, 16].iter().flat_map(|number| number.to_le_bytes()));
    wav.extend(b"data");
    wav.extend(length.to_le_bytes());
    wav.extend(tone);
    wav
}

fn heard() -> Value {
    let word = |word: &str, start: f64| json!({"word": word, "start": start, "end": start + 0.2});
    json!({"task": "transcribe", "language": "english", "duration": 2.9, "text": "This is it. And it is never still.",
        "segments": [{"id": 0, "start": 0.1, "end": 2.9, "text": " This is it. And it is never still."}],
        "words": [word("This", 0.2), word("is", 0.5), word("it.", 0.7), word("And", 1.5), word("it", 1.7), word("is", 1.9), word("never", 2.0), word("still.", 2.2)]})
}

fn found(host: &str) -> Value {
    let video = |id: u64| {
        let file = json!({"id": id, "quality": "hd", "file_type": "video/mp4", "width": 360, "height": 640, "fps": 10,
            "link": format!("http://{host}/film-{id}.mp4")});
        json!({"id": id, "width": 360, "height": 640, "duration": 4, "url": format!("https://pexels.test/{id}"),
            "user": {"id": 1, "name": "Ann Lee", "url": "u"}, "video_files": [file]})
    };
    json!({"page": 1, "per_page": 40, "total_results": 2, "videos": [video(7), video(8)]})
}

fn made(name: &str, host: &str, first: bool) -> Value {
    if first {
        return json!({"id": name, "status": "in_progress"});
    }
    let uri = format!("http://{host}/v1beta/files/f");
    let film = json!({"type": "video", "mime_type": "video/mp4", "uri": uri});
    json!({"id": name, "status": "completed", "steps": [{"type": "model_output", "content": [film]}]})
}

/// Four moving seconds, small and upright.
fn film(folder: &Path) -> Result<Arc<[u8]>> {
    let path = folder.join("film.mp4");
    let source = "testsrc2=size=360x640:rate=10:duration=4";
    let made = std::process::Command::new("ffmpeg")
        .args([
            "-v", "error", "-y", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p",
        ])
        .arg(&path)
        .status()
        .map_err(Failure::at("ffmpeg"))?;
    if !made.success() {
        return Err(Failure::new("ffmpeg made no film"));
    }
    let film = std::fs::read(&path).map_err(Failure::at("a film"))?;
    Ok(film.into())
}
