//! The domain's values from and to JSON. The two have the same shapes; only JSON knows numbers beyond `i64`, which become
//! fractions.

use crate::domain::{Value, Values};

/// A JSON value as the domain holds it.
#[must_use]
pub fn from_json(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(flag) => Value::Bool(*flag),
        serde_json::Value::Number(number) => number
            .as_i64()
            .map_or_else(|| Value::Number(number.as_f64().unwrap_or(0.0)), Value::Int),
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Array(items) => Value::List(items.iter().map(from_json).collect()),
        serde_json::Value::Object(entries) => Value::Map(
            entries
                .iter()
                .map(|(key, item)| (key.clone(), from_json(item)))
                .collect(),
        ),
    }
}

/// A domain value as JSON. A number that JSON can't hold (not finite) becomes null.
#[must_use]
pub fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(flag) => (*flag).into(),
        Value::Int(number) => (*number).into(),
        Value::Number(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Map(entries) => serde_json::Value::Object(object(entries)),
    }
}

/// Named values as a JSON object, in the order of the names.
#[must_use]
pub fn object(values: &Values) -> serde_json::Map<String, serde_json::Value> {
    values
        .iter()
        .map(|(key, item)| (key.clone(), to_json(item)))
        .collect()
}

/// A JSON object as named values.
#[must_use]
pub fn values(object: &serde_json::Map<String, serde_json::Value>) -> Values {
    object
        .iter()
        .map(|(key, item)| (key.clone(), from_json(item)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            (-1e9..1e9f64).prop_map(|n| Value::Number(n + 0.5)),
            ".{0,12}".prop_map(Value::Text),
        ];
        leaf.prop_recursive(3, 24, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
                prop::collection::btree_map(".{0,6}", inner, 0..5).prop_map(Value::Map),
            ]
        })
    }

    proptest! {
        #[test]
        fn there_and_back(value in any_value()) {
            prop_assert_eq!(from_json(&to_json(&value)), value);
        }
    }

    #[test]
    fn a_number_beyond_i64_becomes_a_fraction() {
        let json = serde_json::json!(18_446_744_073_709_551_615_u64);
        assert!(matches!(from_json(&json), Value::Number(n) if n > 1.8e19));
    }
}
