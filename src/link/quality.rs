//! What a run of linking looks like from above: counts by method, a histogram of weights, how good it probably is by
//! band, the largest and the suspicious clusters.
//!
//! Precision and recall are *estimates of the model about itself*: a weight is log2 odds, so every joined record is
//! right with probability 1 / (1 + 2^-weight), and every pair left apart was wrongly left with what its weight says.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};
use serde::Serialize;

use super::block::recall::Blocking;
use super::linker::Linker;
use super::outcome::{Decision, Linking};
use super::score::covered::Covered;

/// Width of a band of weights, log2 units.
const BAND: f32 = 2.0;
/// Weights beyond this share the last band.
const LAST_BAND: f32 = 20.0;
/// How many clusters are listed.
const LISTED: usize = 10;

/// A run of linking from above.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Records that were decided on.
    pub records: usize,
    /// Entities in use.
    pub entities: usize,
    /// How well the keys find what belongs together.
    pub blocking: Blocking,
    /// Pairs that are not hopeless.
    pub scored_pairs: usize,
    /// Records by the method that joined them; `ALONE` where nothing did.
    pub methods: BTreeMap<String, usize>,
    /// By rising weight.
    pub bands: Vec<Band>,
    /// Expected share of right ones among the records joined by weight.
    pub estimated_precision: f64,
    /// Expected share of the pairs that belong together which are joined, among those that were weighed.
    pub estimated_recall: f64,
    /// Pairs that wait for a person.
    pub review_pairs: usize,
    /// How well records are joined whose code is missing, measured with codes covered up.
    pub without_codes: Vec<WithoutCodes>,
    /// The largest clusters, the largest first.
    pub largest: Vec<ClusterSize>,
    /// Warnings by kind.
    pub flags: BTreeMap<String, usize>,
    /// The warnings about the most records.
    pub suspicious: Vec<Suspicious>,
    /// Clusters that hold what one enterprise rarely has.
    pub suspicious_clusters: Vec<SuspiciousCluster>,
}

/// Records joined, and pairs left apart, with weights from `from` (included) to `to`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Band {
    /// Lower edge, log2 odds.
    pub from: f32,
    /// Upper edge, log2 odds; the last band has none in truth.
    pub to: f32,
    /// Records joined with such a weight.
    pub joined: usize,
    /// Pairs left apart with such a weight.
    pub apart: usize,
    /// Expected share of right ones among the joined; null where none is.
    pub precision: Option<f64>,
    /// Expected share of what belongs together, of all that was weighed, that is joined with at least `from`.
    pub recall: f64,
}

/// What is odd about a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Oddity {
    /// Several valid codes: only a judgement, or a record that contradicts itself, brings these together.
    TwoCodes,
    /// So many places of business as one enterprise rarely gives.
    ManyAddresses,
}

impl Oddity {
    /// As the report names it.
    pub fn name(self) -> &'static str {
        match self {
            Oddity::TwoCodes => "two_codes",
            Oddity::ManyAddresses => "many_addresses",
        }
    }
}

/// A cluster that holds what one enterprise rarely has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SuspiciousCluster {
    /// What is odd.
    pub kind: Oddity,
    /// Its id.
    pub entity: String,
    /// How many records it has.
    pub records: usize,
    /// Codes, or addresses.
    pub count: usize,
}

/// Records of one registry that were joined with their codes covered up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WithoutCodes {
    /// Name of the registry.
    pub registry: String,
    /// Records whose codes were covered up.
    pub tested: usize,
    /// Of these, joined to anything.
    pub joined: usize,
    /// Joined to their own enterprise.
    pub right: usize,
    /// Share of right ones among the joined; null where none was joined.
    pub precision: Option<f64>,
    /// Share of those whose enterprise has another record that were joined to it; null where there is none.
    pub recall: Option<f64>,
}

/// How large a cluster is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClusterSize {
    /// Its id.
    pub entity: String,
    /// How many records it has.
    pub records: usize,
}

/// A warning about several records.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suspicious {
    /// Name of its `FlagKind`.
    pub kind: String,
    /// Id of the entity; None where the record is in none.
    pub entity: Option<String>,
    /// Registry of the first record.
    pub registry: String,
    /// Its key there.
    pub key: String,
    /// How many records or names it is about.
    pub count: u32,
}

/// Probability that a pair of that weight is one enterprise.
pub fn probability(weight: f32) -> f64 {
    1.0 / (1.0 + f64::from(-weight).exp2())
}

impl Report {
    /// `linking` must be the run's whole outcome: every record's decision.
    pub fn of(linker: &Linker, linking: &Linking) -> Report {
        let (joined, apart) = weights(linking);
        let right: f64 = joined.iter().map(|w| probability(*w)).sum();
        let missed: f64 = apart.iter().map(|w| probability(*w)).sum();
        let share = |part: f64, rest: f64| if part + rest == 0.0 { 1.0 } else { part / (part + rest) };
        let mut methods = BTreeMap::new();
        for d in &linking.decisions {
            *methods.entry(method(linker, d)).or_insert(0) += 1;
        }
        let mut flags = BTreeMap::new();
        for flag in &linking.flags {
            *flags.entry(flag.kind.name().to_owned()).or_insert(0) += 1;
        }
        Report {
            records: linking.decisions.len(),
            entities: linking.statistics.entities,
            blocking: linker.blocking(),
            scored_pairs: linking.statistics.scored_pairs,
            methods,
            bands: bands(&joined, &apart),
            estimated_precision: share(right, joined.len() as f64 - right),
            estimated_recall: share(right, missed),
            review_pairs: linking.review.len(),
            without_codes: without_codes(linker),
            largest: largest(linking),
            flags,
            suspicious: suspicious(linking),
            suspicious_clusters: odd_clusters(linker, linking),
        }
    }
}

