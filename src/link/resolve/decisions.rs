//! From clusters to what is handed back: entities, decisions, events, pairs to review, relations, warnings.

use hashbrown::{HashMap, HashSet};
use rayon::prelude::*;

use super::evidence;
use super::relations::Firms;
use super::review::{review, to_pair, unit_or_part};
use crate::link::cluster::JudgedPairs;
use crate::link::cluster::entity_ids::{Unnamed, name};
use crate::link::entity_key::{EntityKey, reference_of};
use crate::link::group::profiles::ProfileNo;
use crate::link::number_map::NumberMap;
use crate::link::outcome::{Decision, EntityEvent, Flag, FlagKind, ReviewPair};
use crate::link::records::{BY_CREDIT_CODE, RecordNo, RecordTable};
use crate::link::score::edges::ScoringContext;
use crate::link::settings::LinkSettings;
use crate::link::state::{LinkState, Memory, WaitingPair};
use crate::model::linkage::{Judgement, LinkMethod, LinkRole};
use crate::normalise::mix;

/// What a run has to conclude anew. Each list is in order and names every profile once.
#[derive(Debug, Default)]
pub struct ResolveScope {
    /// Profiles whose clusters were made anew.
    pub clustered: Vec<ProfileNo>,
    /// Loose profiles outside of these that have a scored pair to one of them.
    pub bound: Vec<ProfileNo>,
    /// Profiles that are no more.
    pub removed: Vec<ProfileNo>,
    /// Profiles that speak of one whose name, code or very being has changed.
    pub speakers: Vec<ProfileNo>,
    /// Records that are gone since the run before.
    pub vanished: Vec<RecordNo>,
    /// Where a run follows another: the profiles that are new, or that join otherwise than before, by however little. All others stay as
    /// the run before left them.
    pub reassigned: Option<Vec<ProfileNo>>,
}

/// Records of one name without a code beyond this number are flagged.
pub const MANY_RECORDS: u32 = 20;

/// Names the clusters of `scope`: their ids go to `memory`.
pub fn name_clusters(
    scoring: ScoringContext<'_>,
    standing: &mut LinkState,
    memory: &mut Memory,
    scope: &ResolveScope,
) -> Vec<EntityEvent> {
    let ScoringContext { record_table, profiles, .. } = scoring;
    let mut place: NumberMap<ProfileNo, u32> = NumberMap::default();
    let mut unnamed: Vec<Unnamed> = Vec::new();
    let mut of: Vec<u32> = Vec::with_capacity(scope.clustered.len());
    let vanished: Vec<EntityKey> = scope.vanished.iter().filter_map(|record| memory.entities[*record as usize].take()).collect();
    vanished.iter().for_each(|key| standing.leave(*key, 1));
    for profile in &scope.clustered {
        let number = *place.entry(standing.roots[*profile as usize]).or_insert(unnamed.len() as u32);
        if number as usize == unnamed.len() {
            unnamed.push(Unnamed { founder: None, founders: None, earlier: Vec::new() });
        }
        of.push(number);
        let cluster = &mut unnamed[number as usize];
        for record in profiles.members(*profile) {
            let (facts, earlier) = (record_table.facts(*record), memory.entities[*record as usize]);
            if let Some(key) = earlier {
                standing.leave(key, 1);
                cluster.earlier.push(key);
            }
            if facts.role() != LinkRole::Mention {
                let founder = (facts.registry, facts.reference);
                if cluster.founder.is_none_or(|known| founder < known) {
                    (cluster.founder, cluster.founders) = (Some(founder), earlier);
                }
            }
        }
    }
    let named = name(&unnamed, vanished, |key| standing.in_use.contains_key(&key.to_bits()));
    for (profile, number) in scope.clustered.iter().zip(of) {
        let key = named.keys[number as usize];
        let members = profiles.members(*profile);
        members.iter().for_each(|record| memory.entities[*record as usize] = key);
        if let Some(key) = key {
            *standing.in_use.or_insert(key.to_bits(), 0) += members.len() as u32;
        }
    }
    named.events
}

