//! Ids of entities that outlive the run.
//!
//! A new entity's id is drawn from the record that founded it: the best-ranked registry's, with the smallest key. The
//! same records therefore give the same ids after a crash or on another machine. Once given, an id stays with the
//! majority of its records.

use hashbrown::{HashMap, HashSet};

use crate::link::entity_key::EntityKey;
use crate::link::outcome::EntityEvent;

/// What clusters are called, and what became of earlier entities.
pub struct Named {
    /// By cluster, in the order given; None where only mentions are in it.
    pub keys: Vec<Option<EntityKey>>,
    /// What became of the entities of the run before.
    pub events: Vec<EntityEvent>,
}

/// One cluster as naming sees it.
pub struct Unnamed {
    /// Best (registry, reference) of the records that can found an entity; None: mentions only.
    pub founder: Option<(u16, u64)>,
    /// The earlier entity of that founder: where the majority is a tie, its word counts.
    pub founders: Option<EntityKey>,
    /// Earlier entities of its records, one entry a record.
    pub earlier: Vec<EntityKey>,
}

/// Gives every cluster its id: the one most of its records had, where no other cluster holds more of it; a new one
/// else. `vanished` are earlier entities of records that are gone; `elsewhere` tells ids that clusters outside of
/// `clusters` hold.
pub fn name(clusters: &[Unnamed], vanished: impl IntoIterator<Item = EntityKey>, elsewhere: impl Fn(EntityKey) -> bool) -> Named {
    let mut claims: Vec<(EntityKey, usize, u32)> = Vec::new();
    for (number, cluster) in clusters.iter().enumerate() {
        let mut earlier = cluster.earlier.clone();
        earlier.retain(|key| !elsewhere(*key));
        earlier.sort_unstable();
        for same in earlier.chunk_by(|a, b| a == b) {
            claims.push((same[0], number, same.len() as u32));
        }
    }
    // Most records first; then the better founder and what it was before: nothing depends on the order of arrival.
    claims.sort_by_key(|(key, number, count)| {
        let cluster = &clusters[*number];
        (std::cmp::Reverse(*count), cluster.founder, cluster.founders != Some(*key), *key)
    });
    let mut keys: Vec<Option<EntityKey>> = vec![None; clusters.len()];
    let mut holder: HashMap<EntityKey, usize> = HashMap::new();
    for (key, number, _) in &claims {
        if clusters[*number].founder.is_some() && keys[*number].is_none() && !holder.contains_key(key) {
            keys[*number] = Some(*key);
            holder.insert(*key, *number);
        }
    }
    let mut events = found(clusters, &mut keys, &mut holder, &claims, &elsewhere);
    events.extend(ended(&keys, &holder, &claims, vanished.into_iter().filter(|key| !elsewhere(*key))));
    Named { keys, events }
}

/// New ids for the clusters that inherited none, best founder first.
fn found(
    clusters: &[Unnamed],
    keys: &mut [Option<EntityKey>],
    holder: &mut HashMap<EntityKey, usize>,
    claims: &[(EntityKey, usize, u32)],
    elsewhere: impl Fn(EntityKey) -> bool,
) -> Vec<EntityEvent> {
    let mut origin: HashMap<usize, EntityKey> = HashMap::new();
    let mut known: HashSet<EntityKey> = holder.keys().copied().collect();
    for (key, number, _) in claims {
        known.insert(*key);
        origin.entry(*number).or_insert(*key);
    }
    let mut new: Vec<((u16, u64), usize)> =
        clusters.iter().enumerate().filter(|(n, _)| keys[*n].is_none()).filter_map(|(n, c)| Some((c.founder?, n))).collect();
    new.sort_unstable();
    let mut events = Vec::with_capacity(new.len());
    for ((_, reference), number) in new {
        let free = |key: &EntityKey| !known.contains(key) && !elsewhere(*key);
        let key = (0..).map(|n| EntityKey::founded_by(reference, n)).find(free).expect("ids do not run out");
        known.insert(key);
        keys[number] = Some(key);
        holder.insert(key, number);
        events.push(match origin.get(&number) {
            Some(from) => EntityEvent::Split { from: *from, into: key },
            None => EntityEvent::Founded(key),
        });
    }
    events
}

/// Earlier ids that no cluster holds any more: merged into where most of their records went, or gone.
fn ended(
    keys: &[Option<EntityKey>],
    holder: &HashMap<EntityKey, usize>,
    claims: &[(EntityKey, usize, u32)],
    vanished: impl IntoIterator<Item = EntityKey>,
) -> Vec<EntityEvent> {
    let mut events: Vec<EntityEvent> = Vec::new();
    let mut seen: HashSet<EntityKey> = HashSet::new();
    for (key, number, _) in claims {
        if !holder.contains_key(key) && seen.insert(*key) {
            events.push(match keys[*number] {
                Some(into) => EntityEvent::Merged { from: *key, into },
                None => EntityEvent::Gone(*key),
            });
        }
    }
    let mut gone: Vec<EntityKey> = vanished.into_iter().filter(|key| !holder.contains_key(key) && seen.insert(*key)).collect();
    gone.sort_unstable();
    events.extend(gone.into_iter().map(EntityEvent::Gone));
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(founder: u64, earlier: &[u64]) -> Unnamed {
        let earlier: Vec<EntityKey> = earlier.iter().map(|bits| EntityKey::from_bits(*bits)).collect();
        Unnamed { founder: Some((0, founder)), founders: earlier.first().copied(), earlier }
    }

    #[test]
    fn the_majority_keeps_the_id_and_the_rest_is_told() {
        let key = EntityKey::from_bits;
        let named = name(&[cluster(1, &[7, 7, 8]), cluster(2, &[7, 9]), cluster(3, &[])], [key(5)], |_| false);
        assert_eq!(named.keys[0], Some(key(7)));
        assert_eq!(named.keys[1], Some(key(9)));
        let new = named.keys[2].expect("a founder founds");
        assert_eq!(new, EntityKey::founded_by(3, 0));
        assert_eq!(
            named.events,
            [EntityEvent::Founded(new), EntityEvent::Merged { from: key(8), into: key(7) }, EntityEvent::Gone(key(5))]
        );
    }

    #[test]
    fn a_split_leaves_the_id_with_the_larger_part() {
        let key = EntityKey::from_bits;
        let named = name(&[cluster(1, &[7]), cluster(2, &[7, 7])], [], |_| false);
        assert_eq!(named.keys[1], Some(key(7)));
        assert_eq!(named.events, [EntityEvent::Split { from: key(7), into: named.keys[0].expect("named") }]);
    }
}
