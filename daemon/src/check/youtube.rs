//! What is left of the day that YouTube allows each project.

use super::Finding;
use crate::config::Config;
use crate::youtube::quota;
use jiff::Timestamp;

const SUBJECT: &str = "youtube quota";

pub(super) fn look(config: &Config, now: Timestamp) -> Vec<Finding> {
    let quota = match quota::today(&config.youtube, &config.data_dir, now) {
        Ok(quota) => quota,
        Err(problem) => {
            let detail = format!("the ledger of what was used today can't be read: {problem}");
            let remedy =
                "let the daemon's user read and write youtube-quota.json in the data directory";
            return vec![Finding::warning(SUBJECT, detail, remedy)];
        }
    };
    let (allowed, until) = (quota.allowed, quota.until);
    if quota.projects.is_empty() {
        let detail = format!(
            "{} uploads and {} units a day; no channel has keys",
            allowed.uploads, allowed.units
        );
        return vec![Finding::ok(SUBJECT, detail)];
    }
    quota
        .projects
        .iter()
        .map(|one| {
            let detail = format!(
                "{}: {} of {} uploads and {} of {} units used today; anew at {until:.0}",
                one.id, one.used.uploads, allowed.uploads, one.used.units, allowed.units
            );
            if one.is_full(allowed) {
                let remedy = "uploads wait until then by themselves; ask Google for more, or publish through another project";
                Finding::warning(SUBJECT, detail, remedy)
            } else {
                Finding::ok(SUBJECT, detail)
            }
        })
        .collect()
}
