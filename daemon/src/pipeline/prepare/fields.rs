//! The rules of a request's own fields, each told with the value and the remedy.

use super::super::ids;
use crate::config::Webhooks;
use crate::domain::{Timestamp, Value, Values};
use std::collections::BTreeMap;
use std::net::IpAddr;

const LONGEST_NAME: usize = 200;
const LONGEST_URL: usize = 2_048;
const MOST_LABELS: usize = 64;
const MOST_DEPENDENCIES: usize = 1_000;

/// RFC 3339.
pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    text.trim()
        .parse::<jiff::Timestamp>()
        .map(|at| Timestamp(at.as_millisecond()))
        .map_err(|_| {
            let shown: String = text.chars().take(60).collect();
            format!(
                "`{shown}` is no time; write RFC 3339 with an offset, like 2026-11-20T14:30:00Z"
            )
        })
}

/// −1000 to 1000.
pub(super) fn priority(value: i64) -> Result<i32, String> {
    i32::try_from(value)
        .ok()
        .filter(|priority| (-1_000..=1_000).contains(priority))
        .ok_or_else(|| format!("{value} is out of bounds: -1000 to 1000, larger first"))
}

/// One line, not too long.
pub(super) fn name(text: &str) -> Result<(), String> {
    let length = text.chars().count();
    if length > LONGEST_NAME {
        return Err(format!("has {length} characters; at most {LONGEST_NAME}"));
    }
    if text.chars().any(char::is_control) {
        return Err("holds control characters; give one line of text".to_owned());
    }
    Ok(())
}

/// What a workflow is called that brings no name: its title, the beginning of its prompt or its program, else its id.
pub(super) fn name_of(id: &str, params: &Values) -> String {
    let text = ["title", "prompt"]
        .iter()
        .find_map(|key| params.get(*key).and_then(Value::as_text))
        .map(str::to_owned);
    let text = text.or_else(|| {
        params.get("argv").and_then(Value::as_list).map(|argv| {
            argv.iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" ")
        })
    });
    let line = text
        .as_deref()
        .unwrap_or_default()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let clean: String = line.chars().filter(|c| !c.is_control()).collect();
    if clean.is_empty() {
        return id.to_owned();
    }
    if clean.chars().count() <= 60 {
        clean
    } else {
        clean.chars().take(59).chain(['…']).collect()
    }
}

/// Keys like names in a path, values of one line.
pub(super) fn labels(labels: &BTreeMap<String, String>, problem: &mut dyn FnMut(&str, String)) {
    if labels.len() > MOST_LABELS {
        problem(
            "labels",
            format!("{} labels; at most {MOST_LABELS}", labels.len()),
        );
    }
    for (key, value) in labels {
        let field = format!("labels.{}", key.chars().take(80).collect::<String>());
        let fits = (1..=64).contains(&key.len())
            && key
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_-./".contains(&b));
        if !fits {
            problem(
                &field,
                "a label's key is 1 to 64 of A-Z, a-z, 0-9, `_`, `-`, `.` and `/`".to_owned(),
            );
        }
        let length = value.chars().count();
        if length > 256 || value.chars().any(char::is_control) {
            problem(
                &field,
                format!(
                    "a label's value is one line of at most 256 characters; this one has {length}"
                ),
            );
        }
    }
}

/// Ids of others, not its own.
pub(super) fn depends_on(list: &[String], own: &str, problem: &mut dyn FnMut(&str, String)) {
    if list.len() > MOST_DEPENDENCIES {
        problem(
            "dependsOn",
            format!("{} dependencies; at most {MOST_DEPENDENCIES}", list.len()),
        );
        return;
    }
    for (index, id) in list.iter().enumerate() {
        if let Err(wrong) = ids::check(id) {
            problem(&format!("dependsOn[{index}]"), wrong);
        } else if id == own {
            problem(
                &format!("dependsOn[{index}]"),
                format!("`{id}` is the workflow itself"),
            );
        }
    }
}

