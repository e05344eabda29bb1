//! The identity provider: who signs in there is known here (OpenID Connect Core 1.0, by the crate openidconnect).
//!
//! In: the provider's address and this hub's name there; a code that a browser brought back, or a token. Out: checked claims.
//! Keys are fetched with the provider's description and kept for five minutes; a token signed with a key that is not among them makes
//! them be fetched again. While the provider does not answer, or takes its time, the keys that are known go on for an hour, and nobody
//! who has one of them waits; nobody can sign in meanwhile.
//! It opens no session and knows no role.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AsyncHttpClient, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IdToken, IdTokenFields, IdTokenVerifier,
    IssuerUrl, JsonWebKeySet, LogoutRequest, Nonce, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl,
    ProviderMetadataWithLogout, RedirectUrl, Scope, SignatureVerificationError, StandardErrorResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use crate::access::{Caller, ClaimRules};
use crate::config::Login;
use crate::serve::problem::{Code, Problem};

/// Keys are asked for anew after this long.
const FRESH: Duration = Duration::from_secs(300);
/// Keys that could not be asked for anew are used no longer than this.
const STALE: Duration = Duration::from_secs(3_600);
/// A token with an unknown key makes the keys be fetched again, but no oftener than this.
const BETWEEN: Duration = Duration::from_secs(2);
/// The provider answers within this time.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer of the provider.
const MAX_ANSWER: usize = 1 << 20;
/// Two clocks may differ by so much.
const SKEW: TimeDelta = TimeDelta::seconds(60);
/// A session ends after this long by itself,
const SESSION_HOURS: u32 = 10;
/// or when nothing was asked for this long.
const IDLE_MINUTES: u32 = 60;

/// What signatures may be: by keys that only the provider has.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

type Metadata = ProviderMetadataWithLogout;

/// Claims beyond those of the standard, as they came.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(transparent)]
struct Others(Map<String, Value>);

impl AdditionalClaims for Others {}

type Token = IdToken<Others, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type Fields =
    IdTokenFields<Others, EmptyExtraTokenFields, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type Answer = openidconnect::StandardTokenResponse<Fields, CoreTokenType>;

/// See the module.
pub struct Provider {
    client: ClientId,
    secret: Option<ClientSecret>,
    /// What tokens must be meant for.
    audience: ClientId,
    scopes: Vec<String>,
    rules: ClaimRules,
    pub session: TimeDelta,
    pub idle: TimeDelta,
    source: Arc<Source>,
}

/// The provider as it describes itself.
struct Source {
    issuer: IssuerUrl,
    http: Http,
    /// Never held while the provider is asked.
    known: std::sync::Mutex<Known>,
    /// Held by whoever asks it: one at a time.
    asking: Mutex<()>,
}

/// The provider's description with its keys, and when it was fetched.
#[derive(Default, Clone)]
struct Known {
    metadata: Option<Arc<Metadata>>,
    at: Option<Instant>,
    tried: Option<Instant>,
    /// An unknown key made it be fetched.
    forced: Option<Instant>,
}

/// What a browser keeps while its owner is at the provider's.
#[derive(Debug, Serialize, Deserialize)]
pub struct Departure {
    pub state: String,
    nonce: String,
    verifier: String,
    /// Where they were going.
    pub to: String,
}

