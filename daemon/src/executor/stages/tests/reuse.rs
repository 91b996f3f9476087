//! What was made once is not made again, and what was changed is.

use super::bench::Bench;
use super::text;
use crate::domain::Value;
use serde_json::json;

const MADE: [&str; 6] = [
    "tts",
    "generate",
    "compose",
    "renditions",
    "thumbnails",
    "qc",
];

async fn run(mut bench: Bench) -> Bench {
    for stage in ["tts", "transcribe", "generate", "compose"] {
        bench.run(stage).await.unwrap();
    }
    for stage in ["renditions", "thumbnails", "qc"] {
        bench.run(stage).await.unwrap();
    }
    bench
}

fn reused(bench: &Bench, stage: &str) -> bool {
    bench.outputs[stage].get("reused") == Some(&Value::Bool(true))
}

#[tokio::test]
async fn an_equal_video_is_put_together_of_what_was_made_and_a_changed_one_of_what_was_not_changed()
{
    let params = json!({"prompt": "One. Two.", "quality_levels": ["720p"]});
    let first = run(Bench::new(params.clone())).await;
    assert!(MADE.iter().all(|stage| !reused(&first, stage)));
    let second = run(first.beside(params)).await;
    for stage in MADE {
        assert!(reused(&second, stage), "{stage}");
        assert!(!second.outputs[stage].contains_key("cost"));
    }
    assert_eq!(second.steps(), 1, "only the finished file is probed");
    assert!(second.said("reused: narration, as made for bench"));
    let bytes =
        |bench: &Bench| std::fs::read(text(&bench.outputs["compose"], "videoPath")).unwrap();
    assert_eq!(bytes(&first), bytes(&second));
    assert_ne!(
        text(&first.outputs["compose"], "videoPath"),
        text(&second.outputs["compose"], "videoPath")
    );
    for key in ["duration", "width", "technical"] {
        assert_eq!(
            first.outputs["compose"].get(key),
            second.outputs["compose"].get(key)
        );
    }
    assert_eq!(
        first.outputs["qc"].get("loudness"),
        second.outputs["qc"].get("loudness")
    );
    assert!(second.parts().is_empty());
    // What is written into the second's file later does not reach a third.
    std::fs::write(text(&second.outputs["compose"], "videoPath"), "spoilt").unwrap();
    let changed = json!({"prompt": "One. Two.", "quality_levels": ["720p"], "captions": false});
    let mut third = first.beside(changed);
    for stage in ["tts", "transcribe", "generate", "compose"] {
        third.run(stage).await.unwrap();
    }
    assert!(reused(&third, "tts") && reused(&third, "generate") && !reused(&third, "compose"));
    let mut fourth = first.beside(json!({"prompt": "One. Three."}));
    fourth.run("tts").await.unwrap();
    assert!(!reused(&fourth, "tts"));
}

#[tokio::test]
async fn two_at_once_make_it_once() {
    let params = json!({"prompt": "One. Two. Three. Four."});
    let alone = {
        let mut bench = Bench::new(params.clone());
        bench.run("tts").await.unwrap();
        bench.steps()
    };
    let mut first = Bench::new(params.clone());
    let mut second = first.beside(params);
    let (one, other) = tokio::join!(first.run("tts"), second.run("tts"));
    one.unwrap();
    other.unwrap();
    assert_eq!(first.steps() + second.steps(), alone);
    assert!(reused(&first, "tts") != reused(&second, "tts"));
}

#[tokio::test]
async fn another_version_of_the_program_makes_it_anew() {
    use crate::executor::stages::reuse::{Look, Piece};
    let bench = Bench::new(json!({"prompt": "x"}));
    let folder = tempfile::tempdir().unwrap();
    let (program, input, made) = (
        folder.path().join("tool"),
        folder.path().join("in"),
        folder.path().join("made"),
    );
    std::fs::write(&program, "one").unwrap();
    std::fs::write(&input, "bytes").unwrap();
    let context = bench.context("tts");
    let look = async || {
        let piece = Piece::new("test", 1)
            .by(&program.to_string_lossy())
            .reads("in", &input)
            .makes("made", &made);
        match piece.look(&context).await.unwrap() {
            Look::Found(_) => true,
            Look::Missing(making) => {
                std::fs::write(&made, "x").unwrap();
                making.keep(&context, &crate::domain::Values::new()).await;
                false
            }
        }
    };
    assert!(!look().await && look().await);
    std::fs::write(&program, "other").unwrap();
    assert!(!look().await && look().await);
    std::fs::write(&input, "other").unwrap();
    assert!(!look().await && look().await);
    // What an earlier life of the attempt began is not overtaken.
    std::fs::write(folder.path().join("made.part"), "half").unwrap();
    assert!(!look().await);
    // Without its program there is nothing to reuse: the work itself tells.
    std::fs::remove_file(&program).unwrap();
    assert!(!look().await && !look().await);
}
