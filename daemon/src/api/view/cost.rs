//! What a workflow cost, added up over its stages: processor and graphics seconds, and the units that each provider counts
//! in, those of attempts that failed as well. Only what its stages told is known; a number that none of them told is 0.

use crate::domain::{Value as Given, Values, Workflow};
use crate::pipeline::json;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const COST: &str = "cost";

/// What the workflow gives; `cost` is among it from its end on, unless no stage cost anything worth telling.
pub(super) fn outputs(workflow: &Workflow) -> Map<String, Value> {
    let mut shown = json::object(&workflow.outputs);
    let stages = workflow.stages.iter().map(|stage| &stage.outputs);
    if workflow.status().is_terminal()
        && let Some(cost) = cost(stages)
        // What the pipeline itself tells of its cost counts.
        && let Value::Object(told) = shown.entry(COST).or_insert_with(|| json!({}))
    {
        for (name, value) in cost {
            told.entry(name).or_insert(value);
        }
    }
    shown
}

fn cost<'a>(stages: impl Iterator<Item = &'a Values>) -> Option<Map<String, Value>> {
    let told: Vec<&Values> = stages
        .filter_map(|outputs| outputs.get(COST)?.as_map())
        .collect();
    if told.is_empty() {
        return None;
    }
    let sum = |name: &str| -> f64 {
        let all = told.iter().filter_map(|cost| amount(cost.get(name)?));
        (all.sum::<f64>() * 1000.0).round() / 1000.0
    };
    let mut units: BTreeMap<&str, f64> = BTreeMap::new();
    let counted = told
        .iter()
        .filter_map(|cost| cost.get("units")?.as_map())
        .flatten();
    for (provider, count) in counted {
        if let Some(count) = amount(count) {
            *units.entry(provider).or_default() += count;
        }
    }
    let units: Map<String, Value> = units
        .into_iter()
        .map(|(provider, count)| (provider.to_owned(), number(count)))
        .collect();
    Some(Map::from_iter([
        ("cpuSeconds".to_owned(), number(sum("cpuSeconds"))),
        ("gpuSeconds".to_owned(), number(sum("gpuSeconds"))),
        ("units".to_owned(), units.into()),
    ]))
}

/// An amount that can be added: a program may tell anything.
fn amount(value: &Given) -> Option<f64> {
    value
        .as_number()
        .filter(|amount| amount.is_finite() && *amount >= 0.0)
}

/// A whole number as one.
fn number(amount: f64) -> Value {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole, not below 0 and below 2^53 where it is cast"
    )]
    if amount.fract() == 0.0 && amount < 9_007_199_254_740_992.0 {
        (amount as u64).into()
    } else {
        amount.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs(told: Value) -> Values {
        let Given::Map(outputs) = json::from_json(&told) else {
            panic!("{told}");
        };
        outputs
    }

    #[test]
    fn what_stages_told_is_added_up_and_nonsense_passed_over() {
        let stages = [
            outputs(json!({"cost": {"cpuSeconds": 0.1, "units": {"openai": 70, "pexels": 2}}})),
            outputs(json!({"cost": {"cpuSeconds": 0.2, "units": {"openai": 7}}})),
            outputs(json!({"cost": {"cpuSeconds": -5, "units": {"openai": "many"}}})),
            outputs(json!({"cost": "dear"})),
            outputs(json!({})),
        ];
        assert_eq!(
            Value::Object(cost(stages.iter()).unwrap()),
            json!({"cpuSeconds": 0.3, "gpuSeconds": 0, "units": {"openai": 77, "pexels": 2}})
        );
        assert_eq!(cost(stages[3..].iter()), None);
    }
}
