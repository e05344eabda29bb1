//! Ties between enterprises, disputes and events, from the records that state them.
//!
//! In: records, and the enterprises by what records call them. Out: one tie a record; the unit on the other side is found by its code,
//! else by its whole name where exactly one enterprise has it.

use hashbrown::{HashMap, HashSet};

use crate::model::enterprise::Enterprise;
use crate::model::facts::{AssessmentInput, Facts};
use crate::model::field::Field;
use crate::model::identifier::clean_identifier;
use crate::model::stated_values::ValueRef;
use crate::model::tie::{Tie, TieKind};

/// Enterprises by what records call them.
pub trait Directory {
    /// Whether an id is an enterprise's.
    fn has(&self, id: &str) -> bool;
    /// The enterprise of a cleaned credit code; of several the first by id. A branch under its parent's code does not stand for the
    /// code.
    fn by_code(&self, code: &str) -> Option<Box<str>>;
    /// The enterprise of a whole name, where exactly one has it.
    fn by_name(&self, name: &str) -> Option<Box<str>>;
    /// The unit that a record names; `code` is cleaned.
    fn find(&self, code: &str, name: &str) -> Option<Box<str>> {
        let by_code = (!code.is_empty()).then(|| self.by_code(code)).flatten();
        by_code.or_else(|| self.by_name(name.trim()))
    }
}

/// Everything that `world`'s records state beside attributes, in the order of the facts.
pub fn ties(world: &AssessmentInput, enterprises: &[Enterprise]) -> Vec<Tie> {
    let stated: Vec<(usize, TieKind)> =
        world.facts.iter().enumerate().filter_map(|(at, f)| Some((at, TieKind::of(f.kind)?))).collect();
    if stated.is_empty() {
        return Vec::new();
    }
    let known = WholeDirectory::new(enterprises);
    stated.into_iter().map(|(at, kind)| tie(&world.facts[at], kind, entity(world, at), &known)).collect()
}

/// Id of the entity that a record belongs to.
pub fn entity(world: &AssessmentInput, at: usize) -> Option<&str> {
    world.entity_of[at].map(|entity| &*world.entities[entity as usize])
}

/// All enterprises of a run.
pub struct WholeDirectory<'a> {
    ids: HashSet<&'a str>,
    by_code: HashMap<&'a str, &'a str>,
    /// None where several have the name.
    by_name: HashMap<&'a str, Option<&'a str>>,
}

impl<'a> WholeDirectory<'a> {
    pub fn new(enterprises: &'a [Enterprise]) -> WholeDirectory<'a> {
        let mut known = WholeDirectory {
            ids: HashSet::with_capacity(enterprises.len()),
            by_code: HashMap::with_capacity(enterprises.len()),
            by_name: HashMap::with_capacity(enterprises.len()),
        };
        for e in enterprises {
            known.ids.insert(&*e.id);
            if let (Some(code), None) = (e.credit_code.as_deref(), &e.branch_of) {
                let first = known.by_code.entry(code).or_insert(&*e.id);
                *first = (*first).min(&*e.id);
            }
            known.by_name.entry(&*e.name).and_modify(|id| *id = None).or_insert(Some(&*e.id));
        }
        known
    }
}

impl Directory for WholeDirectory<'_> {
    fn has(&self, id: &str) -> bool {
        self.ids.contains(id)
    }
    fn by_code(&self, code: &str) -> Option<Box<str>> {
        self.by_code.get(code).map(|id| (*id).into())
    }
    fn by_name(&self, name: &str) -> Option<Box<str>> {
        self.by_name.get(name).copied().flatten().map(Into::into)
    }
}

/// What one record states; `entity` is the one that it belongs to.
pub fn tie(facts: &Facts, kind: TieKind, entity: Option<&str>, directory: &impl Directory) -> Tie {
    let text = |field| facts.text(field).unwrap_or("");
    let number = |field| match facts.get(field) {
        Some(ValueRef::Count(n)) => Some(n as f64),
        Some(ValueRef::Number(n)) => Some(n),
        _ => None,
    };
    let day = |field| match facts.get(field) {
        Some(ValueRef::Date(date)) => date.first_day(),
        _ => None,
    };
    let (name, code, count, since) = match kind {
        TieKind::Investment => (text(Field::InvestorName), text(Field::InvestorCode), number(Field::SharePercent), Field::On),
        TieKind::Dispatch => (text(Field::HostName), text(Field::HostCode), number(Field::Workers), Field::Since),
        TieKind::Dispute | TieKind::Event => ("", "", number(Field::People), Field::On),
    };
    let code = clean_identifier(code);
    Tie {
        kind,
        subject: entity.filter(|id| directory.has(id)).map(Into::into),
        other: if name.is_empty() && code.is_empty() { None } else { directory.find(&code, name) },
        subject_name: text(Field::Name).into(),
        other_name: name.into(),
        other_code: code.into(),
        what: text(Field::EventKind).into(),
        title: text(Field::Title).into(),
        country: if kind == TieKind::Investment { text(Field::InvestorCountry).into() } else { "".into() },
        number: count,
        since: day(since).or_else(|| day(Field::Since)).or_else(|| day(Field::On)),
        until: day(Field::Until),
        registry: facts.registry,
        key: facts.key.clone(),
        record_id: facts.record_id,
    }
}
