//! Survivorship: of everything that registries say of a field, which statement is chosen, by which rule, and whether the
//! others agree.
//!
//! In: one entity's facts. Out: candidates as read, the position of the chosen one, the agreement. Both assessing and the
//! provenance that is shown go through `read`, `choose` and `agreement`; there is no second path.

use super::context::Context;
use super::entity_facts::EntityFacts;
use super::vocabulary;
use crate::assess::survivorship_plan::is_official;
use crate::assess::values::{date, money, number};
use crate::model::enterprise::{Bits, EnterpriseField};
use crate::model::facts::Facts;
use crate::model::field::{Field, RecordKind};
use crate::model::identifier::CreditCode;
use crate::model::provenance::{Agreement, SurvivorshipRule};
use crate::model::reference::registration::{RegistrationScheme, is_code};
use crate::model::reference::{IndustryCode, areas, operating_status};
use crate::model::value::{Money, PartialDate};
use crate::model::verdict::{OperatingStatus, Ownership};

/// A place as far as it is known: six and nine digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SurvivingPlace {
    pub district: u32,
    pub town: Option<u32>,
    /// The street was read from the address, as no column of the record gives it.
    pub from_address: bool,
}

impl SurvivingPlace {
    /// Same district, and not two different towns. A street read from an address contradicts nobody.
    fn agrees(self, other: SurvivingPlace) -> bool {
        let is_read = self.from_address || other.from_address;
        self.district == other.district && (is_read || self.town.is_none() || other.town.is_none() || self.town == other.town)
    }
}

/// The digits of a code, or its section's letter where it has none.
pub fn code_text(code: &IndustryCode) -> String {
    if code.number().is_empty() { code.section.to_string() } else { code.number().to_string() }
}

/// In one edition: one says no more than the beginning of the other. Across editions, without a crosswalk: the same digits
/// in the same section.
fn codes_agree(a: &IndustryCode, b: &IndustryCode) -> bool {
    let prefix = a.number().starts_with(b.number()) || b.number().starts_with(a.number());
    a.section == b.section && if a.edition == b.edition { prefix } else { a.number() == b.number() }
}

/// One statement as read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StatedValue<'a> {
    Text(&'a str),
    /// As written.
    Address(&'a str),
    /// As written, and whether its check character holds.
    CreditCode(&'a str, bool),
    Status(OperatingStatus),
    Date(PartialDate),
    Place(SurvivingPlace),
    Point(f64, f64),
    Industry(IndustryCode),
    Ownership(Ownership, bool),
    /// As written, and the ownership it tells.
    RegistrationType(&'a str, Option<(Ownership, bool)>),
    Count(i64),
    Money(Money),
    Flag(bool),
}

impl std::fmt::Display for StatedValue<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StatedValue::Text(t)
            | StatedValue::Address(t)
            | StatedValue::CreditCode(t, _)
            | StatedValue::RegistrationType(t, _) => f.write_str(t),
            StatedValue::Status(s) => f.write_str(s.name()),
            StatedValue::Date(d) => d.fmt(f),
            StatedValue::Place(p) => p.town.unwrap_or(p.district).fmt(f),
            StatedValue::Point(x, y) => write!(f, "{x},{y}"),
            StatedValue::Industry(c) => f.write_str(&code_text(c)),
            StatedValue::Ownership(o, _) => f.write_str(o.name()),
            StatedValue::Count(n) => n.fmt(f),
            StatedValue::Money(m) => m.fmt(f),
            StatedValue::Flag(b) => b.fmt(f),
        }
    }
}

/// A statement and the record that makes it.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    pub facts: &'a Facts,
    pub reading: StatedValue<'a>,
}

/// Fills `out` with what the entity's records say of a field. Records of unions tell their host's name, code, place and
/// ownership; founding date and head count in them are the union's own.
pub fn read<'a>(context: &Context<'a>, dossier: EntityFacts<'a>, field: EnterpriseField, out: &mut Vec<Candidate<'a>>) {
    use EnterpriseField as F;
    out.clear();
    for facts in dossier.facts() {
        let of_host = match facts.kind {
            RecordKind::Enterprise => true,
            RecordKind::Union => matches!(field, F::Name | F::CreditCode | F::Area | F::Address | F::Ownership | F::Union),
            _ => false,
        };
        if of_host && let Some(reading) = read_one(context, facts, field) {
            out.push(Candidate { facts, reading });
        }
    }
}