/// A decision for every record of the profiles in `lists`, with its fingerprint, in the order of the records.
pub fn decide(
    scoring: ScoringContext<'_>,
    standing: &LinkState,
    memory: &Memory,
    lists: &[&[ProfileNo]],
    judged: &JudgedPairs,
) -> Vec<(u64, Decision)> {
    let ScoringContext { record_table, profiles, index, .. } = scoring;
    let same: HashMap<ProfileNo, ProfileNo> = judged.same.iter().flat_map(|(a, b)| [(*a, *b), (*b, *a)]).collect();
    let firms = Firms { record_table, profiles, index, entities: &memory.entities };
    let entity = |profile: ProfileNo| firms.entity(profile);
    let of_coded = |profile: ProfileNo| {
        profiles.members(profile).len() > 1 && profiles.members(profile).iter().all(|r| record_table.facts(*r).organisation != 0)
    };
    let of_profile = |profile: &ProfileNo| -> Vec<Decision> {
        let joined = standing.joined.get(profile);
        let key = entity(*profile);
        let together =
            same.get(profile).copied().filter(|other| profiles.get(*profile).is_unidentified() && entity(*other) == key);
        let (how, partner) = match (joined, together) {
            (None, _) => (None, None),
            (Some(_), Some(other)) => (Some(LinkMethod::Judgement), Some(other)),
            (Some(joined), None) => match joined.partner.filter(|_| joined.joined) {
                Some(partner) => (Some(evidence::method(&scoring.compare(*profile, partner))), Some(partner)),
                // It stands alone, or its registration number is all it has.
                None if profiles.members(*profile).len() > 1 && !of_coded(*profile) => {
                    (Some(LinkMethod::RegistrationNumber), None)
                }
                // An establishment's own code.
                None if of_coded(*profile) => (None, None),
                None => (Some(LinkMethod::Name), None),
            },
        };
        let by_code = |record: RecordNo| match record_table.facts(record).has(BY_CREDIT_CODE) {
            true => LinkMethod::CreditCode,
            false => LinkMethod::OrganisationCode,
        };
        let decision = |record: &RecordNo| Decision {
            record: *record,
            store_id: record_table.facts(*record).store_id,
            part: record_table.facts(*record).part,
            entity: key,
            method: how.unwrap_or_else(|| by_code(*record)),
            weight: joined.filter(|j| j.joined && together.is_none()).map(|j| j.lead),
            partner: partner.map(|p| profiles.members(p)[0]),
            runner_up: joined.and_then(|j| j.runner_up).and_then(entity),
            refused: joined.and_then(|j| j.refused),
        };
        profiles.members(*profile).iter().map(decision).collect()
    };
    let mut decisions: Vec<(u64, Decision)> = lists
        .into_par_iter()
        .flat_map(|list| list.par_iter())
        .flat_map_iter(of_profile)
        .map(|decision| (fingerprint(&decision), decision))
        .collect();
    decisions.par_sort_unstable_by_key(|(_, d)| d.record);
    decisions
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

/// Review pairs and stated relations of the profiles in scope, and stated relations of `speakers`, kept in `standing`.
pub fn refresh_reviews(
    scoring: ScoringContext<'_>,
    standing: &mut LinkState,
    memory: &Memory,
    scope: &ResolveScope,
    speakers: &[ProfileNo],
    judgements: &[Judgement],
) -> Restated {
    let ScoringContext { record_table, profiles, index, settings, .. } = scoring;
    let mut restated = Restated::default();
    let firms = Firms { record_table, profiles, index, entities: &memory.entities };
    let decided: HashSet<(u64, u64)> =
        judgements.iter().map(|j| (reference_of(&j.left), reference_of(&j.right))).map(|(a, b)| (a.min(b), a.max(b))).collect();
    let spoken_on = |a: RecordNo, b: RecordNo| {
        let (a, b) = (record_table.facts(a).reference, record_table.facts(b).reference);
        decided.contains(&(a.min(b), a.max(b)))
    };
    // A number that stands for other records now says what it says anew; what it said before is over.
    for profile in &scope.removed {
        let then = standing.reviews.remove(profile);
        restated.pairs((record_table, settings), then, &[]);
        if standing.stated_relations.remove(profile).is_some() {
            restated.relations.push(*profile);
        }
    }
    let joined = [&scope.clustered, &scope.bound].into_par_iter().flat_map(|list| list.par_iter());
    let reviewed: Vec<_> = joined
        .filter_map(|profile| standing.joined.get(profile).map(|joined| (*profile, *joined)))
        .map(|(profile, joined)| {
            (profile, review(scoring, &standing.roots, &standing.scored_pairs, profile, &joined, firms, spoken_on))
        })
        .collect();
    let coded = [scope.clustered.as_slice(), speakers].into_par_iter().flat_map(|list| list.par_iter());
    let doubtful: Vec<_> = coded
        .filter(|profile| profiles.is_doubtful_unit(record_table, **profile))
        .map(|profile| (*profile, unit_or_part(scoring, *profile, firms, spoken_on).into_iter().collect::<Vec<WaitingPair>>()))
        .collect();
    let reviewed = reviewed.into_iter().chain(doubtful);
    for (profile, pairs) in reviewed {
        if standing.reviews.get(&profile).map_or(&[][..], |known| known) == pairs.as_slice() {
            continue;
        }
        let now: Box<[WaitingPair]> = pairs.into();
        let then = standing.reviews.remove(&profile);
        if scope.reassigned.is_some() {
            restated.pairs((record_table, settings), then, &now);
        }
        if !now.is_empty() {
            standing.reviews.insert(profile, now);
        }
    }
    let speaking = [scope.clustered.as_slice(), speakers].into_par_iter().flat_map(|list| list.par_iter());
    let said: Vec<_> = speaking.map(|profile| (*profile, firms.stated_relations(*profile))).collect();
    for (profile, stated) in said {
        if standing.stated_relations.get(&profile).map_or(&[][..], |known| known) == stated.as_slice() {
            continue;
        }
        restated.relations.push(profile);
        match stated.is_empty() {
            true => drop(standing.stated_relations.remove(&profile)),
            false => drop(standing.stated_relations.insert(profile, stated.into())),
        }
    }
    restated
}

/// What is said otherwise than before.
#[derive(Debug, Default)]
pub struct Restated {
    /// Pairs for a person that came, went or are others, as they were and as they are.
    pub reviewed: Vec<ReviewPair>,
    /// Profiles that say something else of others.
    pub relations: Vec<ProfileNo>,
}

impl Restated {
    fn pairs(
        &mut self,
        (record_table, settings): (&RecordTable, &LinkSettings),
        then: Option<Box<[WaitingPair]>>,
        now: &[WaitingPair],
    ) {
        let then = then.unwrap_or_default();
        let others = now.iter().filter(|pair| !then.contains(pair)).chain(then.iter().filter(|pair| !now.contains(pair)));
        self.reviewed.extend(others.map(|pair| to_pair(record_table, settings, pair)));
    }
}

/// Every warning that stands, the circles of renames apart.
pub fn flags(scoring: ScoringContext<'_>, standing: &LinkState, memory: &Memory) -> Vec<Flag> {
    let ScoringContext { record_table, profiles, index, settings, .. } = scoring;
    let flag = |kind: FlagKind, record: RecordNo, count: u32| Flag {
        kind,
        entity: memory.entities[record as usize],
        record: record_table.record_ref(record, settings),
        count,
    };
    let of_profiles = profiles.flags.values().flatten();
    let mut flags: Vec<Flag> = of_profiles.map(|(kind, record, count)| flag(*kind, *record, *count)).collect();
    let mut names: Vec<u64> =
        standing.same_name.iter().filter(|(_, count)| *count > MANY_RECORDS).map(|(name, _)| name).collect();
    names.sort_unstable();
    for name in names {
        let mut best: Option<((u16, u64), RecordNo)> = None;
        index.for_each_in_block(crate::link::block::keys::key(crate::link::block::keys::BlockKeyKind::Name, name), |profile| {
            let record = profiles.members(profile)[0];
            let facts = record_table.facts(record);
            if profiles.get(profile).is_unidentified() && record_table.name_entry(facts.name).whole == name {
                let found = ((facts.registry, facts.reference), record);
                best = Some(best.map_or(found, |known| known.min(found)));
            }
            true
        });
        flags.extend(
            best.map(|(_, record)| {
                flag(FlagKind::ManyRecordsOneName, record, standing.same_name.get(&name).copied().unwrap_or(0))
            }),
        );
    }
    flags.sort_by(|a, b| (a.kind, &a.record).cmp(&(b.kind, &b.record)));
    flags
}
