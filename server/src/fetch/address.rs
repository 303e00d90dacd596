//! Which addresses are the public network's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// What may be connected to.
#[derive(Clone, Debug)]
pub(super) struct Allowed {
    networks: Vec<IpNet>,
    loopback: bool,
}

impl Allowed {
    /// The public network, these, and in the sandbox this very machine.
    pub(super) fn new(networks: &[IpNet], loopback: bool) -> Self {
        Self { networks: networks.to_vec(), loopback }
    }

    /// Whether the machine itself may be called, which only a sandbox may.
    pub(super) fn loopback(&self) -> bool {
        self.loopback
    }

    /// Whether an address may be connected to.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        is_public(address)
            || (self.loopback && address.is_loopback())
            || self.networks.iter().any(|network| network.contains(&address))
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Every block of the IANA IPv4 special-purpose registry that is not globally
/// reachable, multicast, and the one public address that a cloud answers
/// machines' secrets at.
fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        [0 | 10 | 127 | 224..=255, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [192, 168, ..]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
            | [168, 63, 129, 16]
    )
}

/// Global unicast is 2000::/3; in it, what tunnels to an IPv4 address (6to4,
/// Teredo) or is set apart is not public. Mapped and translated IPv4 addresses
/// lie outside it, as do unique local and link-local ones.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x2002, ..] => false,
        [0x3fff, 0..=0xfff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(networks: &[&str], loopback: bool, address: &str) -> bool {
        let networks: Vec<IpNet> = networks.iter().map(|it| it.parse().unwrap()).collect();
        Allowed::new(&networks, loopback).contains(address.parse().unwrap())
    }

    #[test]
    fn only_the_public_network_is_public() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
        ] {
            assert!(!allowed(&[], false, address), "{address}");
        }
        for address in [
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "223.255.255.255",
            "2a01:e0a::1",
            "2001:41d0::1",
            "2606:4700::1111",
        ] {
            assert!(allowed(&[], false, address), "{address}");
        }
    }

    #[test]
    fn a_network_is_opened_by_the_operator_and_loopback_by_the_sandbox() {
        assert!(allowed(&["10.20.0.0/16"], false, "10.20.3.4"));
        assert!(!allowed(&["10.20.0.0/16"], false, "10.21.3.4"));
        assert!(!allowed(&["10.20.0.0/16"], false, "::ffff:10.20.3.4"));
        assert!(allowed(&["fd12::/16"], false, "fd12::1"));
        assert!(allowed(&[], true, "127.0.0.1"));
        assert!(allowed(&[], true, "::1"));
        assert!(!allowed(&[], true, "::ffff:127.0.0.1"));
        assert!(!allowed(&[], true, "10.0.0.1"));
    }
}
