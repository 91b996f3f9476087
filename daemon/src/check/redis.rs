//! The Redis that joins boxes: whether it is reached, and what of its settings is unsafe. Nothing that Reel promises hangs on
//! them (what Redis loses is sent again), but each loss costs time, and a Redis that evicts or is open to all is a hazard.

use super::Finding;
use crate::config::Config;
use crate::transport::link::RedisLink;
use std::collections::HashMap;
use std::time::Duration;

const SUBJECT: &str = "redis";
/// For all questions together.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn look(config: &Config) -> Vec<Finding> {
    let Some(url) = &config.redis else {
        return Vec::new();
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            let detail = format!("could not be asked: {error}");
            return vec![Finding::warning(SUBJECT, detail, "run the check again")];
        }
    };
    let mut findings = runtime.block_on(async {
        match tokio::time::timeout(PATIENCE, ask(url.expose())).await {
            Ok(findings) => findings,
            Err(_) => vec![unreached(&format!("no answer within {PATIENCE:?}"))],
        }
    });
    let local = [
        "unix:",
        "redis://127.",
        "redis://localhost",
        "redis://[::1]",
    ];
    let is_plain = url.expose().starts_with("redis://");
    if is_plain && !local.iter().any(|start| url.expose().starts_with(start)) {
        findings.push(Finding::warning(
            "redis transport",
            "letters cross the network readable: they are signed, but not encrypted",
            "use rediss:// (tls-port in redis.conf), or a private network",
        ));
    }
    findings
}

fn unreached(problem: &str) -> Finding {
    Finding::missing(
        SUBJECT,
        format!("can't be reached: {problem}"),
        "start it, or mend [redis] url, --redis or REEL_REDIS_URL (user and password included)",
    )
}

async fn ask(url: &str) -> Vec<Finding> {
    let link = match RedisLink::open(url) {
        Ok(link) => link,
        Err(error) => return vec![unreached(&error.to_string())],
    };
    let mut info = ::redis::cmd("INFO");
    info.arg("server");
    let version = match link.ask::<String>(&info).await {
        Ok(text) => text
            .lines()
            .find_map(|line| line.strip_prefix("redis_version:"))
            .unwrap_or("of unknown version")
            .to_owned(),
        Err(error) => return vec![unreached(&error.0)],
    };
    let mut findings = vec![version_of(&version)];
    findings.push(match link.ask::<String>(::redis::cmd("ACL").arg("WHOAMI")).await {
        Ok(user) if user == "default" && !url.contains('@') => Finding::warning(
            "redis access",
            "anybody who reaches it may write: orders are signed, so nothing foreign runs, but all of it can be removed",
            "set requirepass, or a user with ACL SETUSER, and put both into the URL",
        ),
        Ok(user) => Finding::ok("redis access", format!("as user {user}")),
        Err(error) => Finding::warning(
            "redis access",
            format!("who we are there could not be asked: {error}"),
            "allow ACL WHOAMI to the user, or leave it",
        ),
    });
    match settings(&link).await {
        Ok(settings) => findings.extend(judge(&settings)),
        Err(error) => findings.push(Finding::warning(
            "redis settings",
            format!("could not be read: {}", error.0),
            "allow CONFIG GET to the user, or look yourself: appendonly yes, maxmemory-policy noeviction",
        )),
    }
    findings
}

fn version_of(version: &str) -> Finding {
    let major: u32 = version
        .split('.')
        .next()
        .and_then(|major| major.parse().ok())
        .unwrap_or(0);
    let minor: u32 = version
        .split('.')
        .nth(1)
        .and_then(|minor| minor.parse().ok())
        .unwrap_or(0);
    if (major, minor) >= (6, 2) {
        Finding::ok(SUBJECT, format!("{version} answers"))
    } else {
        Finding::missing(
            SUBJECT,
            format!("{version} is too old: XTRIM MINID came with 6.2"),
            "use Redis 6.2 or newer, or Valkey",
        )
    }
}

async fn settings(
    link: &RedisLink,
) -> Result<HashMap<String, String>, crate::transport::link::LinkError> {
    let mut all = HashMap::new();
    for name in ["appendonly", "appendfsync", "maxmemory", "maxmemory-policy"] {
        let found: HashMap<String, String> = link
            .ask(::redis::cmd("CONFIG").arg("GET").arg(name))
            .await?;
        all.extend(found);
    }
    Ok(all)
}

fn judge(settings: &HashMap<String, String>) -> Vec<Finding> {
    let of = |name: &str| settings.get(name).map_or("", String::as_str);
    let persistence = match (of("appendonly"), of("appendfsync")) {
        ("yes", "no") => Finding::warning(
            "redis persistence",
            "appendfsync no: after a crash of its machine half a minute of letters is sent again",
            "appendfsync everysec",
        ),
        ("yes", sync) => Finding::ok("redis persistence", format!("appendonly, fsync {sync}")),
        _ => Finding::warning(
            "redis persistence",
            "appendonly no: after a restart of Redis everything under way is sent again, within some ten seconds; nothing is lost",
            "appendonly yes",
        ),
    };
    let (limit, policy) = (of("maxmemory"), of("maxmemory-policy"));
    let eviction = if policy == "noeviction" {
        Finding::ok("redis eviction", "noeviction")
    } else if limit == "0" {
        Finding::warning(
            "redis eviction",
            format!("{policy}: with a maxmemory it would throw streams away"),
            "maxmemory-policy noeviction",
        )
    } else {
        Finding::missing(
            "redis eviction",
            format!("{policy} at {limit} bytes: streams are thrown away when it is full"),
            "maxmemory-policy noeviction",
        )
    };
    vec![persistence, eviction]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;

    fn judged(pairs: &[(&str, &str)]) -> Vec<Verdict> {
        let settings = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        judge(&settings)
            .into_iter()
            .map(|one| one.verdict)
            .collect()
    }

    #[test]
    fn what_loses_time_is_a_warning_and_what_throws_away_is_refused() {
        let safe = [
            ("appendonly", "yes"),
            ("appendfsync", "everysec"),
            ("maxmemory", "100"),
            ("maxmemory-policy", "noeviction"),
        ];
        assert_eq!(judged(&safe), [Verdict::Ok, Verdict::Ok]);
        let fresh = [
            ("appendonly", "no"),
            ("maxmemory", "0"),
            ("maxmemory-policy", "allkeys-lru"),
        ];
        assert_eq!(judged(&fresh), [Verdict::Warning, Verdict::Warning]);
        let evicts = [
            ("appendonly", "yes"),
            ("appendfsync", "always"),
            ("maxmemory", "100"),
            ("maxmemory-policy", "allkeys-lru"),
        ];
        assert_eq!(judged(&evicts), [Verdict::Ok, Verdict::Missing]);
        assert_eq!(version_of("6.0.16").verdict, Verdict::Missing);
        assert_eq!(version_of("7.0.15").verdict, Verdict::Ok);
    }
}
