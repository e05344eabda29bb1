//! Who read which registry's fields, for which purpose: counted as answers go out, kept in the store every few seconds.
//!
//! An answer that shows enterprises counts, for each registry, the enterprises that have a record of it, and the fields the
//! question asked for. Answers that only count (coverage, maps) show nobody and are not counted.

use std::sync::{Arc, Mutex};

use async_graphql::SelectionField;
use hashbrown::HashMap;
use roaring::RoaringBitmap;

use crate::access::{Caller, FieldClass};
use crate::edition::{Edition, Row};
use crate::model::enterprise::EnterpriseField;
use crate::store::usage::UsageRow;

/// What one answer shows: bits over the fields, and enterprises per registry.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FieldUse {
    pub fields: u32,
    pub enterprises: Vec<(String, u64)>,
    /// Ids of the enterprises, as long as they are not very many.
    pub ids: Vec<String>,
    /// How many enterprises, those without ids included.
    pub count: u64,
    /// The classes that the gate opened for it, as bits of `FieldClass::bit`: what was permitted is accounted for though nobody is shown.
    pub opened: u8,
}

/// Enterprises whose ids are noted; of more only how many.
const NOTED: u64 = 2_000;

impl FieldUse {
    /// Counts the registries of these rows.
    pub fn add(&mut self, edition: &Edition, rows: impl Iterator<Item = Row>, fields: u32) {
        let mut counts = [0_u64; 32];
        for row in rows {
            let e = edition.enterprise(row);
            e.registries().iter().for_each(|bit| counts[bit] += 1);
            self.count += 1;
            if self.count <= NOTED {
                self.ids.push(e.id().to_owned());
            }
        }
        self.fields |= fields;
        for (source, count) in edition.manifest.sources.iter().zip(counts).filter(|(_, count)| *count > 0) {
            match self.enterprises.iter_mut().find(|(name, _)| *name == source.name) {
                Some((_, so_far)) => *so_far += count,
                None => self.enterprises.push((source.name.clone(), count)),
            }
        }
    }
    /// Counts the registries of very many rows, by the edition's own bitmaps.
    pub fn add_all(&mut self, edition: &Edition, rows: &RoaringBitmap, fields: u32) {
        self.add_counted(edition, rows, fields);
        for source in &edition.manifest.sources {
            let count = edition.facet("registry", &source.name).map_or(0, |of_registry| of_registry.intersection_len(rows));
            if count > 0 {
                match self.enterprises.iter_mut().find(|(name, _)| *name == source.name) {
                    Some((_, so_far)) => *so_far += count,
                    None => self.enterprises.push((source.name.clone(), count)),
                }
            }
        }
    }
    /// Notes rows whose values a sum holds: nobody is shown, but where they are few it is theirs.
    pub fn add_counted(&mut self, edition: &Edition, rows: &RoaringBitmap, fields: u32) {
        self.fields |= fields;
        self.count += rows.len();
        if self.count <= NOTED {
            self.ids.extend(rows.iter().map(|row| edition.enterprise(row).id().to_owned()));
        }
    }
    /// Whether nothing of it has to be accounted for: nobody is shown, and nothing but what is open was permitted.
    pub fn is_open(&self) -> bool {
        self.is_empty() && self.opened == 0
    }
    /// Whether nobody is shown.
    pub fn is_empty(&self) -> bool {
        self.enterprises.is_empty()
    }
    /// The names of the classes that were opened.
    pub fn classes(&self) -> Vec<&'static str> {
        FieldClass::ALL.iter().filter(|class| self.opened & class.bit() != 0).map(|class| class.name()).collect()
    }
}

/// What an answer can show of enterprises beside their fields: the name in the audit, and the names in the graph, of columns, of filters
/// and of sorts that show it.
const MATTERS: [(&str, &[&str]); 14] = [
    ("FUND", &["fund", "fundStatus", "duesPayableYuan", "duesCollectedRate"]),
    ("DISPUTES", &["disputes"]),
    ("EVENTS", &["events"]),
    ("FINDINGS", &["findings", "hasFinding"]),
    ("GAP", &["gap", "gapSince", "gapReason"]),
    ("PRIORITY", &["priority"]),
    ("TAGS", &["tags", "tagReasons"]),
    ("RECORDS", &["records", "record", "raw", "identity", "live", "inRegistry", "notInRegistry"]),
    ("CASES", &["case", "cases", "responsible"]),
    ("CORRECTIONS", &["corrections"]),
    ("TIES", &["relations", "branches", "branchOf", "investors", "investments", "dispatchesTo", "dispatchedFrom"]),
    ("HISTORY", &["history"]),
    ("PLACES", &["place", "nearestStation"]),
    ("READERS", &["lookedAtBy"]),
];

/// The names of what is shown beside fields.
#[cfg(test)]
pub fn matters() -> impl Iterator<Item = &'static str> {
    MATTERS.iter().map(|(name, _)| *name)
}

