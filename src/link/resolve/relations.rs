//! Relations between entities, as facts of their own: never a reason to join.
//!
//! What each profile says of others is kept between runs, and read again where the profile or one that it speaks of has
//! changed.

use hashbrown::HashMap;
use rayon::prelude::*;

use crate::link::block::index::Index;
use crate::link::block::keys::{Kind, firm, key};
use crate::link::entity_key::EntityKey;
use crate::link::group::profiles::{ProfileNo, Profiles};
use crate::link::outcome::{Flag, FlagKind, Relation};
use crate::link::records::{Book, ISSUES_CODES, NameNo, RecordNo};
use crate::link::settings::Settings;
use crate::link::state::{Sayings, Told};
use crate::model::linkage::RelationKind;
use crate::model::value::PartialDate;
use crate::normalise::glyph::text;

/// Where firms that others speak of are looked up.
#[derive(Clone, Copy)]
pub struct Firms<'a> {
    pub book: &'a Book,
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
    fn only(&self, key: crate::link::block::keys::Key, is_it: impl Fn(RecordNo) -> bool) -> Option<EntityKey> {
        let (mut found, mut several) = (None, false);
        self.index.behind(key, |profile| {
            if let Some(entity) = self.entity(profile).filter(|_| self.profiles.members(profile).iter().any(|r| is_it(*r))) {
                several = found.is_some_and(|known| known != entity);
                found = Some(entity);
            }
            !several
        });
        found.filter(|_| !several)
    }
    fn by_firm(&self, mark: u64) -> Option<EntityKey> {
        self.only(key(Kind::Firm, mark), |record| {
            let name = self.book.facts(record).name;
            name != 0 && !self.book.name(name).is_branch() && firm(self.book, name) == mark
        })
    }
    fn by_name(&self, name: NameNo) -> Option<EntityKey> {
        let whole = self.book.name_entry(name).whole;
        let bears = |record: RecordNo| self.book.name_entry(self.book.facts(record).name).whole == whole;
        self.only(key(Kind::Name, whole), bears).filter(|_| name != 0)
    }
    fn by_code(&self, code: u64) -> Option<EntityKey> {
        let best = self.profiles.of_code(code).min_by_key(|p| self.profiles.get(*p).anchor).filter(|_| code != 0);
        best.and_then(|profile| self.entity(profile))
    }

    /// Branches and their firms, renamed firms, and what the records themselves say of others.
    pub fn sayings(&self, profile: ProfileNo) -> Vec<Told> {
        let Firms { book, profiles, .. } = *self;
        let mut told: Vec<Told> = Vec::new();
        for record in profiles.members(profile) {
            let facts = book.facts(*record);
            let name = book.name(facts.name);
            if name.is_branch() {
                let mark = firm(book, facts.name);
                let to = match profiles.get(profile).parent {
                    0 => self.by_firm(mark),
                    code => self.by_code(code),
                };
                let len = (name.glyphs.len() - name.branch().len()) as u8;
                let mark = to.map_or(mark, EntityKey::to_bits);
                let kind = RelationKind::BranchOf;
                told.push(Told { kind, to, bearer: None, mark, name: facts.name, len, since: 0, record: *record });
            }
            if facts.has(ISSUES_CODES) {
                for former in book.names_of(*record).filter(|n| *n != facts.name) {
                    told.push(self.renamed(former, 0, *record));
                }
            }
            for unit in book.related(*record) {
                if unit.kind == RelationKind::RenamedFrom {
                    told.push(self.renamed(unit.name, unit.since, *record));
                    continue;
                }
                let to = self.by_code(unit.organisation).or_else(|| self.by_name(unit.name));
                told.push(Told {
                    kind: unit.kind,
                    to,
                    bearer: None,
                    mark: book.name_entry(unit.name).whole ^ unit.organisation,
                    name: unit.name,
                    len: book.name(unit.name).glyphs.len() as u8,
                    since: unit.since,
                    record: *record,
                });
            }
        }
        told
    }

    fn renamed(&self, former: NameNo, since: u32, record: RecordNo) -> Told {
        Told {
            kind: RelationKind::RenamedFrom,
            to: None,
            bearer: self.by_name(former),
            mark: self.book.name_entry(former).whole,
            name: former,
            len: self.book.name(former).glyphs.len() as u8,
            since,
            record,
        }
    }

    /// All relations that stand, each once: the best registry's word, one with a date first.
    pub fn relations(&self, sayings: &Sayings, settings: &Settings) -> (Vec<Relation>, Vec<Flag>) {
        let mut all: Vec<(EntityKey, Told)> = sayings
            .iter()
            .filter_map(|(p, told)| Some((self.entity(*p)?, told)))
            .flat_map(|(e, told)| told.iter().map(move |t| (e, *t)))
            .collect();
        let rank = |record: RecordNo| (self.book.facts(record).registry, self.book.facts(record).reference);
        all.par_sort_unstable_by_key(|(from, t)| (*from, t.kind, t.mark, t.since == 0, rank(t.record)));
        let renames: Vec<(EntityKey, EntityKey, RecordNo)> =
            all.iter().filter_map(|(from, t)| Some((*from, t.bearer.filter(|b| b != from)?, t.record))).collect();
        all.dedup_by_key(|(from, t)| (*from, t.kind, t.mark));
        let found = all
            .par_iter()
            .filter(|(from, t)| t.to != Some(*from))
            .map(|(from, t)| Relation {
                kind: t.kind,
                from: *from,
                to: t.to,
                name: text(&self.book.name(t.name).glyphs[..usize::from(t.len)]).into(),
                since: date(t.since),
                record: self.book.record_ref(t.record, settings),
            })
            .collect();
        let flags = circles(&renames).into_iter().map(|(entity, record, count)| Flag {
            kind: FlagKind::RenameCycle,
            entity: Some(entity),
            record: self.book.record_ref(record, settings),
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
