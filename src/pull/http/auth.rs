//! Credentials of a request: bearer, basic, a key in a header, or a signed timestamp.

use reqwest::{RequestBuilder, Url};
use sha2::{Digest, Sha256};

use crate::connector::{Auth, AuthKind, Connector, Problem};
use crate::model::Clock;

/// Credentials read once per pull, kept out of every message.
pub struct Credentials {
    kind: AuthKind,
    header: String,
    user: String,
    secret: String,
}

impl Credentials {
    /// # Errors
    /// `secret_missing`, naming the variable or the file.
    pub fn read(connector: &Connector) -> Result<Credentials, Problem> {
        let Auth { kind, header, secret, user } = &connector.source.http.auth;
        let secret = if *kind == AuthKind::None { None } else { secret.read(&connector.name)? };
        Ok(Credentials {
            kind: *kind,
            header: header.clone(),
            user: user.clone().unwrap_or_default(),
            secret: secret.unwrap_or_default(),
        })
    }

    /// The request with its credentials. `signed`: `X-App-Id`, `X-Timestamp` (milliseconds) and, in the configured header,
    /// the hex HMAC-SHA-256 of `METHOD\npath?query\ntimestamp\nbody`.
    pub fn apply(&self, request: RequestBuilder, method: &str, url: &Url, body: &str, clock: &Clock) -> RequestBuilder {
        match self.kind {
            AuthKind::None => request,
            AuthKind::Bearer => request.bearer_auth(&self.secret),
            AuthKind::Basic => request.basic_auth(&self.user, Some(&self.secret)),
            AuthKind::Header => request.header(&self.header, &self.secret),
            AuthKind::Signed => {
                let timestamp = clock.millis().to_string();
                let target = url.query().map_or(url.path().to_string(), |q| format!("{}?{q}", url.path()));
                let message = format!("{method}\n{target}\n{timestamp}\n{body}");
                request
                    .header("X-App-Id", &self.user)
                    .header("X-Timestamp", timestamp)
                    .header(&self.header, hmac_sha256(self.secret.as_bytes(), message.as_bytes()))
            }
        }
    }
}

/// HMAC-SHA-256 (RFC 2104), in hex.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> String {
    let mut block = [0u8; 64];
    if key.len() > 64 {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(message).finalize();
    let outer = Sha256::new().chain_update(block.map(|b| b ^ 0x5c)).chain_update(inner).finalize();
    outer.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_signature_is_that_of_rfc_4231() {
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(super::hmac_sha256(b"Jefe", b"what do ya want for nothing?"), expected);
    }
}
