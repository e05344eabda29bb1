//! The rules by which records with one identifier are one enterprise, or are not.
//!
//! A branch written with its parent's code stays apart, for the code says only whose branch it is; two whole credit
//! codes around one organisation code are two enterprises.

use crate::link::number_map::NumberMap;
use crate::link::records::{Book, Facts, ISSUES_CODES, RecordNo};
use crate::normalise::address::Address;
use crate::normalise::hash;
use crate::normalise::name::reads_as_branch;

/// Two whole credit codes around one organisation code are two enterprises. Records with the organisation code alone go
/// with the credit code whose records bear their name, or stand alone.
pub(in crate::link) fn by_credit_code(book: &Book, code: u64, group: &[RecordNo]) -> Vec<(u64, Vec<RecordNo>)> {
    let credit = |record: RecordNo| book.facts(record).credit;
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
        let stem = book.name_entry(book.facts(record).name).stem;
        let bears = |group: &Vec<RecordNo>| group.iter().any(|r| book.names_of(*r).any(|n| book.name_entry(n).stem == stem));
        match groups.iter_mut().find(|(code, group)| *code != 0 && bears(group)) {
            Some((_, group)) => group.push(record),
            None => groups.push((0, vec![record])),
        }
    }
    groups
}

/// Records with a branch's name under a code that is the whole firm's; or with a branch's branch's under a branch's.
pub(in crate::link) fn strays(book: &Book, group: &[RecordNo]) -> Vec<RecordNo> {
    let branch = |record: RecordNo| book.name(book.facts(record).name).branch();
    let branches = group.iter().filter(|r| !branch(**r).is_empty()).count();
    if branches == 0 {
        return Vec::new();
    }
    let issuers: Vec<RecordNo> = group.iter().copied().filter(|r| book.facts(*r).has(ISSUES_CODES)).collect();
    let head = match issuers.iter().max_by_key(|r| branch(**r).len()) {
        Some(issuer) => branch(*issuer),
        // Without the issuer's word the majority says what the code is for; the shortest name, who is whose branch.
        None if branches * 2 > group.len() => {
            group.iter().map(|r| branch(*r)).filter(|b| !b.is_empty()).min_by_key(|b| b.len()).unwrap_or_default()
        }
        None => &[],
    };
    let known: Vec<u32> = issuers.iter().flat_map(|r| book.names_of(*r)).collect();
    let below = |name: &[u16]| name.strip_prefix(head).is_some_and(|more| more.len() > 1 && reads_as_branch(more));
    group.iter().copied().filter(|r| below(branch(*r)) && !known.contains(&book.facts(*r).name)).collect()
}

/// Where the branches of a firm sit: hash of the firm's 字号 and trade → roads and numbers.
pub(in crate::link) type Seats = NumberMap<u64, Vec<u64>>;

pub(in crate::link) fn branch_seats(book: &Book) -> Seats {
    let mut seats = Seats::default();
    for record in book.standing() {
        let facts = book.facts(record);
        let name = book.name(facts.name);
        if name.is_branch() {
            seats.entry(hash(name.stem())).or_default().extend(addresses(book, record));
        }
    }
    seats
}

fn addresses(book: &Book, record: RecordNo) -> impl Iterator<Item = u64> + '_ {
    addresses_of(book, book.facts(record))
}

pub(in crate::link) fn addresses_of<'a>(book: &'a Book, facts: &Facts) -> impl Iterator<Item = u64> + use<'a> {
    let seat = |address: &Address| match address.number {
        0 => u64::from(address.whole),
        number => u64::from(address.road) << 32 | u64::from(number),
    };
    [facts.address, facts.operating].into_iter().filter(|a| *a != 0).map(move |a| seat(book.address(a)))
}

/// Records under a whole firm's code that sit where one of its branches does, and where no other record of the firm
/// does, in a district that is not the firm's: a branch that was written with its parent's name and code.
pub(in crate::link) fn seated_elsewhere(book: &Book, seats: &Seats, group: &[RecordNo]) -> Vec<RecordNo> {
    let head = book.name(book.facts(group[0]).name);
    let Some(seats) = seats.get(&hash(head.stem())).filter(|_| !head.is_branch() && group.len() > 1) else {
        return Vec::new();
    };
    let elsewhere = |record: &RecordNo| {
        let county = book.facts(*record).county;
        let own: Vec<u64> = addresses(book, *record).collect();
        let others = || group.iter().filter(|r| *r != record).flat_map(|r| addresses(book, *r));
        !book.facts(*record).has(ISSUES_CODES)
            && own.iter().any(|a| seats.contains(a))
            && others().next().is_some()
            && !others().any(|a| own.contains(&a))
            && !group.iter().any(|r| r != record && county != 0 && book.facts(*r).county == county)
    };
    group.iter().copied().filter(elsewhere).collect()
}
