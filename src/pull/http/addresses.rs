//! Where an address leads, and whether a registry may be asked there: nothing inside the house, unless its connector says so.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use reqwest::Url;

use crate::connector::Connector;
use crate::pull::context::PullContext;
use crate::pull::error::PullError;

/// Where an address of the web leads, judged.
///
/// # Errors
/// `bad_url`, `unresolved`, `private_address`.
pub(super) async fn judged_addresses(
    connector: &Connector,
    context: &PullContext,
    url: &Url,
) -> Result<Vec<SocketAddr>, PullError> {
    let bad = || {
        PullError::new(
            connector,
            "bad_url",
            "网址无效，应以 http:// 或 https:// 开头",
            "the address is no valid http:// or https:// one",
        )
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad());
    }
    let host = url.host_str().ok_or_else(bad)?;
    resolve(connector, context, host, url.port_or_known_default().ok_or_else(bad)?).await
}

async fn resolve(connector: &Connector, context: &PullContext, host: &str, port: u16) -> Result<Vec<SocketAddr>, PullError> {
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    let addresses: Vec<SocketAddr> = match literal.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => tokio::net::lookup_host((host, port))
            .await
            .map_err(|e| {
                PullError::new(
                    connector,
                    "unresolved",
                    format!("找不到主机 {host}：{e}"),
                    format!("cannot find the host {host}: {e}"),
                )
                .retryable()
            })?
            .collect(),
    };
    if !(context.allow_private || connector.source.private)
        && let Some(address) = addresses.iter().find(|a| is_private(a.ip()))
    {
        let ip = address.ip();
        return Err(PullError::new(
            connector,
            "private_address",
            format!("{host} 指向内网地址 {ip}；若确属约定，请在连接器中写 source.private = true"),
            format!("{host} points to the private address {ip}; if that is agreed, write source.private = true in the connector"),
        ));
    }
    Ok(addresses)
}

/// Whether a database may be reached where its driver will go: `socket` is the file of one on this machine. What the driver made of the
/// address is asked, not its text: a parameter such as `host` may well name another server than the one before the slash.
///
/// # Errors
/// `unresolved`, `private_address`.
pub async fn check_database(
    connector: &Connector,
    context: &PullContext,
    host: &str,
    port: u16,
    socket: Option<&std::path::Path>,
) -> Result<(), PullError> {
    let socket = socket.or_else(|| host.starts_with('/').then(|| std::path::Path::new(host)));
    match socket {
        Some(_) if context.allow_private || connector.source.private => Ok(()),
        Some(socket) => Err(PullError::new(
            connector,
            "private_address",
            format!("数据库地址是本机的套接字 {}；若确属约定，请在连接器中写 source.private = true", socket.display()),
            format!(
                "the database is a socket of this machine, {}; if that is agreed, write source.private = true in the connector",
                socket.display()
            ),
        )),
        None => resolve(connector, context, host, port).await.map(|_| ()),
    }
}

/// Addresses that a connector must not reach unless it says so: loopback, private, link-local, shared, and the like.
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(a) => {
            let [first, second, ..] = a.octets();
            a.is_loopback()
                || a.is_private()
                || a.is_link_local()
                || a.is_unspecified()
                || a.is_broadcast()
                || a.is_multicast()
                || a.is_documentation()
                || first == 0
                || first >= 240
                || (first == 100 && (64..128).contains(&second))
                || (first == 198 && (18..20).contains(&second))
        }
        IpAddr::V6(a) => match embedded_v4(a) {
            Some(v4) => is_private(IpAddr::V4(v4)),
            None => {
                a.is_loopback()
                    || a.is_unspecified()
                    || a.is_multicast()
                    || a.segments()[0] & 0xfe00 == 0xfc00
                    || a.segments()[0] & 0xffc0 == 0xfe80
            }
        },
    }
}

/// The IPv4 address inside a mapped (`::ffff:a.b.c.d`) or NAT64 (`64:ff9b::a.b.c.d`) one.
fn embedded_v4(a: Ipv6Addr) -> Option<std::net::Ipv4Addr> {
    let s = a.segments();
    let last = || std::net::Ipv4Addr::new((s[6] >> 8) as u8, s[6] as u8, (s[7] >> 8) as u8, s[7] as u8);
    a.to_ipv4_mapped().or_else(|| (s[..6] == [0x64, 0xff9b, 0, 0, 0, 0]).then(last))
}

/// An address as a connector writes it.
///
/// # Errors
/// `bad_url`.
pub(super) fn parse_url(connector: &Connector, place: &str) -> Result<Url, PullError> {
    Url::parse(place)
        .map_err(|e| PullError::new(connector, "bad_url", format!("网址无效：{e}"), format!("the address is not valid: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inside_addresses_are_known_in_every_dress() {
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
        ] {
            assert!(is_private(inside.parse().expect("an address")), "{inside}");
        }
        for outside in ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8"] {
            assert!(!is_private(outside.parse().expect("an address")), "{outside}");
        }
    }
}
