//! Pairs a person should look at: probable but unsettled, or settled by a narrow lead.

use super::evidence;
use super::relations::Firms;
use crate::link::cluster::Assignment;
use crate::link::compare::levels::Comparison;
use crate::link::group::profiles::ProfileNo;
use crate::link::outcome::ReviewPair;
use crate::link::records::RecordNo;
use crate::link::score::edges::{ScoredPair, ScoredPairs, ScoringContext};
use crate::link::settings::LinkSettings;
use crate::model::linkage::{Evidence, LinkRole};
use crate::model::public_id;
use crate::normalise::mix;

/// The id of a pair of records, whichever comes first.
pub fn pair_id(left: u64, right: u64) -> Box<str> {
    let (a, b) = (left.min(right), left.max(right));
    public_id::write('R', mix(a.rotate_left(21) ^ mix(b))).into()
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
) -> Vec<ReviewPair> {
    let mut pairs: Vec<ReviewPair> = Vec::new();
    for (right, weight, settled) in worth_a_look(joined, scored_pairs.all(left), left, roots, scoring.settings) {
        let comparison = scoring.compare(left, right);
        let (here, there) = best_records(scoring, &comparison, left, right);
        if !spoken_on(here, there) {
            let terms = scoring.terms.profiles;
            let evidence = evidence::of_pair(scoring.record_table, scoring.weights, terms, &comparison, here, there);
            let pair = to_pair(scoring, evidence, here, there, weight, settled);
            pairs.push(ReviewPair { left_entity: firms.entity(left), right_entity: firms.entity(right), ..pair });
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
) -> Option<ReviewPair> {
    let ScoringContext { record_table, profiles, .. } = scoring;
    let here = profiles.members(profile)[0];
    let there = firms.firm_of(here)?;
    let (of, to) = (firms.entity(profile), firms.entity(profiles.of_record[there as usize]));
    if of == to || spoken_on(here, there) {
        return None;
    }
    let names = (record_table.facts(here).name, record_table.facts(there).name);
    Some(ReviewPair {
        left_entity: of,
        right_entity: to,
        ..to_pair(scoring, evidence::of_unit(record_table, names), here, there, UNDECIDED, false)
    })
}

/// Weight of a pair that nothing but a name ties together: neither for nor against.
const UNDECIDED: f32 = -0.5;

/// All pairs, each once: where both sides are unidentified, as the one with the heavier word has it.
pub fn queue<'a>(reviews: impl Iterator<Item = &'a ReviewPair>) -> Vec<ReviewPair> {
    let mut pairs: Vec<&ReviewPair> = reviews.collect();
    pairs.sort_by(|a, b| (&a.id, b.joined, &a.left).cmp(&(&b.id, a.joined, &b.left)));
    pairs.dedup_by(|a, b| a.id == b.id);
    pairs.into_iter().cloned().collect()
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

/// The union's record stands on the left.
fn to_pair(
    scoring: ScoringContext<'_>,
    evidence: Vec<Evidence>,
    left: RecordNo,
    right: RecordNo,
    weight: f32,
    joined: bool,
) -> ReviewPair {
    let ScoringContext { record_table, settings, .. } = scoring;
    let (here, there) = (record_table.facts(left), record_table.facts(right));
    ReviewPair {
        id: pair_id(here.reference, there.reference),
        left: record_table.record_ref(left, settings),
        right: record_table.record_ref(right, settings),
        left_store_id: here.store_id,
        right_store_id: there.store_id,
        left_entity: None,
        right_entity: None,
        weight,
        evidence,
        of_union: here.role() != LinkRole::Enterprise,
        joined,
    }
}
