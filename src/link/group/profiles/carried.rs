//! Profiles outside of a table, and grouping that looks beside its own records: what is handed from machine to machine.
//!
//! Grouping looks at a whole city in four places only: which code a registration number leads to, where the branches of a firm sit, how
//! the issuer of codes calls whom, and which codes it knows. Whoever is told these groups the records of a code as the city would.

use super::{CannotLinks, Codes, GroupKey, NONE, Ordered, Profile, ProfileNo, Profiles, by_itself, code_of};
use crate::link::codec::kept;
use crate::link::flat_table::FlatTable;
use crate::link::group::bearers::Doubt;
use crate::link::group::rules::{Seats, seats_of};
use crate::link::group::slips::meant;
use crate::link::group::stated::{Stated, title};
use crate::link::number_map::NumberMap;
use crate::link::records::carried::CarriedRecord;
use crate::link::records::{GONE, RecordNo, RecordTable};
use crate::normalise::hash;

/// A profile with its records, best registry first.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::link) struct CarriedProfile {
    organisation: u64,
    parent: u64,
    claim: u64,
    doubt: Doubt,
    pub records: Vec<CarriedRecord>,
}

kept!(CarriedProfile { organisation, parent, claim, doubt, records });

impl Profiles {
    /// A copy of the profile that needs no table.
    pub(in crate::link) fn carry(&self, record_table: &RecordTable, profile: ProfileNo) -> CarriedProfile {
        let known = self.get(profile);
        let (Profile { organisation, parent, claim, .. }, doubt) = (*known, known.doubt());
        let records = self.members(profile).iter().map(|record| record_table.carry(*record)).collect();
        CarriedProfile { organisation, parent, claim, doubt, records }
    }

    /// Puts a carried profile, which has a record, and its records in.
    pub(in crate::link) fn take_in(&mut self, record_table: &mut RecordTable, carried: &CarriedProfile) -> ProfileNo {
        let records: Vec<RecordNo> = carried.records.iter().map(|record| record_table.take_in(record)).collect();
        self.of_record.resize(record_table.records.len(), NONE);
        let CarriedProfile { organisation: own, parent, claim, doubt, .. } = *carried;
        let mut added = Vec::with_capacity(1);
        self.add(record_table, by_itself(records[0]), Codes { own, parent, claim, doubt }, &records, &mut added);
        added[0]
    }

    /// A number for a profile of which nothing is known but who it is and whether it bears a code. It does not stand.
    pub(in crate::link) fn stand_in(&mut self, anchor: (u16, u64), is_identified: bool) -> ProfileNo {
        let (anchor_registry, anchor) = anchor;
        let organisation = u64::from(is_identified);
        self.all.push(Profile { anchor_registry, anchor, organisation, next: NONE, ..Profile::default() });
        self.all.len() as ProfileNo - 1
    }
}

/// What grouping looks at beside the records of a code.
#[derive(Debug, Default)]
pub(in crate::link) struct Elsewhere {
    seats: Seats,
    titled: Stated,
    /// The issuer's record under a code, the first in order.
    issuers: NumberMap<u64, RecordNo>,
}

impl Elsewhere {
    /// A branch of a firm of that stem sits, is called or lies there; see [`seats_of`].
    pub fn seat(&mut self, stem: u64, seat: u64) {
        self.seats.entry(stem).or_default().push(seat);
    }

    /// A record of the issuer of codes; `lead` as in [`identify_beside`].
    pub fn issuer(&mut self, record_table: &mut RecordTable, carried: &CarriedRecord, lead: Option<u64>) {
        let record = record_table.take_in_aside(carried);
        let mut facts = *record_table.facts(record);
        facts.flags &= !GONE;
        if let Some(title) = title(record_table, &facts) {
            self.titled.insert(title, record);
        }
        let code = if facts.organisation != 0 { facts.organisation } else { lead.unwrap_or(0) };
        if code != 0 {
            let rank = |record: RecordNo| (record_table.facts(record).registry, record_table.facts(record).reference);
            let first = self.issuers.entry(code).or_insert(record);
            if rank(record) < rank(*first) {
                *first = record;
            }
        }
    }
}

/// Groups the records of `record_table`, which are all that the codes among them have, as a city would of which `elsewhere` tells. `leads`: by
/// registration number the one organisation code beside which it stands anywhere; 0 where there are several.
pub(in crate::link) fn identify_beside(record_table: &RecordTable, leads: FlatTable<u64, u64>, elsewhere: Elsewhere) -> Profiles {
    let Elsewhere { seats, titled, issuers } = elsewhere;
    let of_record = vec![NONE; record_table.records.len()];
    let mut profiles = Profiles { of_record: of_record.into(), seats, titled, led: leads, ..Profiles::default() };
    let mut order: Vec<Ordered> = record_table
        .standing()
        .map(|record| {
            let facts = record_table.facts(record);
            (profiles.group_of(facts, record), facts.registry, facts.reference, record)
        })
        .collect();
    order.sort_unstable();
    for same in order.chunk_by(|a, b| a.0 == b.0) {
        let key: GroupKey = same[0].0;
        let group: Vec<RecordNo> = same.iter().map(|(.., record)| *record).collect();
        let meant = code_of(key).and_then(|code| meant(record_table, code, &group, |code| issuers.get(&code).copied()));
        profiles.place(record_table, &CannotLinks::default(), key, (&group, meant), &mut Vec::new());
    }
    profiles
}

/// Where a branch sits: the hash of its firm's stem, and all that tells of it; None of what is no branch.
pub(in crate::link) fn seats_told(record_table: &RecordTable, record: RecordNo) -> Option<(u64, Vec<u64>)> {
    let facts = record_table.facts(record);
    let name = record_table.name(facts.name);
    name.is_branch().then(|| (hash(name.stem()), seats_of(record_table, facts).collect()))
}
