//! Edges become clusters: best edge first, under constraints.
//!
//! A loose profile joins a cluster where its *lead* suffices: log2 odds of its best edge, less what all rival clusters
//! with a code claim (every rival counts, so that two equal ones cancel out). Loose profiles join each other only where
//! all of them fit, and no cluster ever joins another with a code through one of them. What a person said is stronger
//! than every constraint.

pub mod entity_ids;
pub mod judgements;

use hashbrown::HashSet;

use super::codec::kept;
use super::group::profiles::{ProfileNo, Profiles};
use super::number_map::NumberMap;
use super::outcome::Refusal;
use super::score::edges::{Bond, Bonds};
use super::settings::Settings;

/// What became of one loose profile.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Joined {
    /// The other end of the bond that joined it, or of the best that did not.
    pub partner: Option<ProfileNo>,
    /// log2 odds of that bond, rivals taken off.
    pub lead: f32,
    pub runner_up: Option<ProfileNo>,
    pub refused: Option<Refusal>,
    /// It is in its partner's cluster.
    pub joined: bool,
}

/// Pairs of profiles a person has spoken on.
#[derive(Debug, Clone, Default)]
pub struct Spoken {
    pub same: Vec<(ProfileNo, ProfileNo)>,
    pub different: Vec<(ProfileNo, ProfileNo)>,
}

/// What clustering reads.
#[derive(Clone, Copy)]
pub struct Field<'a> {
    pub profiles: &'a Profiles,
    pub bonds: &'a Bonds,
    pub settings: &'a Settings,
}

/// Clusters of some profiles.
pub struct Clusters<'a> {
    field: Field<'a>,
    /// Profiles that are in another's cluster.
    parent: NumberMap<ProfileNo, ProfileNo>,
    /// What the cluster holds, at its root.
    holds: NumberMap<ProfileNo, Holds>,
    /// Of the loose profiles.
    pub joined: NumberMap<ProfileNo, Joined>,
}

#[derive(Debug, Clone, Default)]
struct Holds {
    /// The profile with a code, where there is one.
    coded: Option<ProfileNo>,
    loose: Vec<ProfileNo>,
    issued: bool,
    apart_from: Vec<ProfileNo>,
}

/// Missing bonds inside a group of loose profiles count as this.
const NO_BOND: f32 = -10.0;

/// A bond worth trying.
#[derive(Clone, Copy)]
struct Edge {
    left: ProfileNo,
    right: ProfileNo,
    weight: f32,
}

