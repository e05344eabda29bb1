//! Runs the steps and remembers the book between runs.

use crate::model::linkage::{Evidence, Judgement, LinkMethod, LinkRecord, LinkRole, RecordRef};
use crate::normalise::identifier::organisation_text;

use super::book::{BY_CREDIT_CODE, Book, NumberMap, RecordNo};
use super::entity::{self, EntityKey};
use super::identify::{ProfileNo, Profiles, identify};
use super::outcome::{Decision, EntityEvent, Flag, Linking, Previous, Statistics};
use super::settings::Settings;
use super::weights::Weights;

/// All records known so far, and how to link them.
#[derive(Debug, Clone)]
pub struct Linker {
    settings: Settings,
    weights: Weights,
    book: Book,
}

impl Linker {
    pub fn new(settings: Settings, weights: Weights) -> Linker {
        Linker { settings, weights, book: Book::new() }
    }

    /// Adds records, or replaces those with the same registry, key and part.
    pub fn put(&mut self, records: &[LinkRecord]) {
        self.book.put(records, &self.settings);
    }

    /// Forgets a record; false where it is not known.
    pub fn remove(&mut self, record: &RecordRef) -> bool {
        self.book.remove(entity::reference(&record.registry, &record.key, record.part)).is_some()
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }
    pub fn weights(&self) -> &Weights {
        &self.weights
    }
    pub fn record_ref(&self, record: RecordNo) -> RecordRef {
        self.book.record_ref(record, &self.settings)
    }

    /// Links everything that stands in the book.
    pub fn link(&mut self, previous: &Previous, _judgements: &[Judgement]) -> Linking {
        self.book.trim();
        let profiles = identify(&self.book);
        let cluster_of = same_names(&self.book, &profiles);
        let entities = name_clusters(&self.book, &profiles, &cluster_of, previous);
        self.outcome(&profiles, &cluster_of, &entities, previous)
    }

    fn outcome(
        &self,
        profiles: &Profiles,
        cluster_of: &[ProfileNo],
        entities: &[Option<EntityKey>],
        previous: &Previous,
    ) -> Linking {
        let decisions: Vec<Decision> = self
            .book
            .standing()
            .map(|record| {
                let profile = profiles.of_record[record as usize];
                let cluster = cluster_of[profile as usize];
                let facts = self.book.facts(record);
                let method = match () {
                    _ if cluster != profile => LinkMethod::Name,
                    _ if profiles.get(profile).is_loose() => LinkMethod::RegistrationNumber,
                    _ if facts.has(BY_CREDIT_CODE) => LinkMethod::CreditCode,
                    _ => LinkMethod::OrganisationCode,
                };
                let partner = (cluster != profile).then(|| profiles.members(cluster)[0]);
                Decision {
                    record,
                    store_id: facts.store_id,
                    part: facts.part,
                    entity: entities[cluster as usize],
                    method,
                    weight: None,
                    partner,
                    runner_up: None,
                    refused: None,
                }
            })
            .collect();
        let events = entities.iter().flatten().filter(|_| previous.is_empty()).map(|key| EntityEvent::Founded(*key)).collect();
        let flags = profiles
            .flags
            .iter()
            .map(|(kind, record, count)| Flag {
                kind: *kind,
                entity: entities[cluster_of[profiles.of_record[*record as usize] as usize] as usize],
                record: self.record_ref(*record),
                count: *count,
            })
            .collect();
        let statistics = Statistics {
            records: decisions.len(),
            profiles: profiles.all.len(),
            loose: profiles.all.iter().filter(|p| p.is_loose()).count(),
            entities: entities.iter().flatten().count(),
            ..Statistics::default()
        };
        Linking { decisions, events, flags, statistics, ..Linking::default() }
    }

    /// Why a record belongs where the decision puts it.
    pub fn evidence(&self, decision: &Decision) -> Vec<Evidence> {
        let facts = self.book.facts(decision.record);
        match decision.partner {
            None if facts.organisation != 0 => {
                let code: Box<str> = organisation_text(facts.organisation).into();
                vec![Evidence {
                    feature: "organisation_code".into(),
                    level: "equal".into(),
                    left: Some(code.clone()),
                    right: Some(code),
                    weight: 0.0,
                }]
            }
            _ => Vec::new(),
        }
    }
}

/// The profile whose cluster each profile joins: a loose one joins the only coded one with its very name.
fn same_names(book: &Book, profiles: &Profiles) -> Vec<ProfileNo> {
    let mut by_name: NumberMap<u64, ProfileNo> = NumberMap::default();
    for number in 0..profiles.all.len() as ProfileNo {
        if profiles.get(number).is_loose() {
            continue;
        }
        let mut names: Vec<u64> =
            profiles.members(number).iter().flat_map(|r| book.names_of(*r)).map(|n| book.name_entry(n).whole).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            by_name.entry(name).and_modify(|known| *known = ProfileNo::MAX).or_insert(number);
        }
    }
    (0..profiles.all.len() as ProfileNo)
        .map(|number| {
            let profile = profiles.get(number);
            let name = book.name_entry(book.facts(profiles.members(number)[0]).name).whole;
            match by_name.get(&name) {
                Some(target)
                    if profile.is_loose()
                        && *target != ProfileNo::MAX
                        && profile.parent != profiles.get(*target).organisation =>
                {
                    *target
                }
                _ => number,
            }
        })
        .collect()
}

/// Ids for all clusters that hold a record which may found one.
fn name_clusters(book: &Book, profiles: &Profiles, cluster_of: &[ProfileNo], previous: &Previous) -> Vec<Option<EntityKey>> {
    let mut taken: hashbrown::HashSet<EntityKey> = hashbrown::HashSet::new();
    let mut anchors: Vec<(u16, u64, ProfileNo)> = (0..profiles.all.len() as ProfileNo)
        .filter(|p| cluster_of[*p as usize] == *p)
        .filter(|p| profiles.members(*p).iter().any(|r| book.facts(*r).role() != LinkRole::Mention))
        .map(|p| (profiles.get(p).anchor.0, profiles.get(p).anchor.1, p))
        .collect();
    anchors.sort_unstable();
    let mut keys = vec![None; profiles.all.len()];
    for (_, reference, profile) in anchors {
        let known = previous.get(reference).filter(|key| !taken.contains(key));
        let key = known.unwrap_or_else(|| {
            (0..).map(|n| EntityKey::founded_by(reference, n)).find(|key| !taken.contains(key)).expect("ids do not run out")
        });
        taken.insert(key);
        keys[profile as usize] = Some(key);
    }
    keys
}
