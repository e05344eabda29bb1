//! From clusters to what is handed back: entities, decisions, events, pairs to review, relations, warnings.

use hashbrown::{HashMap, HashSet};

use crate::model::linkage::{Judgement, LinkMethod, LinkRole};
use crate::normalise::mix;

use super::book::{BY_CREDIT_CODE, NumberMap, RecordNo};
use super::cluster::{Clusters, Joined, Spoken};
use super::entity::{EntityKey, Unnamed, name};
use super::evidence;
use super::identify::ProfileNo;
use super::linker::{Memory, reference};
use super::outcome::{Decision, EntityEvent, Flag, FlagKind, Linking, Statistics};
use super::relation::relations;
use super::review::review;
use super::score::{Bench, Edge};
use super::settings::Settings;

/// What the conclusion rests on.
pub struct Ground<'a> {
    pub bench: Bench<'a>,
    pub loose: &'a [ProfileNo],
    pub edges: &'a [Vec<Edge>],
    pub spoken: &'a Spoken,
    pub judgements: &'a [Judgement],
    pub settings: &'a Settings,
}

pub struct Conclusion {
    pub linking: Linking,
    pub memory: Memory,
}

/// Records of one name without a code beyond this number are flagged.
const MANY_RECORDS: u32 = 20;

pub fn conclude(ground: Ground<'_>, clusters: &mut Clusters, memory: &Memory, statistics: Statistics) -> Conclusion {
    let Bench { book, profiles, .. } = ground.bench;
    let cluster_of: Vec<ProfileNo> = (0..profiles.all.len() as ProfileNo).map(|p| clusters.root(p)).collect();
    let (entities, events) = name_clusters(&ground, &cluster_of, memory);
    let entity = |profile: ProfileNo| entities[cluster_of[profile as usize] as usize];

    let (decisions, memory) = decide(&ground, clusters, entity, memory);
    let decided = decided_pairs(ground.judgements);
    let on = |a: RecordNo, b: RecordNo| {
        let (a, b) = (book.facts(a).reference, book.facts(b).reference);
        decided.contains(&(a.min(b), a.max(b)))
    };
    let review = review(ground.bench, ground.loose, ground.edges, clusters, entity, on, ground.settings);
    let (relations, circles) = relations(book, profiles, entity, ground.settings);
    let mut flags = flags(&ground, entity);
    flags.extend(circles);
    let statistics = Statistics {
        records: book.standing().count(),
        entities: entities.iter().flatten().collect::<HashSet<_>>().len(),
        ..statistics
    };
    Conclusion { linking: Linking { decisions, events, review, relations, flags, statistics }, memory }
}

fn decided_pairs(judgements: &[Judgement]) -> HashSet<(u64, u64)> {
    let pair = |j: &Judgement| (reference(&j.left), reference(&j.right));
    judgements.iter().map(pair).map(|(a, b)| (a.min(b), a.max(b))).collect()
}

/// The id of every cluster root, and what became of earlier ids.
fn name_clusters(ground: &Ground<'_>, cluster_of: &[ProfileNo], memory: &Memory) -> (Vec<Option<EntityKey>>, Vec<EntityEvent>) {
    let Bench { book, profiles, .. } = ground.bench;
    let mut place = vec![u32::MAX; cluster_of.len()];
    let mut unnamed: Vec<Unnamed> = Vec::new();
    for profile in 0..cluster_of.len() as ProfileNo {
        let slot = &mut place[cluster_of[profile as usize] as usize];
        if *slot == u32::MAX {
            *slot = unnamed.len() as u32;
            unnamed.push(Unnamed { founder: None, founders: None, earlier: Vec::new() });
        }
        let cluster = &mut unnamed[*slot as usize];
        for record in profiles.members(profile) {
            let facts = book.facts(*record);
            cluster.earlier.extend(memory.entities[*record as usize]);
            if facts.role() != LinkRole::Mention {
                let founder = (facts.registry, facts.reference);
                if cluster.founder.is_none_or(|known| founder < known) {
                    (cluster.founder, cluster.founders) = (Some(founder), memory.entities[*record as usize]);
                }
            }
        }
    }
    let vanished = (0..book.records.len()).filter(|r| book.records[*r].is_gone()).filter_map(|r| memory.entities[r]);
    let named = name(&unnamed, vanished);
    let keys = place.iter().map(|slot| named.keys.get(*slot as usize).copied().flatten()).collect();
    (keys, named.events)
}

