//! How many connections there are, in all and from one address. A place is held by the socket's own wrapper, so that an
//! upgraded connection keeps it until it really ends.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Connections over all listeners.
pub const ALL: usize = 1024;
/// Connections of one address.
pub const PER_ADDRESS: usize = 64;
/// Places that only the operator's socket may take, so that a flood over TCP never locks the operator out.
pub const FOR_SOCKET: usize = 64;

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Counts the open connections.
#[derive(Debug, Clone, Default)]
pub struct Gauge {
    counts: Arc<Mutex<Counts>>,
    emptied: Arc<Notify>,
}

/// One connection's place; dropping it frees it.
#[derive(Debug)]
pub struct Place {
    gauge: Gauge,
    address: Option<IpAddr>,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// Too many in all.
    All,
    /// Too many from this address.
    Address,
}

impl Gauge {
    /// Takes a place for a connection from `address`, or from the operator's socket where there is none.
    ///
    /// # Errors
    /// Which limit is reached.
    pub fn take(&self, address: Option<IpAddr>) -> Result<Place, Full> {
        let address = address.map(|address| address.to_canonical());
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = if address.is_some() {
            ALL - FOR_SOCKET
        } else {
            ALL
        };
        if counts.all >= limit {
            return Err(Full::All);
        }
        if let Some(address) = address {
            let here = counts.by_address.entry(address).or_default();
            if *here >= PER_ADDRESS {
                return Err(Full::Address);
            }
            *here += 1;
        }
        counts.all += 1;
        Ok(Place {
            gauge: self.clone(),
            address,
        })
    }

    /// Waits until none is open.
    pub async fn empty(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.open() == 0 {
                return;
            }
            emptied.await;
        }
    }

    /// How many are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .all
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self
            .gauge
            .counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        counts.all = counts.all.saturating_sub(1);
        if counts.all == 0 {
            self.gauge.emptied.notify_waiters();
        }
        if let Some(address) = self.address
            && let Some(here) = counts.by_address.get_mut(&address)
        {
            *here -= 1;
            if *here == 0 {
                counts.by_address.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)))
    }

    #[test]
    fn an_address_has_its_limit_and_gets_its_places_back() {
        let gauge = Gauge::default();
        let mut held: Vec<_> = (0..PER_ADDRESS)
            .map(|_| gauge.take(address(1)).unwrap())
            .collect();
        assert_eq!(gauge.take(address(1)).unwrap_err(), Full::Address);
        assert!(
            gauge.take(address(2)).is_ok(),
            "another address is not concerned"
        );
        held.pop();
        assert!(gauge.take(address(1)).is_ok());
    }

    #[test]
    fn a_mapped_address_counts_as_the_one_it_maps() {
        let gauge = Gauge::default();
        let mapped = Some(IpAddr::V6(Ipv4Addr::new(10, 0, 0, 1).to_ipv6_mapped()));
        let _held: Vec<_> = (0..PER_ADDRESS)
            .map(|_| gauge.take(address(1)).unwrap())
            .collect();
        assert_eq!(gauge.take(mapped).unwrap_err(), Full::Address);
    }

    #[test]
    fn a_flood_over_tcp_leaves_places_for_the_socket() {
        let gauge = Gauge::default();
        let mut held = Vec::new();
        for last in 1..=u8::MAX {
            while let Ok(place) = gauge.take(address(last)) {
                held.push(place);
            }
        }
        assert_eq!(gauge.open(), ALL - FOR_SOCKET);
        for _ in 0..FOR_SOCKET {
            held.push(gauge.take(None).unwrap());
        }
        assert_eq!(gauge.take(None).unwrap_err(), Full::All);
        drop(held);
        assert_eq!(gauge.open(), 0);
    }
}
