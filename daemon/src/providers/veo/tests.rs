//! Every state that the services may answer with.

use super::*;

#[test]
fn every_state_of_an_interaction_is_understood() {
    let state = |status: &str, steps: Value| {
        interaction(&json!({"id": "i", "status": status, "steps": steps}))
    };
    assert_eq!(state("in_progress", json!([])), Ok(Work::Going));
    assert_eq!(state("something_new", json!(null)), Ok(Work::Going));
    let steps = json!([{"type": "thought"}, {"type": "model_output", "content": [{"type": "text", "text": "x"}, {"type": "video", "mime_type": "video/mp4", "uri": "https://f/1"}]}]);
    assert_eq!(
        state("completed", steps),
        Ok(Work::At("https://f/1".into()))
    );
    let inline = json!([{"type": "model_output", "content": [{"type": "video", "data": "AAEC"}]}]);
    assert_eq!(state("completed", inline), Ok(Work::Bytes(vec![0, 1, 2])));
    let failed = state(
        "failed",
        json!([{"type": "model_output", "error": {"code": 3, "message": "unsafe"}}]),
    )
    .unwrap_err();
    assert!(failed.class == ErrorClass::Input && failed.message.contains("unsafe"));
    assert_eq!(
        state("completed", json!([])).unwrap_err().class,
        ErrorClass::Input
    );
    assert_eq!(
        state("budget_exceeded", json!([])).unwrap_err().class,
        ErrorClass::Quota
    );
}

#[test]
fn every_state_of_an_operation_is_understood() {
    assert_eq!(operation(&json!({"name": "o"})), Ok(Work::Going));
    let vertex = json!({"done": true, "response": {"videos": [{"bytesBase64Encoded": "AAEC", "mimeType": "video/mp4"}]}});
    assert_eq!(operation(&vertex), Ok(Work::Bytes(vec![0, 1, 2])));
    let gemini = json!({"done": true, "response": {"generateVideoResponse": {"generatedSamples": [{"video": {"uri": "https://f/2"}}]}}});
    assert_eq!(operation(&gemini), Ok(Work::At("https://f/2".into())));
    let filtered = json!({"done": true, "response": {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": ["a face"]}});
    assert!(operation(&filtered).unwrap_err().message.contains("a face"));
}

#[test]
fn a_name_leads_nowhere_else() {
    assert!(is_name("projects/p/locations/l/operations/7") && is_name("v1_abc-DEF"));
    assert!(!is_name("../x") && !is_name("a?b") && !is_name("") && !is_name("a b"));
}