/// Clusters `scope`: profiles that no bond from [`Settings::join_from`] on and no judgement ties to others.
pub fn cluster<'a>(field: Field<'a>, scope: &[ProfileNo], spoken: &Spoken) -> Clusters<'a> {
    let Field { profiles, bonds, settings } = field;
    let mut clusters =
        Clusters { field, parent: NumberMap::default(), holds: NumberMap::default(), joined: NumberMap::default() };
    let loose: Vec<ProfileNo> = scope.iter().copied().filter(|p| profiles.get(*p).is_loose()).collect();
    clusters.joined.extend(loose.iter().map(|profile| (*profile, Joined::default())));
    for (left, right) in &spoken.different {
        clusters.holds(*left).apart_from.push(*right);
        clusters.holds(*right).apart_from.push(*left);
    }
    for (left, right) in &spoken.same {
        let (a, b) = (clusters.root(*left), clusters.root(*right));
        if a != b && !clusters.kept_apart(a, b) {
            clusters.merge(a, b);
        }
    }
    let edge = |left: ProfileNo, bond: &Bond| Edge { left, right: bond.right, weight: bond.weight };
    let edges = loose.iter().flat_map(|left| bonds.best(*left).iter().map(|bond| edge(*left, bond)));
    let mut queue: Vec<Edge> = edges.filter(|e| e.weight >= settings.join_from).collect();
    queue.sort_by(|a, b| {
        let anchors = |e: &Edge| (profiles.get(e.left).anchor, profiles.get(e.right).anchor);
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
    clusters.explain(&loose, spoken);
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

    /// log2 odds of a pair, whichever of the two is the loose one.
    fn weight(&self, x: ProfileNo, y: ProfileNo) -> f32 {
        let from = |x: ProfileNo, y: ProfileNo| {
            self.field.bonds.best(x).iter().find(|bond| bond.right == y).map_or(f32::NEG_INFINITY, |bond| bond.weight)
        };
        from(x, y).max(from(y, x)).max(NO_BOND)
    }

    fn holds(&mut self, root: ProfileNo) -> &mut Holds {
        let profile = self.field.profiles.get(root);
        self.holds.entry(root).or_insert_with(|| match profile.is_loose() {
            true => Holds { loose: vec![root], issued: profile.issued, ..Holds::default() },
            false => Holds { coded: Some(root), issued: profile.issued, ..Holds::default() },
        })
    }

    fn merge(&mut self, a: ProfileNo, b: ProfileNo) {
        let mut from = self.holds(b).clone();
        let into = self.holds(a);
        into.coded = into.coded.or(from.coded);
        into.issued |= from.issued;
        into.loose.append(&mut from.loose);
        into.apart_from.append(&mut from.apart_from);
        self.holds.remove(&b);
        self.parent.insert(b, a);
    }

    fn kept_apart(&mut self, a: ProfileNo, b: ProfileNo) -> bool {
        let apart = self.holds(a).apart_from.clone();
        apart.iter().any(|other| self.root(*other) == b)
    }

    fn may_join(&mut self, edge: Edge) -> Result<(), Refusal> {
        let Field { profiles, bonds, settings } = self.field;
        let (a, b) = (self.root(edge.left), self.root(edge.right));
        if self.kept_apart(a, b) {
            return Err(Refusal::Judgement);
        }
        let (x, y) = (self.holds(a).clone(), self.holds(b).clone());
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
                let rival = |other: ProfileNo| !profiles.get(other).is_loose();
                let leads = group.loose.iter().map(|g| self.weight(*g, coded) - claims(bonds.best(*g), coded, rival));
                if mean(leads) < settings.join_from { Err(Refusal::NarrowLead) } else { Ok(()) }
            }
            None => {
                if x.loose.iter().any(|l| y.loose.iter().any(|r| profiles.barred(*l, *r))) {
                    return Err(Refusal::BranchAndParent);
                }
                if x.loose.len() * y.loose.len() > MOST_PAIRS {
                    return Err(Refusal::ThroughLooseRecord);
                }
                let all = x.loose.iter().flat_map(|l| y.loose.iter().map(|r| self.weight(*l, *r)));
                if mean(all) < settings.join_from { Err(Refusal::ThroughLooseRecord) } else { Ok(()) }
            }
        }
    }

    /// Says for every loose profile what joined it, what came second, and what kept it from a better one.
    fn explain(&mut self, loose: &[ProfileNo], spoken: &Spoken) {
        let Field { profiles, bonds, .. } = self.field;
        let apart: HashSet<(ProfileNo, ProfileNo)> = spoken.different.iter().flat_map(|(a, b)| [(*a, *b), (*b, *a)]).collect();
        for profile in loose {
            let own = self.root(*profile);
            let best = bonds.best(*profile);
            let (mut partner, mut runner_up) = (None, None);
            for bond in best {
                let inside = self.root(bond.right) == own;
                if inside && partner.is_none() {
                    partner = Some(*bond);
                } else if !inside && runner_up.is_none() {
                    runner_up = Some(*bond);
                }
            }
            let chosen = partner.or(runner_up);
            let lead = chosen.map_or(f32::NEG_INFINITY, |chosen| {
                let rival = |other: ProfileNo| !profiles.get(other).is_loose();
                let claimed = best.iter().any(|b| b.right != chosen.right && rival(b.right) && self.root(b.right) != own);
                if claimed { chosen.weight - claims(best, chosen.right, rival) } else { chosen.weight }
            });
            let kept_apart = runner_up.is_some_and(|bond| apart.contains(&(*profile, bond.right)));
            let stray = profiles.get(*profile).parent != 0;
            let entry = self.joined.entry(*profile).or_default();
            entry.joined = partner.is_some();
            entry.partner = chosen.map(|bond| bond.right);
            entry.runner_up = runner_up.filter(|_| partner.is_some()).map(|bond| bond.right);
            entry.lead = lead;
            if entry.refused.is_none() {
                entry.refused = match () {
                    _ if kept_apart => Some(Refusal::Judgement),
                    _ if stray => Some(Refusal::BranchAndParent),
                    _ => None,
                };
            }
        }
    }
}

/// Groups of loose profiles larger than this are not compared one by one: they are left apart and flagged.
const MOST_PAIRS: usize = 400;

/// log2 (1 + the odds of all bonds but the one to `to`).
fn claims(bonds: &[Bond], to: ProfileNo, counts: impl Fn(ProfileNo) -> bool) -> f32 {
    let rivals: f64 = bonds.iter().filter(|b| b.right != to && counts(b.right)).map(|b| f64::from(b.weight).exp2()).sum();
    (1.0 + rivals).log2() as f32
}

fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), v| (sum + v, count + 1));
    if count == 0 { f32::NEG_INFINITY } else { sum / count as f32 }
}

kept!(Joined { partner, lead, runner_up, refused, joined });
