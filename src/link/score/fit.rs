//! Fits the weight table to the records at hand.
//!
//! Free labels: of the records with a valid code some are *covered up*, so that they look unidentified; whether the linking
//! would find their profile again is known. That seeds m and u; then a few rounds of expectation–maximisation add the
//! truly unidentified records, each counted by how likely its best edges are (Winkler 1988, Dempster, Laird and Rubin 1977).

use rayon::prelude::*;

use super::edges::ScoringContext;
use crate::link::block::index::Index;
use crate::link::compare::NameLevel;
use crate::link::compare::frequencies::ValueFrequencies;
use crate::link::compare::levels::{Comparison, FEATURES};
use crate::link::compare::weights::{FEATURE, NAME, Odds, Table, WeightTable, Weights};
use crate::link::group::profiles::{CannotLinks, ProfileNo, Profiles, identify_but};
use crate::link::records::{RecordNo, RecordTable};
use crate::link::settings::LinkSettings;
use crate::normalise::mix;

/// One record in this many is covered up.
const ONE_IN: u64 = 5;
/// Most records to cover up: more do not make the table better.
const MOST: u64 = 25_000;
/// Rounds of expectation and maximisation.
const ROUNDS: usize = 4;
/// The table to start from counts like this many pairs: rare levels stay near it.
const BELIEF: f64 = 30.0;

struct Pair {
    comparison: Comparison,
    levels: [usize; FEATURES],
    truth: Option<bool>,
    left: u32,
}

/// A weight table fitted to `record_table`, starting from `seed`. The codes feature cannot be learnt (covered records have
/// valid codes) and stays as it was.
pub fn fit(record_table: &RecordTable, settings: &LinkSettings, seed: &Weights) -> WeightTable {
    let identified = record_table.standing().filter(|r| record_table.facts(*r).organisation != 0).count() as u64;
    let one_in = ONE_IN.max(identified / MOST);
    let hidden = |record: RecordNo| {
        let facts = record_table.facts(record);
        facts.organisation != 0 && mix(facts.reference ^ 0xF17).is_multiple_of(one_in)
    };
    let profiles = identify_but(record_table, &CannotLinks::default(), hidden);
    let terms = ValueFrequencies::count(record_table, &profiles);
    let index = Index::of(record_table, &profiles);
    let unidentified: Vec<ProfileNo> = profiles.standing().filter(|p| profiles.get(*p).is_unidentified()).collect();
    let mut table = seed.table().clone();
    let mut weights = seed.clone();
    for _ in 0..ROUNDS {
        let scoring =
            ScoringContext { record_table, profiles: &profiles, terms: &terms, weights: &weights, index: &index, settings };
        let pairs: Vec<Vec<Pair>> = unidentified
            .par_iter()
            .map_init(
                || (Vec::new(), Vec::new()),
                |(scratch, candidates), left| {
                    scoring.candidates(*left, scratch, candidates);
                    // Loose against unidentified teaches nothing: who they are is not known.
                    candidates
                        .iter()
                        .filter(|right| !profiles.get(**right).is_unidentified() && !profiles.barred(*left, **right))
                        .map(|right| {
                            let comparison = scoring.compare(*left, *right);
                            Pair {
                                levels: comparison.levels(),
                                comparison,
                                truth: truth(record_table, &profiles, *left, *right),
                                left: *left,
                            }
                        })
                        .collect()
                },
            )
            .collect();
        let counts = count(scoring, &pairs);
        table.roll = counts[0].table(seed, 0, terms.profiles);
        table.registry = counts[1].table(seed, 1, terms.profiles);
        table.prior = prior(scoring, &pairs);
        weights = Weights::new(table.clone()).expect("fitted odds lie between 0 and 1");
    }
    table
}

/// Whether the two are one enterprise by their codes, covered up or not; None where a code is missing.
fn truth(record_table: &RecordTable, profiles: &Profiles, left: ProfileNo, right: ProfileNo) -> Option<bool> {
    let code = |profile: ProfileNo| match profiles.get(profile).organisation {
        0 => profiles.members(profile).iter().map(|r| record_table.facts(*r).organisation).find(|code| *code != 0),
        code => Some(code),
    };
    Some(code(left)? == code(right)?)
}

/// Counts of levels among pairs of one enterprise and of others, and how many unidentified profiles were seen.
struct Counts {
    same: [Vec<f64>; FEATURES],
    other: [Vec<f64>; FEATURES],
    /// Sum over unidentified profiles of how many share the 字号.
    brands: f64,
    lefts: f64,
}

