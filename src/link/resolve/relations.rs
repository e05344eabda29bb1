//! Relations between entities, as facts of their own: never a reason to join.
//!
//! What each profile states about others is kept between runs, and read again where the profile or one that it speaks of has
//! changed.

use hashbrown::HashMap;
use rayon::prelude::*;

use crate::link::block::index::Index;
use crate::link::block::keys::{BlockKeyKind, firm, key};
use crate::link::entity_key::EntityKey;
use crate::link::group::profiles::{ProfileNo, Profiles};
use crate::link::outcome::{Flag, FlagKind, LinkedRelation};
use crate::link::records::{ISSUES_CODES, NameNo, RecordNo, RecordTable};
use crate::link::settings::LinkSettings;
use crate::link::state::{StatedRelation, StatedRelations};
use crate::model::linkage::RelationKind;
use crate::model::value::PartialDate;
use crate::normalise::glyph::text;

/// Where firms that others speak of are looked up.
#[derive(Clone, Copy)]
pub struct Firms<'a> {
    pub record_table: &'a RecordTable,
    pub profiles: &'a Profiles,
    pub index: &'a Index,
    /// Entities by record.
    pub entities: &'a [Option<EntityKey>],
}

impl Firms<'_> {
    pub fn entity(&self, profile: ProfileNo) -> Option<EntityKey> {
        self.entities[*self.profiles.members(profile).first()? as usize]
    }

    /// The entity behind a key, where there is but one. `is_it` makes sure of every profile found.
    fn only(&self, key: crate::link::block::keys::BlockKey, is_it: impl Fn(RecordNo) -> bool) -> Option<EntityKey> {
        let (mut found, mut several) = (None, false);
        self.index.for_each_in_block(key, |profile| {
            if let Some(entity) = self.entity(profile).filter(|_| self.profiles.members(profile).iter().any(|r| is_it(*r))) {
                several = found.is_some_and(|known| known != entity);
                found = Some(entity);
            }
            !several
        });
        found.filter(|_| !several)
    }
    fn by_firm(&self, mark: u64) -> Option<EntityKey> {
        self.only(key(BlockKeyKind::Firm, mark), |record| {
            let name = self.record_table.facts(record).name;
            name != 0 && self.record_table.name(name).tail().is_empty() && firm(self.record_table, name) == mark
        })
    }
    /// The record of the firm that a branch's or an establishment's name speaks of, best registry first; None where there is
    /// none, or several enterprises of that name.
    pub fn firm_of(&self, record: RecordNo) -> Option<RecordNo> {
        let mark = firm(self.record_table, self.record_table.facts(record).name);
        let entity = self.by_firm(mark)?;
        let mut found: Option<RecordNo> = None;
        let rank = |record: RecordNo| (self.record_table.facts(record).registry, self.record_table.facts(record).reference);
        self.index.for_each_in_block(key(BlockKeyKind::Firm, mark), |profile| {
            for record in self.profiles.members(profile) {
                let name = self.record_table.facts(*record).name;
                let is_it = name != 0
                    && self.record_table.name(name).tail().is_empty()
                    && firm(self.record_table, name) == mark
                    && self.entity(profile) == Some(entity);
                if is_it && found.is_none_or(|known| rank(*record) < rank(known)) {
                    found = Some(*record);
                }
            }
            true
        });
        found
    }
    fn by_name(&self, name: NameNo) -> Option<EntityKey> {
        let whole = self.record_table.name_entry(name).whole;
        let bears = |record: RecordNo| self.record_table.name_entry(self.record_table.facts(record).name).whole == whole;
        self.only(key(BlockKeyKind::Name, whole), bears).filter(|_| name != 0)
    }
    fn by_code(&self, code: u64) -> Option<EntityKey> {
        let best = self.profiles.of_code(code).min_by_key(|p| self.profiles.get(*p).anchor()).filter(|_| code != 0);
        best.and_then(|profile| self.entity(profile))
    }

    /// Branches and their firms, renamed firms, and what the records themselves say of others.
    pub fn stated_relations(&self, profile: ProfileNo) -> Vec<StatedRelation> {
        let Firms { record_table, profiles, .. } = *self;
        let mut stated: Vec<StatedRelation> = Vec::new();
        for record in profiles.members(profile) {
            let facts = record_table.facts(*record);
            let name = record_table.name(facts.name);
            if !name.tail().is_empty() {
                let mark = firm(record_table, facts.name);
                let to = match profiles.get(profile).parent {
                    0 => self.by_firm(mark),
                    code => self.by_code(code),
                };
                let len = (name.glyphs.len() - name.tail().len()) as u8;
                let mark = to.map_or(mark, EntityKey::to_bits);
                let kind = RelationKind::BranchOf;
                stated.push(StatedRelation { kind, to, bearer: None, mark, name: facts.name, len, since: 0, record: *record });
            }
            if facts.has(ISSUES_CODES) {
                for former in record_table.names_of(*record).filter(|n| *n != facts.name) {
                    stated.push(self.renamed(former, 0, *record));
                }
            }
            for unit in record_table.related(*record) {
                if unit.kind == RelationKind::RenamedFrom {
                    stated.push(self.renamed(unit.name, unit.since, *record));
                    continue;
                }
                let to = self.by_code(unit.organisation).or_else(|| self.by_name(unit.name));
                stated.push(StatedRelation {
                    kind: unit.kind,
                    to,
                    bearer: None,
                    mark: record_table.name_entry(unit.name).whole ^ unit.organisation,
                    name: unit.name,
                    len: record_table.name(unit.name).glyphs.len() as u8,
                    since: unit.since,
                    record: *record,
                });
            }
        }
        stated
    }

    fn renamed(&self, former: NameNo, since: u32, record: RecordNo) -> StatedRelation {
        StatedRelation {
            kind: RelationKind::RenamedFrom,
            to: None,
            bearer: self.by_name(former),
            mark: self.record_table.name_entry(former).whole,
            name: former,
            len: self.record_table.name(former).glyphs.len() as u8,
            since,
            record,
        }
    }

    /// All relations that stand, each once: the best registry's word, one with a date first.
    pub fn relations(&self, stated_relations: &StatedRelations, settings: &LinkSettings) -> (Vec<LinkedRelation>, Vec<Flag>) {
        let mut all: Vec<(EntityKey, StatedRelation)> = stated_relations
            .iter()
            .filter_map(|(p, stated)| Some((self.entity(*p)?, stated)))
            .flat_map(|(e, stated)| stated.iter().map(move |t| (e, *t)))
            .collect();
        let rank = |record: RecordNo| (self.record_table.facts(record).registry, self.record_table.facts(record).reference);
        all.par_sort_unstable_by_key(|(from, t)| (*from, t.kind, t.mark, t.since == 0, rank(t.record)));
        let renames: Vec<(EntityKey, EntityKey, RecordNo)> =
            all.iter().filter_map(|(from, t)| Some((*from, t.bearer.filter(|b| b != from)?, t.record))).collect();
        all.dedup_by_key(|(from, t)| (*from, t.kind, t.mark));
        let found = all
            .par_iter()
            .filter(|(from, t)| t.to != Some(*from))
            .map(|(from, t)| LinkedRelation {
                kind: t.kind,
                from: *from,
                to: t.to,
                name: text(&self.record_table.name(t.name).glyphs[..usize::from(t.len)]).into(),
                since: date(t.since),
                record: self.record_table.record_ref(t.record, settings),
            })
            .collect();
        let flags = circles(&renames).into_iter().map(|(entity, record, count)| Flag {
            kind: FlagKind::RenameCycle,
            entity: Some(entity),
            record: self.record_table.record_ref(record, settings),
            count,
        });
        (found, flags.collect())
    }
}

