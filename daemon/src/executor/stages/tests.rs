//! The stages as a whole: real programs, run by a host that keeps nothing.

pub mod bench;
mod reuse;

use super::registry;
use crate::domain::pipeline::PORTABLE;
use crate::domain::{ErrorClass, Value};
use crate::executor::kept::KEEPERS;
use crate::executor::stage::StageError;
use crate::pipeline::BUILT_IN_STAGES;
use bench::Bench;
use std::path::Path;
use std::process::Command;

#[test]
fn the_names_are_those_that_pipelines_may_use() {
    let registry = registry();
    let mut names: Vec<&str> = registry.names().chain(["command"]).collect();
    names.sort_unstable();
    let mut known = BUILT_IN_STAGES.to_vec();
    known.sort_unstable();
    assert_eq!(names, known);
    // Lists elsewhere that say something of some of them.
    let mut some = PORTABLE.iter().chain(KEEPERS);
    assert!(some.all(|name| known.contains(name)));
    assert!(KEEPERS.iter().all(|name| PORTABLE.contains(name)));
}

const MAKING: [&str; 8] = [
    "tts",
    "transcribe",
    "generate",
    "compose",
    "renditions",
    "thumbnails",
    "qc",
    "store",
];

fn text<'a>(outputs: &'a crate::domain::Values, key: &str) -> &'a str {
    outputs
        .get(key)
        .and_then(Value::as_text)
        .unwrap_or_default()
}

fn asked(path: &Path, entries: &str) -> String {
    let output = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-of",
            "default=nw=1",
            "-show_entries",
            entries,
        ])
        .arg(path)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_prompt_becomes_a_video() {
    let prompt = "The \"sea\" is deep: 100% of it, said C:\\new {an8}\\N it's so.\nمرحبا بالعالم كيف حالك؟ שלום עולם.\n\n\
                  你好世界。 Rien n'arrête [le] vent; <i>jamais</i> --> %d $HOME `id`!";
    let mut bench = Bench::new(
        serde_json::json!({"prompt": prompt, "channels": ["Main/Channel"], "title": "T: 100%"}),
    );
    for stage in MAKING {
        bench.run(stage).await.unwrap();
    }
    bench.run("publish").await.unwrap();
    let narration = bench.outputs["tts"]["audioLength"].as_number().unwrap();
    let video = Path::new(text(&bench.outputs["compose"], "videoPath"));
    let facts = asked(
        video,
        "stream=codec_name,width,height,pix_fmt,r_frame_rate:format=duration",
    );
    for wanted in [
        "codec_name=h264",
        "codec_name=aac",
        "width=1080",
        "height=1920",
        "pix_fmt=yuv420p",
        "r_frame_rate=30/1",
    ] {
        assert!(facts.contains(wanted), "{wanted} in {facts}");
    }
    let length: f64 = facts
        .lines()
        .find_map(|line| line.strip_prefix("duration="))
        .unwrap()
        .parse()
        .unwrap();
    assert!(
        (length - narration).abs() < 0.3,
        "{length} against {narration}"
    );
    let bytes = std::fs::read(video).unwrap();
    let place = |word: &[u8]| bytes.windows(4).position(|window| window == word).unwrap();
    assert!(place(b"moov") < place(b"mdat"), "the index stands in front");
    let Value::Map(renditions) = &bench.outputs["renditions"]["renditions"] else {
        unreachable!("a map")
    };
    assert!(
        asked(Path::new(text(renditions, "720p")), "stream=width,height")
            .contains("width=720\nheight=1280")
    );
    let thumbnails = bench.outputs["thumbnails"]["thumbnails"].as_list().unwrap();
    assert_eq!(thumbnails.len(), 4);
    assert!(
        thumbnails
            .iter()
            .all(|path| Path::new(path.as_text().unwrap()).is_file())
    );
    let Value::Map(captions) = &bench.outputs["transcribe"]["captions"] else {
        unreachable!("a map")
    };
    let srt = std::fs::read_to_string(text(captions, "srt")).unwrap();
    let flat: String = srt.split_whitespace().collect();
    for word in [
        "\"sea\"",
        "100%",
        "C:\\new",
        "{an8}\\N",
        "مرحبا",
        "שלום",
        "[le]",
        "$HOME",
        "`id`!",
    ] {
        assert!(flat.contains(word), "{word} in {srt}");
    }
    let folder = bench.media().join("channels");
    let channel = std::fs::read_dir(folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    assert_eq!(std::fs::read_dir(channel).unwrap().count(), 2);
    assert_eq!(
        bench.parts(),
        Vec::<std::path::PathBuf>::new(),
        "no half file is left"
    );
    if std::env::var_os("REEL_KEEP_BENCH").is_some() {
        bench.keep();
    }
}

#[tokio::test]
async fn footage_of_the_library_is_cut_to_the_form() {
    let mut bench = Bench::new(
        serde_json::json!({"prompt": "The sea. It is wide.", "videoSource": "library", "aspectRatio": "16:9"}),
    );
    std::fs::create_dir_all(bench.library()).unwrap();
    std::fs::write(
        bench.library().join("sea.mp4"),
        b"#EXTM3U\nhttp://127.0.0.1/x",
    )
    .unwrap();
    let made = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=320x240:d=2:r=25",
            "-c:v",
            "libx264",
        ])
        .arg(bench.library().join("odd: name's [1] %d.mp4"))
        .status()
        .unwrap();
    assert!(made.success());
    for stage in ["tts", "transcribe", "search", "compose", "qc"] {
        bench.run(stage).await.unwrap();
    }
    assert_eq!(text(&bench.outputs["search"], "provider"), "library");
    assert!(bench.said("left out: "), "the broken one is told");
    let facts = asked(
        Path::new(text(&bench.outputs["compose"], "videoPath")),
        "stream=width,height",
    );
    assert!(facts.contains("width=1920\nheight=1080"), "{facts}");
}

