//! Who asks: role, areas, scopes.
//!
//! In: a token's rights as texts. Out: a [`Caller`].

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
    /// Runs the hub: syncs, batches, targets, numbers for monitoring. Sees no enterprise.
    System,
    /// Says who may ask: makes and ends tokens, and reads who looked. Sees no enterprise.
    Security,
    /// Reads who looked at what, and nothing else.
    Auditor,
    /// The department that owns a registry: its receipts, what was put aside of it, how good it is, who used it, what it is asked about
    /// its records. Sees no enterprise.
    Partner,
    /// A map: counts, rates and outlines. Sees no single enterprise.
    Map,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Analyst => "analyst",
            Role::District => "district",
            Role::Client => "client",
            Role::Ingest => "ingest",
            Role::System => "system",
            Role::Security => "security",
            Role::Auditor => "auditor",
            Role::Partner => "partner",
            Role::Map => "map",
        }
    }
    /// Every role.
    pub const ALL: [Role; 10] = [
        Role::Admin,
        Role::Analyst,
        Role::District,
        Role::Client,
        Role::Ingest,
        Role::System,
        Role::Security,
        Role::Auditor,
        Role::Partner,
        Role::Map,
    ];
    pub fn from_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|r| r.name() == name)
    }
    fn scopes(self) -> &'static [AccessScope] {
        match self {
            Role::Admin => &[
                AccessScope::Finance,
                AccessScope::Records,
                AccessScope::Review,
                AccessScope::Export,
                AccessScope::Operate,
                AccessScope::Tokens,
                AccessScope::Audit,
            ],
            Role::Analyst | Role::District => {
                &[AccessScope::Finance, AccessScope::Records, AccessScope::Review, AccessScope::Export]
            }
            Role::System => &[AccessScope::Operate],
            Role::Security => &[AccessScope::Tokens, AccessScope::Audit],
            Role::Auditor => &[AccessScope::Audit],
            Role::Client | Role::Ingest | Role::Partner | Role::Map => &[],
        }
    }
    /// Whether a token of this role is bound to one registry.
    pub fn has_registry(self) -> bool {
        matches!(self, Role::Ingest | Role::Partner)
    }
    /// Whether enterprises are this role's business at all. Who runs the hub, and who says who may ask, needs none of them
    /// (等保 2.0: the administrators are kept apart from the data, and from each other).
    pub fn sees_enterprises(self) -> bool {
        !matches!(self, Role::System | Role::Security | Role::Auditor | Role::Partner | Role::Ingest)
    }
    /// Whether this role sees enterprises one by one, and not only how many there are.
    pub fn sees_single_enterprises(self) -> bool {
        self.sees_enterprises() && self != Role::Map
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
    /// Who may ask: tokens.
    Tokens,
    /// Who looked at what.
    Audit,
}

impl AccessScope {
    pub const ALL: [AccessScope; 7] = [
        AccessScope::Finance,
        AccessScope::Records,
        AccessScope::Review,
        AccessScope::Export,
        AccessScope::Operate,
        AccessScope::Tokens,
        AccessScope::Audit,
    ];
    pub fn name(self) -> &'static str {
        match self {
            AccessScope::Finance => "finance",
            AccessScope::Records => "records",
            AccessScope::Review => "review",
            AccessScope::Export => "export",
            AccessScope::Operate => "operate",
            AccessScope::Tokens => "tokens",
            AccessScope::Audit => "audit",
        }
    }
    pub fn from_name(name: &str) -> Option<AccessScope> {
        AccessScope::ALL.into_iter().find(|s| s.name() == name)
    }
}

/// An area that no code names: whoever is bound to it sees nothing.
const NO_AREA: &str = "none";

/// Who asks. Two callers who may see the same have the same `visibility`.
#[derive(Debug, Clone, PartialEq)]
pub struct Caller {
    /// Of the token: two tokens of one name are two callers.
    pub id: String,
    /// What its owner calls the token; who did something, for people.
    pub name: String,
    pub role: Role,
    /// Codes of the areas they may see; empty = all.
    pub areas: Vec<String>,
    pub scopes: Vec<AccessScope>,
    /// The registry whose batches an ingest token pushes, or that a partner's token is of.
    pub registry: Option<String>,
}

impl Caller {
    pub fn new(name: &str, role: Role) -> Caller {
        let id = name.to_owned();
        Caller { id, name: name.to_owned(), role, areas: Vec::new(), scopes: role.scopes().to_vec(), registry: None }
    }
    /// Whether no enterprise at all is theirs to see.
    pub fn sees_nothing(&self) -> bool {
        self.areas.iter().any(|area| area == NO_AREA)
    }
    /// Whether this is the department that owns the registry.
    pub fn owns(&self, registry: &str) -> bool {
        self.role == Role::Partner && self.registry.as_deref() == Some(registry)
    }
    /// Whether a registry is this caller's business: a department's is its own.
    pub fn may_know(&self, registry: &str) -> bool {
        self.role != Role::Partner || self.owns(registry)
    }
    /// What it takes to read how a registry is run: the scope, or to own it.
    ///
    /// # Errors
    /// The scope that is missing.
    pub fn require_of(&self, registry: &str, scope: AccessScope) -> Result<(), MissingScope> {
        if self.owns(registry) { Ok(()) } else { self.require(scope) }
    }
    /// Whether what this caller sees is anybody's to see: neither a scope nor a registry opens more.
    pub fn sees_what_is_open_alone(&self) -> bool {
        self.scopes.is_empty() && self.registry.is_none()
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
        let own = self.registry.as_deref().filter(|_| self.role == Role::Partner);
        serde_json::to_string(&(areas, scopes, own, self.role.sees_single_enterprises())).expect("texts")
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
            (Some(_), None) => vec![NO_AREA.to_owned()],
            (_, areas) => areas.unwrap_or_default(),
        };
        // Nor does one that names none: whose district it is, nobody said.
        let sees_nothing = role == Role::District && areas.is_empty() || !role.sees_enterprises();
        let areas = if sees_nothing { vec![NO_AREA.to_owned()] } else { areas };
        Some(Caller {
            id: token.id.to_owned(),
            name: token.name.to_owned(),
            role,
            areas,
            scopes,
            registry: token.registry.map(str::to_owned),
        })
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
    pub id: &'a str,
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
    fn a_district_token_without_a_district_sees_nothing() {
        let kept = |areas| KeptToken { id: "T1", name: "x", role: "district", areas, scopes: None, registry: None };
        for areas in [None, Some("[]"), Some("not a list")] {
            assert_eq!(Caller::from_kept(&kept(areas)).unwrap().areas, [NO_AREA], "{areas:?}");
        }
        assert_eq!(Caller::from_kept(&kept(Some(r#"["110105"]"#))).unwrap().areas, ["110105"]);
        let analyst = KeptToken { role: "analyst", ..kept(None) };
        assert!(Caller::from_kept(&analyst).unwrap().areas.is_empty(), "the whole city");
    }

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