fn read_one<'a>(context: &Context<'a>, facts: &'a Facts, field: EnterpriseField) -> Option<StatedValue<'a>> {
    use EnterpriseField as F;
    let count = |field| facts.count(field).filter(|n| *n >= 0).map(StatedValue::Count);
    match field {
        F::Name => facts.text(Field::Name).map(StatedValue::Text),
        F::CreditCode => {
            let text = facts.text(Field::CreditCode)?;
            let code = CreditCode::parse(text);
            // A union's own code is not its host's.
            (!code.is_some_and(|c| c.is_union())).then_some(StatedValue::CreditCode(text, code.is_some()))
        }
        F::Status => {
            let text = facts.text(Field::Status)?;
            let status = OperatingStatus::from_name(text).or_else(|| operating_status(text))?;
            (status != OperatingStatus::Unknown).then_some(StatedValue::Status(status))
        }
        F::EstablishedOn => date(facts, Field::EstablishedOn).map(StatedValue::Date),
        F::Area => read_place(context, facts).map(StatedValue::Place),
        F::Address => facts.text(Field::Address).or_else(|| facts.text(Field::OperatingAddress)).map(StatedValue::Address),
        F::Location => {
            let (x, y) = (number(facts, Field::Longitude)?, number(facts, Field::Latitude)?);
            // Outside China's bounds a coordinate is swapped, projected or zero.
            ((73.0..136.0).contains(&x) && (3.0..54.0).contains(&y)).then_some(StatedValue::Point(x, y))
        }
        F::Industry => IndustryCode::parse(facts.text(Field::Industry)?, context.edition_of(facts)).map(StatedValue::Industry),
        F::Ownership => {
            let scheme = context.plan.scheme(facts);
            let registration = facts.text(Field::RegistrationType);
            // A connector reads a bare code by the table of 2011; in a registry that writes those of 2022 the code itself speaks.
            let by_code = scheme != RegistrationScheme::Statistics2011 && registration.is_some_and(is_code);
            let owner = facts.text(Field::Ownership).filter(|_| !by_code);
            let mut told = owner.into_iter().chain(registration).filter_map(|text| vocabulary::ownership(text, scheme));
            let first = told.next()?;
            // The first firm word; else the first one.
            let (ownership, firm) = std::iter::once(first).chain(told).find(|(_, firm)| *firm).unwrap_or(first);
            Some(StatedValue::Ownership(ownership, firm))
        }
        F::RegistrationType => {
            let text = facts.text(Field::RegistrationType)?;
            Some(StatedValue::RegistrationType(text, vocabulary::ownership(text, context.plan.scheme(facts))))
        }
        F::InvestorCountry => facts.text(Field::InvestorCountry).map(StatedValue::Text),
        F::Employees => count(Field::Employees),
        F::Insured => count(Field::Insured),
        F::Revenue => money(facts, Field::Revenue).or_else(|| money(facts, Field::RevenueMain)).map(StatedValue::Money),
        F::Payroll => money(facts, Field::Payroll).map(StatedValue::Money),
        F::OfficialList => facts.flag(Field::OfficialList).map(StatedValue::Flag),
        F::Qualification => facts.text(Field::Qualification).map(StatedValue::Text),
        F::Union => facts.text(Field::UnionName).map(StatedValue::Text),
    }
}

/// Place by code, else by district and street text, else by the authority in charge, else by the address. Where no column gives the
/// street, the address may name it.
fn read_place(context: &Context<'_>, facts: &Facts) -> Option<SurvivingPlace> {
    let with_street = |district, town: Option<u32>| {
        let read = || {
            let mut told = [Field::Address, Field::OperatingAddress].into_iter().filter_map(|field| facts.text(field));
            told.find_map(|address| areas().town_in_address(district, address))
        };
        match town {
            Some(town) => SurvivingPlace { district, town: Some(town), from_address: false },
            None => {
                let town = read();
                SurvivingPlace { district, town, from_address: town.is_some() }
            }
        }
    };
    if let Some(place) = facts.text(Field::Area).and_then(|code| areas().resolve(code, context.as_of)) {
        return Some(with_street(place.district, place.town));
    }
    let told = [Field::District, Field::Area, Field::Authority, Field::Address, Field::OperatingAddress];
    let district = told.iter().find_map(|f| areas().district_by_name(facts.text(*f)?))?;
    let town = facts.text(Field::Street).and_then(|street| areas().town_by_name(district, street));
    Some(with_street(district, town))
}

