//! Who may see what: roles, scopes, areas, and which small counts are hidden.
//!
//! In: a token's rights as texts; counts with their keys. Out: a [`Caller`], what may be told to them, and which counts may not.
//! Pure: how a caller proves who they are is the server's, where tokens are kept is the store's.

pub mod suppression;

use serde::{Deserialize, Serialize};

use crate::model::problem::{Code, Problem};

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
    /// # Errors
    /// The scope that is missing.
    pub fn require(&self, scope: AccessScope) -> Result<(), MissingScope> {
        if self.may(scope) { Ok(()) } else { Err(MissingScope(scope)) }
    }
    /// Part of every cache key: equal texts, equal rights, whatever characters an area's code holds.
    pub fn visibility(&self) -> String {
        let mut areas = self.areas.clone();
        areas.sort();
        let mut scopes: Vec<&str> = self.scopes.iter().map(|s| s.name()).collect();
        scopes.sort_unstable();
        serde_json::to_string(&(areas, scopes)).expect("texts")
    }
    /// The caller of a token as it is kept: areas and scopes as lists in JSON, scopes absent where they are those of the role.
    /// None for a role that this release does not know.
    pub fn from_kept(token: &KeptToken<'_>) -> Option<Caller> {
        let role = Role::from_name(token.role)?;
        let list = |text: Option<&str>| -> Option<Vec<String>> { serde_json::from_str(text?).ok() };
        // One whose scopes cannot be read has none rather than its role's.
        let scopes = match (token.scopes, list(token.scopes)) {
            (Some(_), None) => Vec::new(),
            (_, Some(names)) => names.iter().filter_map(|n| AccessScope::from_name(n)).collect(),
            (None, None) => role.scopes().to_vec(),
        };
        // A district token whose areas cannot be read sees nothing rather than everything.
        let areas = match (token.areas, list(token.areas)) {
            (Some(_), None) => vec!["none".to_owned()],
            (_, areas) => areas.unwrap_or_default(),
        };
        Some(Caller { name: token.name.to_owned(), role, areas, scopes, registry: token.registry.map(str::to_owned) })
    }
}

/// A scope that a caller would have needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingScope(pub AccessScope);

impl From<MissingScope> for Problem<Code> {
    fn from(MissingScope(scope): MissingScope) -> Problem<Code> {
        Problem::forbidden(scope.name())
    }
}

/// A token's rights, as texts.
#[derive(Debug, Clone, Copy)]
pub struct KeptToken<'a> {
    pub name: &'a str,
    pub role: &'a str,
    pub areas: Option<&'a str>,
    pub scopes: Option<&'a str>,
    pub registry: Option<&'a str>,
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
}
