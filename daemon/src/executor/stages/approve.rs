//! `approve`: waits for a person who looks at the thumbnails before anything goes out. A yes lets the workflow go on; a no, or
//! the deadline's default, ends the stage as `rejected`.
//!
//! `with = { deadline = "24h", default = false, question = "…" }`, all of them optional.

use crate::attempt_log::Level;
use crate::config::quantity::parse_duration;
use crate::domain::pipeline::ParamKind;
use crate::domain::workflow::Question;
use crate::domain::{ErrorClass, Value, Values};
use crate::executor::stage::{StageContext, StageError};

/// The key under which a confirmation is kept.
const CONFIRM: &str = "confirm";
/// Thumbnails that are shown.
const SHOWN: usize = 8;

/// Runs the stage.
///
/// # Errors
/// `NeedsApproval` until somebody said yes since the stage began; class `config` for a deadline that is none.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let thumbnails = strip(&context);
    let yes = context
        .answers
        .iter()
        .rev()
        .find(|answer| answer.key == CONFIRM);
    if let Some(answer) = yes.filter(|answer| answer.value == Value::Bool(true)) {
        context.log(Level::Info, &format!("{} said yes", answer.by));
        return Ok(Values::from([
            ("approvedBy".to_owned(), Value::from(answer.by.as_str())),
            ("shown".to_owned(), Value::List(thumbnails)),
        ]));
    }
    let text = |key: &str| context.with.get(key).and_then(Value::as_text);
    let deadline = text("deadline")
        .map(|text| parse_duration(text).ok_or_else(|| bad_deadline(text)))
        .transpose()?;
    let default = context
        .with
        .get("default")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let shown: Vec<&str> = thumbnails.iter().filter_map(Value::as_text).collect();
    let strip = if shown.is_empty() {
        String::new()
    } else {
        format!(" Thumbnails: {}", shown.join(" "))
    };
    let question = text("question").unwrap_or("May it go out?");
    Err(StageError::NeedsApproval {
        questions: vec![Question {
            key: CONFIRM.to_owned(),
            question: format!("{question}{strip}"),
            kind: ParamKind::Bool,
            options: Vec::new(),
            default: None,
            required: false,
        }],
        deadline,
        default,
    })
}

/// The thumbnails that a stage before took.
fn strip(context: &StageContext) -> Vec<Value> {
    let taken = context
        .outputs
        .values()
        .find_map(|outputs| outputs.get("thumbnails")?.as_list());
    taken
        .unwrap_or_default()
        .iter()
        .take(SHOWN)
        .cloned()
        .collect()
}

fn bad_deadline(text: &str) -> StageError {
    StageError::failed(
        ErrorClass::Config,
        "deadline",
        format!("`{text}` is no deadline"),
        "Write it in the pipeline as `with = { deadline = \"24h\" }`, then submit anew.",
    )
}
