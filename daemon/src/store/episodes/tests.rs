//! What stages tell of an episode, told to a database and read back.

use super::*;
use crate::pipeline::json;
use crate::store::{connection::open_writer, migrate};
use serde_json::json;

fn opened() -> (tempfile::TempDir, Connection) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("reel.db");
    let mut connection = open_writer(&file).unwrap();
    migrate::migrate(&mut connection, &file).unwrap();
    (dir, connection)
}

fn tell(connection: &Connection, told: &serde_json::Value, job: &str) {
    let told = json::values(told.as_object().unwrap());
    note(connection, &told, job, Timestamp(9)).unwrap();
}

fn clip(id: &str, start: f64, end: f64) -> serde_json::Value {
    json!({"clip_id": id, "title": "T", "start": start, "end": end, "score": 0.5, "text": "x"})
}

fn render(id: &str, path: Option<&str>) -> serde_json::Value {
    json!({"clip_id": id, "variant": "clean", "aspect_ratio": "9x16", "path": path, "size": 7})
}

#[test]
fn what_is_not_said_anew_stays() {
    let (_dir, connection) = opened();
    tell(
        &connection,
        &json!({"id": "e", "stage": "discovered", "duration": 9.5}),
        "j",
    );
    tell(
        &connection,
        &json!({"id": "e", "stage": "transcribed", "language": "en"}),
        "j",
    );
    let row = one(&connection, "e").unwrap().unwrap();
    assert_eq!(row.stage.as_deref(), Some("transcribed"));
    assert_eq!(
        (row.duration, row.language.as_deref()),
        (Some(9.5), Some("en"))
    );
    assert_eq!(all(&connection).unwrap(), [row]);
    assert_eq!(one(&connection, "other").unwrap(), None);
}

#[test]
fn a_clip_with_other_bounds_is_another_clip() {
    let (_dir, connection) = opened();
    tell(
        &connection,
        &json!({"id": "e", "clips": [clip("c1", 1.0, 9.0), clip("c2", 10.0, 20.0), clip("c3", 30.0, 40.0)]}),
        "j",
    );
    let renders = [
        render("c1", Some("/a")),
        render("c2", Some("/b")),
        render("c3", Some("/c")),
    ];
    tell(&connection, &json!({"id": "e", "renders": renders}), "k");
    tell(
        &connection,
        &json!({"id": "e", "clips": [clip("c1", 1.0, 9.0), clip("c2", 11.0, 20.0)]}),
        "l",
    );
    let clips = clips(&connection, "e").unwrap();
    let kept: Vec<(&str, usize)> = clips
        .iter()
        .map(|clip| (clip.clip_id.as_str(), clip.renders.len()))
        .collect();
    assert_eq!(kept, [("c1", 1), ("c2", 0)]);
    let left: i64 = connection
        .query_row("SELECT count(*) FROM renders", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 1);
}

#[test]
fn what_is_ready_stays_ready_until_the_new_one_is() {
    let (_dir, connection) = opened();
    let status = |connection: &Connection| {
        let clips = clips(connection, "e").unwrap();
        let render = &clips[0].renders[0];
        (
            render.status.clone(),
            render.path.clone(),
            render.job.clone(),
        )
    };
    tell(
        &connection,
        &json!({"id": "e", "clips": [clip("c1", 1.0, 9.0)], "renders": [render("c1", None)]}),
        "j",
    );
    assert_eq!(status(&connection), ("pending".into(), None, "j".into()));
    tell(
        &connection,
        &json!({"id": "e", "renders": [render("c1", Some("/a"))]}),
        "j",
    );
    tell(
        &connection,
        &json!({"id": "e", "renders": [render("c1", None)]}),
        "k",
    );
    assert_eq!(
        status(&connection),
        ("ready".into(), Some("/a".into()), "j".into())
    );
    tell(
        &connection,
        &json!({"id": "e", "renders": [render("c1", Some("/b"))]}),
        "k",
    );
    assert_eq!(
        status(&connection),
        ("ready".into(), Some("/b".into()), "k".into())
    );
    forget(&connection, "j").unwrap();
    assert_eq!(clips(&connection, "e").unwrap()[0].renders.len(), 1);
    forget(&connection, "k").unwrap();
    assert_eq!(clips(&connection, "e").unwrap()[0].renders, []);
}
