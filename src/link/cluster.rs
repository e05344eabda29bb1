//! Edges become clusters: best edge first, under constraints.
//!
//! A loose profile joins a cluster where its *lead* suffices: log2 odds of its best edge, less what all rival clusters
//! with a code claim (every rival counts, so that two equal ones cancel out). Loose profiles join each other only where
//! all of them fit, and no cluster ever joins another with a code through one of them. What a person said is stronger
//! than every constraint.

use super::book::NumberMap;
use super::identify::{ProfileNo, Profiles};
use super::outcome::Refusal;
use super::score::Edge;
use super::settings::Settings;

/// What became of one loose profile.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Joined {
    /// The edge that joined it, or the best that did not.
    pub partner: Option<ProfileNo>,
    /// log2 odds of that edge, rivals taken off.
    pub lead: f32,
    pub runner_up: Option<ProfileNo>,
    pub refused: Option<Refusal>,
    /// It is in its partner's cluster.
    pub joined: bool,
}

/// Pairs of profiles a person has spoken on.
#[derive(Debug, Default)]
pub struct Spoken {
    pub same: Vec<(ProfileNo, ProfileNo)>,
    pub different: Vec<(ProfileNo, ProfileNo)>,
}

/// The clusters: for every profile the number that stands for its cluster.
pub struct Clusters {
    parent: Vec<ProfileNo>,
    /// What the cluster holds, at its root.
    holds: NumberMap<ProfileNo, Holds>,
    /// By index of the loose profile.
    pub joined: Vec<Joined>,
}

#[derive(Debug, Clone, Default)]
struct Holds {
    /// The profile with a code, where there is one.
    coded: Option<ProfileNo>,
    loose: Vec<ProfileNo>,
    issued: bool,
    apart_from: Vec<ProfileNo>,
}

/// Missing edges inside a group of loose profiles count as this.
const NO_EDGE: f32 = -10.0;

/// Clusters the loose profiles `loose` (with their best edges, heaviest first) and the coded ones.
pub fn cluster(profiles: &Profiles, loose: &[ProfileNo], edges: &[Vec<Edge>], spoken: &Spoken, settings: &Settings) -> Clusters {
    let index: NumberMap<ProfileNo, u32> = loose.iter().enumerate().map(|(i, profile)| (*profile, i as u32)).collect();
    let mut clusters = Clusters {
        parent: (0..profiles.all.len() as ProfileNo).collect(),
        holds: NumberMap::default(),
        joined: vec![Joined::default(); loose.len()],
    };
    for (left, right) in &spoken.different {
        clusters.holds(profiles, *left).apart_from.push(*right);
        clusters.holds(profiles, *right).apart_from.push(*left);
    }
    for (left, right) in &spoken.same {
        let (a, b) = (clusters.root(*left), clusters.root(*right));
        if a != b && !clusters.kept_apart(profiles, a, b) {
            clusters.merge(profiles, a, b);
        }
    }
    let lookup = |x: ProfileNo, y: ProfileNo| weight_between(&index, edges, x, y);
    let mut queue: Vec<Edge> = edges.iter().flatten().filter(|e| e.weight >= settings.join_from).copied().collect();
    queue.sort_by(|a, b| {
        let anchors = |e: &Edge| (profiles.get(e.left).anchor, profiles.get(e.right).anchor);
        b.weight.total_cmp(&a.weight).then_with(|| anchors(a).cmp(&anchors(b)))
    });
    for edge in queue {
        let (a, b) = (clusters.root(edge.left), clusters.root(edge.right));
        if a == b {
            continue;
        }
        let verdict = clusters.may_join(profiles, &index, edges, edge, settings, &lookup);
        match verdict {
            Ok(()) => clusters.merge(profiles, a, b),
            Err(refusal) => {
                let joined = &mut clusters.joined[index[&edge.left] as usize];
                joined.refused.get_or_insert(refusal);
            }
        }
    }
    clusters.explain(loose, edges, profiles);
    clusters
}

fn weight_between(index: &NumberMap<ProfileNo, u32>, edges: &[Vec<Edge>], x: ProfileNo, y: ProfileNo) -> f32 {
    let from = |x: ProfileNo, y: ProfileNo| {
        index.get(&x).and_then(|i| edges[*i as usize].iter().find(|e| e.right == y)).map_or(f32::NEG_INFINITY, |e| e.weight)
    };
    from(x, y).max(from(y, x)).max(NO_EDGE)
}

impl Clusters {
    /// The number that stands for a profile's cluster.
    pub fn root(&mut self, profile: ProfileNo) -> ProfileNo {
        let mut at = profile;
        while self.parent[at as usize] != at {
            self.parent[at as usize] = self.parent[self.parent[at as usize] as usize];
            at = self.parent[at as usize];
        }
        at
    }

    fn holds(&mut self, profiles: &Profiles, root: ProfileNo) -> &mut Holds {
        self.holds.entry(root).or_insert_with(|| {
            let profile = profiles.get(root);
            match profile.is_loose() {
                true => Holds { loose: vec![root], issued: profile.issued, ..Holds::default() },
                false => Holds { coded: Some(root), issued: profile.issued, ..Holds::default() },
            }
        })
    }

