//! Ties between enterprises, disputes and events, from the records that state them. Pure.

use hashbrown::HashMap;

use crate::model::enterprise::Enterprise;
use crate::model::facts::{AssessmentInput, Facts};
use crate::model::field::Field;
use crate::model::identifier::clean_identifier;
use crate::model::tie::{Tie, TieKind};
use crate::model::value::Value;

/// Everything the records state beside attributes, in the order of the facts. The unit on the other side is found by its
/// code, else by its whole name where exactly one enterprise has it.
pub fn ties(world: &AssessmentInput, enterprises: &[Enterprise]) -> Vec<Tie> {
    let stated: Vec<(usize, TieKind)> =
        world.facts.iter().enumerate().filter_map(|(at, f)| Some((at, TieKind::of(f.kind)?))).collect();
    if stated.is_empty() {
        return Vec::new();
    }
    let known = Known::new(enterprises);
    stated
        .into_iter()
        .map(|(at, kind)| {
            let facts = &world.facts[at];
            let subject = world.entity_of[at].map(|e| world.entities[e as usize].clone());
            tie(facts, kind, subject.filter(|id| known.ids.contains(&**id)), &known)
        })
        .collect()
}

/// Enterprises by what records call them.
struct Known<'a> {
    ids: hashbrown::HashSet<&'a str>,
    by_code: HashMap<&'a str, &'a str>,
    /// None where several have the name.
    by_name: HashMap<&'a str, Option<&'a str>>,
}

impl<'a> Known<'a> {
    fn new(enterprises: &'a [Enterprise]) -> Known<'a> {
        let mut known = Known {
            ids: hashbrown::HashSet::with_capacity(enterprises.len()),
            by_code: HashMap::with_capacity(enterprises.len()),
            by_name: HashMap::with_capacity(enterprises.len()),
        };
        for e in enterprises {
            known.ids.insert(&*e.id);
            // A branch under its parent's code does not stand for the code.
            if let (Some(code), None) = (e.credit_code.as_deref(), &e.branch_of) {
                known.by_code.insert(code, &*e.id);
            }
            known.by_name.entry(&*e.name).and_modify(|id| *id = None).or_insert(Some(&*e.id));
        }
        known
    }

    fn find(&self, code: &str, name: &str) -> Option<Box<str>> {
        let by_code = || self.by_code.get(clean_identifier(code).as_str()).copied();
        by_code().or_else(|| self.by_name.get(name.trim()).copied().flatten()).map(Into::into)
    }
}

fn tie(facts: &Facts, kind: TieKind, subject: Option<Box<str>>, known: &Known<'_>) -> Tie {
    let text = |field| facts.text(field).unwrap_or("");
    let number = |field| match facts.get(field) {
        Some(Value::Count(n)) => Some(*n as f64),
        Some(Value::Number(n)) => Some(*n),
        _ => None,
    };
    let day = |field| match facts.get(field) {
        Some(Value::Date(date)) => date.first_day(),
        _ => None,
    };
    let (name, code, count, since) = match kind {
        TieKind::Investment => (text(Field::InvestorName), text(Field::InvestorCode), number(Field::SharePercent), Field::On),
        TieKind::Dispatch => (text(Field::HostName), text(Field::HostCode), number(Field::Workers), Field::Since),
        TieKind::Dispute | TieKind::Event => ("", "", number(Field::People), Field::On),
    };
    Tie {
        kind,
        subject,
        other: if name.is_empty() && code.is_empty() { None } else { known.find(code, name) },
        subject_name: text(Field::Name).into(),
        other_name: name.into(),
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
