//! Addresses, phones, dates, sizes and codes of two profiles against each other.

use super::frequencies::ValueFrequencies;
use super::levels::{
    CodeLevel, CountyLevel, EmployeesLevel, EstablishedLevel, IndustryLevel, OccupiedLevel, PhoneLevel, PlaceOfBusinessLevel,
    RegistrationLevel,
};
use crate::link::records::{AddressNo, BY_OFFICE, ISSUES_CODES, RecordNo, RecordRow, RecordTable};
use crate::model::linkage::LinkRole;

fn facts<'a>(record_table: &'a RecordTable, records: &'a [RecordNo]) -> impl Iterator<Item = &'a RecordRow> + Clone {
    records.iter().map(|record| record_table.facts(*record))
}

fn addresses_of<'a>(record_table: &'a RecordTable, records: &'a [RecordNo]) -> impl Iterator<Item = AddressNo> + Clone + 'a {
    facts(record_table, records).flat_map(|f| [f.address, f.operating]).filter(|a| *a != 0)
}

/// The best level, the two addresses, and how many profiles share the one that agreed.
pub fn addresses(
    record_table: &RecordTable,
    terms: &ValueFrequencies,
    left: &[RecordNo],
    right: &[RecordNo],
) -> (PlaceOfBusinessLevel, (AddressNo, AddressNo), u32) {
    use PlaceOfBusinessLevel::*;
    let mut best = (Absent, (0, 0));
    for here in addresses_of(record_table, left) {
        for there in addresses_of(record_table, right) {
            let (a, b) = (record_table.address(here), record_table.address(there));
            let level = match () {
                _ if here == there || a.whole == b.whole => Whole,
                _ if a.road == b.road && a.number == b.number && a.number != 0 => RoadAndNumber,
                _ if a.resemblance(b) > 0.55 => Alike,
                _ if a.road == b.road && a.road != 0 => Road,
                _ => Differs,
            };
            if level < best.0 {
                best = (level, (here, there));
            }
        }
    }
    let agreed = record_table.address(best.1.0);
    let count = match best.0 {
        Whole => terms.address(agreed.whole),
        RoadAndNumber => agreed.door().map_or(1, |door| terms.road(door)),
        _ => 1,
    };
    (best.0, best.1, count)
}

pub fn phones(record_table: &RecordTable, terms: &ValueFrequencies, left: &[RecordNo], right: &[RecordNo]) -> (PhoneLevel, u32) {
    let known = |records| facts(record_table, records).flat_map(|f| f.phones());
    let mut level = PhoneLevel::Absent;
    for here in known(left) {
        for there in known(right) {
            if here == there {
                return (PhoneLevel::Same, terms.phone(here));
            }
            level = PhoneLevel::Differs;
        }
    }
    (level, 1)
}

/// District by column; by address where no column says. Of two that bear one whole name, place and form and all, an address
/// in another district says no more than that the addresses differ. The office that numbered a record speaks for its district, never
/// against another.
pub fn counties(record_table: &RecordTable, left: &[RecordNo], right: &[RecordNo], one_name: bool) -> CountyLevel {
    let known = |records| {
        facts(record_table, records)
            .map(|f| match f.stated_county() {
                0 => (record_table.address(f.address).county, false),
                county => (county, true),
            })
            .filter(|(county, _)| *county != 0)
    };
    let mut level = CountyLevel::Absent;
    for (here, stated) in known(left) {
        for (there, _) in known(right) {
            if here == there {
                return CountyLevel::Same;
            }
            if stated || !one_name {
                level = CountyLevel::Differs;
            }
        }
    }
    let numbered = |records| facts(record_table, records).filter(|f| f.has(BY_OFFICE)).map(|f| f.county);
    let lies_there = |county: u32, records| known(records).any(|(there, _)| there == county);
    let by_office =
        numbered(left).any(|county| lies_there(county, right)) || numbered(right).any(|county| lies_there(county, left));
    if by_office { CountyLevel::Same } else { level }
}