impl Provider {
    /// # Errors
    /// What the `[login]` table lacks or says wrongly, in words.
    pub fn new(said: &Login, secret: Option<String>) -> Result<Provider, Problem> {
        let wrong = |zh: String, en: String| Problem::new(Code::BadInput, zh, en);
        let is_safe = |url: &Url| url.scheme() == "https" || url.host_str().is_some_and(super::is_loopback_name);
        let issuer = Url::parse(&said.issuer).ok().filter(|url| url.has_host() && is_safe(url));
        if issuer.is_none() {
            return Err(wrong(
                format!("login.issuer「{}」应是 https 地址，与身份系统自称的完全一致", said.issuer),
                format!(
                    "login.issuer \"{}\" must be an https address, exactly as the identity provider calls itself",
                    said.issuer
                ),
            ));
        }
        if said.client_id.is_empty() {
            return Err(wrong(
                "login.client_id 缺失：请写本系统在身份系统登记的名称".to_owned(),
                "login.client_id is missing: write what this hub is registered as at the identity provider".to_owned(),
            ));
        }
        let known = |role: &String| crate::access::Role::from_name(role).is_some();
        if let Some((value, role)) = said.claims.roles.iter().find(|(_, role)| !known(role)) {
            let all = crate::access::Role::ALL.map(crate::access::Role::name).join(", ");
            return Err(wrong(
                format!("login.roles 把「{value}」对应到「{role}」，没有这个角色；可用：{all}"),
                format!("login.roles maps \"{value}\" to \"{role}\", which is no role; there are {all}"),
            ));
        }
        let _ = rustls::crypto::ring::default_provider().install_default();
        #[allow(clippy::disallowed_methods)] // not a source: the operator names the provider
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE).build().map_err(
            |error| wrong(format!("无法准备与身份系统的连接：{error}"), format!("no client for the identity provider: {error}")),
        )?;
        Ok(Provider {
            client: ClientId::new(said.client_id.clone()),
            secret: secret.map(ClientSecret::new),
            audience: ClientId::new(said.audience.clone().unwrap_or_else(|| said.client_id.clone())),
            scopes: said.scopes.clone(),
            rules: said.claims.clone(),
            session: TimeDelta::hours(i64::from(said.session_hours.unwrap_or(SESSION_HOURS))),
            idle: TimeDelta::minutes(i64::from(said.idle_minutes.unwrap_or(IDLE_MINUTES))),
            source: Arc::new(Source {
                issuer: IssuerUrl::new(said.issuer.clone()).map_err(|_| Problem::internal())?,
                http: Http(http),
                known: std::sync::Mutex::default(),
                asking: Mutex::default(),
            }),
        })
    }

    /// The caller of a bearer token.
    ///
    /// # Errors
    /// A token that is not one of this provider, not meant for this hub, not in force; an account without a role here; a provider that
    /// does not answer.
    pub async fn bearer(&self, text: &str, now: DateTime<Utc>) -> Result<Caller, Problem> {
        let token: Token = text.parse().map_err(|_| refused("not a signed token"))?;
        let claims = self.checked(&token, &self.audience, None, now).await?;
        self.rules.caller(&claims)
    }

    /// Where a browser is sent to sign in, and what it is to keep until it comes back.
    ///
    /// # Errors
    /// A provider that does not answer.
    pub async fn departure(&self, back: RedirectUrl, to: String) -> Result<(Url, Departure), Problem> {
        let metadata = self.source.metadata(false).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = self.client(&metadata).set_redirect_uri(back);
        let ask = client.authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random);
        let scopes = self.scopes.iter().map(|scope| Scope::new(scope.clone()));
        let (url, state, nonce) = ask.add_scopes(scopes).set_pkce_challenge(challenge).url();
        let (state, nonce, verifier) = (state.into_secret(), nonce.secret().clone(), verifier.into_secret());
        Ok((url, Departure { state, nonce, verifier, to }))
    }

    /// Whoever came back with this code.
    ///
    /// # Errors
    /// A code that the provider does not take, a token that does not hold, an account without a role here; a provider that does not
    /// answer.
    pub async fn arrival(
        &self,
        code: String,
        departure: Departure,
        back: RedirectUrl,
        now: DateTime<Utc>,
    ) -> Result<Caller, Problem> {
        let metadata = self.source.metadata(false).await?;
        let client = self.client(&metadata).set_redirect_uri(back);
        let token_url = metadata.token_endpoint().ok_or_else(|| unreachable("it names no token endpoint"))?.clone();
        let client = client.set_token_uri(token_url);
        let answer: Answer = client
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(PkceCodeVerifier::new(departure.verifier))
            .request_async(&self.source.http)
            .await
            .map_err(|error| match error {
                openidconnect::RequestTokenError::ServerResponse(said) => refused(&said.to_string()),
                other => unreachable(&other.to_string()),
            })?;
        let token = answer.extra_fields().id_token().ok_or_else(|| refused("the provider sent no ID token"))?;
        let nonce = Nonce::new(departure.nonce);
        let claims = self.checked(token, &self.client, Some(&nonce), now).await?;
        self.rules.caller(&claims)
    }

    /// Where a browser ends its session at the provider too; None where the provider has no such page, or does not answer.
    pub async fn farewell(&self, home: &str) -> Option<Url> {
        let metadata = self.source.metadata(false).await.ok()?;
        let end = metadata.additional_metadata().end_session_endpoint.clone()?;
        let home = PostLogoutRedirectUrl::new(home.to_owned()).ok()?;
        let request = LogoutRequest::from(end).set_client_id(self.client.clone()).set_post_logout_redirect_uri(home);
        Some(request.http_get_url())
    }

    /// The claims of a token of which all was checked.
    async fn checked(
        &self,
        token: &Token,
        audience: &ClientId,
        nonce: Option<&Nonce>,
        now: DateTime<Utc>,
    ) -> Result<Map<String, Value>, Problem> {
        let metadata = self.source.metadata(false).await?;
        let first = self.verified(token, audience, nonce, &metadata, now);
        let outcome = match first {
            // The provider may have keys that are not known yet.
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey | SignatureVerificationError::CryptoError(_),
            )) => self.verified(token, audience, nonce, &*self.source.metadata(true).await?, now),
            other => other,
        };
        let claims = outcome.map_err(|error| refused(&said(&error)))?;
        let past = |name: &str| claims.get(name).and_then(Value::as_i64).and_then(|at| DateTime::from_timestamp(at, 0));
        if past("nbf").is_some_and(|from| from > now + SKEW) {
            return Err(refused("it is not valid yet"));
        }
        Ok(claims)
    }

    fn verified(
        &self,
        token: &Token,
        audience: &ClientId,
        nonce: Option<&Nonce>,
        metadata: &Metadata,
        now: DateTime<Utc>,
    ) -> Result<Map<String, Value>, ClaimsVerificationError> {
        let keys: JsonWebKeySet<CoreJsonWebKey> = JsonWebKeySet::new(metadata.jwks().keys().clone());
        let verifier = IdTokenVerifier::new_public_client(audience.clone(), self.source.issuer.clone(), keys)
            .set_allowed_algs(ALGORITHMS)
            // What an access token calls itself (RFC 9068) beside what an ID token does.
            .set_allowed_jose_types(["jwt", "at+jwt", "jose"].into_iter().filter_map(jose_type))
            // A token may be meant for others too, as long as it is meant for this hub.
            .set_other_audience_verifier_fn(|_| true)
            .set_time_fn(move || now)
            .set_issue_time_verifier_fn(move |at| if at > now + SKEW { Err("issued in the future".to_owned()) } else { Ok(()) });
        let claims = match nonce {
            Some(nonce) => token.claims(&verifier, nonce)?,
            None => token.claims(&verifier, |_: Option<&Nonce>| Ok(()))?,
        };
        // A token that somebody else asked for is not one with which to sign in.
        if nonce.is_some() && claims.authorized_party().is_some_and(|party| *party != self.client) {
            return Err(ClaimsVerificationError::Other("it was given to another client".to_owned()));
        }
        match serde_json::to_value(claims) {
            Ok(Value::Object(all)) => Ok(all),
            _ => Err(ClaimsVerificationError::Other("its claims cannot be read".to_owned())),
        }
    }

    fn client(&self, metadata: &Metadata) -> Client {
        let mut client = Client::<EndpointNotSet>::new(self.client.clone(), self.source.issuer.clone(), metadata.jwks().clone())
            .set_auth_uri(metadata.authorization_endpoint().clone());
        if let Some(secret) = &self.secret {
            client = client.set_client_secret(secret.clone());
        }
        client
    }
}

