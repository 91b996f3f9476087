//! What waits for the box's resources, and who may start. Pure.
//!
//! Orders come ahead of free slots, so that the next program starts without waiting for the commit of the last one's end.
//! They start in their order; a later one may pass an earlier one only with what the earlier one doesn't want.

use crate::domain::Resources;
use crate::engine::ports::{AttemptKey, Order};
use std::collections::VecDeque;

/// The box's resources and the orders that wait for them.
#[derive(Debug)]
pub struct Slots {
    capacity: Resources,
    used: Resources,
    waiting: VecDeque<Order>,
}

impl Slots {
    /// All free.
    #[must_use]
    pub fn new(capacity: Resources) -> Self {
        Self {
            capacity,
            used: Resources::new(),
            waiting: VecDeque::new(),
        }
    }

    /// Adds an order behind the others.
    pub fn push(&mut self, order: Order) {
        self.waiting.push_back(order);
    }

    /// Removes an order that has not started.
    pub fn remove(&mut self, key: &AttemptKey) -> Option<Order> {
        let at = self.waiting.iter().position(|order| order.key() == *key)?;
        self.waiting.remove(at)
    }

    /// Removes all that have not started.
    pub fn clear(&mut self) -> Vec<Order> {
        self.waiting.drain(..).collect()
    }

    /// Takes the orders that can start now; what they want is theirs until `release`.
    pub fn take_ready(&mut self) -> Vec<Order> {
        let mut ready = Vec::new();
        let mut claimed = self.used.clone();
        let mut at = 0;
        while at < self.waiting.len() {
            let wants = self.wants(&self.waiting[at]);
            let fits = wants.iter().all(|(name, amount)| {
                claimed
                    .get(name)
                    .copied()
                    .unwrap_or(0)
                    .saturating_add(*amount)
                    <= self.of(name)
            });
            // Whoever doesn't fit yet has a claim on what it wants.
            add(&mut claimed, &wants);
            if fits {
                add(&mut self.used, &wants);
                ready.extend(self.waiting.remove(at));
            } else {
                at += 1;
            }
        }
        ready
    }

    /// Takes what an order wants whether it is free or not: it runs already.
    pub fn occupy(&mut self, order: &Order) {
        let wants = self.wants(order);
        add(&mut self.used, &wants);
    }

    /// Gives back what an order held.
    pub fn release(&mut self, order: &Order) {
        for (name, amount) in self.wants(order) {
            if let Some(used) = self.used.get_mut(&name) {
                *used = used.saturating_sub(amount);
            }
        }
    }

    /// What it wants, but never more than there is: such an order runs when all of it is free, instead of never.
    fn wants(&self, order: &Order) -> Resources {
        let wants = order.workflow.resources(order.stage);
        wants
            .iter()
            .map(|(name, amount)| (name.clone(), (*amount).min(self.of(name))))
            .collect()
    }

    fn of(&self, name: &str) -> u64 {
        self.capacity.get(name).copied().unwrap_or(0)
    }
}

fn add(sums: &mut Resources, amounts: &Resources) {
    for (name, amount) in amounts {
        match sums.get_mut(name) {
            Some(sum) => *sum = sum.saturating_add(*amount),
            None => {
                sums.insert(name.clone(), *amount);
            }
        }
    }
}

#[cfg(test)]
#[path = "slots_tests.rs"]
mod tests;
