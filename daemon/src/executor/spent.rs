//! What an attempt used, whichever way it ended: its programs' processor time, and the units that providers count in. It is told
//! under `cost` among the stage's outputs, added to what the stage's earlier attempts used.

use crate::domain::{Value, Values};
use crate::engine::ports::Order;
use std::collections::BTreeMap;

/// The outputs' key of it.
const COST: &str = "cost";
/// An attempt that used less processor time has no cost worth telling.
const WORTH_TELLING: u64 = 100;

/// What one attempt used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spent {
    /// Processor time of its programs, in milliseconds.
    pub cpu_ms: u64,
    /// Tokens, characters, requests, clips, by provider.
    pub units: BTreeMap<String, u64>,
}

impl Spent {
    /// Processor time alone.
    #[must_use]
    pub fn cpu(cpu_ms: u64) -> Self {
        Self {
            cpu_ms,
            ..Self::default()
        }
    }

    /// A provider was paid so many units.
    pub fn pay(&mut self, provider: &str, units: u64) {
        if units > 0 {
            *self.units.entry(provider.to_owned()).or_default() += units;
        }
    }

    /// Whether there is anything to tell.
    #[must_use]
    pub fn is_worth_telling(&self) -> bool {
        self.cpu_ms >= WORTH_TELLING || !self.units.is_empty()
    }

    /// Tells it in a stage's outputs, on top of what its earlier attempts used. What a program itself told of its cost counts.
    #[allow(
        clippy::cast_precision_loss,
        reason = "processor time is far below 2^53 milliseconds"
    )]
    pub fn tell(&self, order: &Order, outputs: &mut Values) {
        let before = order.workflow.stages[order.stage].outputs.get(COST);
        let before = before.and_then(Value::as_map);
        if before.is_none() && !self.is_worth_telling() {
            return;
        }
        let mut cost = before.cloned().unwrap_or_default();
        if self.cpu_ms >= WORTH_TELLING {
            let seconds = cost.get("cpuSeconds").and_then(Value::as_number);
            let all = seconds.unwrap_or(0.0) * 1000.0 + self.cpu_ms as f64;
            let seconds = Value::Number(all.round() / 1000.0);
            cost.insert("cpuSeconds".to_owned(), seconds);
        }
        if !self.units.is_empty() {
            let mut units = cost
                .get("units")
                .and_then(Value::as_map)
                .cloned()
                .unwrap_or_default();
            for (provider, count) in &self.units {
                let before = units.get(provider).and_then(Value::as_number);
                let count = before.unwrap_or(0.0) + *count as f64;
                units.insert(provider.clone(), whole(count));
            }
            cost.insert("units".to_owned(), Value::Map(units));
        }
        let told = outputs
            .entry(COST.to_owned())
            .or_insert_with(|| Value::Map(Values::new()));
        if let Value::Map(told) = told {
            for (name, value) in cost {
                told.entry(name).or_insert(value);
            }
        }
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a count far below 2^53")]
fn whole(count: f64) -> Value {
    Value::Int(count as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::stages::tests::bench::workflow;
    use std::sync::Arc;

    fn order(cost: Option<Value>) -> Order {
        let mut workflow = workflow();
        if let Some(cost) = cost {
            workflow.stages[0].outputs.insert(COST.to_owned(), cost);
        }
        Order {
            workflow: Arc::new(workflow),
            stage: 0,
            attempt: 2,
            ordinal: 2,
        }
    }

    #[test]
    fn what_failed_attempts_used_is_added() {
        let mut spent = Spent::cpu(1_500);
        spent.pay("openai", 7);
        spent.pay("openai", 3);
        let mut first = Values::new();
        spent.tell(&order(None), &mut first);
        let mut second = Values::new();
        spent.tell(&order(first.get(COST).cloned()), &mut second);
        let cost = second[COST].as_map().unwrap();
        assert_eq!(cost["cpuSeconds"], Value::Number(3.0));
        assert_eq!(cost["units"].as_map().unwrap()["openai"], Value::Int(20));
        let mut third = Values::new();
        Spent::cpu(50).tell(&order(second.get(COST).cloned()), &mut third);
        assert_eq!(third, second, "what is not worth telling loses nothing");
    }

    #[test]
    fn next_to_nothing_is_not_told_and_a_programs_own_word_counts() {
        let mut outputs = Values::new();
        Spent::cpu(99).tell(&order(None), &mut outputs);
        assert!(outputs.is_empty());
        let own = Value::Map(Values::from([("cpuSeconds".to_owned(), Value::Int(9))]));
        outputs.insert(COST.to_owned(), own.clone());
        Spent::cpu(2_000).tell(&order(None), &mut outputs);
        assert_eq!(outputs[COST], own);
        outputs.insert(COST.to_owned(), Value::from("dear"));
        Spent::cpu(2_000).tell(&order(None), &mut outputs);
        assert_eq!(outputs[COST], Value::from("dear"));
    }
}
