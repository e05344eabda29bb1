//! Who asks, and what they may see.

pub(in crate::serve) mod suppression;

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::problem::{Code, Problem};
use crate::store::Store;
use crate::store::token::{TokenRow, hash_secret};

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Admin,
    /// Federation analyst of the whole city.
    Analyst,
    /// Federation analyst of some areas.
    District,
    /// A front end or a partner system.
    Client,
    /// A department that pushes batches; reads nothing.
    Ingest,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Analyst => "analyst",
            Role::District => "district",
            Role::Client => "client",
            Role::Ingest => "ingest",
        }
    }
    pub fn from_name(name: &str) -> Option<Role> {
        [Role::Admin, Role::Analyst, Role::District, Role::Client, Role::Ingest].into_iter().find(|r| r.name() == name)
    }
    fn scopes(self) -> &'static [AccessScope] {
        match self {
            Role::Admin => {
                &[AccessScope::Finance, AccessScope::Records, AccessScope::Review, AccessScope::Export, AccessScope::Operate]
            }
            Role::Analyst | Role::District => {
                &[AccessScope::Finance, AccessScope::Records, AccessScope::Review, AccessScope::Export]
            }
            Role::Client | Role::Ingest => &[],
        }
    }
}

/// What a caller may do beyond reading the open fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccessScope {
    /// Revenue, payroll, and what was paid to the union fund.
    Finance,
    /// The registries' own rows and what each of them said.
    Records,
    /// The review queue, judgements and findings.
    Review,
    Export,
    /// Syncing, batches, quarantine.
    Operate,
}

impl AccessScope {
    pub const ALL: [AccessScope; 5] =
        [AccessScope::Finance, AccessScope::Records, AccessScope::Review, AccessScope::Export, AccessScope::Operate];
    pub fn name(self) -> &'static str {
        match self {
            AccessScope::Finance => "finance",
            AccessScope::Records => "records",
            AccessScope::Review => "review",
            AccessScope::Export => "export",
            AccessScope::Operate => "operate",
        }
    }
    pub fn from_name(name: &str) -> Option<AccessScope> {
        AccessScope::ALL.into_iter().find(|s| s.name() == name)
    }
}

/// Who asks. Two callers who may see the same have the same `visibility`.
#[derive(Debug, Clone, PartialEq)]
pub struct Caller {
    pub name: String,
    pub role: Role,
    /// Codes of the areas they may see; empty = all.
    pub areas: Vec<String>,
    pub scopes: Vec<AccessScope>,
    /// The registry whose batches an ingest token pushes.
    pub registry: Option<String>,
}

impl Caller {
    pub fn new(name: &str, role: Role) -> Caller {
        Caller { name: name.to_owned(), role, areas: Vec::new(), scopes: role.scopes().to_vec(), registry: None }
    }
    pub fn may(&self, scope: AccessScope) -> bool {
        self.scopes.contains(&scope)
    }
    pub fn require(&self, scope: AccessScope) -> Result<(), Problem> {
        if self.may(scope) { Ok(()) } else { Err(Problem::forbidden(scope.name())) }
    }
    /// Part of every cache key: equal texts, equal rights, whatever characters an area's code holds.
    pub fn visibility(&self) -> String {
        let mut areas = self.areas.clone();
        areas.sort();
        let mut scopes: Vec<&str> = self.scopes.iter().map(|s| s.name()).collect();
        scopes.sort_unstable();
        serde_json::to_string(&(areas, scopes)).expect("texts")
    }
    fn from_row(row: &TokenRow) -> Option<Caller> {
        let role = Role::from_name(&row.role)?;
        let list = |text: &Option<String>| -> Option<Vec<String>> { serde_json::from_str(text.as_deref()?).ok() };
        // One whose scopes cannot be read has none rather than its role's.
        let scopes = match (&row.scopes, list(&row.scopes)) {
            (Some(_), None) => Vec::new(),
            (_, Some(names)) => names.iter().filter_map(|n| AccessScope::from_name(n)).collect(),
            (None, None) => role.scopes().to_vec(),
        };
        // A district token whose areas cannot be read sees nothing rather than everything.
        let areas = match (&row.areas, list(&row.areas)) {
            (Some(_), None) => vec!["none".to_owned()],
            (_, areas) => areas.unwrap_or_default(),
        };
        Some(Caller { name: row.name.clone(), role, areas, scopes, registry: row.registry.clone() })
    }
}

/// How callers prove who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// No tokens, on a loopback address only: everybody on this machine is the operator.
    Demonstration,
    /// `Authorization: Bearer …`; the store knows the token's SHA-256.
    Tokens,
}

impl Access {
    /// Decides at the start: loopback without tokens is a demonstration; any other address without a token is refused.
    pub fn decide(address: IpAddr, tokens: usize) -> Result<Access, Problem> {
        match (address.is_loopback(), tokens) {
            (true, 0) => Ok(Access::Demonstration),
            (_, 1..) => Ok(Access::Tokens),
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
            (Access::Demonstration, _) => return Ok(Caller::new("demonstration", Role::Admin)),
            (Access::Tokens, None) => {
                return Err(Problem::new(
                    Code::Unauthenticated,
                    "需要访问令牌：Authorization: Bearer …",
                    "a token is needed: Authorization: Bearer …",
                ));
            }
            (Access::Tokens, Some(header)) => header.strip_prefix("Bearer ").unwrap_or("").trim(),
        };
        let refused =
            || Problem::new(Code::Unauthenticated, "令牌无效、已过期或已撤销", "the token is unknown, expired or revoked");
        let row = store.token_by_hash(&hash_secret(secret)).await?.ok_or_else(refused)?;
        if row.revoked_at.is_some() || row.expires_at.is_some_and(|at| at <= now_millis) {
            return Err(refused());
        }
        Caller::from_row(&row).ok_or_else(refused)
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
        access: Access,
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
    fn what_two_callers_may_see_is_never_written_alike() {
        let caller = |areas: &[&str], scopes: &[AccessScope]| Caller {
            areas: areas.iter().map(|a| (*a).to_owned()).collect(),
            scopes: scopes.to_vec(),
            ..Caller::new("x", Role::Client)
        };
        let all = [
            caller(&[], &[]),
            caller(&["110101"], &[]),
            caller(&["110101", "110102"], &[]),
            caller(&["110101,110102"], &[]),
            caller(&["110101|finance"], &[]),
            caller(&["110101"], &[AccessScope::Finance]),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(all[..at].iter().all(|other| other.visibility() != one.visibility()), "{:?}", one.areas);
        }
        let turned = [
            caller(&["110102", "110101"], &[AccessScope::Review, AccessScope::Finance]),
            caller(&["110101", "110102"], &[AccessScope::Finance, AccessScope::Review]),
        ];
        assert_eq!(turned[0].visibility(), turned[1].visibility(), "in whatever order");
    }

    #[test]
    fn an_open_address_without_a_token_is_refused() {
        assert!(matches!(Access::decide([127, 0, 0, 1].into(), 0), Ok(Access::Demonstration)));
        assert!(matches!(Access::decide([127, 0, 0, 1].into(), 2), Ok(Access::Tokens)));
        assert!(matches!(Access::decide([0, 0, 0, 0].into(), 1), Ok(Access::Tokens)));
        assert!(Access::decide([0, 0, 0, 0].into(), 0).is_err());
    }
}
