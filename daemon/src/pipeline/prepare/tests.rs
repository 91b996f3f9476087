//! Drafts that may be submitted, and every field's problem of those that may not.

use super::*;
use crate::pipeline::Defaults;
use std::path::Path;

fn config() -> Config {
    let mut config = Config::default_at("/nonexistent/data");
    config.media.library = "/nonexistent/reel".into();
    config
}

fn catalogue(folder: &Path) -> Catalogue {
    Catalogue::load(folder, &Defaults::from(&config()))
}

fn draft(pipeline: &str, params: serde_json::Value) -> Draft {
    let serde_json::Value::Object(params) = params else {
        unreachable!("an object")
    };
    Draft {
        pipeline: pipeline.into(),
        params,
        user: "ann".into(),
        surface: "workflow".into(),
        ..Draft::default()
    }
}

fn submit(draft: Draft) -> Result<Submit, Vec<String>> {
    prepare(draft, &catalogue(Path::new("/nonexistent/reel")), &config()).map_err(|problems| {
        problems
            .into_iter()
            .map(|p| format!("{}: {}", p.field, p.problem))
            .collect()
    })
}

fn fields(draft: Draft) -> Vec<String> {
    submit(draft)
        .unwrap_err()
        .iter()
        .map(|p| p.split(':').next().unwrap().to_owned())
        .collect()
}

#[test]
fn a_video_is_complete_with_a_prompt_alone() {
    let submit = submit(draft(
        "video",
        serde_json::json!({"prompt": "One.\n\"Two\" 100% \\ three: مرحبا"}),
    ))
    .unwrap();
    assert_eq!(
        submit.params["prompt"],
        Value::from("One.\n\"Two\" 100% \\ three: مرحبا")
    );
    assert_eq!(submit.params["videoSource"], Value::from("drawn"));
    assert_eq!(submit.params["aspectRatio"], Value::from("9:16"));
    assert_eq!(submit.name, "One. \"Two\" 100% \\ three: مرحبا");
    assert_eq!(
        (submit.id.len(), submit.priority, submit.retry),
        (12, 0, None)
    );
}

#[test]
fn footage_in_the_library_is_taken() {
    let library = tempfile::tempdir().unwrap();
    std::fs::write(library.path().join("sea.mp4"), b"x").unwrap();
    let mut config = config();
    config.media.library = library.path().to_path_buf();
    let submit = prepare(
        draft("video", serde_json::json!({"prompt": "x"})),
        &catalogue(Path::new("/nonexistent/reel")),
        &config,
    )
    .unwrap();
    assert_eq!(submit.params["videoSource"], Value::from("library"));
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let mut bad = draft(
        "video",
        serde_json::json!({"promt": "x", "aspectRatio": "4:3", "language": "../x", "retry_attempts": 99}),
    );
    bad.id = Some("a/b".into());
    bad.priority = Some(1_001);
    bad.not_before = Some("tomorrow".into());
    bad.webhook_url = Some("http://example.org/x".into());
    bad.labels = [("a b".to_owned(), "x".to_owned())].into();
    bad.depends_on = vec!["..".into()];
    bad.name = Some("a\nb".into());
    let fields = fields(bad);
    for field in [
        "id",
        "notBefore",
        "priority",
        "name",
        "webhookUrl",
        "labels.a b",
        "dependsOn[0]",
        "params.promt",
        "params.aspectRatio",
        "params.language",
        "params.retry_attempts",
        "params.prompt",
    ] {
        assert!(
            fields.iter().any(|known| known == field),
            "{field} in {fields:?}"
        );
    }
}

#[test]
fn an_unknown_pipeline_is_told_with_the_nearest() {
    let problems = submit(draft("vidoe", serde_json::json!({}))).unwrap_err();
    assert_eq!(
        problems,
        ["pipeline: there is no pipeline `vidoe`; did you mean `video`?"]
    );
}

#[test]
fn a_command_brings_its_resources_and_its_retry() {
    let params = serde_json::json!({"argv": ["echo", "a b", "${params.x}"], "resources": {"gpu": 1}, "retry": 2, "env": {"N": 1}});
    let submit = submit(draft("command", params)).unwrap();
    assert_eq!(submit.resources, Some([("gpu".to_owned(), 1)].into()));
    assert_eq!(submit.retry.map(|retry| retry.times), Some(2));
    assert_eq!(submit.name, "echo a b ${params.x}");
    assert_eq!(
        fields(draft("command", serde_json::json!({}))),
        ["params.argv"]
    );
    assert_eq!(
        fields(draft("command", serde_json::json!({"argv": []}))),
        ["params.argv"]
    );
    assert_eq!(
        fields(draft("command", serde_json::json!({"argv": [""]}))),
        ["params.argv"]
    );
}