/// How much a statement says; more is better where completeness decides.
fn completeness(reading: &StatedValue<'_>) -> u32 {
    match reading {
        StatedValue::Place(p) => u32::from(p.town.is_some()) + u32::from(p.town.is_some() && !p.from_address),
        StatedValue::Industry(c) => c.number().len() as u32,
        StatedValue::Date(d) => u32::from(d.month != 0) + u32::from(d.day != 0),
        StatedValue::Ownership(_, firm) => u32::from(*firm),
        StatedValue::CreditCode(_, valid) => u32::from(*valid),
        StatedValue::Text(t) | StatedValue::Address(t) => t.len() as u32,
        _ => 0,
    }
}

/// Position of the chosen candidate and the rule that chose it; None where there is none.
pub fn choose(context: &Context<'_>, field: EnterpriseField, candidates: &[Candidate<'_>]) -> Option<(usize, SurvivorshipRule)> {
    use SurvivorshipRule as R;
    use std::cmp::Reverse;
    if candidates.is_empty() {
        return None;
    }
    let (rule, ranks) = &context.plan.fields[field as usize];
    let official = |c: &Candidate<'_>| {
        c.facts.kind == RecordKind::Enterprise
            && context.world.registries.get(c.facts.registry as usize).is_some_and(|r| is_official(field, r))
            || field == EnterpriseField::Union
    };
    // A record of a union speaks of its host in passing: after every record about the enterprise itself.
    let aside = |c: &Candidate<'_>| c.facts.kind == RecordKind::Union && field != EnterpriseField::Union;
    // A code whose check character fails never beats one that holds.
    let broken = |c: &Candidate<'_>| matches!(c.reading, StatedValue::CreditCode(_, false));
    let key = |i: usize| {
        let c = &candidates[i];
        let rank = ranks.get(c.facts.registry as usize).copied().unwrap_or(u16::MAX);
        let recent = Reverse((c.facts.observed_at.unwrap_or(i64::MIN), c.facts.landed_at));
        let complete = Reverse(completeness(&c.reading));
        let first: (bool, Reverse<u32>, u16) = match rule {
            R::Official => (!official(c), Reverse(0), rank),
            R::MostComplete => (false, complete, rank),
            R::MostRecent | R::RegistryRank | R::OnlyValue | R::FromAddress => (false, Reverse(0), rank),
        };
        let newest_first = if *rule == R::MostRecent { recent } else { Reverse((0, 0)) };
        // Of two records of one registry that differ in state, the living one tells the state.
        let state = match c.reading {
            StatedValue::Status(s) => s as u8,
            _ => 0,
        };
        (broken(c), aside(c), newest_first, first, recent, state, complete, &*c.facts.key, c.facts.part)
    };
    let mut chosen = (0..candidates.len()).min_by_key(|i| key(*i))?;
    let from_address = |c: &Candidate<'_>| matches!(c.reading, StatedValue::Place(place) if place.from_address);
    if candidates.len() == 1 {
        return Some((chosen, if from_address(&candidates[chosen]) { R::FromAddress } else { R::OnlyValue }));
    }
    let mut by = match rule {
        R::Official if official(&candidates[chosen]) => R::Official,
        R::Official | R::OnlyValue | R::FromAddress => R::RegistryRank,
        other => *other,
    };
    // The ranked statement in more detail: the same division with four digits, the same district with its street.
    let finer = |c: &Candidate<'_>| match (candidates[chosen].reading, c.reading) {
        (StatedValue::Industry(a), StatedValue::Industry(b)) => {
            a.edition == b.edition && b.number().len() > a.number().len() && codes_agree(&a, &b)
        }
        // A street that a registry gives comes before one read from an address.
        (StatedValue::Place(a), StatedValue::Place(b)) => {
            a.district == b.district && b.town.is_some() && (a.town.is_none() || a.from_address && !b.from_address)
        }
        _ => false,
    };
    let read = |i: &usize| from_address(&candidates[*i]);
    if let Some(better) = (0..candidates.len()).filter(|i| finer(&candidates[*i])).min_by_key(|i| (read(i), key(*i))) {
        chosen = better;
        by = R::MostComplete;
    }
    if from_address(&candidates[chosen]) {
        by = R::FromAddress;
    }
    Some((chosen, by))
}

