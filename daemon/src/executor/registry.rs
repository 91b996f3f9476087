//! The built-in stages by the name that a pipeline's `uses` calls them by.

use super::stage::Stage;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Names and stages.
#[derive(Default)]
pub struct Registry {
    stages: BTreeMap<&'static str, Arc<dyn Stage>>,
}

impl Registry {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// This stage under this name; a later one of the same name replaces it.
    #[must_use]
    pub fn with(mut self, name: &'static str, stage: impl Stage) -> Self {
        self.stages.insert(name, Arc::new(stage));
        self
    }

    /// The stage of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Arc<dyn Stage>> {
        self.stages.get(name).cloned()
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.stages.keys().copied()
    }
}
