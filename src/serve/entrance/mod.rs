//! How the server is reached: over its own TLS, behind a proxy that ends TLS, or from this machine alone.
//!
//! In: the address, the certificate's files, the proxies. Out: an entrance, or why the server does not open one: what is sent in the open on
//! a network can be read there, tokens among it.

pub mod tls;

use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use self::tls::{Tls, TlsFiles};
use crate::serve::problem::{Code, Problem};

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// See the module.
#[derive(Default)]
pub struct Entrance {
    pub tls: Option<Arc<Tls>>,
    /// Whose connections are taken, beside those of this machine; empty: everybody's.
    proxies: Vec<IpAddr>,
}

impl Entrance {
    /// # Errors
    /// An address of a network with neither TLS nor a proxy; a certificate that cannot be used.
    pub fn open(listen: IpAddr, files: Option<TlsFiles>, proxies: Vec<IpAddr>, now: DateTime<Utc>) -> Result<Entrance, Problem> {
        if !listen.to_canonical().is_loopback() && files.is_none() && proxies.is_empty() {
            return Err(Problem::new(
                Code::BadInput,
                format!(
                    "在 {listen} 上不加密地提供服务，令牌与数据在网络上可被读取：请给出 --tls-certificate 与 --tls-key，\
                     或用 --behind-proxy 写明终结 TLS 的代理的地址，或只监听 127.0.0.1"
                ),
                format!(
                    "served on {listen} without TLS, tokens and data could be read on the network: give --tls-certificate and --tls-key, \
                     or --behind-proxy with the address of the proxy that ends TLS, or listen on 127.0.0.1"
                ),
            ));
        }
        let tls = files.map(|files| Tls::open(files, now)).transpose()?.map(Arc::new);
        let proxies = proxies.into_iter().map(|address| address.to_canonical()).collect();
        Ok(Entrance { tls, proxies })
    }

    /// Whether this is a proxy's address, which brings everybody.
    pub fn is_proxy(&self, Peer(address): Peer) -> bool {
        self.proxies.contains(&address)
    }

    /// Whether a connection may be answered.
    ///
    /// # Errors
    /// One that goes around the proxy.
    pub fn admit(&self, peer: Option<Peer>) -> Result<(), Problem> {
        match peer {
            Some(Peer(address)) if !self.proxies.is_empty() && !address.is_loopback() && !self.proxies.contains(&address) => {
                Err(Problem::new(
                    Code::Forbidden,
                    format!("只接受经代理转来的请求，{address} 不是代理：请使用本系统的公开地址"),
                    format!("requests come through the proxy, and {address} is none: use the public address of this hub"),
                ))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_sent_in_the_open_on_a_network() {
        let now = DateTime::UNIX_EPOCH;
        let open = |listen: &str, proxies: &[&str]| {
            let proxies = proxies.iter().map(|p| p.parse().expect("an address")).collect();
            Entrance::open(listen.parse().expect("an address"), None, proxies, now)
        };
        assert!(open("127.0.0.1", &[]).is_ok() && open("::1", &[]).is_ok());
        for address in ["0.0.0.0", "::", "10.1.2.3", "::ffff:10.1.2.3"] {
            assert!(open(address, &[]).err().expect("refused").en.contains("--tls-certificate"), "{address}");
        }
        let behind = open("0.0.0.0", &["10.0.0.5"]).expect("behind a proxy");
        let from = |text: &str| behind.admit(Some(Peer(text.parse().expect("an address"))));
        assert!(from("10.0.0.5").is_ok() && from("127.0.0.1").is_ok());
        assert!(from("10.0.0.6").is_err(), "around the proxy");
        assert!(open("127.0.0.1", &[]).expect("open").admit(Some(Peer([10, 0, 0, 6].into()))).is_ok());
    }
}
