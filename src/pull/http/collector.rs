//! Messages to a place that the operator named when the program was started: no check of private addresses, for a collector stands
//! beside the hub as a rule.

use std::time::Duration;

/// A client for them: no redirects, no proxy, one time-out for all of it.
///
/// # Errors
/// The system has no trust store or no random numbers.
pub fn collector_client(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    // The same provider as the program's; a second installation changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .gzip(false)
        .timeout(timeout)
        .user_agent(concat!("huitu/", env!("CARGO_PKG_VERSION")))
        .build()
}
