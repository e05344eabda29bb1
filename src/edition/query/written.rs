//! Rows read back as what was written: enterprises, their records, unions and ties, to be written again in another part.
//!
//! In: rows of an edition. Out: the same as `EditionInput` held them. None where an edition of an earlier program did not keep all
//! of it.

use std::sync::Arc;

use arrow_array::UInt32Array;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt8Type;

use crate::edition::files::details::Beside;
use crate::edition::format::cells::{number, text};
use crate::edition::format::table::named;
use crate::edition::open::Edition;
use crate::edition::query::rows::{EnterpriseRow, UnionRow};
use crate::edition::query::ties::TieRow;
use crate::edition::{Member, Row};
use crate::model::enterprise::{Bits, Enterprise, EnterpriseField, IdentifierKind, People, TradeUnion};
use crate::model::linkage::LinkMethod;
use crate::model::tie::Tie;
use crate::model::verdict::{OperatingStatus, Ownership};

impl EnterpriseRow<'_> {
    /// The enterprise as it was written; None where the edition did not keep all of it.
    pub fn written(&self) -> Option<Enterprise> {
        let (part, row) = self.standing();
        let beside: Beside<'_> = {
            let (beside, row) = part.beside.as_ref()?.at(row);
            serde_json::from_str(beside.value(row)).ok()?
        };
        let identifiers =
            beside.identifiers.iter().map(|(kind, value)| Some((IdentifierKind::from_name(kind)?, (&**value).into())));
        let disputed_by = beside.disputed_by.iter().map(|(field, by)| Some((EnterpriseField::from_name(field)?, Bits(*by))));
        let boxed = |texts: Vec<&str>| texts.into_iter().map(Box::from).collect();
        Some(Enterprise {
            id: self.id().into(),
            credit_code: self.credit_code().map(Into::into),
            credit_code_raw: self.credit_code_raw().map(Into::into),
            name: self.name().into(),
            former_names: boxed(self.former_names()),
            identifiers: identifiers.collect::<Option<_>>()?,
            status: self.status().unwrap_or(OperatingStatus::Unknown),
            established_on: self.established_on(),
            district: self.district(),
            town: self.town(),
            federation: self.federation().map(Into::into),
            address: self.address().map(Into::into),
            location: self.location(),
            industry: self.industry().map(Into::into),
            industry_edition: self.industry_edition(),
            section: self.section().and_then(|letter| letter.chars().next()),
            ownership: self.ownership().unwrap_or(Ownership::Unknown),
            registration_type: self.registration_type().map(Into::into),
            investor_countries: boxed(self.investor_countries()),
            employees: self.employees(),
            insured: self.insured(),
            revenue: self.revenue(),
            payroll: self.payroll(),
            tags: self.tags(),
            registries: self.registries(),
            conflicts: self.conflicts(),
            disputed_by: disputed_by.collect::<Option<_>>()?,
            people: self.people()?,
            findings: boxed(self.findings()),
            branch_of: self.branch_of().map(Into::into),
            reasons: None,
            verdicts: self.verdicts().ok()?,
        })
    }

    /// Who is counted at it, and how many unions.
    pub fn people(&self) -> Option<People> {
        let (part, row) = self.standing();
        let (members, employees) = self.counted_people();
        let unions = u32::from(named(&part.dims, "unions").ok()?.as_primitive::<UInt8Type>().value(row));
        let (counts, _) = part.people.at(0);
        let rare = counts.row.values().binary_search(&(row as u32)).ok();
        let of = |column: &UInt32Array| rare.map_or(0, |at| column.value(at));
        Some(People {
            members,
            employees,
            unions,
            female_members: of(&counts.female_members),
            migrant_members: of(&counts.migrant_members),
            migrant_employees: of(&counts.migrant_employees),
            dispatched_members: of(&counts.dispatched_members),
        })
    }

    /// What its records state of others, as it was written; `registries` are those whose positions ties carry.
    pub fn written_ties(&self, registries: &[Box<str>]) -> Option<Vec<Tie>> {
        self.edition.every_tie_of(self.row).into_iter().map(|tie| tie.written(self.edition, registries)).collect()
    }

    /// Its records as they were written.
    pub fn written_members(&self) -> Option<Vec<Member>> {
        let enterprise: Arc<str> = self.id().into();
        let member = |m: crate::edition::MemberRow<'_>| {
            Some(Member {
                enterprise: enterprise.clone(),
                registry: m.registry().into(),
                key: m.key().into(),
                part: m.part(),
                record_id: m.record_id(),
                method: LinkMethod::from_name(m.method())?,
                weight: m.weight(),
                evidence: m.evidence().into(),
            })
        };
        self.members().map(member).collect()
    }
}

impl UnionRow<'_> {
    /// The union as it was written; None where a column holds what is not known here.
    pub fn written(&self) -> Option<TradeUnion> {
        let (standing, at) = self.edition.place_of_union(self.at);
        let columns = &standing.part.columns.unions;
        let (told, place) = self.told();
        let id = |row: Row| -> Box<str> { self.edition.enterprise(row).id().into() };
        let boxed = |text: Option<&str>| text.map(Box::from);
        let host = match &columns.host_id {
            Some(ids) => boxed(text(ids, at)),
            None => number(&columns.host, at).and_then(|row| self.edition.current(standing.start + row)).map(id),
        };
        let covers = match &columns.covers_ids {
            Some(ids) => {
                let values = ids.values().as_string::<i32>();
                (ids.value_offsets()[at] as usize..ids.value_offsets()[at + 1] as usize).map(|i| values.value(i).into()).collect()
            }
            None => self.covers().into_iter().map(id).collect(),
        };
        Some(TradeUnion {
            id: self.id().into(),
            name: self.name().into(),
            credit_code: boxed(self.credit_code()),
            kind: self.kind()?,
            level: boxed(self.level()),
            parent: boxed(self.parent()),
            district: self.district(),
            industrial: boxed(self.industrial()),
            established_on: self.established_on(),
            employees: self.employees(),
            members: self.members(),
            female_members: number(&told.female_members, place),
            migrant_members: number(&told.migrant_members, place),
            migrant_employees: number(&told.migrant_employees, place),
            dispatched_members: number(&told.dispatched_members, place),
            host,
            covers,
            registry: self.registry().unwrap_or("").into(),
            record: self.record().into(),
        })
    }
}

impl TieRow<'_> {
    /// The tie as it was written; `registries` are those whose positions ties carry.
    pub fn written(&self, edition: &Edition, registries: &[Box<str>]) -> Option<Tie> {
        let id = |row: Option<Row>| row.map(|row| edition.enterprise(row).id().into());
        Some(Tie {
            kind: self.kind()?,
            subject: id(self.subject()),
            other: id(self.other()),
            subject_name: self.subject_name().unwrap_or("").into(),
            other_name: self.other_name().unwrap_or("").into(),
            other_code: self.other_code().unwrap_or("").into(),
            what: self.what().unwrap_or("").into(),
            title: self.title().unwrap_or("").into(),
            country: self.country().unwrap_or("").into(),
            number: self.number(),
            since: self.since(),
            until: self.until(),
            registry: registries.iter().position(|name| **name == *self.registry())? as u16,
            key: self.key().into(),
            record_id: self.record_id(),
        })
    }
}