/// The bits of fields of an enterprise: what else is shown has those above.
pub const FIELDS: u32 = (1 << EnterpriseField::ALL.len()) - 1;

fn matter(name: &str) -> u32 {
    let of = MATTERS.iter().position(|(_, names)| names.contains(&name));
    of.map_or(0, |at| 1 << (EnterpriseField::ALL.len() + at))
}

fn bit(field: EnterpriseField) -> u32 {
    1 << field as u32
}

/// The bits of the fields that a GraphQL field or a column of an export shows.
pub fn bits_of(name: &str) -> u32 {
    use EnterpriseField as F;
    match name {
        "name" | "formerNames" | "text" => bit(F::Name),
        "creditCode" | "creditCodeRaw" => bit(F::CreditCode),
        "status" => bit(F::Status),
        "establishedOn" => bit(F::EstablishedOn),
        "area" | "areaName" | "areaParentName" | "district" | "districtName" | "town" | "townName" => bit(F::Area),
        "address" => bit(F::Address),
        "location" | "locationBasis" | "longitude" | "latitude" => bit(F::Location),
        "industry" | "industryName" | "industryEdition" | "section" => bit(F::Industry),
        "ownership" => bit(F::Ownership),
        "registrationType" => bit(F::RegistrationType),
        "investorCountries" | "investorCountryCodes" => bit(F::InvestorCountry),
        "membersExceedStaff" => bit(F::Union),
        "employees" => bit(F::Employees),
        "insured" => bit(F::Insured),
        "revenueYuan" | "revenue" => bit(F::Revenue),
        // What is due is a share of the payroll, and says it.
        "payrollYuan" => bit(F::Payroll),
        "fund" | "duesPayableYuan" | "duesCollectedRate" => bit(F::Payroll) | matter(name),
        "designatedSize" | "sizeClass" => bit(F::OfficialList) | bit(F::Qualification),
        // The unit of the federation at which somebody is at home follows from where they are and what they do.
        "federation" | "federationName" => bit(F::Area) | bit(F::Industry),
        "unionCoverage" | "union" | "unions" => bit(F::Union),
        // Statements of every field.
        "provenance" | "conflicts" | "fields" => FIELDS,
        _ => matter(name),
    }
}

/// The bits of the fields that a fact says of which a reason or a factor is told, by the name of the fact.
pub fn bits_of_input(name: &str) -> u32 {
    use EnterpriseField as F;
    match name {
        "employees" => bit(F::Employees),
        "insured" => bit(F::Insured),
        "revenue" | "revenue_yuan" => bit(F::Revenue),
        "payroll" => bit(F::Payroll),
        "industry" | "industry_class" => bit(F::Industry),
        "ownership" => bit(F::Ownership),
        "registration_type" => bit(F::RegistrationType),
        "investor_country" => bit(F::InvestorCountry),
        "status" => bit(F::Status),
        "established_on" => bit(F::EstablishedOn),
        "area" | "location" => bit(F::Area),
        "official_list" | "list" | "designated_size" => bit(F::OfficialList),
        "qualification" => bit(F::Qualification),
        "union" | "union_coverage" | "coverage" => bit(F::Union),
        "finding" | "reason" => matter("findings"),
        "due" | "paid" | "kind" | "kind_paid" => matter("fund"),
        "branch_of" | "same_group" | "BRANCH_OF" | "SAME_GROUP" => matter("relations"),
        _ => 0,
    }
}

/// The bits of everything a selection asks for, at any depth.
pub fn selected(field: SelectionField<'_>) -> u32 {
    field.selection_set().fold(0, |bits, inner| bits | bits_of(inner.name()) | selected(inner))
}

/// The names of the fields that are shown.
pub fn names_of(bits: u32) -> Vec<&'static str> {
    let fields = EnterpriseField::ALL.iter().filter(|field| bits & bit(**field) != 0).map(|field| field.name());
    let matters = MATTERS.iter().enumerate().filter(|(at, _)| bits & 1 << (EnterpriseField::ALL.len() + at) != 0);
    fields.chain(matters.map(|(_, (name, _))| *name)).collect()
}

type Reader = (Arc<str>, Arc<str>);

/// What was counted since it was last kept.
#[derive(Default)]
pub struct UsageCounter(Mutex<HashMap<Reader, HashMap<String, (u32, u64, u64)>>>);

/// Callers counted apart between two times of keeping; beyond that their purposes are dropped, not their reading.
const MAX_READERS: usize = 10_000;

impl UsageCounter {
    pub fn add(&self, caller: &Caller, purpose: &str, shown: &FieldUse) {
        if shown.is_empty() {
            return;
        }
        let mut counted = self.0.lock().expect("no panic while counting");
        let purpose = if counted.len() < MAX_READERS { purpose } else { "" };
        let of_reader = counted.entry((caller.name.as_str().into(), purpose.into())).or_default();
        for (registry, enterprises) in &shown.enterprises {
            let row = of_reader.entry_ref(registry.as_str()).or_default();
            row.0 |= shown.fields;
            row.1 += enterprises;
            row.2 += 1;
        }
    }

