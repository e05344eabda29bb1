//! A browser's session: which cookie it is, and which requests may rest on it.
//!
//! In: headers. Out: the secret, put where every route looks for a proof; the texts of cookies. A cookie is sent by the browser and not
//! by the page, so what may change something, or goes on, is taken from pages of this hub alone.

use axum::http::{HeaderMap, HeaderValue, Method, header};

use crate::serve::problem::{Code, Problem};

/// How a session's secret stands in the `Authorization` header, inside the server alone.
pub const SCHEME: &str = "Session ";

/// The two cookies, over TLS and on this machine. `__Host-` lets no other host of a domain set them.
const SESSION: [&str; 2] = ["__Host-huitu", "huitu"];
const DEPARTURE: [&str; 2] = ["__Host-huitu-login", "huitu-login"];

/// Seconds that signing in at the provider may take.
const DEPARTURE_SECS: i64 = 600;

/// Which of the two cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// Who signed in.
    Session,
    /// Who is at the provider's.
    Departure,
}

impl Cookie {
    fn names(self) -> [&'static str; 2] {
        match self {
            Cookie::Session => SESSION,
            Cookie::Departure => DEPARTURE,
        }
    }

    /// Its value, where the browser sent it.
    pub fn value(self, headers: &HeaderMap) -> Option<&str> {
        self.names().into_iter().find_map(|name| {
            let all = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
            all.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
        })
    }

    /// The header that sets it for so many seconds.
    pub fn set(self, value: &str, seconds: i64, is_secure: bool) -> Option<HeaderValue> {
        let [over_tls, plain] = self.names();
        let (name, secure) = if is_secure { (over_tls, "; Secure") } else { (plain, "") };
        HeaderValue::from_str(&format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")).ok()
    }

    /// The header that ends it.
    pub fn end(self, is_secure: bool) -> Option<HeaderValue> {
        self.set("", 0, is_secure)
    }

    /// How long the provider may take.
    pub fn departure(value: &str, is_secure: bool) -> Option<HeaderValue> {
        Cookie::Departure.set(value, DEPARTURE_SECS, is_secure)
    }
}

/// Puts the session's secret where every route looks for a proof. Whoever sends a token is whom the token names.
///
/// # Errors
/// A request that may change something, or goes on, and does not come from a page of this hub (`is_own`).
pub fn take_up(
    method: &Method,
    path: &str,
    headers: &mut HeaderMap,
    is_own: impl FnOnce(&HeaderMap) -> bool,
) -> Result<(), Problem> {
    if headers.contains_key(header::AUTHORIZATION) {
        return Ok(());
    }
    let Some(proof) =
        Cookie::Session.value(headers).filter(|secret| !secret.is_empty()).map(|secret| format!("{SCHEME}{secret}"))
    else {
        return Ok(());
    };
    let reads = [Method::GET, Method::HEAD, Method::OPTIONS].contains(method);
    let goes_on = headers.contains_key(header::UPGRADE) || path == "/graphql/sse";
    if (!reads || goes_on) && !comes_from_here(headers, is_own) {
        return Err(Problem::new(
            Code::Forbidden,
            "这个请求不是来自本系统自己的页面，登录状态不适用：程序请使用访问令牌",
            "this request comes from no page of this hub, and a session is not for others: programs use a token",
        ));
    }
    if let Ok(mut value) = HeaderValue::from_str(&proof) {
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
    }
    Ok(())
}

/// Every browser says where a request that may change something comes from, in at least one of two ways.
fn comes_from_here(headers: &HeaderMap, is_own: impl FnOnce(&HeaderMap) -> bool) -> bool {
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        Some(b"same-origin") => true,
        Some(_) => false,
        None => headers.contains_key(header::ORIGIN) && is_own(headers),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_str(value).expect("a value"));
        }
        headers
    }

    #[test]
    fn a_session_is_for_pages_of_this_hub() {
        let own = |headers: &HeaderMap| headers.get("origin").is_some_and(|origin| origin == "https://hub.example");
        let taken = |method: Method, path: &str, more: &[(&'static str, &str)]| {
            let mut pairs = vec![("cookie", "other=1; huitu=abc")];
            pairs.extend_from_slice(more);
            let mut all = headers(&pairs);
            take_up(&method, path, &mut all, own).map(|()| all.get("authorization").map(|v| v.to_str().unwrap().to_owned()))
        };
        let proof = Some("Session abc".to_owned());
        assert_eq!(taken(Method::GET, "/export/gap.csv", &[]).unwrap(), proof, "a link to a file");
        assert_eq!(taken(Method::POST, "/graphql", &[("sec-fetch-site", "same-origin")]).unwrap(), proof);
        assert_eq!(taken(Method::POST, "/graphql", &[("origin", "https://hub.example")]).unwrap(), proof);
        for more in [
            &[][..],
            &[("origin", "https://evil.example")],
            &[("sec-fetch-site", "cross-site"), ("origin", "https://hub.example")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
        ] {
            assert!(taken(Method::POST, "/graphql", more).is_err(), "{more:?}");
        }
        assert!(taken(Method::GET, "/graphql/ws", &[("upgrade", "websocket")]).is_err());
        assert!(taken(Method::GET, "/graphql/sse", &[]).is_err());
        assert_eq!(taken(Method::POST, "/graphql", &[("authorization", "Bearer x")]).unwrap().as_deref(), Some("Bearer x"));
    }

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let all = headers(&[("cookie", "nothuitu=1; huitu-login=2"), ("cookie", "__Host-huitu=3; huitu=4")]);
        assert_eq!(Cookie::Session.value(&all), Some("3"), "the one that no other host can set");
        assert_eq!(Cookie::Departure.value(&all), Some("2"));
        assert_eq!(Cookie::Session.value(&headers(&[("cookie", "huitux=1")])), None);
        let set = Cookie::Session.set("v", 60, true).expect("a header");
        assert_eq!(set, "__Host-huitu=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
    }
}