#[test]
fn text_stands_for_numbers_only_where_it_is_said_so() {
    let mut typed = draft(
        "video",
        serde_json::json!({"prompt": "x", "captions": "false", "quality_levels": "720p", "retry_attempts": "5"}),
    );
    assert!(!fields(typed.clone()).is_empty());
    typed.params_are_text = true;
    let submit = submit(typed).unwrap();
    assert_eq!(submit.params["captions"], Value::Bool(false));
    assert_eq!(
        submit.params["quality_levels"],
        Value::List(vec![Value::from("720p")])
    );
    assert_eq!(submit.retry.map(|retry| retry.times), Some(5));
}

#[test]
fn a_pipeline_that_clarifies_takes_what_is_missing_as_a_question() {
    let folder = tempfile::tempdir().unwrap();
    let text = "clarify = true\nconfirm = true\n[params.word]\ntype = \"string\"\nrequired = true\n[[stages]]\nid = \"a\"\nrun = [\"echo\", \"${params.word}\"]\n";
    std::fs::write(folder.path().join("ask.toml"), text).unwrap();
    let submit = prepare(
        draft("ask", serde_json::json!({})),
        &catalogue(folder.path()),
        &config(),
    )
    .unwrap();
    assert!(submit.params.is_empty() && submit.wants_confirmation);
}

#[test]
fn edits_check_only_what_is_given() {
    let catalogue = catalogue(Path::new("/nonexistent/reel"));
    let video = catalogue.get("video").unwrap();
    let object = |json: serde_json::Value| json.as_object().unwrap().clone();
    let edits_of = |json| edits(&video, &object(json), "params", false);
    assert_eq!(
        edits_of(serde_json::json!({"voice": "en-us+f3"}))
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        edits_of(serde_json::json!({"voise": "x"})).unwrap_err()[0].field,
        "params.voise"
    );
}

#[test]
fn a_webhook_url_must_be_safe_unless_the_configuration_says_otherwise() {
    let mut config = config();
    let check = |url: &str, config: &Config| fields::webhook_url(url, &config.webhooks);
    for url in [
        "https://example.org/x",
        "https://example.org:8443/x?y#z",
        "https://93.184.216.34/x",
        "https://[2606:2800::1]/",
    ] {
        assert_eq!(check(url, &config), Ok(()), "{url}");
    }
    for url in [
        "",
        "x",
        "ftp://example.org",
        "https://",
        "https://:80/",
        "https://a:0/",
        "https://u:p@example.org/",
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/",
        "https://100.64.0.1/",
        "https://a b/",
    ] {
        assert!(check(url, &config).is_err(), "{url}");
    }
    assert!(
        check("http://hooks.example/x", &config)
            .unwrap_err()
            .contains("allow_http")
    );
    assert!(
        check("https://10.1.2.3/x", &config)
            .unwrap_err()
            .contains("allow_private")
    );
    config.webhooks.allow_http = vec!["hooks.example".into()];
    config.webhooks.allow_private = vec!["10.0.0.0/8".into(), "fd00::/8".into()];
    for url in [
        "http://hooks.example/x",
        "https://10.1.2.3/x",
        "https://[fd00::5]/x",
    ] {
        assert_eq!(check(url, &config), Ok(()), "{url}");
    }
    assert!(check("https://192.168.0.1/x", &config).is_err());
}

#[test]
fn a_channel_that_is_not_configured_is_refused_by_name() {
    let params = serde_json::json!({"prompt": "x", "channels": ["nowhere"]});
    assert_eq!(fields(draft("video", params.clone())), ["params.channels"]);
    let mut config = config();
    let channel = crate::config::Channel {
        client_id: "id".into(),
        client_secret: None,
        refresh_token: None,
    };
    config.youtube.channels.insert("nowhere".into(), channel);
    let catalogue = catalogue(Path::new("/nonexistent/reel"));
    assert!(prepare(draft("video", params), &catalogue, &config).is_ok());
}
