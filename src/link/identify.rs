//! Records that share a valid identifier become one profile; every other record is a profile of its own, *loose*.
//!
//! The exception: a branch written with its parent's code stays apart and is flagged, for the code says only whose
//! branch it is.

use rayon::prelude::*;

use crate::normalise::address::Address;
use crate::normalise::hash;
use crate::normalise::name::reads_as_branch;

use super::book::{Book, CONTRADICTING, Facts, ISSUES_CODES, NumberMap, RecordNo};
use super::outcome::FlagKind;

pub type ProfileNo = u32;

/// Records that a valid identifier makes one, or a single record without one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Profile {
    from: u32,
    len: u32,
    /// Valid organisation code; 0 makes the profile loose.
    pub organisation: u64,
    /// Organisation code that this branch was wrongly written with: its parent's.
    pub parent: u64,
    /// Smallest (registry, reference) of its records: a number that does not depend on the order of arrival.
    pub anchor: (u16, u64),
    /// One of its records was issued its code by the registry that issues them.
    pub issued: bool,
}

impl Profile {
    pub fn is_loose(&self) -> bool {
        self.organisation == 0
    }
}

/// All profiles, and the profile of every record.
#[derive(Debug, Clone, Default)]
pub struct Profiles {
    pub all: Vec<Profile>,
    members: Vec<RecordNo>,
    /// u32::MAX for a record that is gone.
    pub of_record: Vec<ProfileNo>,
    /// Warnings found on the way: kind, record, count.
    pub flags: Vec<(FlagKind, RecordNo, u32)>,
}

impl Profiles {
    /// Records of a profile, best registry first.
    pub fn members(&self, profile: ProfileNo) -> &[RecordNo] {
        let profile = &self.all[profile as usize];
        &self.members[profile.from as usize..][..profile.len as usize]
    }
    /// Pairs that nothing but a person's word may join: two valid codes, a branch and the firm whose code it was written
    /// with. (A branch and a whole firm: that is for the names to say, see `NameLevel::BranchAndParent`.)
    pub fn barred(&self, left: ProfileNo, right: ProfileNo) -> bool {
        let (a, b) = (self.get(left), self.get(right));
        let two_codes = a.organisation != 0 && b.organisation != 0;
        let parent = a.parent != 0 && a.parent == b.organisation || b.parent != 0 && b.parent == a.organisation;
        two_codes || parent
    }
    pub fn get(&self, profile: ProfileNo) -> &Profile {
        &self.all[profile as usize]
    }
}

/// Names beyond this number behind one code are no renames any more.
const MANY_NAMES: usize = 8;

/// Groups the records of `book` by their identifiers.
pub fn identify(book: &Book) -> Profiles {
    identify_but(book, |_| false)
}

/// The same, with the codes of some records covered up: what fitting learns from.
pub fn identify_but(book: &Book, hidden: impl Fn(RecordNo) -> bool) -> Profiles {
    let order = grouped(book, hidden);
    let seats = branch_seats(book);
    let mut profiles = Profiles { of_record: vec![u32::MAX; book.records.len()], ..Profiles::default() };
    let mut at = 0;
    while at < order.len() {
        let key = order[at].0;
        let end = at + order[at..].iter().take_while(|(k, ..)| *k == key).count();
        let group: Vec<RecordNo> = order[at..end].iter().map(|(.., record)| *record).collect();
        match key {
            Key::Organisation(code) => {
                for (code, group) in by_credit_code(book, code, &group) {
                    coded(book, &mut profiles, &seats, code, &group);
                }
            }
            Key::Registration(_) => profiles.add(book, 0, 0, &group),
            Key::None => group.iter().for_each(|record| profiles.add(book, 0, 0, &[*record])),
        }
        at = end;
    }
    profiles
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Organisation(u64),
    Registration(u64),
    None,
}

