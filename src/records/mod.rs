//! From the store's rows to what linking and assessing take.
//!
//! In: the store and the connectors. Out: for every record that is not gone, a `LinkRecord` (texts as written) and
//! `Facts` (values as read), in the order of the store's ids. [`stream`] reads them in bulk; what one row says is
//! said here.

pub mod cell;
pub(crate) mod snapshot;
pub mod some;
pub mod stream;

use std::collections::HashMap;
use std::sync::Arc;

use crate::connector::{Connector, Layout};
use crate::model::facts::{Facts, RegistryTraits};
use crate::model::field::{Field, RecordKind};
use crate::model::linkage::{LinkRecord, LinkRole, OF_OFFICE, RelatedUnit, RelationKind};
use crate::model::record::{Record, RegistryIndex};
use crate::model::value::{PartialDate, Value};
use crate::store::record::{StoredRecord, cells};
use crate::store::registry::RegistryRow;
use crate::store::{Store, StoreError};

/// Fields that no verdict and no edition asks for: they stay in the store and are not carried through every run.
pub const NOT_ASSESSED: &[Field] = &[Field::Scope];

/// What reading stored payloads needs: per layout, the registry and the connector's column positions.
pub struct StoredRowReader {
    layouts: HashMap<i64, (RegistryIndex, Arc<Connector>, Layout)>,
}

impl StoredRowReader {
    /// Positions are registry indices: the order of `connectors`. Registries without a connector are left out.
    ///
    /// # Errors
    /// The layouts cannot be read from the store.
    pub async fn new(store: &Store, connectors: &[Arc<Connector>], rows: &[RegistryRow]) -> Result<StoredRowReader, StoreError> {
        Ok(StoredRowReader::of(store.layouts().await?, connectors, rows))
    }

    /// The same of layouts that were read: registry and columns by id.
    pub fn of(
        stored: impl IntoIterator<Item = (i64, (i64, Vec<String>))>,
        connectors: &[Arc<Connector>],
        rows: &[RegistryRow],
    ) -> StoredRowReader {
        let mut layouts = HashMap::new();
        for (id, (registry_id, columns)) in stored {
            let Some(row) = rows.iter().find(|r| r.id == registry_id) else { continue };
            let Some(index) = connectors.iter().position(|c| c.name == row.name) else { continue };
            if let Ok(layout) = connectors[index].layout(&columns) {
                layouts.insert(id, (index as RegistryIndex, connectors[index].clone(), layout));
            }
        }
        StoredRowReader { layouts }
    }

    /// The records a stored row makes, with its registry; None where today's connectors cannot read it.
    pub fn records(&self, row: &StoredRecord) -> Option<(RegistryIndex, Vec<Record>)> {
        let (registry, connector, layout) = self.layouts.get(&row.layout_id)?;
        let owned = cells(&row.payload)?;
        let cells: Vec<Option<&str>> = owned.iter().map(Option::as_deref).collect();
        Some((*registry, connector.read(layout, &cells).ok()?))
    }

    /// The registry of a stored row, where a connector has its layout.
    pub fn registry(&self, row: &StoredRecord) -> Option<RegistryIndex> {
        self.layouts.get(&row.layout_id).map(|(registry, ..)| *registry)
    }

    /// The connector that reads a stored row, and where its columns stand.
    pub fn way(&self, row: &StoredRecord) -> Option<(&Arc<Connector>, &Layout)> {
        self.layouts.get(&row.layout_id).map(|(_, connector, layout)| (connector, layout))
    }

    /// The columns of a stored row's layout.
    pub fn columns(&self, row: &StoredRecord) -> Option<&[String]> {
        self.layouts.get(&row.layout_id).map(|(_, _, layout)| layout.columns.as_slice())
    }
}