fn code(error: &StageError) -> (ErrorClass, &str) {
    match error {
        StageError::Failed { class, code, .. } => (*class, code),
        other => unreachable!("{other:?}"),
    }
}

#[tokio::test]
async fn what_cannot_be_is_told_by_class() {
    for (params, stage, wanted) in [
        (
            serde_json::json!({"prompt": "… 🎉 !"}),
            "tts",
            (ErrorClass::Input, "nothing_to_say"),
        ),
        (
            serde_json::json!({"prompt": "x", "voice": "nobody"}),
            "tts",
            (ErrorClass::Input, "unknown_voice"),
        ),
        (
            serde_json::json!({"prompt": "x", "language": "tlh"}),
            "tts",
            (ErrorClass::Input, "unknown_language"),
        ),
        (
            serde_json::json!({"prompt": "x"}),
            "transcribe",
            (ErrorClass::Config, "no_narration"),
        ),
        (
            serde_json::json!({"prompt": "x"}),
            "renditions",
            (ErrorClass::Config, "no_video"),
        ),
    ] {
        let error = Bench::new(params).run(stage).await.unwrap_err();
        assert_eq!(code(&error), wanted);
    }
}

#[tokio::test]
async fn a_missing_program_is_told_with_its_package() {
    let mut bench = Bench::new(serde_json::json!({"prompt": "x"}));
    bench.without_programs();
    let StageError::Failed {
        class, code, hint, ..
    } = bench.run("tts").await.unwrap_err()
    else {
        unreachable!("a failure")
    };
    assert_eq!(
        (class, code.as_str()),
        (ErrorClass::Config, "program_missing")
    );
    assert!(hint.contains("apt install espeak-ng"));
}

#[tokio::test]
async fn a_black_and_silent_video_fails_the_check_with_what_was_found() {
    let mut bench = Bench::new(
        serde_json::json!({"prompt": "One sentence that is long enough to be measured. And another one, longer still."}),
    );
    bench.run("tts").await.unwrap();
    let length = bench.outputs["tts"]["audioLength"].as_number().unwrap();
    let video = bench.media().join("bad.mp4");
    let made = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "color=black:s=1080x1920:r=30",
            "-f",
            "lavfi",
            "-i",
            "anullsrc=r=48000:cl=stereo",
        ])
        .args([
            "-t",
            &(length + 2.0).to_string(),
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-pix_fmt",
            "yuv420p",
            "-c:a",
            "aac",
        ])
        .arg(&video)
        .status()
        .unwrap();
    assert!(made.success());
    bench.pretend(
        "compose",
        serde_json::json!({"videoPath": video.to_string_lossy(), "duration": (length * 1_000.0).round()}),
    );
    let StageError::Failed { code, message, .. } = bench.run("qc").await.unwrap_err() else {
        unreachable!("a failure")
    };
    assert_eq!(code, "quality");
    for words in [
        "long, its narration",
        "are black",
        "are frozen",
        "are silent",
        "nothing is heard",
    ] {
        assert!(message.contains(words), "{words} in {message}");
    }
}

#[tokio::test]
async fn a_second_attempt_takes_the_clips_that_are_whole() {
    let mut bench = Bench::new(serde_json::json!({"prompt": "One. Two."}));
    for stage in ["tts", "transcribe", "generate"] {
        bench.run(stage).await.unwrap();
    }
    let steps = bench.steps();
    bench.run("generate").await.unwrap();
    assert_eq!(bench.steps(), steps, "no program ran again");
}

#[tokio::test]
async fn without_a_script_a_generation_is_silent_and_as_long_as_asked() {
    let mut bench = Bench::new(serde_json::json!({
        "prompt": "A sunset", "duration": 6, "aspect_ratio": "1:1", "style": "cinematic", "provider": "veo3",
    }));
    for stage in ["generate", "compose", "thumbnails", "qc"] {
        bench.run(stage).await.unwrap();
    }
    assert!(bench.said("no key"), "the drawn pictures stand in for veo");
    assert_eq!(bench.outputs["compose"]["duration"], Value::Int(6_000));
    let video = Path::new(text(&bench.outputs["compose"], "videoPath"));
    let facts = asked(video, "stream=codec_name,width,height");
    for wanted in [
        "codec_name=h264",
        "codec_name=aac",
        "width=1080",
        "height=1080",
    ] {
        assert!(facts.contains(wanted), "{wanted} in {facts}");
    }
}
