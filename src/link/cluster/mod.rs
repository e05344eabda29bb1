//! Edges become clusters: best edge first, under constraints.
//!
//! A unidentified profile joins a cluster where its *lead* suffices: log2 odds of its best edge, less what all rival clusters
//! with a code claim (every rival counts, so that two equal ones cancel out). Loose profiles join each other only where
//! all of them fit, and no cluster ever joins another with a code through one of them. What a person said is stronger
//! than every constraint.

pub mod entity_ids;
pub mod judgements;

use hashbrown::HashSet;

use super::codec::kept;
use super::group::bearers::Doubt;
use super::group::profiles::{ProfileNo, Profiles};
use super::number_map::NumberMap;
use super::outcome::EdgeRefusal;
use super::score::edges::{ScoredPair, ScoredPairs};
use super::settings::LinkSettings;

/// What became of one unidentified profile.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Assignment {
    /// The other end of the scored pair that joined it, or of the best that did not.
    pub partner: Option<ProfileNo>,
    /// log2 odds of that scored pair, rivals taken off.
    pub lead: f32,
    /// The best of another cluster, where one came close.
    pub runner_up: Option<ProfileNo>,
    /// The constraint that refused a better pair.
    pub refused: Option<EdgeRefusal>,
    /// It is in its partner's cluster.
    pub joined: bool,
    /// What that scored pair says, see [`ScoredPair::said`].
    pub said: u32,
}

/// Pairs of profiles a person has judged on.
#[derive(Debug, Clone, Default)]
pub struct JudgedPairs {
    /// Told to be one enterprise.
    pub same: Vec<(ProfileNo, ProfileNo)>,
    /// Told to be two.
    pub different: Vec<(ProfileNo, ProfileNo)>,
}

/// What clustering reads.
#[derive(Clone, Copy)]
pub struct ClusteringInput<'a> {
    /// Who can be joined.
    pub profiles: &'a Profiles,
    /// What speaks for joining whom.
    pub scored_pairs: &'a ScoredPairs,
    /// How sure is sure.
    pub settings: &'a LinkSettings,
}

/// Clusters of some profiles.
pub struct Clusters<'a> {
    field: ClusteringInput<'a>,
    /// Profiles that are in another's cluster.
    parent: NumberMap<ProfileNo, ProfileNo>,
    /// What the cluster holds, at its root.
    holds: NumberMap<ProfileNo, ClusterContents>,
    /// Of the unidentified profiles.
    pub joined: NumberMap<ProfileNo, Assignment>,
}

#[derive(Debug, Clone, Default)]
struct ClusterContents {
    /// The profile with a code, where there is one.
    identified: Option<ProfileNo>,
    unidentified: Vec<ProfileNo>,
    issued: bool,
    apart_from: Vec<ProfileNo>,
}

/// Missing scored pairs inside a group of unidentified profiles count as this.
const NO_BOND: f32 = -10.0;

/// A scored pair worth trying.
#[derive(Clone, Copy)]
struct Edge {
    left: ProfileNo,
    right: ProfileNo,
    weight: f32,
}

/// Clusters `scope`: profiles that no scored pair from [`LinkSettings::join_from`] on and no judgement ties to others.
pub fn cluster<'a>(field: ClusteringInput<'a>, scope: &[ProfileNo], judged: &JudgedPairs) -> Clusters<'a> {
    let ClusteringInput { profiles, scored_pairs, settings } = field;
    let mut clusters =
        Clusters { field, parent: NumberMap::default(), holds: NumberMap::default(), joined: NumberMap::default() };
    let unidentified: Vec<ProfileNo> = scope.iter().copied().filter(|p| profiles.get(*p).is_unidentified()).collect();
    clusters.joined.extend(unidentified.iter().map(|profile| (*profile, Assignment::default())));
    for (left, right) in &judged.different {
        clusters.holds(*left).apart_from.push(*right);
        clusters.holds(*right).apart_from.push(*left);
    }
    for (left, right) in &judged.same {
        let (a, b) = (clusters.root(*left), clusters.root(*right));
        if a != b && !clusters.kept_apart(a, b) {
            clusters.merge(a, b);
        }
    }
    let edge = |left: ProfileNo, scored_pair: &ScoredPair| Edge { left, right: scored_pair.right, weight: scored_pair.weight };
    let edges = unidentified.iter().flat_map(|left| scored_pairs.best(*left).iter().map(|scored_pair| edge(*left, scored_pair)));
    let mut queue: Vec<Edge> = edges.filter(|e| e.weight >= settings.join_from).collect();
    queue.sort_by(|a, b| {
        let anchors = |e: &Edge| (profiles.get(e.left).anchor(), profiles.get(e.right).anchor());
        b.weight.total_cmp(&a.weight).then_with(|| anchors(a).cmp(&anchors(b)))
    });
    for edge in queue {
        let (a, b) = (clusters.root(edge.left), clusters.root(edge.right));
        if a == b {
            continue;
        }
        match clusters.may_join(edge) {
            Ok(()) => clusters.merge(a, b),
            Err(refusal) => {
                let joined = clusters.joined.entry(edge.left).or_default();
                joined.refused.get_or_insert(refusal);
            }
        }
    }
    clusters.explain(&unidentified, judged);
    clusters
}

