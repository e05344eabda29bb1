//! Pairs a person should look at: probable but unsettled, or settled by a narrow lead.

use rayon::prelude::*;

use super::evidence;
use super::relations::Firms;
use crate::link::cluster::Assignment;
use crate::link::compare::levels::Comparison;
use crate::link::group::profiles::{NONE, ProfileNo};
use crate::link::outcome::ReviewPair;
use crate::link::records::{NameNo, RecordNo, RecordTable};
use crate::link::score::edges::{ScoredPair, ScoredPairs, ScoringContext};
use crate::link::settings::LinkSettings;
use crate::link::state::WaitingPair;
use crate::model::linkage::{Evidence, LinkRole};
use crate::model::public_id;
use crate::normalise::mix;

/// The id of a pair of records, whichever comes first.
pub fn pair_id(left: u64, right: u64) -> Box<str> {
    public_id::write('R', pair_bits(left, right)).into()
}

/// The bits of that id, which are in the order of the ids.
fn pair_bits(left: u64, right: u64) -> u64 {
    let (a, b) = (left.min(right), left.max(right));
    mix(a.rotate_left(21) ^ mix(b)) & public_id::BITS
}

/// The pairs of a unidentified profile that a person should look at. `spoken_on` tells pairs that one has decided already.
pub fn review(
    scoring: ScoringContext<'_>,
    roots: &[ProfileNo],
    scored_pairs: &ScoredPairs,
    left: ProfileNo,
    joined: &Assignment,
    firms: Firms<'_>,
    spoken_on: impl Fn(RecordNo, RecordNo) -> bool,
) -> Vec<WaitingPair> {
    let mut pairs: Vec<WaitingPair> = Vec::new();
    for (right, weight, settled) in worth_a_look(joined, scored_pairs.all(left), left, roots, scoring.settings) {
        let comparison = scoring.compare(left, right);
        let (here, there) = best_records(scoring, &comparison, left, right);
        if !spoken_on(here, there) {
            let terms = scoring.terms.profiles;
            pairs.push(WaitingPair {
                left: here,
                right: there,
                left_entity: firms.entity(left),
                right_entity: firms.entity(right),
                weight,
                told: evidence::told(scoring.record_table, scoring.weights, terms, &comparison, (here, there)),
                joined: settled,
                of_unit: false,
            });
        }
    }
    pairs
}

/// An establishment with a code of its own, of which no registry says what it is, beside its firm: one enterprise or two, a
/// person decides. The weight is the same for all of them, since nothing was weighed.
pub fn unit_or_part(
    scoring: ScoringContext<'_>,
    profile: ProfileNo,
    firms: Firms<'_>,
    spoken_on: impl Fn(RecordNo, RecordNo) -> bool,
) -> Option<WaitingPair> {
    let ScoringContext { record_table, profiles, .. } = scoring;
    let here = profiles.members(profile)[0];
    let there = firms.firm_of(here)?;
    let (of, to) = (firms.entity(profile), firms.entity(profiles.of_record[there as usize]));
    if of == to || spoken_on(here, there) {
        return None;
    }
    Some(WaitingPair {
        left: here,
        right: there,
        left_entity: of,
        right_entity: to,
        weight: UNDECIDED,
        told: evidence::told_of_unit(record_table, names_of(record_table, here, there), (here, there)),
        joined: false,
        of_unit: true,
    })
}

/// Weight of a pair that nothing but a name ties together: neither for nor against.
const UNDECIDED: f32 = -0.5;

fn names_of(record_table: &RecordTable, left: RecordNo, right: RecordNo) -> (NameNo, NameNo) {
    (record_table.facts(left).name, record_table.facts(right).name)
}