/// A record's identifying facts as written.
pub fn link_record(record: &Record, store_id: i64, registry: RegistryIndex, issues_codes: bool) -> LinkRecord {
    let raw = |field| -> Box<str> { record.raw(field).into() };
    LinkRecord {
        registry,
        key: record.key.clone(),
        store_id,
        part: record.part,
        role: match record.kind {
            RecordKind::Enterprise => LinkRole::Enterprise,
            RecordKind::Union => LinkRole::Union,
            _ => LinkRole::Mention,
        },
        issues_codes,
        name: raw(Field::Name),
        former_names: former_names(record)
            .map(|(name, _)| name.into())
            .chain(record.all(Field::EnglishName).map(|f| f.raw.clone()))
            .filter(|t| !t.is_empty())
            .collect(),
        union_name: raw(Field::UnionName),
        credit_code: raw(Field::CreditCode),
        organisation_code: raw(Field::OrganisationCode),
        registration_number: raw(Field::RegistrationNumber),
        tax_number: raw(Field::TaxNumber),
        area: match record.raw(Field::Area) {
            "" => office(record.raw(Field::InsuranceNumber)),
            area => area.into(),
        },
        district: match record.raw(Field::District) {
            "" => raw(Field::Authority),
            district => district.into(),
        },
        address: raw(Field::Address),
        operating_address: raw(Field::OperatingAddress),
        phone: raw(Field::Phone),
        established: record.date(Field::EstablishedOn),
        industry: raw(Field::Industry),
        registration_type: raw(Field::RegistrationType),
        unit_type: raw(Field::UnitType),
        employees: [Field::Employees, Field::Insured].iter().find_map(|f| record.count(*f)).and_then(|n| u32::try_from(n).ok()),
        related: related(record),
    }
}

/// The division whose office gave a social insurance number out, marked as such: its first six digits; empty where it does not begin
/// with any, or is a credit code.
fn office(insurance_number: &str) -> Box<str> {
    let digits = insurance_number.trim_start_matches(|c: char| !c.is_ascii_digit());
    match digits.len() {
        12.. if digits.len() < 18 && digits.bytes().all(|b| b.is_ascii_digit()) => format!("{OF_OFFICE}{}", &digits[..6]).into(),
        _ => "".into(),
    }
}

/// The other units a record names.
fn related(record: &Record) -> Vec<RelatedUnit> {
    const NAMED: [(RelationKind, Field, Option<Field>); 3] = [
        (RelationKind::BranchOf, Field::ParentName, Some(Field::ParentCode)),
        (RelationKind::AbsorbedBy, Field::AbsorbedByName, Some(Field::AbsorbedByCode)),
        (RelationKind::SameGroup, Field::GroupName, None),
    ];
    let unit = |(kind, name, code): (RelationKind, Field, Option<Field>)| {
        let (name, code) = (record.raw(name), code.map_or("", |c| record.raw(c)));
        (!name.is_empty() || !code.is_empty()).then(|| RelatedUnit { kind, name: name.into(), code: code.into(), since: None })
    };
    let renamed = former_names(record)
        .filter(|(name, since)| since.is_some() && !name.is_empty())
        .map(|(name, since)| RelatedUnit { kind: RelationKind::RenamedFrom, name: name.into(), code: "".into(), since });
    NAMED.into_iter().filter_map(unit).chain(renamed).collect()
}

/// Former names, each with the day it was given up, where the registry writes one behind it: `甲公司（2015-03-02至2018-05-01）`.
fn former_names(record: &Record) -> impl Iterator<Item = (&str, Option<PartialDate>)> {
    record.all(Field::FormerName).map(|f| dated(&f.raw))
}

/// A text and the last date in what is written behind it.
fn dated(raw: &str) -> (&str, Option<PartialDate>) {
    const BESIDE: [char; 22] = [
        ' ', '　', '(', ')', '（', '）', '-', '/', '.', '~', '～', '—', '–', ',', '，', '年', '月', '日', '至', '起', '止', '前',
    ];
    let words = |text: &str| -> Option<usize> {
        ["变更", "更名", "启用", "停用", "使用", "于"].iter().find(|word| text.ends_with(**word)).map(|word| word.len())
    };
    let mut name = raw;
    loop {
        let shorter = name.trim_end_matches(|c: char| BESIDE.contains(&c) || c.is_ascii_digit());
        let shorter = &shorter[..shorter.len() - words(shorter).unwrap_or(0)];
        if shorter.len() == name.len() {
            break;
        }
        name = shorter;
    }
    let date = last_date(&raw[name.len()..]);
    // A closing bracket or a number that belongs to the name itself stays with it.
    if date.is_some() { (name, date) } else { (raw, None) }
}

