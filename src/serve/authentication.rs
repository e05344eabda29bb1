//! How callers prove who they are.
//!
//! In: the `Authorization` header and the store's tokens. Out: a [`Caller`], or why there is none. What they may see is said by
//! the room `access`.

use std::net::IpAddr;

use super::problem::{Code, Problem};
use crate::access::{Caller, KeptToken, Role};
use crate::store::Store;
use crate::store::token::{TokenRow, hash_secret};

/// How callers prove who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// No tokens, on a loopback address only: everybody on this machine is the operator.
    Demonstration,
    /// `Authorization: Bearer …`; the store knows the token's SHA-256.
    Tokens,
}

impl Authentication {
    /// Decides at the start: loopback without tokens is a demonstration; any other address without a token is refused.
    pub fn decide(address: IpAddr, tokens: usize) -> Result<Authentication, Problem> {
        match (address.is_loopback(), tokens) {
            (true, 0) => Ok(Authentication::Demonstration),
            (_, 1..) => Ok(Authentication::Tokens),
            (false, 0) => Err(Problem::new(
                Code::Unauthenticated,
                format!("拒绝在 {address} 上启动：没有配置访问令牌。请先运行 huitu token create，或使用 127.0.0.1"),
                format!("refusing to serve on {address} without a token: run `huitu token create` first, or listen on 127.0.0.1"),
            )),
        }
    }

    /// The caller of a request with this `Authorization` header.
    pub async fn caller(self, authorization: Option<&str>, store: &Store, now_millis: i64) -> Result<Caller, Problem> {
        let secret = match (self, authorization) {
            (Authentication::Demonstration, _) => return Ok(Caller::new("demonstration", Role::Admin)),
            (Authentication::Tokens, None) => {
                return Err(Problem::new(
                    Code::Unauthenticated,
                    "需要访问令牌：Authorization: Bearer …",
                    "a token is needed: Authorization: Bearer …",
                ));
            }
            (Authentication::Tokens, Some(header)) => header.strip_prefix("Bearer ").unwrap_or("").trim(),
        };
        let refused =
            || Problem::new(Code::Unauthenticated, "令牌无效、已过期或已撤销", "the token is unknown, expired or revoked");
        let row = store.token_by_hash(&hash_secret(secret)).await?.ok_or_else(refused)?;
        if row.revoked_at.is_some() || row.expires_at.is_some_and(|at| at <= now_millis) {
            return Err(refused());
        }
        Caller::from_kept(&kept(&row)).ok_or_else(refused)
    }
}

fn kept(row: &TokenRow) -> KeptToken<'_> {
    KeptToken {
        name: &row.name,
        role: &row.role,
        areas: row.areas.as_deref(),
        scopes: row.scopes.as_deref(),
        registry: row.registry.as_deref(),
    }
}

/// Callers met lately, so that a token is looked up in the store every few seconds, not with every request.
pub(super) struct TokenCache(quick_cache::sync::Cache<String, (i64, std::sync::Arc<Caller>)>);

impl Default for TokenCache {
    fn default() -> TokenCache {
        TokenCache(quick_cache::sync::Cache::new(REMEMBERED_CALLERS))
    }
}

/// A revoked token is refused after this long at the latest.
const REMEMBERED_MILLIS: i64 = 2_000;
const REMEMBERED_CALLERS: usize = 10_000;

impl TokenCache {
    pub async fn caller(
        &self,
        access: Authentication,
        authorization: Option<&str>,
        store: &Store,
        now_millis: i64,
    ) -> Result<std::sync::Arc<Caller>, Problem> {
        let key = authorization.unwrap_or("");
        if let Some((at, caller)) = self.0.get(key)
            && (0..REMEMBERED_MILLIS).contains(&(now_millis - at))
        {
            return Ok(caller);
        }
        let caller = std::sync::Arc::new(access.caller(authorization, store, now_millis).await?);
        self.0.insert(key.to_owned(), (now_millis, caller.clone()));
        Ok(caller)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_address_without_a_token_is_refused() {
        assert!(matches!(Authentication::decide([127, 0, 0, 1].into(), 0), Ok(Authentication::Demonstration)));
        assert!(matches!(Authentication::decide([127, 0, 0, 1].into(), 2), Ok(Authentication::Tokens)));
        assert!(matches!(Authentication::decide([0, 0, 0, 0].into(), 1), Ok(Authentication::Tokens)));
        assert!(Authentication::decide([0, 0, 0, 0].into(), 0).is_err());
    }
}