/// All standing records with the key they go by, sorted by key, registry and reference.
fn grouped(book: &Book, hidden: impl Fn(RecordNo) -> bool) -> Vec<(Key, u16, u64, RecordNo)> {
    // Registration numbers that stand beside exactly one organisation code lead to it.
    let mut led: NumberMap<u64, u64> = NumberMap::default();
    for facts in book.records.iter().filter(|f| !f.is_gone() && f.organisation != 0 && f.registration != 0) {
        led.entry(facts.registration)
            .and_modify(|code| {
                if *code != facts.organisation {
                    *code = 0
                }
            })
            .or_insert(facts.organisation);
    }
    let key = |facts: &Facts| match (facts.organisation, facts.registration) {
        (0, 0) => Key::None,
        (0, number) => match led.get(&number) {
            Some(0) => Key::None,
            Some(code) => Key::Organisation(*code),
            None => Key::Registration(number),
        },
        (code, _) => Key::Organisation(code),
    };
    let mut order: Vec<_> = book
        .standing()
        .map(|record| {
            let facts = book.facts(record);
            (if hidden(record) { Key::None } else { key(facts) }, facts.registry, facts.reference, record)
        })
        .collect();
    order.par_sort_unstable();
    order
}

/// Two whole credit codes around one organisation code are two enterprises. Records with the organisation code alone go
/// with the credit code whose records bear their name, or stand alone.
fn by_credit_code(book: &Book, code: u64, group: &[RecordNo]) -> Vec<(u64, Vec<RecordNo>)> {
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

/// One group of records with the same valid code: the branches among them that are not its own stay apart.
fn coded(book: &Book, profiles: &mut Profiles, seats: &Seats, code: u64, group: &[RecordNo]) {
    let mut strays = strays(book, group);
    for seated in seated_elsewhere(book, seats, group) {
        if seated != group[0] && !strays.contains(&seated) {
            strays.push(seated);
        }
    }
    if strays.is_empty() {
        profiles.add(book, code, 0, group);
    } else {
        let own: Vec<RecordNo> = group.iter().copied().filter(|r| !strays.contains(r)).collect();
        profiles.add(book, code, 0, &own);
        for stray in strays {
            profiles.add(book, 0, code, &[stray]);
            profiles.flags.push((FlagKind::BranchUnderParentCode, stray, 1));
        }
    }
    if group.len() > MANY_NAMES {
        let mut names: Vec<u64> = group.iter().map(|r| book.name_entry(book.facts(*r).name).stem).collect();
        names.sort_unstable();
        names.dedup();
        if names.len() > MANY_NAMES {
            profiles.flags.push((FlagKind::CodeOnManyNames, group[0], names.len() as u32));
        }
    }
}

/// Records with a branch's name under a code that is the whole firm's; or with a branch's branch's under a branch's.
fn strays(book: &Book, group: &[RecordNo]) -> Vec<RecordNo> {
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
type Seats = NumberMap<u64, Vec<u64>>;

fn branch_seats(book: &Book) -> Seats {
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
    let facts = book.facts(record);
    let seat = |address: &Address| match address.number {
        0 => u64::from(address.whole),
        number => u64::from(address.road) << 32 | u64::from(number),
    };
    [facts.address, facts.operating].into_iter().filter(|a| *a != 0).map(move |a| seat(book.address(a)))
}

/// Records under a whole firm's code that sit where one of its branches does, and where no other record of the firm
/// does, in a district that is not the firm's: a branch that was written with its parent's name and code.
fn seated_elsewhere(book: &Book, seats: &Seats, group: &[RecordNo]) -> Vec<RecordNo> {
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

impl Profiles {
    fn add(&mut self, book: &Book, organisation: u64, parent: u64, group: &[RecordNo]) {
        let Some(first) = group.first() else { return };
        let number = self.all.len() as ProfileNo;
        let from = self.members.len() as u32;
        self.members.extend_from_slice(group);
        for record in group {
            self.of_record[*record as usize] = number;
            let facts = book.facts(*record);
            if facts.has(CONTRADICTING) {
                self.flags.push((FlagKind::ContradictingCodes, *record, 2));
            }
            if facts.broken != 0 {
                self.flags.push((FlagKind::BrokenCode, *record, 1));
            }
            if facts.name == 0 {
                self.flags.push((FlagKind::NoName, *record, 1));
            }
        }
        let facts = book.facts(*first);
        self.all.push(Profile {
            from,
            len: group.len() as u32,
            organisation,
            parent,
            anchor: (facts.registry, facts.reference),
            issued: group.iter().any(|r| book.facts(*r).has(ISSUES_CODES)),
        });
    }
}
