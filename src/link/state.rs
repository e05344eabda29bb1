//! What linking keeps between runs: profiles, counts, keys, scored pairs, clusters, and what follows from them.

use super::block::index::Index;
use super::cluster::Assignment;
use super::codec::{KeepAll, Reader, Writer, kept};
use super::compare::frequencies::ValueFrequencies;
use super::entity_key::EntityKey;
use super::flat_list::FlatList;
use super::flat_table::FlatTable;
use super::group::profiles::{ProfileNo, Profiles};
use super::number_map::NumberMap;
use super::outcome::Decision;
use super::records::{NameNo, RecordNo, RecordTable};
use super::score::edges::ScoredPairs;
use crate::model::linkage::{Judgement, RelationKind};

/// The outcome of the run before, ready to be changed a little.
#[derive(Debug, Clone, Default)]
pub struct LinkState {
    pub profiles: Profiles,
    pub terms: ValueFrequencies,
    pub index: Index,
    pub scored_pairs: ScoredPairs,
    /// By profile: the profile that stands for its cluster.
    pub roots: FlatList<ProfileNo>,
    /// Of the unidentified profiles.
    pub joined: NumberMap<ProfileNo, Assignment>,
    pub reviews: NumberMap<ProfileNo, Box<[WaitingPair]>>,
    pub stated_relations: StatedRelations,
    /// Bits of the entity keys in use → records that bear them.
    pub in_use: FlatTable<u64, u32>,
    /// Loose profiles by their own name's hash.
    pub same_name: FlatTable<u64, u32>,
    /// What persons had said.
    pub judgements: Vec<Judgement>,
}

impl LinkState {
    /// Records no longer bear an entity's key.
    pub fn leave(&mut self, key: EntityKey, records: u32) {
        if let Some(count) = self.in_use.get_mut(&key.to_bits()) {
            *count = count.saturating_sub(records);
            if *count == 0 {
                self.in_use.remove(&key.to_bits());
            }
        }
    }

    /// Counts a profile's name among the unidentified ones, once more or once less.
    pub fn count_name(&mut self, record_table: &RecordTable, profile: ProfileNo, comes: bool) {
        let name = record_table.facts(self.profiles.members(profile)[0]).name;
        if name == 0 || !self.profiles.get(profile).is_unidentified() {
            return;
        }
        let whole = record_table.name_entry(name).whole;
        let count = self.same_name.or_insert(whole, 0);
        *count = if comes { *count + 1 } else { count.saturating_sub(1) };
        if *count == 0 {
            self.same_name.remove(&whole);
        }
    }
}

impl KeepAll for LinkState {
    fn write(&self, to: &mut Writer<'_>) -> std::io::Result<()> {
        self.profiles.write(to)?;
        self.terms.write(to)?;
        self.index.write(to)?;
        self.scored_pairs.write(to)?;
        to.flat(&self.roots)?;
        to.map(&self.joined)?;
        to.map(&self.reviews)?;
        to.map(&self.stated_relations)?;
        self.in_use.write(to)?;
        self.same_name.write(to)?;
        to.list(&self.judgements)
    }
    fn read(from: &mut Reader) -> Option<LinkState> {
        Some(LinkState {
            profiles: Profiles::read(from)?,
            terms: ValueFrequencies::read(from)?,
            index: Index::read(from)?,
            scored_pairs: ScoredPairs::read(from)?,
            roots: from.flat()?,
            joined: from.map()?,
            reviews: from.map()?,
            stated_relations: from.map()?,
            in_use: FlatTable::read(from)?,
            same_name: FlatTable::read(from)?,
            judgements: from.list()?,
        })
    }
}

/// What earlier runs decided, by record number.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Memory {
    pub entities: FlatList<Option<EntityKey>>,
    /// Fingerprint of the decision that was handed out; 0 for none.
    pub stated: FlatList<u64>,
}

impl Memory {
    /// The decisions that say something else than what was handed out before, and from now on count as handed out.
    pub fn changed_decisions(&mut self, decided: Vec<(u64, Decision)>, vanished: &[RecordNo]) -> Vec<Decision> {
        for record in vanished {
            self.stated[*record as usize] = 0;
        }
        let stated = &mut self.stated;
        let is_news = |(mark, d): &(u64, Decision)| std::mem::replace(&mut stated[d.record as usize], *mark) != *mark;
        decided.into_iter().filter(is_news).map(|(_, decision)| decision).collect()
    }
}

/// A relation that a profile states to another unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StatedRelation {
    pub kind: RelationKind,
    pub to: Option<EntityKey>,
    /// Who bears the name now, where that is known and not the unit that was meant (a former name).
    pub bearer: Option<EntityKey>,
    /// The same unit has the same mark.
    pub mark: u64,
    pub name: NameNo,
    /// How much of the name is meant, in glyphs.
    pub len: u8,
    /// yyyymmdd; 0: not known.
    pub since: u32,
    pub record: RecordNo,
}

/// A pair that a person should look at, as one of its two sides has it. What speaks for and against it is worked out again whenever it
/// is asked for ([`super::Linker::evidence_of_pair`]): a city has nearly as many of these as enterprises.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WaitingPair {
    /// The record that asks.
    pub left: RecordNo,
    /// The one that may be the same.
    pub right: RecordNo,
    /// Entity of the left record.
    pub left_entity: Option<EntityKey>,
    /// Entity of the right record.
    pub right_entity: Option<EntityKey>,
    /// log2 odds.
    pub weight: f32,
    /// Hash of what is told of it.
    pub told: u64,
    /// Joined all the same, and to be confirmed.
    pub joined: bool,
    /// An establishment with a code of its own beside its firm: nothing but the names was looked at.
    pub of_unit: bool,
}

/// What all profiles say.
pub type StatedRelations = NumberMap<ProfileNo, Box<[StatedRelation]>>;

kept!(StatedRelation { kind, to, bearer, mark, name, len, since, record });
kept!(WaitingPair { left, right, left_entity, right_entity, weight, told, joined, of_unit });