fn count(scoring: ScoringContext<'_>, pairs: &[Vec<Pair>]) -> [Counts; 2] {
    let empty = || {
        let zeros: [Vec<f64>; FEATURES] = std::array::from_fn(|f| vec![0.0; FEATURE[f].1().len()]);
        Counts { same: zeros.clone(), other: zeros, brands: 0.0, lefts: 0.0 }
    };
    let mut counts = [empty(), empty()];
    for candidates in pairs {
        let Some(first) = candidates.first() else { continue };
        let which = usize::from(!first.comparison.of_roll);
        let left = scoring.profiles.members(first.left)[0];
        counts[which].lefts += 1.0;
        counts[which].brands += f64::from(scoring.terms.brand(scoring.record_table.facts(left).name));
        let odds: Vec<f64> = candidates.iter().map(|pair| f64::from(scoring.weight(&pair.comparison)).exp2()).collect();
        let all: f64 = 1.0 + odds.iter().sum::<f64>();
        for (pair, odds) in candidates.iter().zip(odds) {
            let likely = match pair.truth {
                Some(true) => 1.0,
                Some(false) => 0.0,
                None => odds / all,
            };
            // Among others, those whose names would pass as the same count most: they are whom the rest must tell apart.
            let by_name =
                scoring.weights.weigh(&pair.comparison, scoring.terms.profiles)[NAME] + scoring.weights.prior(&pair.comparison);
            let unlike = if pair.truth == Some(false) { 1.0 } else { 0.0 };
            let rivals = unlike * f64::from(by_name).exp2().min(1.0);
            for feature in 0..FEATURES {
                let level = pair.levels[feature];
                counts[which].same[feature][level] += likely;
                counts[which].other[feature][level] += if feature == NAME { unlike } else { rivals };
            }
        }
    }
    counts
}

impl Counts {
    fn table(&self, seed: &Weights, which: usize, profiles: u32) -> Table {
        let old = if which == 0 { &seed.table().roll } else { &seed.table().registry };
        let mut table = Table::new();
        for (number, (feature, levels)) in FEATURE.iter().enumerate() {
            let row = table.entry(feature.to_string()).or_default();
            let same: f64 = self.same[number].iter().sum();
            let other: f64 = self.other[number].iter().sum();
            for (level, name) in levels().into_iter().enumerate() {
                let before = old[*feature][name];
                let m = (self.same[number][level] + BELIEF * before.m) / (same + BELIEF);
                let u = match number {
                    NAME => self.name_u(NameLevel::ALL[level], before.u, profiles),
                    _ => (self.other[number][level] + BELIEF * before.u) / (other + BELIEF),
                };
                // What a record lacks says nothing about which enterprise it is.
                let (m, u) = if matches!(name, "absent" | "unknown") && number != NAME { (m, m) } else { (m, u) };
                let odds = Odds { m: m.clamp(1e-6, 1.0), u: u.clamp(1e-12, 1.0) };
                row.insert(name.to_string(), if *feature == "code" { before } else { odds });
            }
        }
        table
    }
}

impl Counts {
    /// Where the 字号 is the same: a share of the profiles that have it. Elsewhere: of all profiles. Names that say
    /// nothing are the rule among others, though blocking brings few of them together.
    fn name_u(&self, level: NameLevel, before: f64, profiles: u32) -> f64 {
        let seen = self.other[NAME][level as usize];
        let among = match () {
            _ if level.is_far() => return before,
            _ if level.same_brand() => self.brands,
            _ => self.lefts * f64::from(profiles),
        };
        let belief = if level.same_brand() { BELIEF } else { BELIEF * f64::from(profiles) };
        (seen + belief * before) / (among + belief)
    }
}

/// log2 odds that a unidentified profile finds its enterprise among the candidates.
fn prior(scoring: ScoringContext<'_>, pairs: &[Vec<Pair>]) -> f32 {
    let (mut found, mut all) = (1.0_f64, 2.0_f64);
    for candidates in pairs {
        let odds: f64 = candidates.iter().map(|pair| f64::from(scoring.weight(&pair.comparison)).exp2()).sum();
        let known = candidates.iter().any(|pair| pair.truth.is_some());
        found += match known {
            true => f64::from(u8::from(candidates.iter().any(|pair| pair.truth == Some(true)))),
            false => odds / (1.0 + odds),
        };
        all += 1.0;
    }
    (found / (all - found)).log2().clamp(0.0, 6.0) as f32
}
