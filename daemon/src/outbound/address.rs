//! Which addresses are public: everything that a registry keeps back for another purpose is not.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(head: [u16; 4], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(
        Ipv6Addr::new(head[0], head[1], head[2], head[3], 0, 0, 0, 0),
        prefix,
    )
}

const V4: [(Ipv4Net, &str); 16] = [
    (v4(0, 0, 0, 0, 8), "this network"),
    (v4(10, 0, 0, 0, 8), "private"),
    (v4(100, 64, 0, 0, 10), "carrier-grade NAT"),
    (v4(127, 0, 0, 0, 8), "loopback"),
    (v4(169, 254, 0, 0, 16), "link-local"),
    (v4(172, 16, 0, 0, 12), "private"),
    (v4(192, 0, 0, 0, 24), "protocol assignments"),
    (v4(192, 0, 2, 0, 24), "documentation"),
    (v4(192, 88, 99, 0, 24), "6to4 relay"),
    (v4(192, 168, 0, 0, 16), "private"),
    (v4(198, 18, 0, 0, 15), "benchmarking"),
    (v4(198, 51, 100, 0, 24), "documentation"),
    (v4(203, 0, 113, 0, 24), "documentation"),
    (v4(224, 0, 0, 0, 4), "multicast"),
    (v4(255, 255, 255, 255, 32), "broadcast"),
    (v4(240, 0, 0, 0, 4), "reserved"),
];

const V6: [(Ipv6Net, &str); 17] = [
    (
        v6([0, 0, 0, 0], 96),
        "unspecified, loopback or v4-compatible",
    ),
    (v6([0x64, 0xff9b, 0, 0], 96), "NAT64"),
    (v6([0x64, 0xff9b, 1, 0], 48), "local NAT64"),
    (v6([0x100, 0, 0, 0], 64), "discard"),
    (v6([0x100, 0, 0, 1], 64), "dummy"),
    (v6([0x2001, 0, 0, 0], 32), "Teredo"),
    (v6([0x2001, 0, 0, 0], 23), "protocol assignments"),
    (v6([0x2001, 0xdb8, 0, 0], 32), "documentation"),
    (v6([0x2002, 0, 0, 0], 16), "6to4"),
    (v6([0x2620, 0x4f, 0x8000, 0], 48), "AS112"),
    (v6([0x3fff, 0, 0, 0], 20), "documentation"),
    (v6([0x5f00, 0, 0, 0], 16), "segment routing"),
    (v6([0xfc00, 0, 0, 0], 7), "private"),
    (v6([0xfe80, 0, 0, 0], 10), "link-local"),
    (v6([0xfec0, 0, 0, 0], 10), "site-local"),
    (v6([0xff00, 0, 0, 0], 8), "multicast"),
    (v6([0x4000, 0, 0, 0], 2), "unassigned"),
];

/// The part of IPv6 that is given out to the public.
const GIVEN_OUT: Ipv6Net = v6([0x2000, 0, 0, 0], 3);

/// What a cloud's instances learn their credentials from.
const METADATA: [IpAddr; 4] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
];

/// Why an address is not public; none for one that is.
#[must_use]
pub fn not_public(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => V4
            .iter()
            .find(|(net, _)| net.contains(&address))
            .map(|(_, why)| *why),
        IpAddr::V6(address) => {
            if let Some(inner) = address.to_ipv4_mapped() {
                return not_public(IpAddr::V4(inner)).or(Some("v4-mapped"));
            }
            let listed = V6
                .iter()
                .find(|(net, _)| net.contains(&address))
                .map(|(_, why)| *why);
            listed.or_else(|| (!GIVEN_OUT.contains(&address)).then_some("unassigned"))
        }
    }
}

/// The same address without the wrapping of one family in the other.
#[must_use]
pub fn plain(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// Whether an address gives out a cloud's credentials.
#[must_use]
pub fn is_metadata(address: IpAddr) -> bool {
    METADATA.contains(&plain(address))
}

/// A net as written in the configuration: `10.0.0.0/8`, or one address.
#[must_use]
pub fn net(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| {
        text.trim_matches(['[', ']'])
            .parse()
            .ok()
            .map(|address: IpAddr| IpNet::from(address))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both edges of every range, and what lies next to them.
    #[test]
    fn no_address_that_is_kept_back_is_public() {
        let kept_back = "
            0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.0 127.0.0.1 127.255.255.255
            169.254.0.0 169.254.169.254 169.254.255.255 172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.255 192.0.2.0 192.0.2.255
            192.88.99.0 192.88.99.255 192.168.0.0 192.168.255.255 198.18.0.0 198.19.255.255 198.51.100.0 198.51.100.255
            203.0.113.0 203.0.113.255 224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.254 255.255.255.255
            :: ::1 ::7f00:1 ::10.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b::808:808
            64:ff9b:1::1 100::1 100:0:0:1::1 2001::1 2001:0:ffff::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1
            2001:db8:ffff::1 2002::1 2002:7f00:1:: 2620:4f:8000::1 3fff::1 3fff:fff::1 5f00::1 fc00::1 fd00:ec2::254
            fdff:ffff::1 fe80::1 febf::1 fec0::1 ff00::1 ff02::1 ff0e::1 1::1 1fff::1 4000::1 8000::1 f000::1";
        let addresses: Vec<&str> = kept_back.split_whitespace().collect();
        assert!(addresses.len() >= 60, "{}", addresses.len());
        for text in addresses {
            assert!(not_public(text.parse().unwrap()).is_some(), "{text}");
        }
    }

    #[test]
    fn their_neighbours_are() {
        let public = "
            1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255 169.255.0.0
            172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0
            198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255 8.8.8.8 1.1.1.1
            2000::1 2001:200::1 2001:db7::1 2001:db9::1 2003::1 2606:4700:4700::1111 2a00:1450::1 3ffe:ffff::1";
        for text in public.split_whitespace() {
            assert_eq!(not_public(text.parse().unwrap()), None, "{text}");
        }
    }

    #[test]
    fn a_net_may_be_one_address() {
        assert_eq!(net("10.0.0.0/8"), "10.0.0.0/8".parse().ok());
        assert_eq!(net("10.0.0.1"), "10.0.0.1/32".parse().ok());
        assert_eq!(net("[::1]"), "::1/128".parse().ok());
        assert_eq!(net("receiver.lan"), None);
        assert!(is_metadata("::ffff:169.254.169.254".parse().unwrap()));
    }
}
