//! Who asks: role, areas, scopes.
//!
//! In: a token's rights as texts. Out: a [`Caller`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

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
    /// Says who may ask: makes and ends tokens. Sees no enterprise, and not who looked: who gives rights does not watch over their use.
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
            Role::Security => &[AccessScope::Tokens],
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
    /// What they may state that they read for; empty: anything, or nothing.
    pub purposes: Vec<String>,
    /// Scopes that they have, and not in this answer: what they stated is none of their purposes.
    pub withheld: Vec<AccessScope>,
    /// What they were permitted in the answer that is being made.
    pub opened: OpenedScopes,
}

/// The scopes by which the gate opened something for one answer: noted where they are permitted, so that an answer that rests on them has
/// its row in the audit whether it shows an enterprise or not. A caller who is kept between answers notes nothing.
#[derive(Debug, Clone, Default)]
pub struct OpenedScopes(Option<Arc<AtomicU8>>);

impl OpenedScopes {
    fn note(&self, scope: AccessScope) {
        let Some(bits) = &self.0 else { return };
        bits.fetch_or(1 << scope as u8, Ordering::Relaxed);
    }
    /// Notes what was opened for a part of the answer.
    pub fn add(&self, part: &OpenedScopes) {
        if let Some(bits) = &self.0 {
            bits.fetch_or(part.bits(), Ordering::Relaxed);
        }
    }
    /// The scopes by which something was opened, as bits in the order of [`AccessScope::ALL`].
    pub fn bits(&self) -> u8 {
        self.0.as_ref().map_or(0, |bits| bits.load(Ordering::Relaxed))
    }
    /// The same, and begins anew: for what answers many times.
    pub fn take(&self) -> u8 {
        self.0.as_ref().map_or(0, |bits| bits.swap(0, Ordering::Relaxed))
    }
}

/// Two callers who may see the same are the same, whatever they looked at.
impl PartialEq for OpenedScopes {
    fn eq(&self, _: &OpenedScopes) -> bool {
        true
    }
}

impl Caller {
    pub fn new(name: &str, role: Role) -> Caller {
        Caller {
            id: name.to_owned(),
            name: name.to_owned(),
            role,
            areas: Vec::new(),
            scopes: role.scopes().to_vec(),
            registry: None,
            purposes: Vec::new(),
            withheld: Vec::new(),
            opened: OpenedScopes::default(),
        }
    }
    /// The same caller, for one answer: what is permitted to them is noted.
    pub fn noting(&self) -> Caller {
        Caller { opened: OpenedScopes(Some(Arc::default())), ..self.clone() }
    }
    /// The same caller where they state what they read for: a token that may state some purposes alone sees what is open, and nothing else,
    /// under another one or none.
    pub fn stating(self: &Arc<Caller>, purpose: &str) -> Arc<Caller> {
        /// What shows, or takes away, data that is not open.
        const BOUND: [AccessScope; 4] = [AccessScope::Finance, AccessScope::Records, AccessScope::Review, AccessScope::Export];
        if self.may_state(purpose) {
            return self.clone();
        }
        let (withheld, scopes) = self.scopes.iter().copied().partition(|scope| BOUND.contains(scope));
        // A department reads its own registry by its role.
        let registry = self.registry.clone().filter(|_| self.role != Role::Partner);
        Arc::new(Caller { scopes, withheld, registry, ..Caller::clone(self) })
    }
    /// Whether this is one of their purposes; any is where they are bound to none.
    pub fn may_state(&self, purpose: &str) -> bool {
        self.purposes.is_empty() || self.purposes.iter().any(|known| known == purpose.trim())
    }
    /// The purposes of which one has to be stated for a scope; empty where that would not open it.
    pub fn purposes_for(&self, scope: AccessScope) -> &[String] {
        if self.withheld.contains(&scope) { &self.purposes } else { &[] }
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
    /// Whether they have this scope, for what shows nothing by it: which counts are told, which columns are offered.
    pub fn has(&self, scope: AccessScope) -> bool {
        self.scopes.contains(&scope)
    }
    /// Whether they may see what takes this scope; that it was opened to them is noted.
    pub fn may(&self, scope: AccessScope) -> bool {
        let may = self.has(scope);
        if may {
            self.opened.note(scope);
        }
        may
    }
    /// # Errors
    /// The scope that is missing.
    pub fn require(&self, scope: AccessScope) -> Result<(), MissingScope> {
        match self.may(scope) {
            true => Ok(()),
            false => Err(MissingScope { scope, purposes: self.purposes_for(scope).to_vec() }),
        }
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
        // One whose purposes cannot be read may state none that anybody states.
        let purposes = match (token.purposes, list(token.purposes)) {
            (Some(_), None) => vec![String::new()],
            (_, purposes) => purposes.unwrap_or_default(),
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
            purposes,
            withheld: Vec::new(),
            opened: OpenedScopes::default(),
        })
    }
}

