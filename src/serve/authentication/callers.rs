//! Who asks, by what they sent; remembered for a moment.
//!
//! In: the `Authorization` header. Out: a [`Caller`]. A token or a session is looked up in the store every few seconds, not with every
//! request, and so are the signatures of the identity provider's tokens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::Authentication;
use super::provider::Provider;
use super::session::SCHEME;
use crate::access::{Caller, KeptToken, Role};
use crate::hub::tokens::{caller_of, stands};
use crate::model::Clock;
use crate::serve::problem::{Code, Problem};
use crate::store::Store;
use crate::store::session::SessionRow;
use crate::store::token::hash_secret;

/// What proofs are held against.
pub struct Proofs<'a> {
    pub access: Authentication,
    pub store: &'a Store,
    pub provider: Option<&'a Provider>,
    pub clock: &'a Clock,
}

/// Callers met lately.
pub(in crate::serve) struct CallerCache {
    callers: quick_cache::sync::Cache<String, (i64, Arc<Caller>)>,
    /// When tokens and sessions were used last, by id, since that was kept.
    used: Mutex<HashMap<Used, i64>>,
}

/// What was used.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::serve) enum Used {
    Token(String),
    Session(String),
    /// A token of the identity provider: it keeps none here.
    Nothing,
}

impl Default for CallerCache {
    fn default() -> CallerCache {
        CallerCache { callers: quick_cache::sync::Cache::new(REMEMBERED_CALLERS), used: Mutex::default() }
    }
}

/// A revoked token is refused after this long at the latest.
const REMEMBERED_MILLIS: i64 = 2_000;
const REMEMBERED_CALLERS: usize = 10_000;

impl CallerCache {
    /// # Errors
    /// A proof that is missing or does not hold; a store or a provider that does not answer.
    pub async fn caller(&self, proofs: Proofs<'_>, authorization: Option<&str>) -> Result<Arc<Caller>, Problem> {
        let (key, now) = (authorization.unwrap_or(""), proofs.clock.millis());
        if let Some((at, caller)) = self.callers.get(key)
            && (0..REMEMBERED_MILLIS).contains(&(now - at))
        {
            return Ok(caller);
        }
        let (caller, used) = proofs.caller(authorization).await?;
        let caller = Arc::new(caller);
        self.callers.insert(key.to_owned(), (now, caller.clone()));
        if used != Used::Nothing {
            self.used.lock().expect("no panic while noting a use").insert(used, now);
        }
        Ok(caller)
    }

    /// Forgets a proof at once: whoever signed out is out.
    pub fn forget(&self, authorization: &str) {
        self.callers.remove(authorization);
    }

    /// What was used when since the last time this was asked.
    pub fn take_used(&self) -> HashMap<Used, i64> {
        std::mem::take(&mut *self.used.lock().expect("no panic while noting a use"))
    }
}

impl Proofs<'_> {
    async fn caller(&self, authorization: Option<&str>) -> Result<(Caller, Used), Problem> {
        if self.access == Authentication::Demonstration {
            return Ok((Caller::new("demonstration", Role::Admin), Used::Nothing));
        }
        let Some(header) = authorization else {
            let problem = match self.provider {
                None => Problem::new(
                    Code::Unauthenticated,
                    "需要访问令牌：Authorization: Bearer …",
                    "a token is needed: Authorization: Bearer …",
                ),
                Some(_) => Problem::new(
                    Code::Unauthenticated,
                    "需要登录（/login）或访问令牌：Authorization: Bearer …",
                    "sign in at /login, or send a token: Authorization: Bearer …",
                )
                .remedy("/login"),
            };
            return Err(problem);
        };
        if let Some(secret) = header.strip_prefix(SCHEME) {
            return self.of_session(secret.trim()).await;
        }
        let secret = header.strip_prefix("Bearer ").unwrap_or("").trim();
        match self.provider {
            // A signed token has three parts; ours have one.
            Some(provider) if secret.matches('.').count() == 2 => {
                Ok((provider.bearer(secret, self.clock.now()).await?, Used::Nothing))
            }
            _ => self.of_token(secret).await,
        }
    }

    /// The caller of this id, as long as its token stands or one of its sessions is open.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub async fn standing(&self, id: &str) -> Result<Option<Caller>, Problem> {
        let now = self.clock.millis();
        let token = self.store.tokens().await?.into_iter().find(|token| token.id == id);
        if let Some(token) = token {
            return Ok(caller_of(&token).filter(|_| stands(&token, now)));
        }
        let Some(provider) = self.provider else { return Ok(None) };
        let session = self.store.open_session_of(id, now).await?.filter(|session| !is_idle(session, provider, now));
        Ok(session.and_then(|session| Caller::from_kept(&of_account(&session))))
    }

    async fn of_token(&self, secret: &str) -> Result<(Caller, Used), Problem> {
        let refused =
            || Problem::new(Code::Unauthenticated, "令牌无效、已过期或已撤销", "the token is unknown, expired or revoked");
        let row = self.store.token_by_hash(&hash_secret(secret)).await?.ok_or_else(refused)?;
        let caller = caller_of(&row).filter(|_| stands(&row, self.clock.millis())).ok_or_else(refused)?;
        Ok((caller, Used::Token(row.id)))
    }

    async fn of_session(&self, secret: &str) -> Result<(Caller, Used), Problem> {
        let ended = || {
            Problem::new(Code::Unauthenticated, "登录已失效：请重新登录", "you are signed out: sign in again").remedy("/login")
        };
        let provider = self.provider.ok_or_else(ended)?;
        let row = self.store.session_by_hash(&hash_secret(secret)).await?.ok_or_else(ended)?;
        let now = self.clock.millis();
        if row.ended_at.is_some() || row.expires_at <= now || is_idle(&row, provider, now) {
            return Err(ended());
        }
        let caller = Caller::from_kept(&of_account(&row)).ok_or_else(ended)?;
        Ok((caller, Used::Session(row.id)))
    }
}

/// Its last use is known to within seconds, which is nothing against an hour.
fn is_idle(row: &SessionRow, provider: &Provider, now: i64) -> bool {
    now - row.last_used_at > provider.idle.num_milliseconds()
}

fn of_account(row: &SessionRow) -> KeptToken<'_> {
    KeptToken {
        id: &row.caller,
        name: &row.name,
        role: &row.role,
        areas: row.areas.as_deref(),
        scopes: None,
        registry: row.registry.as_deref(),
        // What an account reads for is its provider's to say.
        purposes: None,
    }
}
