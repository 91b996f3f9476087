//! What may be reached, by `[webhooks] allow_http` and `allow_private`: by default public addresses over https alone.
//!
//! Lines: the rules and the table of addresses that they must refuse are read side by side.

use super::address;
use crate::config::Webhooks;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Arc, PoisonError, RwLock};

/// The addresses that the daemon itself listens on; shared, because they are known only once it listens.
#[derive(Debug, Clone, Default)]
pub struct Own(Arc<RwLock<Vec<SocketAddr>>>);

impl Own {
    /// Notes where the daemon listens.
    pub fn set(&self, addresses: Vec<SocketAddr>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = addresses;
    }

    /// Whether a connection to this address would come in at our own door.
    fn is(&self, address: IpAddr, port: u16) -> bool {
        let address = address::plain(address);
        let doors = self.0.read().unwrap_or_else(PoisonError::into_inner);
        doors.iter().filter(|door| door.port() == port).any(|door| {
            let at = address::plain(door.ip());
            // The unspecified address leads to this box, from either side.
            at == address
                || (at.is_unspecified() && is_local(address))
                || (address.is_unspecified() && is_local(at))
        })
    }
}

/// Whether this box has the address: only then can a socket be bound to it.
fn is_local(address: IpAddr) -> bool {
    address.is_loopback() || address.is_unspecified() || UdpSocket::bind((address, 0)).is_ok()
}

/// A host name or net that is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    Net(IpNet),
    /// Exactly this name.
    Name(String),
    /// Any name below this one.
    Below(String),
}

/// A switch that is off, on, or on for some.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Allow {
    all: bool,
    rules: Vec<Rule>,
}

impl Allow {
    fn of(all: bool, texts: &[String]) -> Self {
        let rule = |text: &String| match address::net(text) {
            Some(net) => Rule::Net(net),
            None => {
                let name = text.trim_end_matches('.').to_ascii_lowercase();
                match name.strip_prefix("*.") {
                    Some(parent) => Rule::Below(format!(".{parent}")),
                    None => Rule::Name(name),
                }
            }
        };
        Self {
            all,
            rules: texts.iter().map(rule).collect(),
        }
    }

    fn names(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.rules.iter().any(|rule| match rule {
            Rule::Name(name) => *name == host,
            Rule::Below(parent) => host.ends_with(parent.as_str()),
            Rule::Net(_) => false,
        })
    }

    fn covers(&self, host: &str, address: IpAddr) -> bool {
        let address = address::plain(address);
        self.all
            || self.names(host)
            || self
                .rules
                .iter()
                .any(|rule| matches!(rule, Rule::Net(net) if net.contains(&address)))
    }

    /// Named all by itself.
    fn singles_out(&self, address: IpAddr) -> bool {
        let address = address::plain(address);
        let is_it = |net: &IpNet| net.addr() == address && net.prefix_len() == net.max_prefix_len();
        self.rules
            .iter()
            .any(|rule| matches!(rule, Rule::Net(net) if is_it(net)))
    }
}

/// What may be reached.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    http: Allow,
    private: Allow,
    own: Own,
    /// Hosts and ports that the configuration itself names.
    named: Vec<(String, u16)>,
}

/// Why an address is not reached; begins with what it is about, ends with the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    /// Plain http.
    #[error(
        "plain http to `{0}` is not allowed; use https, or add the host to [webhooks] allow_http"
    )]
    Http(String),
    /// Not public.
    #[error("{} is not a public address ({why}); add the host or its net to [webhooks] allow_private", named(.host, *.address))]
    Private {
        /// As it was named.
        host: String,
        /// What it is.
        address: IpAddr,
        /// Which range.
        why: &'static str,
    },
    /// A cloud's metadata service.
    #[error("{} is a cloud's metadata service; only [webhooks] allow_private naming this very address opens it", named(.host, *.address))]
    Metadata {
        /// As it was named.
        host: String,
        /// What it is.
        address: IpAddr,
    },
    /// Our own door.
    #[error("{} is where this daemon itself listens", named(.host, *.address))]
    Own {
        /// As it was named.
        host: String,
        /// What it is.
        address: IpAddr,
    },
}

impl Policy {
    /// As the configuration says; `own` is never reached.
    #[must_use]
    pub fn of(config: &Webhooks, own: Own) -> Self {
        Self {
            http: Allow::of(config.allow_http_all, &config.allow_http),
            private: Allow::of(config.allow_private_all, &config.allow_private),
            own,
            named: Vec::new(),
        }
    }

    /// Anything: for addresses that stand in the configuration, whose author is trusted.
    #[must_use]
    pub fn trusted() -> Self {
        let all = || Allow {
            all: true,
            rules: Vec::new(),
        };
        Self {
            http: all(),
            private: all(),
            own: Own::default(),
            named: Vec::new(),
        }
    }

    /// The same, and the hosts of these addresses of the configuration besides: links on a service's own host and port are
    /// trusted like the service.
    #[must_use]
    pub fn trusting<'a>(mut self, urls: impl IntoIterator<Item = &'a str>) -> Self {
        let parsed = urls
            .into_iter()
            .filter_map(|text| url::Url::parse(text).ok());
        self.named.extend(parsed.filter_map(|url| {
            let host = url.host_str()?.to_ascii_lowercase();
            Some((host, url.port_or_known_default()?))
        }));
        self
    }

    fn is_named(&self, host: &str, port: u16) -> bool {
        self.named
            .iter()
            .any(|(name, at)| *at == port && name.eq_ignore_ascii_case(host))
    }

    /// Whether a host may be asked at all, as far as that can be told before it is looked up. A literal is judged whole.
    ///
    /// # Errors
    /// Why not.
    pub fn allows(&self, host: &str, port: u16, plain_http: bool) -> Result<(), Blocked> {
        if let Some(address) = literal(host) {
            return self.admits(host, address, port, plain_http);
        }
        let nets = || {
            self.http
                .rules
                .iter()
                .any(|rule| matches!(rule, Rule::Net(_)))
        };
        let named = self.is_named(host, port);
        if plain_http && !self.http.all && !self.http.names(host) && !nets() && !named {
            return Err(Blocked::Http(host.to_owned()));
        }
        Ok(())
    }

    /// Whether this very address may be dialled for this host.
    ///
    /// # Errors
    /// Why not.
    pub fn admits(
        &self,
        host: &str,
        address: IpAddr,
        port: u16,
        plain_http: bool,
    ) -> Result<(), Blocked> {
        if self.is_named(host, port) && !self.own.is(address, port) {
            return Ok(());
        }
        let host = || host.to_owned();
        if self.own.is(address, port) {
            return Err(Blocked::Own {
                host: host(),
                address,
            });
        }
        if address::is_metadata(address) && !self.private.singles_out(address) {
            return Err(Blocked::Metadata {
                host: host(),
                address,
            });
        }
        if let Some(why) =
            address::not_public(address).filter(|_| !self.private.covers(&host(), address))
        {
            return Err(Blocked::Private {
                host: host(),
                address,
                why,
            });
        }
        if plain_http && !self.http.covers(&host(), address) {
            return Err(Blocked::Http(host()));
        }
        Ok(())
    }
}

/// A literal as it stands; a name with what it is.
fn named(host: &str, address: IpAddr) -> String {
    if literal(host).is_some() {
        address.to_string()
    } else {
        format!("`{host}` is {address}, which")
    }
}

/// The address that a host of a parsed URL is, where it is one.
#[must_use]
pub fn literal(host: &str) -> Option<IpAddr> {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
        .parse()
        .ok()
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
