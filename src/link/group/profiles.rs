//! Records that share a valid identifier become one profile; every other record is a profile of its own, *unidentified*.
//!
//! Profiles keep their numbers while nothing about them changes; what a change touches is made anew, group by group. The
//! rules are in `group::rules`.

pub(in crate::link) mod carried;
mod kept;

use rayon::prelude::*;

use super::bearers::{Bearers, Doubt, bearers};
use super::rules::{
    Seats, branch_seats, by_credit_code, is_establishment, of_an_establishment, seated_elsewhere, seats_of, strays,
};
use super::slips::meant;
use super::stated::{Stated, title};
use crate::link::flat_list::FlatList;
use crate::link::flat_table::FlatTable;
use crate::link::number_map::NumberMap;
use crate::link::outcome::FlagKind;
use crate::link::records::{CONTRADICTING, ESTABLISHMENT, ISSUES_CODES, LEGAL_UNIT, RecordNo, RecordRow, RecordTable};
use crate::normalise::hash;
use crate::normalise::identifier::slips_of;

/// Number of a profile; stays with it while nothing about it changes.
pub type ProfileNo = u32;

/// Records that a valid identifier makes one, or a single record without one.
#[derive(Debug, Clone, Copy, Default, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct Profile {
    /// Valid organisation code; 0 makes the profile unidentified.
    pub organisation: u64,
    /// Organisation code that this branch was wrongly written with: its parent's.
    pub parent: u64,
    /// Organisation code that its record writes but that is, by name, street and phone, another firm's; 0 for none.
    pub claim: u64,
    /// Hash of the first record's 字号, trade and branch; 0 where it has no name.
    pub stem: u64,
    anchor: u64,
    /// The identifier its records share, see [`GroupKey`].
    group: GroupKey,
    from: u32,
    /// 0: the number is vacant.
    len: u32,
    /// Another profile of the same group.
    next: ProfileNo,
    anchor_registry: u16,
    doubt: u8,
    issued: u8,
}

impl Profile {
    /// Whether no valid organisation code stands in its records.
    pub fn is_unidentified(&self) -> bool {
        self.organisation == 0
    }
    /// Smallest (registry, reference) of its records: a number that does not depend on the order of arrival.
    pub fn anchor(&self) -> (u16, u64) {
        (self.anchor_registry, self.anchor)
    }
    /// How much the claim says.
    pub fn doubt(&self) -> Doubt {
        Doubt::ALL[usize::from(self.doubt) % Doubt::ALL.len()]
    }
    /// Whether one of its records was issued its code by the registry that issues them.
    pub fn is_issued(&self) -> bool {
        self.issued != 0
    }
}

/// No profile: of a record that is gone; the end of a chain.
pub const NONE: ProfileNo = ProfileNo::MAX;

/// An identifier as a number: an organisation code, a registration number, or the record that has neither.
pub type GroupKey = u64;

fn by_organisation(code: u64) -> GroupKey {
    code << 2 | 1
}
fn code_of(group: GroupKey) -> Option<u64> {
    (group & 3 == 1).then_some(group >> 2)
}
fn by_registration(number: u64) -> GroupKey {
    number << 2 | 2
}
fn by_itself(record: RecordNo) -> GroupKey {
    u64::from(record) << 2 | 3
}

/// All profiles, and the profile of every record.
#[derive(Debug, Clone, Default)]
pub struct Profiles {
    /// By number; vacant ones among them.
    pub all: FlatList<Profile>,
    members: FlatList<RecordNo>,
    /// [`NONE`] for a record that is gone.
    pub of_record: FlatList<ProfileNo>,
    /// Warnings found on the way: kind, record, count.
    pub flags: NumberMap<ProfileNo, Vec<(FlagKind, RecordNo, u32)>>,
    /// First profile of every group but those of single records.
    groups: FlatTable<GroupKey, ProfileNo>,
    vacant: FlatList<ProfileNo>,
    /// Registration numbers that stand beside exactly one organisation code lead to it; 0: beside several.
    led: FlatTable<u64, u64>,
    registered: Stated,
    /// Records of the issuer of codes by the name that they write beside a code, see [`title`].
    titled: Stated,
    seats: Seats,
}

