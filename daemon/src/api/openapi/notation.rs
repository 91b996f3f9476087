//! An example that is its own schema: JSON, in which
//!
//! | written | means |
//! |---|---|
//! | `"name?": …` | may be left out |
//! | `"name~": …` | may be null |
//! | `"*": …` | any further names, each like this |
//! | `"T"` | a time, RFC 3339 UTC with milliseconds |
//! | `"=a\|b\|c"` | one of these words; the first is shown |
//! | `"%1..200: 50"` | a whole number within these bounds; 50 is shown |
//! | `"$Part"` | a shape of `parts`, by its name |
//! | `null` | anything |
//! | `3`, `3.5` | a whole number · any number |
//! | `[…]` | a list, each member like the first; empty: of anything |

use serde_json::{Map, Value, json};

/// What a time looks like.
const TIME: &str = "2026-11-20T14:30:00.000Z";

/// What was made of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shaped {
    /// JSON Schema, as of OpenAPI 3.1.
    pub schema: Value,
    /// What is shown.
    pub example: Value,
}

/// Reads a text. `part` gives the text of a named part. With `closed`, objects take no names but theirs.
///
/// # Errors
/// What is wrong with the text; the tests read all of them.
pub(super) fn read(
    text: &str,
    closed: bool,
    part: &dyn Fn(&str) -> Option<&'static str>,
) -> Result<Shaped, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("{error}: {text}"))?;
    shape(&value, closed, part)
}

type Part<'a> = &'a dyn Fn(&str) -> Option<&'static str>;

fn shape(value: &Value, closed: bool, part: Part<'_>) -> Result<Shaped, String> {
    let plain = |kind: &str| Shaped {
        schema: json!({ "type": kind }),
        example: value.clone(),
    };
    Ok(match value {
        Value::Null => Shaped {
            schema: json!({}),
            example: Value::Null,
        },
        Value::Bool(_) => plain("boolean"),
        Value::Number(number) if number.is_f64() => plain("number"),
        Value::Number(_) => plain("integer"),
        Value::String(text) => word(text, part)?,
        Value::Array(list) => match list.first() {
            Some(first) => {
                let first = shape(first, closed, part)?;
                Shaped {
                    schema: json!({ "type": "array", "items": first.schema }),
                    example: json!([first.example]),
                }
            }
            None => plain("array"),
        },
        Value::Object(map) => object(map, closed, part)?,
    })
}

fn word(text: &str, part: Part<'_>) -> Result<Shaped, String> {
    if text == "T" {
        return Ok(Shaped {
            schema: json!({ "type": "string", "format": "date-time" }),
            example: TIME.into(),
        });
    }
    if let Some(words) = text.strip_prefix('=') {
        let words: Vec<&str> = words.split('|').collect();
        return Ok(Shaped {
            schema: json!({ "type": "string", "enum": words }),
            example: words[0].into(),
        });
    }
    if let Some(bounds) = text.strip_prefix('%') {
        return whole(bounds).ok_or_else(|| format!("no bounds: {text}"));
    }
    if let Some(name) = text.strip_prefix('$') {
        let inner = part(name).ok_or_else(|| format!("no part {name}"))?;
        let example = read(inner, false, part)?.example;
        let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
        return Ok(Shaped { schema, example });
    }
    Ok(Shaped {
        schema: json!({ "type": "string" }),
        example: text.into(),
    })
}

/// `1..200: 50`; either bound may be missing.
fn whole(text: &str) -> Option<Shaped> {
    let (bounds, shown) = text.split_once(": ")?;
    let (least, most) = bounds.split_once("..")?;
    let mut schema = json!({ "type": "integer" });
    for (name, bound) in [("minimum", least), ("maximum", most)] {
        if !bound.is_empty() {
            schema[name] = bound.parse::<i64>().ok()?.into();
        }
    }
    Some(Shaped {
        schema,
        example: shown.parse::<i64>().ok()?.into(),
    })
}

fn object(map: &Map<String, Value>, closed: bool, part: Part<'_>) -> Result<Shaped, String> {
    let (mut properties, mut required, mut example) = (Map::new(), Vec::new(), Map::new());
    let mut further = None;
    for (key, value) in map {
        let shaped = shape(value, closed, part)?;
        if key == "*" {
            further = Some(shaped.schema);
            continue;
        }
        let (name, nullable) = match key.strip_suffix('~') {
            Some(name) => (name, true),
            None => (key.as_str(), false),
        };
        let (name, optional) = match name.strip_suffix('?') {
            Some(name) => (name, true),
            None => (name, false),
        };
        let schema = if nullable {
            or_null(shaped.schema)
        } else {
            shaped.schema
        };
        properties.insert(name.to_owned(), schema);
        example.insert(name.to_owned(), shaped.example);
        if !optional {
            required.push(Value::from(name));
        }
    }
    let mut schema = json!({ "type": "object" });
    if !properties.is_empty() {
        schema["properties"] = properties.into();
    }
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    match further {
        Some(further) => schema["additionalProperties"] = further,
        None if closed && !map.is_empty() => schema["additionalProperties"] = false.into(),
        None => {}
    }
    Ok(Shaped {
        schema,
        example: example.into(),
    })
}

/// The same schema, or null.
fn or_null(mut schema: Value) -> Value {
    match schema.get("type").and_then(Value::as_str) {
        Some(kind) if schema.get("enum").is_none() => {
            schema["type"] = json!([kind, "null"]);
            schema
        }
        _ if schema == json!({}) => schema,
        _ => json!({ "anyOf": [schema, { "type": "null" }] }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Shaped {
        read(text, true, &|name| {
            (name == "Part").then_some(r#"{"a":"T"}"#)
        })
        .unwrap()
    }

    #[test]
    fn a_text_is_its_own_schema() {
        let made = of(
            r##"{"a":1,"b?":2.5,"c~":"T","d?~":"=x|y","e":["$Part"],"f":"%1..: 3","g":{},"h":null,"i":[]}"##,
        );
        assert_eq!(
            made.example,
            json!({
                "a": 1, "b": 2.5, "c": TIME, "d": "x", "e": [{ "a": TIME }], "f": 3, "g": {}, "h": null, "i": [],
            })
        );
        let properties = &made.schema["properties"];
        assert_eq!(properties["a"], json!({ "type": "integer" }));
        assert_eq!(properties["b"], json!({ "type": "number" }));
        assert_eq!(
            properties["c"],
            json!({ "type": ["string", "null"], "format": "date-time" })
        );
        assert_eq!(
            properties["d"],
            json!({ "anyOf": [{ "type": "string", "enum": ["x", "y"] }, { "type": "null" }] })
        );
        assert_eq!(
            properties["e"],
            json!({ "type": "array", "items": { "$ref": "#/components/schemas/Part" } })
        );
        assert_eq!(properties["f"], json!({ "type": "integer", "minimum": 1 }));
        assert_eq!(properties["g"], json!({ "type": "object" }));
        assert_eq!(properties["h"], json!({}));
        assert_eq!(
            made.schema["required"],
            json!(["a", "c", "e", "f", "g", "h", "i"])
        );
        assert_eq!(made.schema["additionalProperties"], json!(false));
    }

    #[test]
    fn further_names_are_like_the_star() {
        assert_eq!(
            of(r#"{"*":"x"}"#).schema,
            json!({ "type": "object", "additionalProperties": { "type": "string" } })
        );
    }

    #[test]
    fn what_is_no_text_is_told() {
        for bad in ["{", "\"$Nothing\"", "\"%x\""] {
            assert!(read(bad, false, &|_| None).is_err(), "{bad}");
        }
    }
}