fn without_codes(linker: &Linker) -> Vec<WithoutCodes> {
    let of = |counts: &Covered| WithoutCodes {
        registry: linker.settings().registry(counts.registry).to_owned(),
        tested: counts.tested,
        joined: counts.joined,
        right: counts.right,
        precision: counts.precision(),
        recall: counts.recall(),
    };
    linker.covered().iter().map(of).collect()
}

/// The word of the contract, or `ALONE` for a record without a code that nothing joined.
fn method(linker: &Linker, decision: &Decision) -> String {
    match decision.partner.is_none() && !linker.has_code(decision.record) {
        true => "ALONE".to_owned(),
        false => decision.method.name().to_owned(),
    }
}

/// Weights of the joined records, and of the pairs that were left apart.
fn weights(linking: &Linking) -> (Vec<f32>, Vec<f32>) {
    let joined = linking.decisions.iter().filter_map(|d| d.weight).collect();
    let apart = linking.review.iter().filter(|pair| !pair.joined).map(|pair| pair.weight).collect();
    (joined, apart)
}

fn bands(joined: &[f32], apart: &[f32]) -> Vec<Band> {
    let lowest = joined.iter().chain(apart).copied().filter(|w| w.is_finite()).fold(0.0_f32, f32::min);
    let mut from = (lowest / BAND).floor() * BAND;
    let right = |weights: &[f32], least: f32| -> f64 { weights.iter().filter(|w| **w >= least).map(|w| probability(*w)).sum() };
    let all = right(joined, f32::NEG_INFINITY) + right(apart, f32::NEG_INFINITY);
    let mut bands = Vec::new();
    while from < LAST_BAND {
        let to = if from + BAND >= LAST_BAND { f32::INFINITY } else { from + BAND };
        let inside = |w: &&f32| **w >= from && **w < to;
        let here: Vec<f32> = joined.iter().filter(inside).copied().collect();
        let precision = (!here.is_empty()).then(|| here.iter().map(|w| probability(*w)).sum::<f64>() / here.len() as f64);
        let recall = if all == 0.0 { 1.0 } else { right(joined, from) / all };
        let apart = apart.iter().filter(inside).count();
        bands.push(Band { from, to: from + BAND, joined: here.len(), apart, precision, recall });
        from += BAND;
    }
    bands
}

fn largest(linking: &Linking) -> Vec<ClusterSize> {
    let mut sizes: HashMap<super::EntityKey, usize> = HashMap::new();
    for entity in linking.decisions.iter().filter_map(|d| d.entity) {
        *sizes.entry(entity).or_default() += 1;
    }
    let mut sizes: Vec<_> = sizes.into_iter().collect();
    sizes.sort_unstable_by_key(|(entity, size)| (std::cmp::Reverse(*size), *entity));
    sizes.into_iter().take(LISTED).map(|(entity, records)| ClusterSize { entity: entity.to_string(), records }).collect()
}

/// The warnings about the most records, whatever their kind; broken codes and missing names are only counted.
fn suspicious(linking: &Linking) -> Vec<Suspicious> {
    let mut stated: Vec<_> = linking.flags.iter().filter(|f| f.count > 1).collect();
    stated.sort_by(|a, b| (b.count, &a.record).cmp(&(a.count, &b.record)));
    stated
        .into_iter()
        .take(LISTED)
        .map(|f| Suspicious {
            kind: f.kind.name().to_owned(),
            entity: f.entity.map(|e| e.to_string()),
            registry: f.record.registry.to_string(),
            key: f.record.key.to_string(),
            count: f.count,
        })
        .collect()
}

/// Different places of business from which a cluster is odd: registered and operating address, an old and a new one of each.
const MANY_ADDRESSES: usize = 5;

/// Clusters with several valid codes or very many addresses, the oddest of each kind first.
fn odd_clusters(linker: &Linker, linking: &Linking) -> Vec<SuspiciousCluster> {
    #[derive(Default)]
    struct Held {
        records: usize,
        codes: HashSet<u64>,
        places: HashSet<(u32, u32)>,
    }
    let mut clusters: HashMap<super::EntityKey, Held> = HashMap::new();
    let standing = linker.standing.as_ref();
    for d in &linking.decisions {
        let (Some(entity), facts) = (d.entity, linker.record_table.facts(d.record)) else { continue };
        let held = clusters.entry(entity).or_default();
        held.records += 1;
        // A branch written with its parent's code says nothing of its own code.
        let is_stray = standing.is_some_and(|s| s.profiles.get(s.profiles.of_record[d.record as usize]).parent != 0);
        held.codes.extend((facts.organisation != 0 && !is_stray).then_some(facts.organisation));
        for address in [facts.address, facts.operating].into_iter().filter(|a| *a != 0).map(|a| linker.record_table.address(a)) {
            held.places.extend((address.number != 0).then_some((address.road, address.number)));
        }
    }
    let list = |kind: Oddity, least: usize, count: &dyn Fn(&Held) -> usize| {
        let odd = clusters.iter().filter(|(_, held)| count(held) >= least);
        let mut odd: Vec<SuspiciousCluster> = odd
            .map(|(entity, held)| SuspiciousCluster {
                kind,
                entity: entity.to_string(),
                records: held.records,
                count: count(held),
            })
            .collect();
        odd.sort_by(|a, b| (b.count, &a.entity).cmp(&(a.count, &b.entity)));
        odd.truncate(LISTED);
        odd
    };
    let codes = list(Oddity::TwoCodes, 2, &|held| held.codes.len());
    [codes, list(Oddity::ManyAddresses, MANY_ADDRESSES, &|held| held.places.len())].concat()
}