    /// Hands over what was counted, as rows of `day`.
    pub fn take(&self, day: &str) -> Vec<UsageRow> {
        let counted = std::mem::take(&mut *self.0.lock().expect("no panic while counting"));
        let rows = counted.into_iter().flat_map(|((who, purpose), registries)| {
            registries.into_iter().map(move |(registry, (fields, enterprises, answers))| UsageRow {
                day: day.to_owned(),
                registry,
                who: who.to_string(),
                purpose: purpose.to_string(),
                fields: i64::from(fields),
                enterprises: enterprises as i64,
                answers: answers as i64,
            })
        });
        rows.collect()
    }

    /// Puts rows back that could not be kept.
    pub fn put_back(&self, rows: Vec<UsageRow>) {
        let mut counted = self.0.lock().expect("no panic while counting");
        for r in rows {
            let of_reader = counted.entry((r.who.as_str().into(), r.purpose.as_str().into())).or_default();
            let row = of_reader.entry(r.registry).or_default();
            row.0 |= r.fields as u32;
            row.1 += r.enterprises as u64;
            row.2 += r.answers as u64;
        }
    }
}

/// What a caller says it reads for: the header `X-Purpose`, at most 200 characters, without control characters.
pub fn purpose(headers: &axum::http::HeaderMap) -> String {
    let given = headers.get("x-purpose").map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned()).unwrap_or_default();
    stated(&given)
}

/// A purpose as it is kept: at most 200 characters, without control characters.
pub fn stated(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;

    #[test]
    fn every_field_of_an_enterprise_is_counted_by_some_name() {
        let names = [
            "name",
            "creditCode",
            "status",
            "establishedOn",
            "area",
            "address",
            "location",
            "industry",
            "ownership",
            "registrationType",
            "investorCountries",
            "employees",
            "insured",
            "revenueYuan",
            "payrollYuan",
            "designatedSize",
            "unionCoverage",
        ];
        let all = names.iter().fold(0, |bits, name| bits | bits_of(name));
        assert_eq!(all, bits_of("provenance"));
    }

    #[test]
    fn what_is_shown_beside_the_fields_has_a_name_of_its_own() {
        assert!(EnterpriseField::ALL.len() + MATTERS.len() <= 32, "bits enough for all");
        for (name, shown) in MATTERS {
            for of in shown {
                assert!(names_of(bits_of(of)).contains(&name), "{of} is noted as {name}");
            }
        }
        assert_eq!(names_of(bits_of("duesPayableYuan")), ["PAYROLL", "FUND"]);
        assert_eq!(bits_of("provenance"), FIELDS);
    }

    /// What an enterprise can be asked for, and what it can be chosen by, leaves a name in the audit; an id says nothing.
    #[test]
    fn whatever_the_graph_tells_of_an_enterprise_is_noted_by_some_name() {
        let schema = include_str!("../../../schema.graphql");
        let (_, rest) = schema.split_once("\ntype Enterprise ").expect("the type is there");
        let body = rest.split("\n}").next().expect("its end");
        // Every other part is a description; names stand two blanks in, arguments deeper.
        let lines = body.split("\"\"\"").step_by(2).flat_map(str::lines);
        let names =
            lines.filter_map(|line| line.strip_prefix("  ")).filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
        let names = names.map(|line| line.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default());
        let (mut seen, mut silent) = (0, Vec::new());
        for name in names.filter(|name| !matches!(*name, "id" | "stableId")) {
            seen += 1;
            silent.extend((bits_of(name) == 0).then_some(name));
        }
        assert!(seen > 40, "{seen} fields are read from the schema");
        assert!(silent.is_empty(), "say by which name the audit knows {silent:?}");
    }

    #[test]
    fn an_answer_that_shows_nobody_is_open_only_where_nothing_was_opened() {
        let open = FieldUse::default();
        let money = FieldUse { opened: FieldClass::Money.bit(), ..FieldUse::default() };
        assert!(open.is_open() && !money.is_open() && money.is_empty());
        assert_eq!(money.classes(), ["MONEY"]);
    }

    #[test]
    fn what_could_not_be_kept_is_kept_later() {
        let tally = UsageCounter::default();
        let caller = Caller::new("map", Role::Client);
        let shown = FieldUse { fields: 1, enterprises: vec![("tax".to_owned(), 50)], ..FieldUse::default() };
        tally.add(&caller, "map", &shown);
        let rows = tally.take("2026-11-22");
        tally.put_back(rows);
        tally.add(&caller, "map", &FieldUse { fields: 2, ..shown });
        let rows = tally.take("2026-11-22");
        assert_eq!((rows.len(), rows[0].fields, rows[0].enterprises, rows[0].answers), (1, 3, 100, 2));
        assert!(tally.take("2026-11-22").is_empty());
    }
}