/// What speaks for and against a pair, feature by feature.
pub fn evidence_of(scoring: ScoringContext<'_>, records: (RecordNo, RecordNo), of_unit: bool) -> Vec<Evidence> {
    let ScoringContext { record_table, profiles, weights, .. } = scoring;
    let (left, right) = records;
    if of_unit {
        return evidence::of_unit(record_table, names_of(record_table, left, right));
    }
    let [here, there] = [left, right].map(|record| profiles.of_record[record as usize]);
    if here == NONE || there == NONE {
        return Vec::new();
    }
    let pair = scoring.compare(here, there);
    evidence::of_pair(record_table, weights, scoring.terms.profiles, &pair, left, right)
}

/// All pairs, each once: where both sides are unidentified, as the one with the heavier word has it. In the order of their ids.
pub fn queue<'a>(
    record_table: &RecordTable,
    settings: &LinkSettings,
    reviews: impl Iterator<Item = &'a WaitingPair>,
) -> Vec<ReviewPair> {
    let reference = |record: RecordNo| record_table.facts(record).reference;
    let mut pairs: Vec<(u64, &WaitingPair)> =
        reviews.map(|pair| (pair_bits(reference(pair.left), reference(pair.right)), pair)).collect();
    let named = |record: RecordNo| {
        let facts = record_table.facts(record);
        (settings.registry(facts.registry), record_table.key(record), facts.part)
    };
    pairs.par_sort_unstable_by(|(a, one), (b, other)| {
        (a, other.joined).cmp(&(b, one.joined)).then_with(|| named(one.left).cmp(&named(other.left)))
    });
    pairs.dedup_by_key(|(id, _)| *id);
    pairs.into_par_iter().map(|(_, pair)| to_pair(record_table, settings, pair)).collect()
}

/// The other side, its weight, and whether it is joined all the same.
fn worth_a_look(
    joined: &Assignment,
    scored_pairs: &[ScoredPair],
    left: ProfileNo,
    roots: &[ProfileNo],
    settings: &LinkSettings,
) -> Vec<(ProfileNo, f32, bool)> {
    let root = |profile: ProfileNo| roots[profile as usize];
    if joined.joined && joined.lead >= settings.confirm_below {
        return Vec::new();
    }
    let mut found: Vec<(ProfileNo, f32, bool)> = Vec::new();
    if joined.joined {
        found.extend(joined.partner.map(|partner| (partner, joined.lead, true)));
    }
    let mut seen = vec![root(left)];
    for scored_pair in scored_pairs.iter().filter(|scored_pair| scored_pair.weight >= settings.review_from) {
        if !seen.contains(&root(scored_pair.right)) {
            seen.push(root(scored_pair.right));
            found.push((scored_pair.right, scored_pair.weight, false));
        }
    }
    found
}

/// The records of the two profiles whose names agreed best.
fn best_records(scoring: ScoringContext<'_>, pair: &Comparison, left: ProfileNo, right: ProfileNo) -> (RecordNo, RecordNo) {
    let bearing = |profile: ProfileNo, name: u32| {
        let members = scoring.profiles.members(profile);
        members.iter().copied().find(|r| scoring.record_table.names_of(*r).any(|n| n == name)).unwrap_or(members[0])
    };
    (bearing(left, pair.names.0), bearing(right, pair.names.1))
}

/// A pair as it is handed out.
pub fn to_pair(record_table: &RecordTable, settings: &LinkSettings, pair: &WaitingPair) -> ReviewPair {
    let (here, there) = (record_table.facts(pair.left), record_table.facts(pair.right));
    ReviewPair {
        id: pair_id(here.reference, there.reference),
        records: (pair.left, pair.right),
        left: record_table.record_ref(pair.left, settings),
        right: record_table.record_ref(pair.right, settings),
        left_store_id: here.store_id,
        right_store_id: there.store_id,
        left_entity: pair.left_entity,
        right_entity: pair.right_entity,
        weight: pair.weight,
        // The firm of a payment, a dispute or a dispatch is a mention as well, and nobody's member by that.
        of_union: here.role() == LinkRole::Union || here.role() == LinkRole::Mention && here.part > 0,
        joined: pair.joined,
        of_unit: pair.of_unit,
    }
}