fn date(packed: u32) -> Option<PartialDate> {
    let (year, month, day) = ((packed / 10_000) as i16, (packed / 100 % 100) as u8, (packed % 100) as u8);
    (packed != 0).then_some(PartialDate { year, month, day })
}

/// Entities whose former names lead round to themselves. Every entity is visited once.
fn circles(renames: &[(EntityKey, EntityKey, RecordNo)]) -> Vec<(EntityKey, RecordNo, u32)> {
    let mut next: HashMap<EntityKey, (EntityKey, RecordNo)> = HashMap::new();
    for (from, to, record) in renames {
        next.entry(*from).or_insert((*to, *record));
    }
    let mut starts: Vec<EntityKey> = next.keys().copied().collect();
    starts.sort_unstable();
    let mut round_of: HashMap<EntityKey, u32> = HashMap::new();
    let mut found = Vec::new();
    for (round, start) in starts.into_iter().enumerate() {
        let (mut at, mut path) = (start, Vec::new());
        while let Some((to, record)) = next.get(&at) {
            match round_of.get(&at) {
                Some(seen) if *seen == round as u32 => {
                    let len = path.iter().rev().position(|(entity, _)| *entity == at).map_or(0, |back| back + 1);
                    let (entity, record) = path[path.len() - len..].iter().copied().min().unwrap_or((at, *record));
                    found.push((entity, record, len as u32));
                    break;
                }
                Some(_) => break,
                None => {
                    round_of.insert(at, round as u32);
                    path.push((at, *record));
                    at = *to;
                }
            }
        }
    }
    found
}
