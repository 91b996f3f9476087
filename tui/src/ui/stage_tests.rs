//! Pictures of what a stage tells of itself: its tries, its box, work that was taken over, the pictures it asks about.

use super::looks::pictures;
use crate::app::App;
use crate::app::fixture::*;
use crate::model::Row;
use crate::ui;
use reel_shared::workflow::WorkflowView;
use serde_json::{Value, json};

/// A workflow whose stages went over three boxes, the first of them taken over, one looked at four times in two tries.
fn spread() -> WorkflowView {
    let mut view = workflow(
        "k3f9a1b2c3d4",
        "dsp-lecture-42",
        "running",
        "TCSp>rh",
        63.4,
        json!({"estimatedTimeRemaining": 740.0, "box": "studio-gpu-7", "message": "frame 312 of 500"}),
    );
    let mut say = |stage: &str, more: Value| {
        if let (Some(Value::Object(stage)), Value::Object(more)) =
            (view.stages.get_mut(stage), more)
        {
            stage.extend(more);
        }
    };
    let taken = json!({"reused": true, "audioPath": "/media/audio/17.wav"});
    say(
        "generating_tts",
        json!({"box": "box-a", "tries": 1, "outputs": taken}),
    );
    say("transcribing", json!({"box": "box-a", "tries": 1}));
    say(
        "searching_video",
        json!({"box": "box-b", "tries": 2, "attempts": 5}),
    );
    say(
        "processing_video",
        json!({"box": "studio-gpu-7", "tries": 2, "attempts": 2}),
    );
    view
}

/// One whose pictures a person is to look at before it goes out.
fn approval() -> WorkflowView {
    let taken: Vec<String> = (0..3)
        .map(|at| format!("/var/lib/reel/media/thumbnails/ana/1795159860000-{at}.jpg"))
        .collect();
    let question = format!("May it go out? Thumbnails: {}", taken.join(" "));
    let mut view = workflow(
        "k3f9a1b2c3d4",
        "dsp-lecture-42",
        "pending_confirmation",
        "TCSPRH",
        90.0,
        json!({"gates": [{"stage": "approving", "kind": "approval", "deadline": ago(-3600),
            "questions": [{"key": "confirm", "question": question, "type": "bool"}]}]}),
    );
    if let Some(stage) = view.stages.get_mut("thumbnails") {
        stage["outputs"] = json!({"thumbnails": taken});
    }
    view
}

fn said(app: &mut App) -> String {
    ui::lines(&draw(app)).join("\n")
}

#[test]
fn boxes_tries_and_what_was_taken_over() {
    pictures("spread", |size| {
        let mut app = live(size, vec![spread()]);
        type_keys(&mut app, "Enter");
        app
    });
}

#[test]
fn pictures_that_are_asked_about() {
    pictures("approval", |size| {
        let mut app = live(size, vec![approval()]);
        type_keys(&mut app, "2");
        app
    });
}

#[test]
fn one_box_takes_no_column_from_a_narrow_terminal() {
    let mut view = spread();
    for stage in view.stages.values_mut() {
        stage["box"] = "box-a".into();
    }
    let mut app = live((120, 36), vec![view]);
    type_keys(&mut app, "Enter");
    assert!(!said(&mut app).contains(" BOX "));
}

#[test]
fn an_attempt_that_is_no_try_is_told_among_the_tries() {
    let mut app = live((160, 50), vec![spread()]);
    type_keys(&mut app, "Enter");
    for _ in 0..4 {
        type_keys(&mut app, "Tab");
    }
    let said = said(&mut app);
    let expected = "searching_video: 5 attempts began, of which 2 count as tries";
    assert!(said.contains(expected), "{said}");
}

#[test]
fn a_question_that_names_other_files_stays_whole() {
    let mut view = approval();
    view.gates[0].questions[0].question = "Is this it? Thumbnails: /elsewhere/1.jpg".into();
    let row = Row::new(view, NOW);
    let form = crate::app::form::Form::of_gate(&row, &row.view.gates[0], NOW);
    assert_eq!(
        form.fields[0].question,
        "Is this it? Thumbnails: /elsewhere/1.jpg"
    );
    assert!(form.shown.is_empty());
}

#[test]
fn a_stage_that_asks_says_so_and_since_when() {
    let mut view = approval();
    view.status = "waiting".into();
    view.updated_at = ago(200);
    view.gates[0].stage = Some("renditions".into());
    let asked = view.gates[0].questions[0].question.clone();
    view.waiting_for = Some(reel_shared::workflow::WaitingFor {
        kind: "approval".into(),
        message: format!("`renditions` wants an answer: {asked}"),
        ..Default::default()
    });
    view.stages["renditions"]["status"] = "waiting".into();
    let mut app = live((120, 36), vec![view]);
    let list = said(&mut app);
    assert!(list.contains("asks 3m"), "{list}");
    type_keys(&mut app, "Enter");
    let opened = said(&mut app);
    assert!(opened.contains("? asks"), "{opened}");
    assert!(
        opened.contains("wants an answer: May it go out?"),
        "{opened}"
    );
    assert!(!opened.contains("Thumbnails:"), "{opened}");
}