impl Source {
    /// The provider's description with its keys: the one that is kept, while it is fresh. One that is not fresh but stands is asked for
    /// anew beside the answer; a key that is missing is waited for.
    async fn metadata(self: &Arc<Self>, is_missing_a_key: bool) -> Result<Arc<Metadata>, Problem> {
        let known = self.kept();
        let stands = known.metadata.clone().filter(|_| age(known.at) < STALE);
        match stands {
            Some(metadata) if age(known.at) <= FRESH && !is_missing_a_key => Ok(metadata),
            Some(metadata) if !is_missing_a_key => {
                if age(known.tried) > BETWEEN && self.asking.try_lock().is_ok() {
                    let source = self.clone();
                    tokio::spawn(
                        async move { source.ask(false, |known| age(known.at) > FRESH && age(known.tried) > BETWEEN).await },
                    );
                }
                Ok(metadata)
            }
            _ => {
                // Whoever waited for another who asked does not ask again.
                let wanted = |known: &Known| match known.metadata {
                    Some(_) if age(known.at) < STALE => is_missing_a_key && age(known.forced) > BETWEEN,
                    _ => age(known.tried) > BETWEEN,
                };
                self.ask(is_missing_a_key, wanted).await;
                let known = self.kept();
                known.metadata.filter(|_| age(known.at) < STALE).ok_or_else(|| unreachable(self.issuer.as_str()))
            }
        }
    }

