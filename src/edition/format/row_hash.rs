//! What a row says, in eight bytes: equal rows, equal hashes, whatever edition and part they stand in.
//!
//! By it a publication finds what changed, and two editions are compared without their files. Not made against forgers: files have
//! SHA-256 digests.

use crate::edition::Member;
use crate::model::enterprise::{Enterprise, TradeUnion};
use crate::model::tie::Tie;
use crate::model::value::Money;
use xxhash_rust::xxh3::xxh3_64;

/// Bytes that differ where what is said differs: every text with its length, every option with a mark.
#[derive(Default)]
struct Said(Vec<u8>);

impl Said {
    fn text(&mut self, text: &str) {
        self.0.extend_from_slice(&(text.len() as u32).to_le_bytes());
        self.0.extend_from_slice(text.as_bytes());
    }
    fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }
    fn option<T>(&mut self, value: Option<T>, put: impl FnOnce(&mut Said, T)) {
        self.0.push(u8::from(value.is_some()));
        if let Some(value) = value {
            put(self, value);
        }
    }
    fn optional_text(&mut self, text: Option<&str>) {
        self.option(text, Said::text);
    }
    fn count(&mut self, count: Option<u32>) {
        self.option(count.map(u64::from), Said::number);
    }
    fn money(&mut self, money: Option<Money>) {
        self.option(money.map(|m| m.0 as u64), Said::number);
    }
    fn day(&mut self, day: Option<chrono::NaiveDate>) {
        self.option(day.map(|d| super::columns::days(d) as u64), Said::number);
    }
    fn texts<'a>(&mut self, texts: impl ExactSizeIterator<Item = &'a str>) {
        self.number(texts.len() as u64);
        texts.for_each(|text| self.text(text));
    }
    fn hash(&self) -> u64 {
        xxh3_64(&self.0)
    }
}

/// An enterprise's own row, without its records and ties.
///
/// # Errors
/// The reasons cannot be written.
pub fn of_enterprise(e: &Enterprise, reasons: &[u8]) -> u64 {
    let mut said = Said(Vec::with_capacity(900));
    said.text(&e.id);
    said.optional_text(e.credit_code.as_deref());
    said.optional_text(e.credit_code_raw.as_deref());
    said.text(&e.name);
    said.texts(e.former_names.iter().map(|n| &**n));
    said.number(e.identifiers.len() as u64);
    for (kind, value) in &e.identifiers {
        said.text(kind.name());
        said.text(value);
    }
    said.text(e.status.name());
    said.day(e.established_on);
    said.count(e.district);
    said.count(e.town);
    said.optional_text(e.federation.as_deref());
    said.optional_text(e.address.as_deref());
    said.option(e.location, |said, at| {
        said.number(at.longitude.to_bits());
        said.number(at.latitude.to_bits());
        said.text(at.basis.name());
    });
    said.optional_text(e.industry.as_deref());
    said.number(u64::from(e.industry_edition));
    said.option(e.section, |said, letter| said.number(u64::from(u32::from(letter))));
    said.text(e.ownership.name());
    said.optional_text(e.registration_type.as_deref());
    said.texts(e.investor_countries.iter().map(|n| &**n));
    said.count(e.employees);
    said.count(e.insured);
    said.money(e.revenue);
    said.money(e.payroll);
    for bits in [e.tags, e.registries, e.conflicts] {
        said.number(u64::from(bits.0));
    }
    said.number(e.disputed_by.len() as u64);
    for (field, by) in &e.disputed_by {
        said.text(field.name());
        said.number(u64::from(by.0));
    }
    let people = &e.people;
    let counts = [people.employees, people.unions.min(255), people.members, people.female_members, people.migrant_members];
    for count in counts.into_iter().chain([people.migrant_employees, people.dispatched_members]) {
        said.number(u64::from(count));
    }
    said.texts(e.findings.iter().map(|n| &**n));
    said.optional_text(e.branch_of.as_deref());
    let v = &e.verdicts;
    said.text(v.size.verdict.name());
    said.optional_text(v.size.basis.map(|b| b.name()));
    said.optional_text(v.size.rule.as_deref());
    said.text(v.size.size_class.name());
    said.text(v.union.verdict.name());
    said.text(v.gap.status.name());
    said.day(v.gap.since);
    said.text(v.fund.status.name());
    said.text(&v.fund.period);
    said.money(v.fund.due);
    said.money(v.fund.paid);
    said.optional_text(v.fund.kind_paid.map(|k| k.name()));
    said.number(u64::from(v.priority.score.to_bits()));
    said.0.extend_from_slice(reasons);
    said.hash()
}

/// One record of an enterprise. The hashes of all of them are added to the enterprise's.
pub fn of_member(m: &Member, evidence: &str) -> u64 {
    let mut said = Said(Vec::with_capacity(160));
    said.text(&m.registry);
    said.text(&m.key);
    said.number(u64::from(m.part));
    said.number(m.record_id as u64);
    said.text(m.method.name());
    said.option(m.weight, |said, weight| said.number(u64::from(weight.to_bits())));
    said.text(evidence);
    said.hash()
}

/// One tie; added to its subject's hash.
pub fn of_tie(t: &Tie, registry: &str) -> u64 {
    let mut said = Said(Vec::with_capacity(160));
    said.text(t.kind.name());
    said.optional_text(t.subject.as_deref());
    said.optional_text(t.other.as_deref());
    for text in [&t.subject_name, &t.other_name, &t.what, &t.title, &t.country, &t.key] {
        said.text(text);
    }
    said.option(t.number, |said, number| said.number(number.to_bits()));
    said.day(t.since);
    said.day(t.until);
    said.text(registry);
    said.number(t.record_id as u64);
    said.hash()
}

/// One union.
pub fn of_union(u: &TradeUnion) -> u64 {
    let mut said = Said(Vec::with_capacity(256));
    said.text(&u.id);
    said.text(&u.name);
    said.optional_text(u.credit_code.as_deref());
    said.text(u.kind.name());
    said.optional_text(u.level.as_deref());
    said.optional_text(u.parent.as_deref());
    said.count(u.district);
    said.optional_text(u.industrial.as_deref());
    said.day(u.established_on);
    for count in [u.employees, u.members, u.female_members, u.migrant_members, u.migrant_employees, u.dispatched_members] {
        said.count(count);
    }
    said.optional_text(u.host.as_deref());
    said.texts(u.covers.iter().map(|id| &**id));
    said.text(&u.registry);
    said.text(&u.record);
    said.hash()
}
