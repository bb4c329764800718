//! Whose address a request comes from, for the limits on addresses.

use crate::config::Config;
use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The address of the reader as a key of limits: an IPv4 address, or the /64 of an IPv6 address (one subscriber has all of
/// it). Behind a proxy that the operator trusts (`--trust-proxy`) the last entry of `X-Forwarded-For` counts, which that
/// proxy wrote; earlier entries are whatever the reader sent.
#[must_use]
pub fn address(config: &Config, headers: &HeaderMap, extensions: &Extensions) -> String {
    let direct = extensions.get::<ConnectInfo<SocketAddr>>().map(|p| p.0.ip());
    let forwarded = config.trust_proxy.then(|| forwarded(headers)).flatten();
    match forwarded.or(direct).map(|ip| ip.to_canonical()) {
        Some(IpAddr::V4(ip)) => ip.to_string(),
        Some(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        None => String::new(),
    }
}

/// The last entry of the last `X-Forwarded-For`, with or without a port.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let entry = last.rsplit(',').next()?.trim();
    let bare = entry.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(|| entry.parse::<SocketAddr>().ok().map(|a| a.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn asked(trust_proxy: bool, headers: &[&'static str]) -> String {
        let config = Config {
            data_dir: "x".into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            database: None,
            sample: false,
            https: false,
            trust_proxy,
            public: None,
            sm2: false,
            coop_every: crate::config::COOP_EVERY,
        };
        let mut map = HeaderMap::new();
        for value in headers {
            map.append("x-forwarded-for", HeaderValue::from_static(value));
        }
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 5000))));
        address(&config, &map, &extensions)
    }

    #[test]
    fn only_a_trusted_proxy_says_who_asks_and_only_in_its_own_entry() {
        assert_eq!(asked(false, &["203.0.113.9"]), "10.0.0.1", "anybody can send the header");
        assert_eq!(asked(true, &[]), "10.0.0.1");
        assert_eq!(asked(true, &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(asked(true, &["198.51.100.7, 203.0.113.9"]), "203.0.113.9");
        assert_eq!(asked(true, &["198.51.100.7", "203.0.113.9:4711"]), "203.0.113.9");
        assert_eq!(asked(true, &["nonsense"]), "10.0.0.1");
        assert_eq!(asked(true, &["[2001:db8:1:2:3::4]:80"]), "2001:db8:1:2::/64");
        assert_eq!(asked(true, &["2001:db8:1:2:ffff::9"]), "2001:db8:1:2::/64");
        assert_eq!(asked(true, &["::ffff:203.0.113.9"]), "203.0.113.9");
    }
}