pub fn employees(record_table: &RecordTable, left: &[RecordNo], right: &[RecordNo]) -> EmployeesLevel {
    use EmployeesLevel::*;
    let known = |records| facts(record_table, records).map(|f| f.employees).filter(|n| *n != 0);
    let mut least = f32::INFINITY;
    for here in known(left) {
        for there in known(right) {
            least = least.min(here.max(there) as f32 / here.min(there) as f32);
        }
    }
    match least {
        r if r.is_infinite() => Absent,
        r if r <= 1.15 => Within15Percent,
        r if r <= 1.4 => Within40Percent,
        r if r <= 2.0 => WithinDouble,
        r if r <= 4.0 => WithinFourfold,
        _ => Beyond,
    }
}

pub fn established(record_table: &RecordTable, left: &[RecordNo], right: &[RecordNo]) -> EstablishedLevel {
    use EstablishedLevel::*;
    let known = |records| facts(record_table, records).map(|f| f.established).filter(|d| *d != 0);
    let mut best = Absent;
    for here in known(left) {
        for there in known(right) {
            let (year, other) = (here / 10_000, there / 10_000);
            let level = match () {
                _ if here == there && here % 100 != 0 => Day,
                _ if here / 100 == there / 100 && here / 100 % 100 != 0 => Month,
                _ if year == other => Year,
                _ if year > other && year - other <= 3 => UpToThreeYearsLater,
                _ if year > other => Later,
                _ => Earlier,
            };
            best = best.min(level);
        }
    }
    best
}

pub fn industries(record_table: &RecordTable, left: &[RecordNo], right: &[RecordNo]) -> IndustryLevel {
    let known = |records| facts(record_table, records).map(|f| f.industry).filter(|i| *i >= 100);
    let division = |industry: u32| match industry {
        10_000.. => industry / 100,
        1_000.. => industry / 10,
        _ => industry,
    };
    let mut best = IndustryLevel::Absent;
    for here in known(left) {
        for there in known(right) {
            let level = match () {
                _ if here == there && here >= 10_000 => IndustryLevel::Class,
                _ if division(here) == division(there) => IndustryLevel::Division,
                _ => IndustryLevel::Differs,
            };
            best = best.min(level);
        }
    }
    best
}

pub fn occupied(record_table: &RecordTable, left: &[RecordNo], right: &[RecordNo]) -> OccupiedLevel {
    let taken =
        facts(record_table, left).any(|l| facts(record_table, right).any(|r| r.registry == l.registry && r.role == l.role));
    match (facts(record_table, left).any(|f| f.has(ISSUES_CODES)), taken) {
        (true, true) => OccupiedLevel::IssuerTaken,
        (true, false) => OccupiedLevel::IssuerFree,
        (false, true) => OccupiedLevel::Taken,
        (false, false) => OccupiedLevel::Free,
    }
}

/// The level, and how many profiles carry the broken code where it is one.
pub fn codes(record_table: &RecordTable, terms: &ValueFrequencies, left: &[RecordNo], right: &[RecordNo]) -> (CodeLevel, u32) {
    let broken = |records| facts(record_table, records).map(|f| f.broken).filter(|b| *b != 0);
    let codes = |records| facts(record_table, records).map(|f| f.organisation).filter(|o| *o != 0);
    if let Some(same) = broken(left).find(|here| broken(right).any(|there| *here == there)) {
        return (CodeLevel::SameBroken, terms.broken(same));
    }
    let near = |broken: u64, code: u64| record_table.broken_code(broken).is_some_and(|known| known.could_be.contains(&code));
    let mut level = CodeLevel::Absent;
    for (weak, valid) in [(left, right), (right, left)] {
        for here in broken(weak) {
            for there in codes(valid) {
                if near(here, there) {
                    return (CodeLevel::OneSlip, terms.broken(here));
                }
                if std::ptr::eq(weak, left) {
                    level = CodeLevel::Differs;
                }
            }
        }
    }
    (level, 1)
}

pub fn registrations(record_table: &RecordTable, left: &[RecordNo], right: &[RecordNo]) -> RegistrationLevel {
    let known = |records| facts(record_table, records).map(|f| f.registration).filter(|r| *r != 0);
    let mut level = RegistrationLevel::Absent;
    for here in known(left) {
        for there in known(right) {
            if here == there {
                return RegistrationLevel::Same;
            }
            level = RegistrationLevel::Differs;
        }
    }
    level
}

pub fn of_roll(record_table: &RecordTable, left: &[RecordNo]) -> bool {
    facts(record_table, left).all(|f| f.role() != LinkRole::Enterprise)
}