/// A scope that a caller would have needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingScope {
    /// Which.
    pub scope: AccessScope,
    /// They have it where they state one of these purposes; empty: they have it not at all.
    pub purposes: Vec<String>,
}

impl From<MissingScope> for Problem<Code> {
    fn from(missing: MissingScope) -> Problem<Code> {
        match missing.purposes.is_empty() {
            true => Problem::forbidden(missing.scope.name()),
            false => Problem::needs_purpose(Code::Forbidden, missing.scope.name(), &missing.purposes),
        }
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
    pub purposes: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_district_token_without_a_district_sees_nothing() {
        let kept =
            |areas| KeptToken { id: "T1", name: "x", role: "district", areas, scopes: None, registry: None, purposes: None };
        for areas in [None, Some("[]"), Some("not a list")] {
            assert_eq!(Caller::from_kept(&kept(areas)).unwrap().areas, [NO_AREA], "{areas:?}");
        }
        assert_eq!(Caller::from_kept(&kept(Some(r#"["110105"]"#))).unwrap().areas, ["110105"]);
        let analyst = KeptToken { role: "analyst", ..kept(None) };
        assert!(Caller::from_kept(&analyst).unwrap().areas.is_empty(), "the whole city");
    }

    #[test]
    fn a_token_with_purposes_sees_what_is_open_under_any_other() {
        let kept = KeptToken {
            id: "T1",
            name: "x",
            role: "analyst",
            areas: None,
            scopes: None,
            registry: None,
            purposes: Some(r#"["visit","yearly check"]"#),
        };
        let caller = Arc::new(Caller::from_kept(&kept).unwrap());
        assert!(caller.stating("visit").may(AccessScope::Finance) && caller.stating(" yearly check ").may(AccessScope::Export));
        for purpose in ["", "visits", "VISIT"] {
            let bound = caller.stating(purpose);
            assert!(bound.sees_what_is_open_alone(), "{purpose}: {:?}", bound.scopes);
            let missing = bound.require(AccessScope::Finance).unwrap_err();
            assert_eq!(missing.purposes, ["visit", "yearly check"]);
            assert_ne!(bound.visibility(), caller.stating("visit").visibility(), "no kept answer is told to the other");
        }
        let damaged = KeptToken { purposes: Some("no list"), ..kept };
        let damaged = Arc::new(Caller::from_kept(&damaged).unwrap());
        assert!(!damaged.stating("visit").has(AccessScope::Finance));
        let free = Arc::new(Caller::new("ann", Role::Analyst));
        assert!(free.stating("").may(AccessScope::Finance), "any purpose, or none");
    }

    #[test]
    fn what_the_gate_opens_is_noted_for_the_answer_and_for_no_other() {
        let kept = Caller::new("ann", Role::Analyst);
        let (one, other) = (kept.noting(), kept.noting());
        assert!(one.may(AccessScope::Finance) && one.may(AccessScope::Export) && other.has(AccessScope::Records));
        let [finance, export] = [AccessScope::Finance, AccessScope::Export].map(|scope| 1 << scope as u8);
        assert_eq!((one.opened.bits(), other.opened.bits(), kept.opened.bits()), (finance | export, 0, 0));
        assert_eq!((one.opened.take(), one.opened.bits()), (finance | export, 0));
        let client = Caller::new("map", Role::Client).noting();
        assert!(client.require(AccessScope::Finance).is_err());
        assert_eq!(client.opened.bits(), 0, "what was refused was not opened");
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
