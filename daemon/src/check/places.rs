//! Directories, socket and listener: can they be used, and is it wise?

use super::Finding;
use crate::config::quantity::show_size;
use crate::config::{Config, Environment, Loopback};
use rustix::fs::{Access, access, statfs, statvfs};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// A Unix socket's path with its end may be this long.
const SOCKET_PATH: usize = 107;

/// Network file systems on which a database's locks can't be trusted: NFS, SMB 1, SMB 2 and 3.
const REMOTE: [i64; 3] = [0x6969, 0xff53_4d42, 0xfe53_4d42];

pub(super) fn look(config: &Config, environment: &Environment) -> Vec<Finding> {
    let mut findings = vec![directory("data directory", &config.data_dir)];
    findings.extend(disk(config));
    findings.push(socket(config));
    findings.extend(listen(config));
    if config.auth.loopback == Loopback::Operate {
        let detail = "callers on this machine may submit and act without a token";
        findings.push(Finding::warning(
            "auth.loopback",
            detail,
            "write loopback = \"off\" unless that is what you want",
        ));
    }
    if config.redis.is_none() && config.resources.get("cpu") == Some(&0) {
        findings.push(Finding::missing(
            "resources.cpu",
            "is 0, and no other box is there to run anything",
            "write at least 1, or say where Redis is and start workers",
        ));
    }
    if rustix::process::geteuid().is_root() && environment.is_service() {
        let detail = "the service runs as root, and so would every program of a pipeline";
        findings.push(Finding::warning("user", detail, "use the unit's User=reel"));
    }
    findings.extend(
        config
            .episodes
            .roots
            .iter()
            .map(|root| readable("episodes", root)),
    );
    if config.providers.footage == "library" && config.media.library.exists() {
        findings.push(readable("media library", &config.media.library));
    }
    findings
}

/// The nearest directory above that is there.
fn existing(path: &Path) -> PathBuf {
    path.ancestors()
        .find(|path| path.exists())
        .map_or_else(|| PathBuf::from("/"), Path::to_owned)
}

fn directory(subject: &str, path: &Path) -> Finding {
    let there = existing(path);
    if !there.is_dir() {
        let detail = format!("{} is a file, where a directory is wanted", there.display());
        return Finding::missing(subject, detail, "move it away or name another directory");
    }
    match access(&there, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) if there == path => Finding::ok(subject, path.display().to_string()),
        Ok(()) => Finding::ok(subject, format!("{} (will be made)", path.display())),
        Err(error) => {
            let user = rustix::process::geteuid().as_raw();
            let detail = format!(
                "{} can't be written by uid {user}: {error}",
                there.display()
            );
            Finding::missing(
                subject,
                detail,
                "chown it to that user, or choose another place",
            )
        }
    }
}

fn disk(config: &Config) -> Vec<Finding> {
    let there = existing(&config.data_dir);
    let mut findings = Vec::new();
    if let Ok(stat) = statvfs(&there) {
        let free = stat.f_bavail.saturating_mul(stat.f_frsize);
        let wanted = config.retention.min_free_disk;
        let detail = format!("{} MiB free, {} wanted", free >> 20, show_size(wanted));
        findings.push(if free < wanted {
            Finding::warning(
                "disk",
                format!("{detail}: nothing new would start"),
                "free some space or lower [retention] min_free_disk",
            )
        } else {
            Finding::ok("disk", detail)
        });
    }
    if statfs(&there).is_ok_and(|stat| REMOTE.contains(&stat.f_type)) {
        let detail = format!(
            "{} is on a network file system, where the database's locks can't be trusted",
            there.display()
        );
        findings.push(Finding::warning(
            "disk",
            detail,
            "put the data directory on a local disk",
        ));
    }
    findings
}

fn socket(config: &Config) -> Finding {
    let path = &config.socket;
    let length = path.as_os_str().len();
    if length > SOCKET_PATH {
        let detail = format!(
            "{} has {length} bytes, a socket's path may have {SOCKET_PATH}",
            path.display()
        );
        return Finding::missing("socket", detail, "choose a shorter one with --socket");
    }
    let Some(parent) = path.parent() else {
        return Finding::missing("socket", "the path is empty", "choose one with --socket");
    };
    let finding = directory("socket", parent);
    if finding.remedy.is_empty() {
        Finding::ok("socket", path.display().to_string())
    } else {
        finding
    }
}

fn listen(config: &Config) -> Vec<Finding> {
    let Some(address) = &config.listen else {
        return vec![Finding::ok("listen", "off: the socket alone")];
    };
    let loopback = address
        .parse::<SocketAddr>()
        .is_ok_and(|address| address.ip().is_loopback());
    let tls = config.http.tls_cert.is_some();
    let mut findings: Vec<Finding> = [
        ("http.tls_cert", &config.http.tls_cert),
        ("http.tls_key", &config.http.tls_key),
    ]
    .into_iter()
    .filter_map(|(key, path)| path.as_ref().map(|path| (key, path)))
    .filter_map(|(key, path)| {
        std::fs::File::open(path)
            .err()
            .map(|error| (key, path, error))
    })
    .map(|(key, path, error)| {
        Finding::missing(
            key,
            format!("{} can't be read: {error}", path.display()),
            "make it readable for the daemon's user",
        )
    })
    .collect();
    findings.push(match (loopback, tls, config.http.insecure_listen) {
        (true, ..) | (_, true, _) => Finding::ok("listen", address.clone()),
        (false, false, true) => {
            let detail = format!("{address} can be reached from outside, and tokens cross the network in the clear");
            Finding::warning("listen", detail, "set [http] tls_cert and tls_key, or put a proxy with TLS before it")
        }
        (false, false, false) => {
            let detail = format!("{address} can be reached from outside and has no TLS: the daemon refuses to start");
            Finding::missing("listen", detail, "set [http] tls_cert and tls_key, or insecure_listen = true, or listen on 127.0.0.1")
        }
    });
    findings
}

fn readable(subject: &str, path: &Path) -> Finding {
    match std::fs::read_dir(path) {
        Ok(_) => Finding::ok(subject, path.display().to_string()),
        Err(error) => Finding::warning(
            subject,
            format!("{} can't be read: {error}", path.display()),
            "make it readable for the daemon's user",
        ),
    }
}