impl Clusters<'_> {
    /// The number that stands for a profile's cluster.
    pub fn root(&mut self, profile: ProfileNo) -> ProfileNo {
        let mut at = profile;
        while let Some(up) = self.parent.get(&at).copied() {
            if let Some(further) = self.parent.get(&up).copied() {
                self.parent.insert(at, further);
            }
            at = up;
        }
        at
    }

    /// log2 odds of a pair, whichever of the two is the unidentified one.
    fn weight(&self, x: ProfileNo, y: ProfileNo) -> f32 {
        let from = |x: ProfileNo, y: ProfileNo| {
            self.field
                .scored_pairs
                .best(x)
                .iter()
                .find(|scored_pair| scored_pair.right == y)
                .map_or(f32::NEG_INFINITY, |scored_pair| scored_pair.weight)
        };
        from(x, y).max(from(y, x)).max(NO_BOND)
    }

    /// The same to a firm with a code, or to the record that the issuer of codes has of it and that stands beside its code without
    /// one: the name there is the firm's of today.
    fn weight_to(&self, x: ProfileNo, identified: ProfileNo, beside: &[ProfileNo]) -> f32 {
        let issued = beside.iter().filter(|profile| self.field.profiles.get(**profile).is_issued());
        issued.map(|profile| self.weight(x, *profile)).fold(self.weight(x, identified), f32::max)
    }

    fn holds(&mut self, root: ProfileNo) -> &mut ClusterContents {
        let profile = self.field.profiles.get(root);
        self.holds.entry(root).or_insert_with(|| match profile.is_unidentified() {
            true => ClusterContents { unidentified: vec![root], issued: profile.is_issued(), ..ClusterContents::default() },
            false => ClusterContents { identified: Some(root), issued: profile.is_issued(), ..ClusterContents::default() },
        })
    }

    fn merge(&mut self, a: ProfileNo, b: ProfileNo) {
        let mut from = self.holds(b).clone();
        let into = self.holds(a);
        into.identified = into.identified.or(from.identified);
        into.issued |= from.issued;
        into.unidentified.append(&mut from.unidentified);
        into.apart_from.append(&mut from.apart_from);
        self.holds.remove(&b);
        self.parent.insert(b, a);
    }

    fn kept_apart(&mut self, a: ProfileNo, b: ProfileNo) -> bool {
        let cannot_links = self.holds(a).apart_from.clone();
        cannot_links.iter().any(|other| self.root(*other) == b)
    }

    fn may_join(&mut self, edge: Edge) -> Result<(), EdgeRefusal> {
        let ClusteringInput { profiles, scored_pairs, settings } = self.field;
        let (a, b) = (self.root(edge.left), self.root(edge.right));
        if self.kept_apart(a, b) {
            return Err(EdgeRefusal::Judgement);
        }
        let (x, y) = (self.holds(a).clone(), self.holds(b).clone());
        if x.identified.is_some() && y.identified.is_some() {
            return Err(EdgeRefusal::ThroughLooseRecord);
        }
        if x.issued && y.issued && !(profiles.get(edge.left).is_issued() && profiles.get(edge.right).is_issued()) {
            return Err(EdgeRefusal::TwoOfIssuer);
        }
        let (group, with, identified) = if y.identified.is_some() { (&x, &y, y.identified) } else { (&y, &x, x.identified) };
        match identified {
            Some(identified) => {
                // Every unidentified one is barred or not by itself; together they must lead the rivals.
                if group.unidentified.iter().any(|g| profiles.barred(*g, identified)) {
                    return Err(EdgeRefusal::BranchAndParent);
                }
                let rival = |other: ProfileNo| !profiles.get(other).is_unidentified();
                // Who bears the code leads those who only bear its name.
                let claims_it = |g: &ProfileNo| {
                    let (claim, doubt) = (profiles.get(*g).claim, profiles.get(*g).doubt());
                    claim != 0 && claim == profiles.get(identified).organisation && doubt == Doubt::Silent
                };
                let claimed = group.unidentified.iter().any(claims_it);
                let leads = group.unidentified.iter().filter(|g| !claimed || claims_it(g)).map(|g| {
                    self.weight_to(*g, identified, &with.unidentified) - claims(scored_pairs.best(*g), identified, rival)
                });
                if mean(leads) < settings.join_from { Err(EdgeRefusal::NarrowLead) } else { Ok(()) }
            }
            None => {
                if x.unidentified.iter().any(|l| y.unidentified.iter().any(|r| profiles.barred(*l, *r))) {
                    return Err(EdgeRefusal::BranchAndParent);
                }
                if x.unidentified.iter().any(|l| y.unidentified.iter().any(|r| profiles.rivals(*l, *r))) {
                    return Err(EdgeRefusal::SameRegistry);
                }
                if x.unidentified.len() * y.unidentified.len() > MOST_PAIRS {
                    return Err(EdgeRefusal::ThroughLooseRecord);
                }
                let all = x.unidentified.iter().flat_map(|l| y.unidentified.iter().map(|r| self.weight(*l, *r)));
                if mean(all) < settings.join_from { Err(EdgeRefusal::ThroughLooseRecord) } else { Ok(()) }
            }
        }
    }

    /// The heaviest pair that another member of its cluster has to it.
    fn drawn_in(&mut self, profile: ProfileNo, own: ProfileNo) -> Option<ScoredPair> {
        let ClusteringInput { profiles, scored_pairs, .. } = self.field;
        let mut heaviest: Option<ScoredPair> = None;
        for left in scored_pairs.to(profile) {
            if self.root(*left) != own {
                continue;
            }
            let of_left = scored_pairs.best(*left).iter().find(|pair| pair.right == profile);
            let found = of_left.map(|pair| ScoredPair { right: *left, ..*pair });
            let order = |pair: &ScoredPair| (pair.weight, std::cmp::Reverse(profiles.get(pair.right).anchor()));
            if let Some(found) = found
                && heaviest.as_ref().is_none_or(|known| order(known) < order(&found))
            {
                heaviest = Some(found);
            }
        }
        heaviest
    }

    /// Says for every unidentified profile what joined it, what came second, and what kept it from a better one.
    fn explain(&mut self, unidentified: &[ProfileNo], judged: &JudgedPairs) {
        let ClusteringInput { profiles, scored_pairs, .. } = self.field;
        let cannot_links: HashSet<(ProfileNo, ProfileNo)> =
            judged.different.iter().flat_map(|(a, b)| [(*a, *b), (*b, *a)]).collect();
        for profile in unidentified {
            let own = self.root(*profile);
            let best = scored_pairs.best(*profile);
            let (mut partner, mut runner_up) = (None, None);
            for scored_pair in best {
                let inside = self.root(scored_pair.right) == own;
                if inside && partner.is_none() {
                    partner = Some(*scored_pair);
                } else if !inside && runner_up.is_none() {
                    runner_up = Some(*scored_pair);
                }
            }
            // It was another's pair that joined the two.
            if partner.is_none() {
                partner = self.drawn_in(*profile, own);
            }
            let chosen = partner.or(runner_up);
            let lead = chosen.map_or(f32::NEG_INFINITY, |chosen| {
                let rival = |other: ProfileNo| !profiles.get(other).is_unidentified();
                let claimed = best.iter().any(|b| b.right != chosen.right && rival(b.right) && self.root(b.right) != own);
                if claimed { chosen.weight - claims(best, chosen.right, rival) } else { chosen.weight }
            });
            let kept_apart = runner_up.is_some_and(|scored_pair| cannot_links.contains(&(*profile, scored_pair.right)));
            let stray = profiles.get(*profile).parent != 0;
            let entry = self.joined.entry(*profile).or_default();
            entry.joined = partner.is_some();
            entry.partner = chosen.map(|scored_pair| scored_pair.right);
            entry.said = chosen.map_or(0, |scored_pair| scored_pair.said);
            entry.runner_up = runner_up.filter(|_| partner.is_some()).map(|scored_pair| scored_pair.right);
            entry.lead = lead;
            if entry.refused.is_none() {
                entry.refused = match () {
                    _ if kept_apart => Some(EdgeRefusal::Judgement),
                    _ if stray => Some(EdgeRefusal::BranchAndParent),
                    _ => None,
                };
            }
        }
    }
}

/// Groups of unidentified profiles larger than this are not compared one by one: they are left apart and flagged.
const MOST_PAIRS: usize = 400;

/// log2 (1 + the odds of all scored pairs but the one to `to`).
fn claims(scored_pairs: &[ScoredPair], to: ProfileNo, counts: impl Fn(ProfileNo) -> bool) -> f32 {
    let rivals: f64 = scored_pairs.iter().filter(|b| b.right != to && counts(b.right)).map(|b| f64::from(b.weight).exp2()).sum();
    (1.0 + rivals).log2() as f32
}

fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), v| (sum + v, count + 1));
    if count == 0 { f32::NEG_INFINITY } else { sum / count as f32 }
}

kept!(Assignment { partner, lead, runner_up, refused, joined, said });
