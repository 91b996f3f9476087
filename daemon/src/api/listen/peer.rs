//! Who a peer on the operator's socket is: its user's name, and whether it may use the socket. The system's user database
//! may be remote, so it is asked off the runtime's threads, and answers are kept for a minute.

use super::Peer;
use nix::unistd::{Group, Uid, User, getgrouplist};
use rustix::fs::Gid;
use std::collections::HashMap;
use std::ffi::CString;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long an answer holds: a user who leaves the group loses the socket within this time.
const KEPT: Duration = Duration::from_secs(60);
/// More users than this aren't kept at a time.
const MOST: usize = 1024;

/// Knows peers by their uid.
#[derive(Debug)]
pub struct Peers {
    group: Option<Gid>,
    known: Mutex<HashMap<(u32, u32), (Instant, Peer)>>,
}

impl Peers {
    /// With the group whose members may use the socket; one that doesn't exist is ignored.
    #[must_use]
    pub fn new(socket_group: &str) -> Self {
        let group = Group::from_name(socket_group)
            .ok()
            .flatten()
            .map(|group| Gid::from_raw(group.gid.as_raw()));
        Self {
            group,
            known: Mutex::new(HashMap::new()),
        }
    }

    /// The socket's group.
    #[must_use]
    pub fn group(&self) -> Option<Gid> {
        self.group
    }

    /// What was lately found out about this peer.
    #[must_use]
    pub fn known(&self, uid: u32, gid: u32) -> Option<Peer> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .get(&(uid, gid))
            .filter(|(at, _)| at.elapsed() < KEPT)
            .map(|(_, peer)| peer.clone())
    }

    /// Finds out about a peer. One without credentials is not trusted.
    pub async fn ask(self: &Arc<Self>, credentials: Option<(u32, u32)>) -> Peer {
        let Some((uid, gid)) = credentials else {
            return Peer::Socket {
                user: Arc::from("unknown"),
                trusted: false,
            };
        };
        let group = self.group;
        let asked = tokio::task::spawn_blocking(move || look_up(uid, gid, group)).await;
        let Ok(peer) = asked else {
            return Peer::Socket {
                user: Arc::from(uid.to_string()),
                trusted: false,
            };
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.retain(|_, (at, _)| at.elapsed() < KEPT);
        }
        if known.len() < MOST {
            known.insert((uid, gid), (Instant::now(), peer.clone()));
        }
        peer
    }
}

fn look_up(uid: u32, gid: u32, group: Option<Gid>) -> Peer {
    let user = User::from_uid(Uid::from_raw(uid)).ok().flatten();
    let own = uid == 0 || uid == rustix::process::geteuid().as_raw();
    let member = || {
        let Some(group) = group else { return false };
        if gid == group.as_raw() {
            return true;
        }
        let Some(name) = user
            .as_ref()
            .and_then(|user| CString::new(user.name.as_str()).ok())
        else {
            return false;
        };
        getgrouplist(&name, nix::unistd::Gid::from_raw(gid))
            .is_ok_and(|groups| groups.iter().any(|one| one.as_raw() == group.as_raw()))
    };
    let trusted = own || member();
    Peer::Socket {
        user: Arc::from(user.map_or_else(|| uid.to_string(), |user| user.name)),
        trusted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_daemons_own_user_is_trusted_and_then_known() {
        let peers = Arc::new(Peers::new("no-such-group-here"));
        assert!(peers.group().is_none());
        let (uid, gid) = (
            rustix::process::geteuid().as_raw(),
            rustix::process::getegid().as_raw(),
        );
        assert!(peers.known(uid, gid).is_none());
        assert!(matches!(
            peers.ask(Some((uid, gid))).await,
            Peer::Socket { trusted: true, .. }
        ));
        assert!(peers.known(uid, gid).is_some());
    }

    #[tokio::test]
    async fn a_stranger_and_a_peer_without_credentials_are_not() {
        let peers = Arc::new(Peers::new("no-such-group-here"));
        assert!(matches!(
            peers.ask(Some((4_294_000_000, 4_294_000_000))).await,
            Peer::Socket { trusted: false, .. }
        ));
        assert!(matches!(
            peers.ask(None).await,
            Peer::Socket { trusted: false, .. }
        ));
    }
}