    fn kept(&self) -> Known {
        self.known.lock().expect("no panic while holding what is known").clone()
    }

    /// Asks the provider, where that is still `wanted` when the turn has come.
    async fn ask(&self, is_missing_a_key: bool, wanted: impl FnOnce(&Known) -> bool) {
        let _turn = self.asking.lock().await;
        if !wanted(&self.kept()) {
            return;
        }
        let asked = Metadata::discover_async(self.issuer.clone(), &self.http).await;
        let now = Some(Instant::now());
        let mut known = self.known.lock().expect("no panic while holding what is known");
        known.tried = now;
        if is_missing_a_key {
            known.forced = now;
        }
        match asked {
            Ok(metadata) => (known.metadata, known.at) = (Some(Arc::new(metadata)), now),
            Err(error) => tracing::warn!(error = %chain(&error), "the identity provider could not be asked"),
        }
    }
}

/// How long ago; for ever where it never was.
fn age(at: Option<Instant>) -> Duration {
    at.map_or(Duration::MAX, |at| at.elapsed())
}

/// The crate's client, with our own claims, that knows where people sign in.
type Client<Auth = EndpointSet> = openidconnect::Client<
    Others,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Answer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    Auth,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
>;

fn jose_type(name: &str) -> Option<openidconnect::NormalizedJsonWebTokenType> {
    openidconnect::JsonWebTokenType::new(name.to_owned()).normalize().ok()
}

/// What of a token does not hold.
fn said(error: &ClaimsVerificationError) -> String {
    match error {
        ClaimsVerificationError::SignatureVerification(why) => why.to_string(),
        other => other.to_string(),
    }
}

fn refused(why: &str) -> Problem {
    Problem::new(
        Code::Unauthenticated,
        format!("身份系统的令牌不成立：{why}"),
        format!("the identity provider's token does not hold: {why}"),
    )
}

fn unreachable(why: &str) -> Problem {
    Problem::new(
        Code::SourceUnavailable,
        format!("身份系统没有应答（{why}）：暂时无法登录，请稍后再试或告知管理员；访问令牌不受影响"),
        format!(
            "the identity provider does not answer ({why}): nobody can sign in for now; try again later or tell the operator. Access tokens are not concerned"
        ),
    )
}

/// An error with what it rests on.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        text = format!("{text}: {error}");
        below = error.source();
    }
    text
}

/// The client that the crate asks with: no redirects, answers within their time and bounded.
struct Http(reqwest::Client);

#[derive(Debug, thiserror::Error)]
enum HttpFault {
    #[error(transparent)]
    Request(#[from] reqwest::Error),
    #[error("an answer of more than {MAX_ANSWER} bytes")]
    TooLong,
    #[error("an answer that is none")]
    Malformed,
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpFault;
    type Future = BoxFuture<'c, Result<HttpResponse, HttpFault>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let answer = self.0.execute(reqwest::Request::try_from(request)?).await?;
            let mut response = axum::http::Response::builder().status(answer.status());
            if let Some(headers) = response.headers_mut() {
                *headers = answer.headers().clone();
            }
            let mut body = Vec::new();
            let mut chunks = answer.bytes_stream();
            while let Some(chunk) = chunks.next().await {
                let chunk = chunk?;
                if body.len() + chunk.len() > MAX_ANSWER {
                    return Err(HttpFault::TooLong);
                }
                body.extend_from_slice(&chunk);
            }
            response.body(body).map_err(|_| HttpFault::Malformed)
        })
    }
}