    fn merge(&mut self, profiles: &Profiles, a: ProfileNo, b: ProfileNo) {
        let mut from = self.holds(profiles, b).clone();
        let into = self.holds(profiles, a);
        into.coded = into.coded.or(from.coded);
        into.issued |= from.issued;
        into.loose.append(&mut from.loose);
        into.apart_from.append(&mut from.apart_from);
        self.holds.remove(&b);
        self.parent[b as usize] = a;
    }

    fn kept_apart(&mut self, profiles: &Profiles, a: ProfileNo, b: ProfileNo) -> bool {
        let apart = self.holds(profiles, a).apart_from.clone();
        apart.iter().any(|other| self.root(*other) == b)
    }

    fn may_join(
        &mut self,
        profiles: &Profiles,
        index: &NumberMap<ProfileNo, u32>,
        edges: &[Vec<Edge>],
        edge: Edge,
        settings: &Settings,
        lookup: &impl Fn(ProfileNo, ProfileNo) -> f32,
    ) -> Result<(), Refusal> {
        let (a, b) = (self.root(edge.left), self.root(edge.right));
        if self.kept_apart(profiles, a, b) {
            return Err(Refusal::Judgement);
        }
        let (x, y) = (self.holds(profiles, a).clone(), self.holds(profiles, b).clone());
        if x.coded.is_some() && y.coded.is_some() {
            return Err(Refusal::ThroughLooseRecord);
        }
        if x.issued && y.issued && !(profiles.get(edge.left).issued && profiles.get(edge.right).issued) {
            return Err(Refusal::TwoOfIssuer);
        }
        let (group, coded) = if y.coded.is_some() { (&x, y.coded) } else { (&y, x.coded) };
        match coded {
            Some(coded) => {
                // Every loose one is barred or not by itself; together they must lead the rivals.
                if group.loose.iter().any(|g| profiles.barred(*g, coded)) {
                    return Err(Refusal::BranchAndParent);
                }
                let leads = group.loose.iter().map(|g| lead(profiles, &edges[index[g] as usize], *g, coded, lookup));
                if mean(leads) < settings.join_from { Err(Refusal::NarrowLead) } else { Ok(()) }
            }
            None => {
                if x.loose.iter().any(|l| y.loose.iter().any(|r| profiles.barred(*l, *r))) {
                    return Err(Refusal::BranchAndParent);
                }
                if x.loose.len() * y.loose.len() > MOST_PAIRS {
                    return Err(Refusal::ThroughLooseRecord);
                }
                let all = x.loose.iter().flat_map(|l| y.loose.iter().map(|r| lookup(*l, *r)));
                if mean(all) < settings.join_from { Err(Refusal::ThroughLooseRecord) } else { Ok(()) }
            }
        }
    }

    /// Says for every loose profile what joined it and what came second.
    fn explain(&mut self, loose: &[ProfileNo], edges: &[Vec<Edge>], profiles: &Profiles) {
        for (i, profile) in loose.iter().enumerate() {
            let own = self.root(*profile);
            let (mut partner, mut runner_up) = (None, None);
            for edge in &edges[i] {
                let inside = self.root(edge.right) == own;
                if inside && partner.is_none() {
                    partner = Some(*edge);
                } else if !inside && runner_up.is_none() {
                    runner_up = Some(*edge);
                }
            }
            let best = partner.or(runner_up);
            let lead = best.map_or(f32::NEG_INFINITY, |best| {
                let rival = |other: ProfileNo| !profiles.get(other).is_loose();
                let claimed = edges[i].iter().any(|e| e.right != best.right && rival(e.right) && self.root(e.right) != own);
                if claimed { best.weight - claims(&edges[i], best.right, rival) } else { best.weight }
            });
            let entry = &mut self.joined[i];
            entry.joined = partner.is_some();
            entry.partner = best.map(|e| e.right);
            entry.runner_up = runner_up.filter(|_| partner.is_some()).map(|e| e.right);
            entry.lead = lead;
        }
    }
}

/// Groups of loose profiles larger than this are not compared one by one: they are left apart and flagged.
const MOST_PAIRS: usize = 400;

/// log2 (1 + the odds of all edges but the one to `to`).
fn claims(edges: &[Edge], to: ProfileNo, counts: impl Fn(ProfileNo) -> bool) -> f32 {
    let rivals: f64 = edges.iter().filter(|e| e.right != to && counts(e.right)).map(|e| f64::from(e.weight).exp2()).sum();
    (1.0 + rivals).log2() as f32
}

/// log2 odds for `to` after all rivals with a code have had their share.
fn lead(
    profiles: &Profiles,
    edges: &[Edge],
    from: ProfileNo,
    to: ProfileNo,
    lookup: &impl Fn(ProfileNo, ProfileNo) -> f32,
) -> f32 {
    lookup(from, to) - claims(edges, to, |other| !profiles.get(other).is_loose())
}

fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), v| (sum + v, count + 1));
    if count == 0 { f32::NEG_INFINITY } else { sum / count as f32 }
}