/// Records that a person said are different, by record.
pub type CannotLinks = NumberMap<RecordNo, Vec<RecordNo>>;

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
    /// Two names in one registry: without a code they are two enterprises, be the names ever so like each other.
    pub fn rivals(&self, left: ProfileNo, right: ProfileNo) -> bool {
        let (a, b) = (self.get(left), self.get(right));
        a.anchor_registry == b.anchor_registry && a.stem != b.stem
    }
    /// The profile of a number in use.
    pub fn get(&self, profile: ProfileNo) -> &Profile {
        &self.all[profile as usize]
    }
    /// Whether a number is in use.
    pub fn stands(&self, profile: ProfileNo) -> bool {
        self.all.get(profile as usize).is_some_and(|p| p.len != 0)
    }
    /// An establishment by its name, with a code of its own, of which no registry says what it is: of its firm, or a unit.
    pub fn is_doubtful_unit(&self, record_table: &RecordTable, profile: ProfileNo) -> bool {
        let members = self.members(profile);
        !self.get(profile).is_unidentified()
            && members.iter().all(|record| is_establishment(record_table, *record))
            && !members.iter().any(|record| record_table.facts(*record).has(LEGAL_UNIT | ESTABLISHMENT))
    }
    /// Numbers in use.
    pub fn standing(&self) -> impl Iterator<Item = ProfileNo> + '_ {
        (0..self.all.len() as ProfileNo).filter(|p| self.stands(*p))
    }
    /// How many stand.
    pub fn count(&self) -> usize {
        self.all.len() - self.vacant.len()
    }
    /// Profiles with that organisation code.
    pub fn of_code(&self, code: u64) -> impl Iterator<Item = ProfileNo> + '_ {
        self.of_group(by_organisation(code)).filter(move |p| self.get(*p).organisation == code)
    }
    fn of_group(&self, group: GroupKey) -> impl Iterator<Item = ProfileNo> + '_ {
        let first = match group & 3 {
            3 => self.of_record.get((group >> 2) as usize).copied().filter(|p| *p != NONE && self.get(*p).group == group),
            _ => self.groups.get(&group).copied(),
        };
        std::iter::successors(first, |profile| Some(self.get(*profile).next).filter(|next| *next != NONE))
    }
}

/// Names beyond this number behind one code are no renames any more.
const MANY_NAMES: usize = 8;

/// Groups the records of `record_table` by their identifiers. Of two records of one group that a person judged different, the lesser
/// stands alone.
pub fn identify(record_table: &RecordTable, cannot_links: &CannotLinks) -> Profiles {
    identify_but(record_table, cannot_links, |_| false)
}

/// The same, with the codes of some records covered up: what fitting learns from.
pub fn identify_but(record_table: &RecordTable, cannot_links: &CannotLinks, hidden: impl Fn(RecordNo) -> bool) -> Profiles {
    let mut profiles = Profiles {
        of_record: vec![NONE; record_table.records.len()].into(),
        seats: branch_seats(record_table),
        ..Profiles::default()
    };
    for record in record_table.standing() {
        let facts = record_table.facts(record);
        if let Some(title) = title(record_table, facts).filter(|_| !hidden(record)) {
            profiles.titled.insert(title, record);
        }
        if facts.registration != 0 {
            profiles.registered.insert(facts.registration, record);
            if facts.organisation != 0 {
                let lead = profiles.led.or_insert(facts.registration, facts.organisation);
                if *lead != facts.organisation {
                    *lead = 0;
                }
            }
        }
    }
    let mut order: Vec<(GroupKey, u16, u64, RecordNo)> = record_table
        .standing()
        .map(|record| {
            let facts = record_table.facts(record);
            let group = if hidden(record) { by_itself(record) } else { profiles.group_of(facts, record) };
            (group, facts.registry, facts.reference, record)
        })
        .collect();
    order.par_sort_unstable();
    let has_issuer = order.iter().any(|entry| record_table.facts(entry.3).has(ISSUES_CODES));
    let mut group: Vec<RecordNo> = Vec::new();
    for same in order.chunk_by(|a, b| a.0 == b.0) {
        group.clear();
        group.extend(same.iter().map(|(.., record)| *record));
        let code = code_of(same[0].0).filter(|_| has_issuer);
        let meant = code.and_then(|code| meant(record_table, code, &group, |code| issuer_in(record_table, &order, code)));
        profiles.place(record_table, cannot_links, same[0].0, (&group, meant), &mut Vec::new());
    }
    profiles
}

