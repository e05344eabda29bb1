//! Runs the steps and remembers the book between runs.

use crate::model::linkage::{Evidence, Judgement, LinkMethod, LinkRecord, LinkRole, RecordRef};
use crate::normalise::identifier::organisation_text;

use super::block::block;
use super::book::{BY_CREDIT_CODE, Book, NumberMap, RecordNo};
use super::cluster::{Clusters, Spoken, cluster};
use super::entity::{self, EntityKey};
use super::fit::fit;
use super::identify::{ProfileNo, Profiles, identify};
use super::outcome::{Decision, EntityEvent, Flag, Linking, Previous, Statistics};
use super::score::{Bench, score};
use super::settings::Settings;
use super::terms::Terms;
use super::weights::{WeightTable, Weights};

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
        let terms = Terms::count(&self.book, &profiles);
        let blocks = block(&self.book, &profiles, &self.settings);
        let bench = Bench { book: &self.book, profiles: &profiles, terms: &terms, weights: &self.weights };
        let (edges, pairs) = score(bench, &blocks);
        if let Ok(want) = std::env::var("DEBUG") {
            for (i, left) in blocks.loose.iter().enumerate() {
                if profiles.members(*left).iter().any(|r| want.split(',').any(|w| w == self.book.key(*r))) {
                    let mut c = Vec::new();
                    blocks.candidates(i, &mut c);
                    eprintln!("{:?} candidates {}", self.book.key(profiles.members(*left)[0]), c.len());
                    for e in &edges[i] {
                        let pair = bench.compare(e.left, e.right);
                        eprintln!(
                            "  -> {} {:.2} {:?} {:?} n={}",
                            self.book.key(profiles.members(e.right)[0]),
                            e.weight,
                            bench.weights.weigh(&pair, terms.profiles),
                            pair,
                            self.book.name(pair.names.1).to_text()
                        );
                    }
                }
            }
        }
        let mut clusters = cluster(&profiles, &blocks.loose, &edges, &Spoken::default(), &self.settings);
        let statistics = Statistics {
            records: self.book.standing().count(),
            profiles: profiles.all.len(),
            loose: blocks.loose.len(),
            candidate_pairs: pairs,
            edges: edges.iter().map(Vec::len).sum(),
            entities: 0,
            keys: blocks.keys,
            dropped_keys: blocks.dropped,
        };
        self.outcome(&profiles, &blocks.loose, &mut clusters, statistics, previous)
    }

    /// Fits the weight table to the records of the book.
    pub fn fit(&mut self) -> WeightTable {
        fit(&self.book, &self.settings, &self.weights)
    }

    fn outcome(
        &self,
        profiles: &Profiles,
        loose: &[ProfileNo],
        clusters: &mut Clusters,
        mut statistics: Statistics,
        previous: &Previous,
    ) -> Linking {
        let cluster_of: Vec<ProfileNo> = (0..profiles.all.len() as ProfileNo).map(|p| clusters.root(p)).collect();
        let entities = name_clusters(&self.book, profiles, &cluster_of, previous);
        statistics.entities = entities.iter().flatten().count();
        let index: NumberMap<ProfileNo, u32> = loose.iter().enumerate().map(|(i, p)| (*p, i as u32)).collect();
        let entity = |profile: ProfileNo| entities[cluster_of[profile as usize] as usize];
        let decisions: Vec<Decision> = self
            .book
            .standing()
            .map(|record| {
                let profile = profiles.of_record[record as usize];
                let facts = self.book.facts(record);
                let joined = index.get(&profile).map(|i| clusters.joined[*i as usize]);
                let method = match joined {
                    Some(joined) if joined.joined => LinkMethod::Score,
                    Some(_) => LinkMethod::Name,
                    None if facts.organisation == 0 => LinkMethod::RegistrationNumber,
                    None if facts.has(BY_CREDIT_CODE) => LinkMethod::CreditCode,
                    None => LinkMethod::OrganisationCode,
                };
                let partner = joined.filter(|j| j.joined).and_then(|j| j.partner);
                Decision {
                    record,
                    store_id: facts.store_id,
                    part: facts.part,
                    entity: entity(profile),
                    method,
                    weight: joined.filter(|j| j.joined).map(|j| j.lead),
                    partner: partner.map(|p| profiles.members(p)[0]),
                    runner_up: joined.and_then(|j| j.runner_up).and_then(entity),
                    refused: joined.and_then(|j| j.refused),
                }
            })
            .collect();
        let events = entities.iter().flatten().filter(|_| previous.is_empty()).map(|key| EntityEvent::Founded(*key)).collect();
        let flags = profiles
            .flags
            .iter()
            .map(|(kind, record, count)| Flag {
                kind: *kind,
                entity: entity(profiles.of_record[*record as usize]),
                record: self.record_ref(*record),
                count: *count,
            })
            .collect();
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

/// Ids for all clusters that hold a record which may found one.
fn name_clusters(book: &Book, profiles: &Profiles, cluster_of: &[ProfileNo], previous: &Previous) -> Vec<Option<EntityKey>> {
    let mut taken: hashbrown::HashSet<EntityKey> = hashbrown::HashSet::new();
    let mut founders: NumberMap<ProfileNo, (u16, u64)> = NumberMap::default();
    for profile in 0..profiles.all.len() as ProfileNo {
        for record in profiles.members(profile) {
            let facts = book.facts(*record);
            if facts.role() != LinkRole::Mention {
                let founder = (facts.registry, facts.reference);
                founders.entry(cluster_of[profile as usize]).and_modify(|known| *known = founder.min(*known)).or_insert(founder);
            }
        }
    }
    let mut anchors: Vec<(u16, u64, ProfileNo)> =
        founders.into_iter().map(|(p, (registry, reference))| (registry, reference, p)).collect();
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
