//! Credentials of a request: bearer, basic, a key in a header, or a signed request.

use reqwest::{RequestBuilder, Url};

use super::signature::SigningSecret;
use crate::connector::{Auth, AuthKind, Connector, Problem, SignatureText};
use crate::model::Clock;

/// Credentials read once per pull, kept out of every message.
pub struct Credentials {
    kind: AuthKind,
    header: String,
    user: String,
    secret: String,
    signing: Option<SigningSecret>,
    text: SignatureText,
}

impl Credentials {
    /// # Errors
    /// `secret_missing`, naming the variable or the file; `bad_key`.
    pub fn read(connector: &Connector) -> Result<Credentials, Problem> {
        let Auth { kind, header, secret, user, algorithm, text } = &connector.source.http.auth;
        let secret = if *kind == AuthKind::None { None } else { secret.read(&connector.name)? };
        let signs = secret.as_deref().filter(|_| *kind == AuthKind::Signed);
        let signing = signs.map(|secret| SigningSecret::read(&connector.name, *algorithm, secret)).transpose()?;
        Ok(Credentials {
            kind: *kind,
            header: header.clone(),
            user: user.clone().unwrap_or_default(),
            secret: secret.unwrap_or_default(),
            signing,
            text: *text,
        })
    }

    /// The request with its credentials. `signed`: `X-App-Id`, `X-Timestamp` (milliseconds) and, in the configured header,
    /// the signature of `METHOD\npath?query\ntimestamp\nbody`.
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
                let signature = self.signing.as_ref().map(|key| key.sign(message.as_bytes(), self.text)).unwrap_or_default();
                request.header("X-App-Id", &self.user).header("X-Timestamp", timestamp).header(&self.header, signature)
            }
        }
    }
}