/// A record in the order in which profiles are made: group, registry, reference, number.
type Ordered = (GroupKey, u16, u64, RecordNo);

/// The record that the issuer of codes has under a code, among those in order.
fn issuer_in(record_table: &RecordTable, order: &[Ordered], code: u64) -> Option<RecordNo> {
    let key = by_organisation(code);
    let from = order.partition_point(|entry| entry.0 < key);
    let same = order[from..].iter().take_while(|entry| entry.0 == key);
    same.map(|entry| entry.3).find(|record| record_table.facts(*record).has(ISSUES_CODES))
}

/// What a change did to the profiles. A number can be in both lists: it stands for other records now.
#[derive(Debug, Default)]
pub struct Changed {
    /// Numbers that no longer stand for what they stood for.
    pub removed: Vec<ProfileNo>,
    /// Numbers of new profiles.
    pub added: Vec<ProfileNo>,
}

impl Profiles {
    /// The identifier a record goes by.
    fn group_of(&self, facts: &RecordRow, record: RecordNo) -> GroupKey {
        match (facts.organisation, facts.registration) {
            (0, 0) => by_itself(record),
            (0, number) => match self.led.get(&number) {
                Some(0) => by_itself(record),
                Some(code) => by_organisation(*code),
                None => by_registration(number),
            },
            (code, _) => by_organisation(code),
        }
    }