/// A decision for every record; those that were handed out before are left out.
fn decide(
    ground: &Ground<'_>,
    clusters: &Clusters,
    entity: impl Fn(ProfileNo) -> Option<EntityKey>,
    memory: &Memory,
) -> (Vec<Decision>, Memory) {
    let Bench { book, profiles, .. } = ground.bench;
    let index: NumberMap<ProfileNo, u32> = ground.loose.iter().enumerate().map(|(i, p)| (*p, i as u32)).collect();
    let spoken: HashMap<ProfileNo, ProfileNo> = ground.spoken.same.iter().flat_map(|(a, b)| [(*a, *b), (*b, *a)]).collect();
    let mut told = Memory { entities: vec![None; book.records.len()], told: vec![0; book.records.len()] };
    let mut decisions = Vec::new();
    for profile in 0..profiles.all.len() as ProfileNo {
        let joined = index.get(&profile).map(|i| clusters.joined[*i as usize]);
        let key = entity(profile);
        let together = spoken.get(&profile).copied().filter(|other| entity(*other) == key);
        let (how, partner) = how(ground, profile, joined, together);
        for record in profiles.members(profile) {
            let facts = book.facts(*record);
            let decision = Decision {
                record: *record,
                store_id: facts.store_id,
                part: facts.part,
                entity: key,
                method: how.unwrap_or(if facts.has(BY_CREDIT_CODE) {
                    LinkMethod::CreditCode
                } else {
                    LinkMethod::OrganisationCode
                }),
                weight: joined.filter(|j| j.joined && together.is_none()).map(|j| j.lead),
                partner: partner.map(|p| profiles.members(p)[0]),
                runner_up: joined.and_then(|j| j.runner_up).and_then(&entity),
                refused: joined.and_then(|j| j.refused),
            };
            let mark = fingerprint(&decision);
            told.entities[*record as usize] = key;
            told.told[*record as usize] = mark;
            if memory.told[*record as usize] != mark {
                decisions.push(decision);
            }
        }
    }
    decisions.sort_unstable_by_key(|d| d.record);
    (decisions, told)
}

/// How a profile came into its cluster (None: by its code), and with whom.
fn how(
    ground: &Ground<'_>,
    profile: ProfileNo,
    joined: Option<Joined>,
    together: Option<ProfileNo>,
) -> (Option<LinkMethod>, Option<ProfileNo>) {
    let Some(joined) = joined else {
        return (None, None);
    };
    if together.is_some() {
        return (Some(LinkMethod::Judgement), together);
    }
    match joined.partner.filter(|_| joined.joined) {
        Some(partner) => (Some(evidence::method(&ground.bench.compare(profile, partner))), Some(partner)),
        // It stands alone, or its registration number is all it has.
        None => {
            let registered = ground.bench.profiles.members(profile).len() > 1;
            (Some(if registered { LinkMethod::RegistrationNumber } else { LinkMethod::Name }), None)
        }
    }
}

fn fingerprint(decision: &Decision) -> u64 {
    let bits = |key: Option<EntityKey>| key.map_or(0, |k| k.to_bits() + 1);
    let mut mark = mix(bits(decision.entity));
    mark = mix(mark ^ bits(decision.runner_up));
    mark = mix(mark ^ decision.method as u64 ^ (decision.refused.map_or(0, |r| r as u64 + 1)) << 8);
    mark = mix(mark ^ decision.partner.map_or(0, |p| u64::from(p) + 1));
    // Weights drift a little with every record that comes or goes: a quarter is news.
    mark = mix(mark ^ decision.weight.map_or(0, |w| (w * 4.0).round() as i64 as u64 ^ 1 << 40));
    mark.max(1)
}

fn flags(ground: &Ground<'_>, entity: impl Fn(ProfileNo) -> Option<EntityKey>) -> Vec<Flag> {
    let Bench { book, profiles, .. } = ground.bench;
    let flag = |kind: FlagKind, record: RecordNo, count: u32| Flag {
        kind,
        entity: entity(profiles.of_record[record as usize]),
        record: book.record_ref(record, ground.settings),
        count,
    };
    let mut flags: Vec<Flag> = profiles.flags.iter().map(|(kind, record, count)| flag(*kind, *record, *count)).collect();
    let mut by_name: HashMap<u64, (u32, (u16, u64), RecordNo)> = HashMap::new();
    for profile in ground.loose {
        let record = profiles.members(*profile)[0];
        let facts = book.facts(record);
        if facts.name != 0 {
            let rank = (facts.registry, facts.reference);
            let entry = by_name.entry(book.name_entry(facts.name).whole).or_insert((0, rank, record));
            entry.0 += 1;
            if rank < entry.1 {
                (entry.1, entry.2) = (rank, record);
            }
        }
    }
    let many = by_name.values().filter(|(count, ..)| *count > MANY_RECORDS);
    flags.extend(many.map(|(count, _, record)| flag(FlagKind::ManyRecordsOneName, *record, *count)));
    flags.sort_by(|a, b| (a.kind, &a.record).cmp(&(b.kind, &b.record)));
    flags
}
