//! The rules by which records with one identifier are one enterprise, or are not.
//!
//! A branch written with its parent's code stays apart, for the code says only whose branch it is; two whole credit
//! codes around one organisation code are two enterprises.

use crate::link::number_map::NumberMap;
use crate::link::records::{ESTABLISHMENT, ISSUES_CODES, LEGAL_UNIT, RecordNo, RecordRow, RecordTable};
use crate::model::linkage::LinkRole;
use crate::normalise::address::Address;
use crate::normalise::hash;
use crate::normalise::name::reads_as_branch;

/// Two whole credit codes around one organisation code are two enterprises. Records with the organisation code alone go
/// with the credit code whose records bear their name, or stand alone.
pub(in crate::link) fn by_credit_code(record_table: &RecordTable, code: u64, group: &[RecordNo]) -> Vec<(u64, Vec<RecordNo>)> {
    let credit = |record: RecordNo| record_table.facts(record).credit;
    let mut credits: Vec<u64> = group.iter().map(|r| credit(*r)).filter(|c| *c != 0).collect();
    credits.sort_unstable();
    credits.dedup();
    if credits.len() < 2 {
        return vec![(code, group.to_vec())];
    }
    let mut groups: Vec<(u64, Vec<RecordNo>)> = Vec::new();
    for own in &credits {
        groups.push((code, group.iter().copied().filter(|r| credit(*r) == *own).collect()));
    }
    for record in group.iter().copied().filter(|r| credit(*r) == 0) {
        let stem = record_table.name_entry(record_table.facts(record).name).stem;
        let bears = |group: &Vec<RecordNo>| {
            group.iter().any(|r| record_table.names_of(*r).any(|n| record_table.name_entry(n).stem == stem))
        };
        match groups.iter_mut().find(|(code, group)| *code != 0 && bears(group)) {
            Some((_, group)) => group.push(record),
            None => groups.push((0, vec![record])),
        }
    }
    groups
}

/// Records with a branch's name under a code that is the whole firm's; or with a branch's branch's under a branch's.
pub(in crate::link) fn strays(record_table: &RecordTable, group: &[RecordNo]) -> Vec<RecordNo> {
    let branch = |record: RecordNo| record_table.name(record_table.facts(record).name).branch();
    let branches = group.iter().filter(|r| !branch(**r).is_empty()).count();
    if branches == 0 {
        return Vec::new();
    }
    let issuers: Vec<RecordNo> = group.iter().copied().filter(|r| record_table.facts(*r).has(ISSUES_CODES)).collect();
    let head = match issuers.iter().max_by_key(|r| branch(**r).len()) {
        Some(issuer) => branch(*issuer),
        // Without the issuer's word the majority says what the code is for; the shortest name, who is whose branch.
        None if branches * 2 > group.len() => {
            group.iter().map(|r| branch(*r)).filter(|b| !b.is_empty()).min_by_key(|b| b.len()).unwrap_or_default()
        }
        None => &[],
    };
    let known: Vec<u32> = issuers.iter().flat_map(|r| record_table.names_of(*r)).collect();
    let below = |name: &[u16]| name.strip_prefix(head).is_some_and(|more| more.len() > 1 && reads_as_branch(more));
    group.iter().copied().filter(|r| below(branch(*r)) && !known.contains(&record_table.facts(*r).name)).collect()
}

/// Whether a record's name is that of a part of a firm: 某某公司第一工厂.
pub(in crate::link) fn is_establishment(record_table: &RecordTable, record: RecordNo) -> bool {
    record_table.name(record_table.facts(record).name).shape.establishment
}

/// A code that only establishments bear, one of which its registry calls 产业活动单位 and none 法人单位: the code makes no
/// enterprise of them, they belong to the firm in their names.
pub(in crate::link) fn of_an_establishment(record_table: &RecordTable, group: &[RecordNo]) -> bool {
    let says = |flag: u8| group.iter().any(|record| record_table.facts(*record).has(flag));
    group.iter().all(|record| is_establishment(record_table, *record)) && says(ESTABLISHMENT) && !says(LEGAL_UNIT)
}

