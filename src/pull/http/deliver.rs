//! One message to an address that somebody outside gave: the same checks as a pull, and nothing followed.
//!
//! In: address, headers, body. Out: what was answered, cut off at 64 KiB. What it does not do: try again.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reqwest::Url;

use super::addresses::is_private;
use crate::model::problem::Problem;

/// Bytes of an answer that are read.
const MAX_ANSWER: usize = 64 << 10;

/// A message on its way.
#[derive(Debug, Clone)]
pub struct Parcel<'a> {
    /// `http://` or `https://`.
    pub url: &'a str,
    /// Beside those of every request.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: String,
    /// Private and loopback addresses are allowed (an agreed intranet, demonstration, tests).
    pub allow_private: bool,
    /// For the whole exchange.
    pub timeout: Duration,
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct ParcelAnswer {
    pub status: u16,
    pub body: String,
}

/// The address of a receiver, as far as it can be told without asking anybody.
///
/// # Errors
/// It is no address of the web, or carries a name and a password.
pub fn receiver(url: &str) -> Result<Url, Problem> {
    let bad = || {
        Problem::new(
            "bad_url",
            format!("「{url}」不是网址：应以 https:// 或 http:// 开头，且不含用户名和密码"),
            format!("\"{url}\" is no address: it begins with https:// or http:// and holds no user and password"),
        )
    };
    let parsed = Url::parse(url).map_err(|_| bad())?;
    let plain = parsed.username().is_empty() && parsed.password().is_none();
    match matches!(parsed.scheme(), "http" | "https") && parsed.host_str().is_some() && plain {
        true => Ok(parsed),
        false => Err(bad()),
    }
}

/// Sends a message once.
///
/// # Errors
/// `bad_url`, `unresolved`, `private_address`, `unreachable`.
pub async fn deliver(parcel: &Parcel<'_>) -> Result<ParcelAnswer, Problem> {
    let url = receiver(parcel.url)?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let port = url.port_or_known_default().unwrap_or(443);
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    let addresses: Vec<SocketAddr> = match literal.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => tokio::net::lookup_host((host.as_str(), port))
            .await
            .map_err(|e| {
                Problem::new("unresolved", format!("找不到主机 {host}：{e}"), format!("cannot find the host {host}: {e}"))
            })?
            .collect(),
    };
    if let Some(inside) = addresses.iter().find(|a| is_private(a.ip())).filter(|_| !parcel.allow_private) {
        let ip = inside.ip();
        return Err(Problem::new(
            "private_address",
            format!("{host} 指向内网地址 {ip}；若确属约定，请以 huitu serve --allow-private 启动"),
            format!("{host} points to the private address {ip}; if that is agreed, start `huitu serve --allow-private`"),
        ));
    }
    // The same provider as the program's; a second installation changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let failed = |e: reqwest::Error| {
        let e = e.without_url();
        Problem::new("unreachable", format!("{host} 没有应答：{e}"), format!("{host} did not answer: {e}"))
    };
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .gzip(false)
        .timeout(parcel.timeout)
        .user_agent(concat!("huitu/", env!("CARGO_PKG_VERSION")))
        .resolve_to_addrs(&host, &addresses)
        .build()
        .map_err(failed)?;
    let mut request = client.post(url).header("content-type", "application/json; charset=utf-8");
    for (name, value) in &parcel.headers {
        request = request.header(*name, value);
    }
    let mut answer = request.body(parcel.body.clone()).send().await.map_err(failed)?;
    let status = answer.status().as_u16();
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(failed)? {
        body.extend_from_slice(&part);
        if body.len() >= MAX_ANSWER {
            body.truncate(MAX_ANSWER);
            break;
        }
    }
    Ok(ParcelAnswer { status, body: String::from_utf8_lossy(&body).into_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_of_the_web_is_refused() {
        for url in ["", "ftp://a.example/x", "file:///etc/passwd", "https://me:secret@a.example/", "a.example/hook", "http://"] {
            assert!(receiver(url).is_err(), "{url}");
        }
        assert!(receiver("https://approval.example/hooks/huitu?x=1").is_ok());
    }
}