/// `https`, or `http` where the configuration allows the host; a literal address must be public unless allowed. Names are
/// judged when they are connected to.
pub(super) fn webhook_url(text: &str, rules: &Webhooks) -> Result<(), String> {
    let shown: String = text.chars().take(120).collect();
    if text.len() > LONGEST_URL || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(format!(
            "`{shown}` is no URL: at most {LONGEST_URL} characters, no spaces"
        ));
    }
    let (scheme, rest) = text
        .split_once("://")
        .ok_or_else(|| format!("`{shown}` is no URL; write https://HOST/PATH"))?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(
            "the URL carries a user name or password; deliveries are signed instead: remove it"
                .to_owned(),
        );
    }
    let host = host_of(authority)
        .ok_or_else(|| format!("`{shown}` names no host; write https://HOST/PATH"))?;
    match scheme.to_ascii_lowercase().as_str() {
        "https" => {}
        "http"
            if rules.allow_http_all || rules.allow_http.iter().any(|rule| covers(rule, host)) => {}
        "http" => {
            return Err(format!(
                "`{shown}` is plain http; use https, or let `{host}` in with `allow_http` under [webhooks]"
            ));
        }
        other => return Err(format!("`{other}` is no scheme for a webhook; use https")),
    }
    if let Ok(address) = host.parse::<IpAddr>()
        && !is_public(address)
        && !rules.allow_private_all
        && !rules.allow_private.iter().any(|rule| covers(rule, host))
    {
        return Err(format!(
            "`{host}` is not a public address; let it in with `allow_private` under [webhooks]"
        ));
    }
    Ok(())
}

fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (
                host,
                after
                    .strip_prefix(':')
                    .or_else(|| after.is_empty().then_some("1"))?,
            )
        }
        None => authority.rsplit_once(':').unwrap_or((authority, "1")),
    };
    let named = !host.is_empty() && !host.contains(['%', '\\', '"', '<', '>']);
    (named && port.parse::<u16>().is_ok_and(|port| port > 0)).then_some(host)
}

/// Whether a host name, an address or a CIDR of the configuration covers this host.
fn covers(rule: &str, host: &str) -> bool {
    if rule.eq_ignore_ascii_case(host) {
        return true;
    }
    let Some((network, bits)) = rule.split_once('/') else {
        return false;
    };
    match (
        network.parse::<IpAddr>(),
        host.parse::<IpAddr>(),
        bits.parse::<u32>(),
    ) {
        (Ok(IpAddr::V4(network)), Ok(IpAddr::V4(host)), Ok(bits @ 0..=32)) => {
            (network.to_bits() ^ host.to_bits())
                .checked_shr(32 - bits)
                .unwrap_or(0)
                == 0
        }
        (Ok(IpAddr::V6(network)), Ok(IpAddr::V6(host)), Ok(bits @ 0..=128)) => {
            (network.to_bits() ^ host.to_bits())
                .checked_shr(128 - bits)
                .unwrap_or(0)
                == 0
        }
        _ => false,
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let special = a == 0
                || a >= 240
                || (a == 192 && b == 0 && c == 0)
                || (a == 198 && (b == 18 || b == 19));
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_documentation()
                || shared
                || special)
        }
        IpAddr::V6(v6) => {
            if let Some(v4) = v6.to_ipv4_mapped() {
                return is_public(IpAddr::V4(v4));
            }
            let head = v6.segments()[0];
            // 2000::/3 is what is routed; 2001:db8::/32 documents, 2002::/16 and 64:ff9b::/96 carry an IPv4 address inside.
            (0x2000..0x4000).contains(&head)
                && head != 0x2002
                && !(head == 0x2001 && v6.segments()[1] == 0xdb8)
        }
    }
}

/// What is said of a channel that the configuration doesn't know.
pub(super) fn unknown_channel<'a>(channel: &str, known: impl Iterator<Item = &'a str>) -> String {
    let shown: String = channel.chars().take(80).collect();
    let near = crate::domain::nearest::nearest(channel, known)
        .map(|near| format!("; did you mean `{near}`?"))
        .unwrap_or_default();
    format!("`{shown}` is not configured{near}; add [youtube.channels.{shown}], or leave it out")
}
