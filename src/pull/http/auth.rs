//! Credentials of a request: bearer, basic, a key in a header, or a signed timestamp.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{RequestBuilder, Url};
use sha2::Sha256;

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
fn hmac_sha256(key: &[u8], message: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    /// Section 4 of RFC 4231: keys shorter than a block, as long as the digest, and longer than a block.
    #[test]
    fn signatures_are_those_of_rfc_4231() {
        let one_to_25: Vec<u8> = (1..=25).collect();
        let cases: [(&[u8], &[u8], &str); 7] = [
            (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (&[0xaa; 20], &[0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            (&one_to_25, &[0xcd; 50], "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
            // The fifth is given cut off after 128 bits.
            (&[0x0c; 20], b"Test With Truncation", "a3b6167473100ee06e0c796c2955552b"),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                &[0xaa; 131],
                b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be \
                  hashed before being used by the HMAC algorithm.",
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ];
        for (number, (key, message, expected)) in (1..).zip(cases) {
            assert!(super::hmac_sha256(key, message).starts_with(expected), "case {number}");
        }
    }
}