    /// Follows records that changed: `before` tells what they were (gone, if new). `spoken_on` are records whose
    /// judgements changed. `seated` finds the profiles of whole firms by the hash of their 字号 and trade, `called` those that bear a
    /// name, by what `title` makes of it. The groups whose profiles have to be made anew.
    pub fn affected(
        &mut self,
        record_table: &RecordTable,
        before: &[(RecordNo, RecordRow)],
        spoken_on: &[RecordNo],
        seated: impl Fn(u64) -> Vec<ProfileNo>,
        called: impl Fn(u64) -> Vec<ProfileNo>,
    ) -> Affected {
        self.of_record.resize(record_table.records.len(), NONE);
        let mut moved: Vec<RecordNo> = before.iter().map(|(record, _)| *record).collect();
        let mut numbers: Vec<u64> = Vec::new();
        let (mut stems, mut titles): (Vec<u64>, Vec<u64>) = Default::default();
        for (record, old) in before {
            let new = record_table.facts(*record);
            // What a record is called where it keeps its name, code and place is no news; its number stays what it is.
            let (was, is) = (title(record_table, old), title(record_table, new));
            let told = |facts: &RecordRow| (facts.organisation, facts.name, facts.address, facts.operating, facts.county);
            if (was, told(old)) != (is, told(new)) {
                was.into_iter().for_each(|title| self.titled.remove(title, *record));
                is.into_iter().for_each(|title| self.titled.insert(title, *record));
                titles.extend(was.into_iter().chain(is));
            }
            if !old.is_gone() && old.registration != 0 {
                self.registered.remove(old.registration, *record);
                numbers.push(old.registration);
            }
            if !new.is_gone() && new.registration != 0 {
                self.registered.insert(new.registration, *record);
                numbers.push(new.registration);
            }
            for (facts, comes) in [(old, false), (new, true)] {
                let name = record_table.name(facts.name);
                if !facts.is_gone() && name.is_branch() {
                    let stem = hash(name.stem());
                    let seats = self.seats.entry(stem).or_default();
                    for seat in seats_of(record_table, facts) {
                        match comes {
                            true => seats.push(seat),
                            false => drop(seats.iter().position(|s| *s == seat).map(|at| seats.swap_remove(at))),
                        }
                    }
                    stems.push(stem);
                }
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        for number in numbers {
            let mut codes: Vec<u64> =
                self.registered.of(number).map(|r| record_table.facts(r).organisation).filter(|code| *code != 0).collect();
            codes.sort_unstable();
            codes.dedup();
            let lead = match codes.as_slice() {
                [] => None,
                [one] => Some(*one),
                _ => Some(0),
            };
            if self.led.get(&number).copied() != lead {
                match lead {
                    Some(lead) => drop(self.led.insert(number, lead)),
                    None => drop(self.led.remove(&number)),
                }
                moved.extend(self.registered.of(number));
            }
        }
        moved.sort_unstable();
        moved.dedup();
        stems.sort_unstable();
        stems.dedup();
        titles.sort_unstable();
        titles.dedup();
        let named = titles.into_iter().flat_map(called);
        let mut groups: Vec<GroupKey> = stems.into_iter().flat_map(seated).chain(named).map(|p| self.get(p).group).collect();
        let of = |record: &RecordNo| Some(self.of_record[*record as usize]).filter(|p| *p != NONE).map(|p| self.get(p).group);
        groups.extend(moved.iter().chain(spoken_on).filter_map(of));
        let standing = moved.iter().filter(|r| !record_table.facts(**r).is_gone());
        groups.extend(standing.map(|record| self.group_of(record_table.facts(*record), *record)));
        // Codes that may have been written for one of these.
        let codes: Vec<u64> = groups.iter().filter_map(|group| code_of(*group)).collect();
        let near = codes.into_iter().flat_map(slips_of).map(by_organisation);
        groups.extend(near.filter(|group| self.groups.contains_key(group)));
        groups.sort_unstable();
        groups.dedup();
        Affected { moved, groups }
    }

    /// The profiles of the affected groups as they stand.
    pub fn of_groups(&self, affected: &Affected) -> Vec<ProfileNo> {
        affected.groups.iter().flat_map(|group| self.of_group(*group)).collect()
    }

    /// Makes the profiles of the affected groups anew.
    pub fn regroup(&mut self, record_table: &RecordTable, cannot_links: &CannotLinks, affected: &Affected) -> Changed {
        let mut changed = Changed { removed: self.of_groups(affected), added: Vec::new() };
        let mut order: Vec<(GroupKey, u16, u64, RecordNo)> = Vec::new();
        let mut enter = |record: RecordNo, group: GroupKey| {
            let facts = record_table.facts(record);
            order.push((group, facts.registry, facts.reference, record));
        };
        for profile in &changed.removed {
            let group = self.get(*profile).group;
            for record in self.members(*profile) {
                if affected.moved.binary_search(record).is_err() {
                    enter(*record, group);
                }
            }
        }
        for record in affected.moved.iter().filter(|r| !record_table.facts(**r).is_gone()) {
            enter(*record, self.group_of(record_table.facts(*record), *record));
        }
        for profile in &changed.removed {
            self.vacate(*profile);
        }
        order.sort_unstable();
        let mut group: Vec<RecordNo> = Vec::new();
        for same in order.chunk_by(|a, b| a.0 == b.0) {
            group.clear();
            group.extend(same.iter().map(|(.., record)| *record));
            let standing = |code: u64| {
                let members = self.of_group(by_organisation(code)).flat_map(|profile| self.members(profile));
                members.copied().find(|record| record_table.facts(*record).has(ISSUES_CODES))
            };
            let issuer = |code: u64| issuer_in(record_table, &order, code).or_else(|| standing(code));
            let meant = code_of(same[0].0).and_then(|code| meant(record_table, code, &group, issuer));
            self.place(record_table, cannot_links, same[0].0, (&group, meant), &mut changed.added);
        }
        self.tidy();
        changed
    }

    /// Frees a number and takes it out of its group's chain.
    fn vacate(&mut self, profile: ProfileNo) {
        for at in 0..self.get(profile).len {
            let record = self.members[(self.get(profile).from + at) as usize];
            self.of_record[record as usize] = NONE;
        }
        let Profile { group, next, .. } = *self.get(profile);
        if group & 3 != 3 {
            match self.groups.get(&group).copied() {
                Some(first) if first == profile => match next {
                    NONE => drop(self.groups.remove(&group)),
                    next => drop(self.groups.insert(group, next)),
                },
                first => {
                    let chain = std::iter::successors(first, |p| Some(self.get(*p).next).filter(|next| *next != NONE));
                    if let Some(before) = chain.into_iter().find(|p| self.get(*p).next == profile) {
                        self.all[before as usize].next = next;
                    }
                }
            }
        }
        self.flags.remove(&profile);
        self.all[profile as usize] = Profile::default();
        self.vacant.push(profile);
    }

    /// Drops what the list of members no longer needs, once that is most of it.
    fn tidy(&mut self) {
        let used: usize = self.all.iter().map(|p| p.len as usize).sum();
        if self.members.len() > 2 * used + 1024 {
            let mut members = Vec::with_capacity(used);
            for profile in &mut self.all {
                let from = members.len() as u32;
                members.extend_from_slice(&self.members[profile.from as usize..][..profile.len as usize]);
                profile.from = from;
            }
            self.members = members.into();
        }
    }

    /// Makes the profiles of one group, whose records come best registry first; the code that was meant by its own, where it was
    /// another.
    fn place(
        &mut self,
        record_table: &RecordTable,
        cannot_links: &CannotLinks,
        key: GroupKey,
        (group, meant): (&[RecordNo], Option<u64>),
        added: &mut Vec<ProfileNo>,
    ) {
        let before = added.len();
        if let Some(claim) = meant {
            let codes = Codes { claim, doubt: Doubt::Slip, ..Codes::default() };
            return group.iter().for_each(|record| self.add(record_table, key, codes, &[*record], added));
        }
        self.split(record_table, key, group, added);
        if cannot_links.is_empty() {
            return;
        }
        let rank = |r: RecordNo| (record_table.facts(r).registry, record_table.facts(r).reference);
        let together = |a: RecordNo, b: RecordNo| self.of_record[a as usize] == self.of_record[b as usize];
        let lesser = |record: &RecordNo| {
            let others = cannot_links.get(record).map_or(&[][..], Vec::as_slice);
            others.iter().any(|other| together(*record, *other) && rank(*record) > rank(*other))
        };
        let severed: Vec<RecordNo> = group.iter().copied().filter(lesser).collect();
        if !severed.is_empty() {
            for profile in added.drain(before..) {
                self.vacate(profile);
            }
            let rest: Vec<RecordNo> = group.iter().copied().filter(|r| !severed.contains(r)).collect();
            self.split(record_table, key, &rest, added);
            for record in severed {
                self.add(record_table, key, Codes::default(), &[record], added);
            }
        }
    }

    fn split(&mut self, record_table: &RecordTable, key: GroupKey, group: &[RecordNo], added: &mut Vec<ProfileNo>) {
        match key & 3 {
            1 => {
                for (code, group) in by_credit_code(record_table, key >> 2, group) {
                    self.identified(record_table, key, code, &group, added);
                }
            }
            2 => {
                let Bearers { own, strangers, firms } = bearers(record_table, &self.titled, group);
                self.add(record_table, key, Codes::default(), &own, added);
                for (stranger, doubt) in strangers {
                    self.add(record_table, key, Codes { doubt, ..Codes::default() }, &[stranger], added);
                    let profile = self.of_record[stranger as usize];
                    self.flags.entry(profile).or_default().push((FlagKind::CodeOnManyNames, stranger, firms));
                }
            }
            _ => group.iter().for_each(|record| self.add(record_table, key, Codes::default(), &[*record], added)),
        }
    }

    /// One group of records with the same valid code: the branches among them that are not its own stay apart.
    fn identified(
        &mut self,
        record_table: &RecordTable,
        key: GroupKey,
        code: u64,
        group: &[RecordNo],
        added: &mut Vec<ProfileNo>,
    ) {
        if code != 0 && of_an_establishment(record_table, group) {
            return self.add(record_table, key, Codes::default(), group, added);
        }
        let mut strays = strays(record_table, group);
        for seated in seated_elsewhere(record_table, &self.seats, group) {
            if seated != group[0] && !strays.contains(&seated) {
                strays.push(seated);
            }
        }
        let first = added.len();
        let left: Vec<RecordNo> = group.iter().copied().filter(|r| !strays.contains(r)).collect();
        let Bearers { own, strangers, firms } = bearers(record_table, &self.titled, &left);
        self.add(record_table, key, Codes::of(code), &own, added);
        for stray in strays {
            self.add(record_table, key, Codes { parent: code, ..Codes::default() }, &[stray], added);
            let profile = self.of_record[stray as usize];
            self.flags.entry(profile).or_default().push((FlagKind::BranchUnderParentCode, stray, 1));
        }
        for (stranger, doubt) in strangers {
            self.add(record_table, key, Codes { claim: code, doubt, ..Codes::default() }, &[stranger], added);
            let profile = self.of_record[stranger as usize];
            if doubt != Doubt::Silent {
                self.flags.entry(profile).or_default().push((FlagKind::CodeOnManyNames, stranger, firms));
            }
        }
        if group.len() > MANY_NAMES {
            let mut names: Vec<u64> = group.iter().map(|r| record_table.name_entry(record_table.facts(*r).name).stem).collect();
            names.sort_unstable();
            names.dedup();
            if names.len() > MANY_NAMES && !own.is_empty() {
                let flag = (FlagKind::CodeOnManyNames, own[0], names.len() as u32);
                self.flags.entry(added[first]).or_default().push(flag);
            }
        }
    }

    /// A profile with a number of its own.
    fn add(&mut self, record_table: &RecordTable, key: GroupKey, codes: Codes, group: &[RecordNo], added: &mut Vec<ProfileNo>) {
        let Some(first) = group.first() else { return };
        let number = self.vacant.pop().unwrap_or_else(|| {
            self.all.push(Profile::default());
            self.all.len() as ProfileNo - 1
        });
        let from = self.members.len() as u32;
        self.members.extend_from_slice(group);
        let mut flags = Vec::new();
        for record in group {
            self.of_record[*record as usize] = number;
            let facts = record_table.facts(*record);
            if facts.has(CONTRADICTING) {
                flags.push((FlagKind::ContradictingCodes, *record, 2));
            }
            if facts.broken != 0 {
                flags.push((FlagKind::BrokenCode, *record, 1));
            }
            if facts.name == 0 {
                flags.push((FlagKind::NoName, *record, 1));
            }
        }
        if !flags.is_empty() {
            self.flags.insert(number, flags);
        }
        let next = match key & 3 {
            3 => NONE,
            _ => self.groups.insert(key, number).unwrap_or(NONE),
        };
        let facts = record_table.facts(*first);
        self.all[number as usize] = Profile {
            from,
            len: group.len() as u32,
            organisation: codes.own,
            parent: codes.parent,
            claim: codes.claim,
            doubt: codes.doubt as u8,
            anchor: facts.reference,
            anchor_registry: facts.registry,
            stem: if facts.name == 0 { 0 } else { record_table.name_entry(facts.name).stem },
            issued: u8::from(group.iter().any(|r| record_table.facts(*r).has(ISSUES_CODES))),
            group: key,
            next,
        };
        added.push(number);
    }
}

/// The codes of a profile; 0 for none.
#[derive(Debug, Clone, Copy, Default)]
struct Codes {
    own: u64,
    parent: u64,
    claim: u64,
    doubt: Doubt,
}

impl Codes {
    fn of(own: u64) -> Codes {
        Codes { own, ..Codes::default() }
    }
}

/// Groups to make anew, and the records that may have moved between them, both in order.
pub struct Affected {
    moved: Vec<RecordNo>,
    groups: Vec<GroupKey>,
}