/// How the candidates stand to each other.
pub fn agreement(context: &Context<'_>, candidates: &[Candidate<'_>]) -> Agreement {
    let Some((first, rest)) = candidates.split_first() else { return Agreement::Single };
    if rest.is_empty() {
        return Agreement::Single;
    }
    if rest.iter().all(|c| same(&c.reading, &first.reading)) {
        return Agreement::Same;
    }
    // Precision makes equivalence no transitive relation: compare all pairs (there are few).
    let pairs = (0..candidates.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
    let mut equal = pairs.map(|(i, j)| equivalent(&candidates[i].reading, &candidates[j].reading, context.policy.tolerance));
    if equal.all(|e| e) { Agreement::Equivalent } else { Agreement::Different }
}

/// The registries (bits by their index) whose statement is another one than the chosen.
pub fn differing(context: &Context<'_>, chosen: &StatedValue<'_>, candidates: &[Candidate<'_>]) -> Bits {
    let mut registries = Bits::default();
    for c in candidates.iter().filter(|c| c.facts.registry < 32) {
        if !same(&c.reading, chosen) && !equivalent(&c.reading, chosen, context.policy.tolerance) {
            registries.insert(c.facts.registry as usize);
        }
    }
    registries
}

fn same(a: &StatedValue<'_>, b: &StatedValue<'_>) -> bool {
    match (a, b) {
        (StatedValue::Ownership(a, _), StatedValue::Ownership(b, _)) => a == b,
        _ => a == b,
    }
}

/// Equal once read.
fn equivalent(a: &StatedValue<'_>, b: &StatedValue<'_>, tolerance: f64) -> bool {
    let near = |a: f64, b: f64| (a - b).abs() <= tolerance * a.abs().max(b.abs());
    match (a, b) {
        (StatedValue::Text(a), StatedValue::Text(b)) | (StatedValue::CreditCode(a, _), StatedValue::CreditCode(b, _)) => {
            a == b || letters(a).eq(letters(b)) || (a.is_ascii() != b.is_ascii() && folded(a) == folded(b))
        }
        (StatedValue::Address(a), StatedValue::Address(b)) => {
            let (a, b) = (folded(a), folded(b));
            a == b || shortened(&a, &b) || shortened(&b, &a)
        }
        (StatedValue::Date(a), StatedValue::Date(b)) => {
            a.year == b.year
                && (a.month == 0 || b.month == 0 || a.month == b.month)
                && (a.day == 0 || b.day == 0 || a.day == b.day)
        }
        (StatedValue::Place(a), StatedValue::Place(b)) => a.agrees(*b),
        (StatedValue::Industry(a), StatedValue::Industry(b)) => codes_agree(a, b),
        // A bare legal form does not contradict who owns it.
        (StatedValue::Ownership(a, a_firm), StatedValue::Ownership(b, b_firm)) => a == b || !a_firm || !b_firm,
        // `159` and 有限责任公司 are two tables' words: they differ only where they name different owners.
        (StatedValue::RegistrationType(a, a_owner), StatedValue::RegistrationType(b, b_owner)) => match (a_owner, b_owner) {
            (Some((a, true)), Some((b, true))) => a == b,
            _ => letters(a).eq(letters(b)) || a_owner.is_none_or(|o| !o.1) || b_owner.is_none_or(|o| !o.1),
        },
        (StatedValue::Count(a), StatedValue::Count(b)) => near(*a as f64, *b as f64),
        (StatedValue::Money(a), StatedValue::Money(b)) => near(a.yuan(), b.yuan()),
        // About a hundred metres.
        (StatedValue::Point(ax, ay), StatedValue::Point(bx, by)) => (ax - bx).abs() < 0.001 && (ay - by).abs() < 0.001,
        _ => a == b,
    }
}

/// The letters, digits and characters of a text: brackets, blanks and punctuation left out, full-width made ASCII.
fn letters(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter_map(|c| {
        let c = match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
            _ => c,
        };
        (is_plain_han(c) || c.is_alphanumeric()).then(|| c.to_ascii_uppercase())
    })
}

/// Most of what registries write: a character of its own that no folding touches.
fn is_plain_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// `short` is `long` without the divisions in front: 海淀区上庄南路165号 and 北京市海淀区上庄南路165号.
fn shortened(long: &str, short: &str) -> bool {
    let left_out = long.strip_suffix(short).and_then(|front| front.chars().next_back());
    left_out.is_some_and(|last| "省市区县州盟旗镇乡".contains(last)) && short.chars().count() >= 4
}

fn folded(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    if text.chars().all(|c| c.is_ascii() || is_plain_han(c)) {
        let kept = text.chars().filter(|c| c.is_ascii_alphanumeric() || is_plain_han(*c));
        return kept.map(|c| c.to_ascii_uppercase()).collect();
    }
    text.nfkc().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_texts_fold_as_all_others_do() {
        use unicode_normalization::UnicodeNormalization;
        for c in '\u{0}'..='\u{ffff}' {
            let text = format!("a{c}京");
            let slowly: String = text.nfkc().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
            assert_eq!(folded(&text), slowly, "{c:?}");
            assert!(!is_plain_han(c) || c.is_alphanumeric(), "{c:?}");
        }
    }
}
