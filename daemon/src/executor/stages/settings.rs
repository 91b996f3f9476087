//! What the `video` pipeline's parameters ask for, as the stages use it. The parameters were checked when the workflow was
//! submitted; another pipeline that uses these stages may leave any of them out.

use crate::domain::{ErrorClass, Value, Values};
use crate::executor::stage::{StageContext, StageError};

/// The picture's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl Frame {
    /// Wider than high.
    #[must_use]
    pub fn is_wide(self) -> bool {
        self.width > self.height
    }

    /// The same form with this short side.
    #[must_use]
    pub fn scaled(self, short: u32) -> Self {
        let own = self.width.min(self.height);
        let even = |side: u32| (side * short / own).next_multiple_of(2);
        Self {
            width: even(self.width),
            height: even(self.height),
        }
    }
}

/// A text parameter that holds something.
#[must_use]
pub fn text<'a>(params: &'a Values, name: &str) -> Option<&'a str> {
    params
        .get(name)
        .and_then(Value::as_text)
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

/// A truth parameter, true where nothing is said.
#[must_use]
pub fn flag(params: &Values, name: &str) -> bool {
    params.get(name).and_then(Value::as_bool).unwrap_or(true)
}

/// A list of texts.
#[must_use]
pub fn texts(params: &Values, name: &str) -> Vec<String> {
    let items = params
        .get(name)
        .and_then(Value::as_list)
        .unwrap_or_default();
    items
        .iter()
        .filter_map(Value::as_text)
        .map(str::to_owned)
        .collect()
}

/// What is said: the script that was given, else the one that a stage before wrote, else the prompt.
///
/// # Errors
/// Class `input` when there is none of them.
pub fn script(context: &StageContext) -> Result<&str, StageError> {
    text(&context.params, "script")
        .or_else(|| written(context, "script"))
        .or_else(|| text(&context.params, "prompt"))
        .ok_or_else(|| {
            StageError::failed(
                ErrorClass::Input,
                "no_script",
                "neither `script` nor `prompt` holds anything to say",
                "Retry with `-p prompt=…`.",
            )
        })
}

/// What the stage that writes the script gave under this key.
fn written<'a>(context: &'a StageContext, key: &str) -> Option<&'a str> {
    let mut gave = context
        .outputs
        .values()
        .filter(|outputs| outputs.contains_key("script"));
    gave.find_map(|outputs| text(outputs, key))
}

/// The video's title: its own, else the written one, else the workflow's name.
#[must_use]
pub fn title(context: &StageContext) -> String {
    text(&context.params, "title")
        .or_else(|| written(context, "title"))
        .unwrap_or(&context.workflow_name)
        .to_owned()
}

/// What goes with it: its own description, else the written one, and the credits that footage asks for.
#[must_use]
pub fn description(context: &StageContext) -> String {
    [own_description(context), &credits(context)]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// Its own description, else the written one; empty where there is none.
#[must_use]
pub fn own_description(context: &StageContext) -> &str {
    text(&context.params, "description")
        .or_else(|| written(context, "description"))
        .unwrap_or_default()
}

/// The credits that footage asks for, a line each.
#[must_use]
pub fn credits(context: &StageContext) -> String {
    let credits = context
        .outputs
        .values()
        .find_map(|outputs| outputs.get("credits")?.as_list());
    let lines = credits
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_map)
        .filter_map(|credit| {
            let (what, place) = (
                text(credit, "text")?,
                text(credit, "url").unwrap_or_default(),
            );
            Some(format!("{what} {place}").trim_end().to_owned())
        });
    lines.collect::<Vec<_>>().join("\n")
}

/// Who makes the pictures: `videoSource`, or the `provider` of a generation in the same words.
#[must_use]
pub fn maker(params: &Values) -> Option<&str> {
    let named = text(params, "videoSource").or_else(|| text(params, "provider"));
    named.map(|name| if name == "veo3" { "veo" } else { name })
}

/// 1080×1920, or 1920×1080 for `16:9`, or 1080×1080 for `1:1`.
#[must_use]
pub fn frame(params: &Values) -> Frame {
    match text(params, "aspectRatio").or_else(|| text(params, "aspect_ratio")) {
        Some("1:1") => Frame {
            width: 1080,
            height: 1080,
        },
        Some("16:9") => Frame {
            width: 1920,
            height: 1080,
        },
        _ => Frame {
            width: 1080,
            height: 1920,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_scale_to_even_sides() {
        let tall = Frame {
            width: 1080,
            height: 1920,
        };
        assert_eq!(
            tall.scaled(720),
            Frame {
                width: 720,
                height: 1280
            }
        );
        assert_eq!(
            Frame {
                width: 1920,
                height: 1080
            }
            .scaled(360),
            Frame {
                width: 640,
                height: 360
            }
        );
        assert!(!tall.is_wide());
    }

    #[test]
    fn what_is_not_said_is_on() {
        let params = Values::from([
            ("captions".to_owned(), Value::Bool(false)),
            ("voice".to_owned(), Value::from("  ")),
        ]);
        assert!(!flag(&params, "captions") && flag(&params, "cleanup_local_files"));
        assert_eq!(text(&params, "voice"), None);
    }
}