/// `2015-03-02至2018.5.1` → 2018-05-01.
fn last_date(text: &str) -> Option<PartialDate> {
    let numbers: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty()).collect();
    let at =
        numbers.iter().rposition(|n| matches!(n.len(), 4 | 8) && matches!(n.as_bytes()[..2], [b'1', b'9'] | [b'2', b'0']))?;
    let part = |text: &str, most: u8| text.parse::<u8>().ok().filter(|n| (1..=most).contains(n));
    let year = numbers[at][..4].parse().ok()?;
    let (month, day) = match numbers[at].len() {
        8 => (part(&numbers[at][4..6], 12), part(&numbers[at][6..], 31)),
        _ => (numbers.get(at + 1).and_then(|n| part(n, 12)), numbers.get(at + 2).and_then(|n| part(n, 31))),
    };
    Some(PartialDate { year, month: month.unwrap_or(0), day: month.and(day).unwrap_or(0) })
}

/// A record's readable values, but for those that nothing asks for (`NOT_ASSESSED`). Codes that failed their check keep
/// their text: the verdicts show them as written.
pub fn facts(record: Record, registry: RegistryIndex, row: &StoredRecord) -> Facts {
    let asked = record.fields.into_iter().filter(|f| !NOT_ASSESSED.contains(&f.field));
    let values = asked.filter_map(|f| match f.value {
        Some(value) => Some((f.field, value)),
        None if f.field == Field::CreditCode && !f.raw.is_empty() => Some((f.field, Value::Text((*f.raw).into()))),
        None => None,
    });
    Facts {
        registry,
        key: record.key,
        part: record.part,
        record_id: row.id,
        kind: record.kind,
        landed_at: row.landed_at,
        observed_at: row.observed_at,
        values: values.collect(),
    }
}

/// What survivorship needs to know of the registries, in the connectors' order.
pub fn traits(connectors: &[Arc<Connector>]) -> Vec<RegistryTraits> {
    connectors
        .iter()
        .map(|c| RegistryTraits {
            name: c.name.as_str().into(),
            title_zh: c.title.zh.as_str().into(),
            title_en: c.title.en.as_str().into(),
            issues_codes: c.issues_codes,
            official_list: c.contract.columns.iter().any(|column| column.field == Field::OfficialList),
            union_roll: c.contract.kind == RecordKind::Union,
            industry_edition: c.industry_edition().unwrap_or(2017),
        })
        .collect()
}

/// What a connector brings that verdicts may need, by the names of `model::message::needs`.
pub fn brings(connector: &Connector) -> Vec<&'static str> {
    let contract = &connector.contract;
    let reads = |fields: &[Field]| contract.columns.iter().any(|column| fields.contains(&column.field));
    let of_enterprises = contract.kind == RecordKind::Enterprise;
    let all = [
        ("issues_codes", connector.issues_codes),
        ("official_list", reads(&[Field::OfficialList])),
        ("revenue", of_enterprises && reads(&[Field::Revenue, Field::RevenueMain, Field::Sales])),
        ("union_roll", contract.kind == RecordKind::Union),
        ("payments", contract.kind == RecordKind::Payment),
    ];
    all.into_iter().filter(|(_, brings)| *brings).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_former_name_comes_apart_from_the_day_it_was_given_up() {
        let day = |year, month, day| Some(PartialDate { year, month, day });
        let table = [
            ("北京甲商贸有限公司", "北京甲商贸有限公司", None),
            ("北京甲商贸有限公司（2015-03-02至2018-05-01）", "北京甲商贸有限公司", day(2018, 5, 1)),
            ("北京甲商贸有限公司 2018年5月变更", "北京甲商贸有限公司", day(2018, 5, 0)),
            ("北京甲商贸有限公司(20180501更名)", "北京甲商贸有限公司", day(2018, 5, 1)),
            ("甲（北京）", "甲（北京）", None),
            ("北京一零一中学101", "北京一零一中学101", None),
            ("", "", None),
        ];
        for (raw, name, since) in table {
            assert_eq!(dated(raw), (name, since), "{raw}");
        }
    }
}
