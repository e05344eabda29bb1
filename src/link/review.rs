//! Pairs a person should look at: probable but unsettled, or settled by a narrow lead.

use crate::model::linkage::LinkRole;
use crate::normalise::mix;

use super::book::RecordNo;
use super::cluster::{Clusters, Joined};
use super::compare::Comparison;
use super::entity::{EntityKey, base32};
use super::evidence;
use super::identify::ProfileNo;
use super::outcome::ReviewPair;
use super::score::{Bench, Edge};
use super::settings::Settings;

/// The id of a pair of records, whichever comes first.
pub fn pair_id(left: u64, right: u64) -> Box<str> {
    let (a, b) = (left.min(right), left.max(right));
    base32('R', mix(a.rotate_left(21) ^ mix(b))).into()
}

/// All pairs to review. `spoken_on` tells pairs that a person has decided already.
pub fn review(
    bench: Bench<'_>,
    loose: &[ProfileNo],
    edges: &[Vec<Edge>],
    clusters: &mut Clusters,
    entity: impl Fn(ProfileNo) -> Option<EntityKey>,
    spoken_on: impl Fn(RecordNo, RecordNo) -> bool,
    settings: &Settings,
) -> Vec<ReviewPair> {
    let mut pairs: Vec<ReviewPair> = Vec::new();
    for (i, left) in loose.iter().enumerate() {
        let joined = clusters.joined[i];
        for (right, weight, settled) in worth_a_look(&joined, &edges[i], *left, clusters, settings) {
            let comparison = bench.compare(*left, right);
            let (here, there) = best_records(bench, &comparison, *left, right);
            if spoken_on(here, there) {
                continue;
            }
            let pair = to_pair(bench, &comparison, here, there, weight, settled, settings);
            pairs.push(ReviewPair { left_entity: entity(*left), right_entity: entity(right), ..pair });
        }
    }
    pairs.sort_by(|a, b| a.id.cmp(&b.id));
    pairs.dedup_by(|a, b| a.id == b.id);
    pairs
}

/// The other side, its weight, and whether it is joined all the same.
fn worth_a_look(
    joined: &Joined,
    edges: &[Edge],
    left: ProfileNo,
    clusters: &mut Clusters,
    settings: &Settings,
) -> Vec<(ProfileNo, f32, bool)> {
    let own = clusters.root(left);
    if joined.joined && joined.lead >= settings.confirm_below {
        return Vec::new();
    }
    let mut found: Vec<(ProfileNo, f32, bool)> = Vec::new();
    if joined.joined {
        found.extend(joined.partner.map(|partner| (partner, joined.lead, true)));
    }
    let mut seen = vec![own];
    for edge in edges.iter().filter(|e| e.weight >= settings.review_from) {
        let root = clusters.root(edge.right);
        if !seen.contains(&root) && found.len() < MOST_RIVALS {
            seen.push(root);
            found.push((edge.right, edge.weight, false));
        }
    }
    found
}

/// A person compares a record with this many others at most.
const MOST_RIVALS: usize = 2;

/// The records of the two profiles whose names agreed best.
fn best_records(bench: Bench<'_>, pair: &Comparison, left: ProfileNo, right: ProfileNo) -> (RecordNo, RecordNo) {
    let bearing = |profile: ProfileNo, name: u32| {
        let members = bench.profiles.members(profile);
        members.iter().copied().find(|r| bench.book.names_of(*r).any(|n| n == name)).unwrap_or(members[0])
    };
    (bearing(left, pair.names.0), bearing(right, pair.names.1))
}

/// The union's record stands on the left.
fn to_pair(
    bench: Bench<'_>,
    comparison: &Comparison,
    left: RecordNo,
    right: RecordNo,
    weight: f32,
    joined: bool,
    settings: &Settings,
) -> ReviewPair {
    let book = bench.book;
    let (here, there) = (book.facts(left), book.facts(right));
    ReviewPair {
        id: pair_id(here.reference, there.reference),
        left: book.record_ref(left, settings),
        right: book.record_ref(right, settings),
        left_store_id: here.store_id,
        right_store_id: there.store_id,
        left_entity: None,
        right_entity: None,
        weight,
        evidence: evidence::of_pair(book, bench.weights, bench.terms.profiles, comparison, left, right),
        of_union: here.role() != LinkRole::Enterprise,
        joined,
    }
}
