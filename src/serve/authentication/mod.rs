//! How callers prove who they are: by a token of the store, by a token of the identity provider, or by a session that it began.
//!
//! In: the `Authorization` header (a browser's cookie is put there by `session`). Out: a [`crate::access::Caller`], or why there is none. What they
//! may see is said by the room `access`.

pub(in crate::serve) mod provider;
pub(in crate::serve) mod session;

pub(in crate::serve) mod callers;

use std::net::IpAddr;

use axum::http::{HeaderMap, header};

use super::problem::{Code, Problem};
use crate::model::text::visible;

/// How callers prove who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// Asked for by name, on a loopback address only: everybody on this machine is the operator.
    Demonstration,
    /// `Authorization: Bearer …`, or a session.
    Tokens,
}

impl Authentication {
    /// Decides at the start, by what was asked for and never by what is missing: a demonstration is one because its operator says so,
    /// and only on loopback. `ways` counts how readers may come in: tokens, one that only pushes is none of them, and signing in.
    ///
    /// # Errors
    /// A demonstration on an open address; no token in force.
    pub fn decide(address: IpAddr, is_demonstration: bool, ways: usize) -> Result<Authentication, Problem> {
        match (is_demonstration, address.is_loopback(), ways) {
            (true, true, _) => Ok(Authentication::Demonstration),
            (true, false, _) => Err(Problem::new(
                Code::Unauthenticated,
                format!("演示模式只能在本机地址上运行，不能在 {address} 上：请使用 127.0.0.1，或去掉 --demo 并配置访问令牌"),
                format!(
                    "a demonstration runs on a loopback address, not on {address}: listen on 127.0.0.1, or leave --demo out and use tokens"
                ),
            )),
            (false, _, 0) => Err(Problem::new(
                Code::Unauthenticated,
                "没有生效中的访问令牌，无人可以访问：请先运行 huitu init（首个管理员）或 huitu token create；仅在本机演示可用 huitu serve --demo",
                "no token is in force, so nobody could ask: run `huitu init` (the first administrator) or `huitu token create` first; \
                 for a demonstration on this machine alone, `huitu serve --demo`",
            )),
            (false, _, _) => Ok(Authentication::Tokens),
        }
    }

    /// Whether a request may come in at all. A demonstration knows no callers, so that only what this machine itself asks is answered:
    /// under a name of loopback, and through no proxy. A page of another site that made a browser call here has another host.
    ///
    /// # Errors
    /// The host that was asked for, or the proxy.
    pub fn admit(self, headers: &HeaderMap) -> Result<(), Problem> {
        if self == Authentication::Tokens {
            return Ok(());
        }
        // A program may leave the host out; a browser never does.
        let host = headers.get(header::HOST).map(|host| host.to_str().unwrap_or("?"));
        if let Some(host) = host.filter(|host| !is_loopback_name(host)) {
            return Err(Problem::new(
                Code::Forbidden,
                format!("演示模式只回答本机地址，不回答 Host「{}」：请打开 http://127.0.0.1，或配置访问令牌", visible(host)),
                format!(
                    "a demonstration answers loopback names only, not the host \"{}\": open http://127.0.0.1, or use tokens",
                    visible(host)
                ),
            ));
        }
        let proxied = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];
        match proxied.into_iter().find(|name| headers.contains_key(*name)) {
            None => Ok(()),
            Some(name) => Err(Problem::new(
                Code::Forbidden,
                format!("演示模式不接受经代理转来的请求（{name}）：代理后面请配置访问令牌"),
                format!("a demonstration takes no request through a proxy ({name}): behind one, use tokens"),
            )),
        }
    }
}

/// `localhost`, or a loopback address, with or without a port.
pub(in crate::serve) fn is_loopback_name(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or("", |(name, _)| name),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn a_demonstration_is_asked_for_by_name_and_never_follows_from_missing_tokens() {
        let (here, open) = ([127, 0, 0, 1].into(), [0, 0, 0, 0].into());
        assert_eq!(Authentication::decide(here, true, 0).ok(), Some(Authentication::Demonstration));
        assert!(Authentication::decide(open, true, 3).is_err(), "not for the network");
        assert!(Authentication::decide(here, false, 0).is_err(), "nobody could ask");
        assert_eq!(Authentication::decide(here, false, 2).ok(), Some(Authentication::Tokens));
        assert_eq!(Authentication::decide(open, false, 1).ok(), Some(Authentication::Tokens));
    }

    #[test]
    fn a_demonstration_answers_this_machine_under_its_own_name() {
        let asked = |pairs: &[(&'static str, &'static str)]| {
            let named =
                |(name, value): &(&'static str, &'static str)| (HeaderName::from_static(name), HeaderValue::from_static(value));
            pairs.iter().map(named).collect::<HeaderMap>()
        };
        let demo = Authentication::Demonstration;
        for host in ["127.0.0.1:8080", "localhost", "localhost:8080", "[::1]:8080", "127.8.9.1"] {
            assert!(demo.admit(&asked(&[("host", host)])).is_ok(), "{host}");
        }
        for host in ["huitu.example:8080", "127.0.0.1.example", "localhost.example", "10.0.0.7", "", "[::2]:80", "evil@127.0.0.1"]
        {
            assert!(demo.admit(&asked(&[("host", host)])).is_err(), "{host}");
            assert!(Authentication::Tokens.admit(&asked(&[("host", host)])).is_ok(), "callers prove who they are");
        }
        assert!(demo.admit(&asked(&[("host", "127.0.0.1"), ("x-forwarded-for", "10.1.2.3")])).is_err(), "through a proxy");
        assert!(demo.admit(&HeaderMap::new()).is_ok(), "no browser asks without a host");
    }
}