/// Where the branches of a firm sit and how they are called: hash of the firm's 字号 and trade → roads and numbers, districts,
/// telephones.
pub(in crate::link) type Seats = NumberMap<u64, Vec<u64>>;

pub(in crate::link) fn branch_seats(record_table: &RecordTable) -> Seats {
    let mut seats = Seats::default();
    for record in record_table.standing() {
        let facts = record_table.facts(record);
        let name = record_table.name(facts.name);
        if name.is_branch() {
            seats.entry(hash(name.stem())).or_default().extend(seats_of(record_table, facts));
        }
    }
    seats
}

/// All that tells where a branch is.
pub(in crate::link) fn seats_of<'a>(record_table: &'a RecordTable, facts: &RecordRow) -> impl Iterator<Item = u64> + use<'a> {
    let county = Some(facts.county).filter(|county| *county != 0).map(lies_in);
    addresses(record_table, facts).chain(county).chain(facts.phones().map(called))
}

/// Districts and telephones among the addresses, which have no number so high.
fn lies_in(county: u32) -> u64 {
    !(1 << 33 | u64::from(county))
}
fn called(phone: u32) -> u64 {
    !u64::from(phone)
}

fn addresses<'a>(record_table: &'a RecordTable, facts: &RecordRow) -> impl Iterator<Item = u64> + use<'a> {
    let seat = |address: &Address| match address.number {
        0 => u64::from(address.whole),
        number => u64::from(address.road) << 32 | u64::from(number),
    };
    [facts.address, facts.operating].into_iter().filter(|a| *a != 0).map(move |a| seat(record_table.address(a)))
}

/// A firm has so many times the staff of what is its branch by its district alone.
const TIMES_THE_STAFF: u32 = 5;

/// Records under a whole firm's code that are a branch's, written with its parent's name and code: they sit where one of the firm's
/// branches does, and no other record of the firm, in a district that is not the firm's; or they are a registry's second,
/// and called as a branch is and the firm is not; or they are in a branch's district and have a fraction of the staff.
pub(in crate::link) fn seated_elsewhere(record_table: &RecordTable, seats: &Seats, group: &[RecordNo]) -> Vec<RecordNo> {
    let head = record_table.name(record_table.facts(group[0]).name);
    let Some(seats) = seats.get(&hash(head.stem())).filter(|_| !head.is_branch() && group.len() > 1) else {
        return Vec::new();
    };
    let elsewhere = |record: &RecordNo| {
        let facts = record_table.facts(*record);
        let whole = |other: &&RecordRow| !record_table.name(other.name).is_branch();
        let others = || group.iter().filter(|r| *r != record).map(|r| record_table.facts(*r)).filter(whole);
        let day = !facts.established.is_multiple_of(100);
        if facts.has(ISSUES_CODES) || others().any(|other| day && facts.established == other.established) {
            return false;
        }
        let called_there = facts.phones().any(|phone| seats.contains(&called(phone)));
        let called_here = others().any(|other| facts.shares_phone(other));
        let abroad = !others().any(|other| facts.county != 0 && other.county == facts.county);
        let own: Vec<u64> = addresses(record_table, facts).collect();
        let theirs = || others().flat_map(|other| addresses(record_table, other));
        // The firm itself, which only says where it works, has the firm's telephone.
        let seated = own.iter().any(|a| seats.contains(a))
            && (called_there || !called_here)
            && theirs().next().is_some()
            && !theirs().any(|a| own.contains(&a))
            && abroad;
        let second = others().any(|other| other.registry == facts.registry && other.role == facts.role);
        let called_so = called_there && !called_here && second && others().any(RecordRow::has_phone);
        let staff = others().map(|other| other.employees).filter(|staff| *staff != 0).min();
        let few = facts.employees != 0 && staff.is_some_and(|staff| staff >= TIMES_THE_STAFF * facts.employees);
        let in_its_district = facts.county != 0 && seats.contains(&lies_in(facts.county));
        let is_row = facts.role() == LinkRole::Enterprise;
        seated || is_row && (called_so || few && abroad && in_its_district)
    };
    group.iter().copied().filter(elsewhere).collect()
}
