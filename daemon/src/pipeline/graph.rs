//! The stage graph: names to indices, and no circle.

use super::error::FileError;
use crate::domain::nearest::suggest;

/// A stage's needs as written: its id, the ids it needs, and where that stands.
pub(super) struct Needs<'a> {
    pub id: &'a str,
    /// None: the stage before.
    pub wanted: Option<Vec<String>>,
    /// Makes an error at the place of `needs`.
    pub error: Box<dyn Fn(String) -> FileError + 'a>,
}

/// The indices that each stage needs.
pub(super) fn resolve(stages: &[Needs<'_>]) -> Result<Vec<Vec<usize>>, FileError> {
    let ids = || stages.iter().map(|stage| stage.id);
    let mut graph = Vec::with_capacity(stages.len());
    for (index, stage) in stages.iter().enumerate() {
        let Some(wanted) = &stage.wanted else {
            graph.push(index.checked_sub(1).into_iter().collect());
            continue;
        };
        let mut needs = Vec::with_capacity(wanted.len());
        for name in wanted {
            let Some(needed) = ids().position(|id| id == name) else {
                let near = suggest(name, ids().filter(|id| *id != stage.id));
                return Err((stage.error)(format!(
                    "stage `{}` needs `{name}`, which is no stage here; {near}",
                    stage.id
                )));
            };
            if !needs.contains(&needed) {
                needs.push(needed);
            }
        }
        graph.push(needs);
    }
    if let Some(circle) = circle(&graph) {
        let names: Vec<&str> = circle
            .iter()
            .chain(circle.first())
            .map(|index| stages[*index].id)
            .collect();
        return Err((stages[circle[0]].error)(format!(
            "stages need each other in a circle: {}",
            names.join(" needs ")
        )));
    }
    Ok(graph)
}

/// All stages that must be over before `stage` starts.
pub(super) fn before(graph: &[Vec<usize>], stage: usize) -> Vec<usize> {
    let mut found = Vec::new();
    let mut open = graph[stage].clone();
    while let Some(next) = open.pop() {
        if !found.contains(&next) {
            found.push(next);
            open.extend(&graph[next]);
        }
    }
    found
}

fn circle(graph: &[Vec<usize>]) -> Option<Vec<usize>> {
    let start = (0..graph.len()).find(|stage| before(graph, *stage).contains(stage))?;
    let mut path = vec![start];
    loop {
        let at = *path.last()?;
        let next = *graph[at]
            .iter()
            .find(|next| **next == start || before(graph, **next).contains(&start))?;
        if next == start {
            return Some(path);
        }
        if let Some(seen) = path.iter().position(|stage| *stage == next) {
            return Some(path.split_off(seen));
        }
        path.push(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_circles_of_any_length() {
        assert_eq!(circle(&[vec![0]]), Some(vec![0]));
        assert_eq!(
            circle(&[vec![2], vec![0], vec![1]]).map(|c| c.len()),
            Some(3)
        );
        assert_eq!(circle(&[vec![], vec![0], vec![0, 1]]), None);
    }

    #[test]
    fn knows_what_comes_before() {
        let mut all = before(&[vec![], vec![0], vec![1], vec![]], 2);
        all.sort_unstable();
        assert_eq!(all, [0, 1]);
    }
}
