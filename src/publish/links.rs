//! Decided records as links of the store: which of them change, and which entities come and go with them.

use hashbrown::{HashMap, HashSet};

use crate::link::{EdgeRefusal, EntityKey};
use crate::model::spilled::SpilledText;
use crate::store::entity::NewLink;
use crate::store::history::FormerLink;

/// One decided record, ready to be kept.
pub struct DecidedRecord {
    pub record_id: i64,
    pub part: u16,
    /// Position in `Publication::registries`.
    pub registry: u16,
    pub key: Box<str>,
    pub entity: Option<EntityKey>,
    pub method: crate::model::linkage::LinkMethod,
    pub weight: Option<f32>,
    /// JSON list of `Evidence`, empty where an identifier decided.
    pub evidence: SpilledText,
    pub runner_up: Option<EntityKey>,
    /// The constraint that refused a better edge.
    pub refused: Option<EdgeRefusal>,
    /// The decision is another than before, though the entity may be the same.
    pub news: bool,
}

/// Links as the store has them: (record, part) → entity. 24 bytes each.
pub type StoredLinks = HashMap<(i64, u16), EntityKey>;

/// Positions in `joined` of links to write (new, with another entity or other evidence) by record, and links to drop.
pub(super) fn link_changes(joined: &[DecidedRecord], before: &StoredLinks) -> (Vec<u32>, Vec<(i64, u16)>) {
    let mut links = Vec::new();
    let mut kept = 0;
    for (at, j) in (0..).zip(joined) {
        let Some(entity) = j.entity else { continue };
        let known = before.get(&(j.record_id, j.part));
        kept += usize::from(known.is_some());
        if j.news || known != Some(&entity) {
            links.push(at);
        }
    }
    links.sort_unstable_by_key(|at| (joined[*at as usize].record_id, joined[*at as usize].part));
    let mut dropped = Vec::new();
    if kept < before.len() {
        let live: HashSet<(i64, u16)> = joined.iter().filter(|j| j.entity.is_some()).map(|j| (j.record_id, j.part)).collect();
        dropped.extend(before.keys().filter(|k| !live.contains(*k)));
        dropped.sort_unstable();
    }
    (links, dropped)
}

/// # Errors
/// Its evidence lies in a file that cannot be read.
pub(super) fn new_link(j: &DecidedRecord) -> std::io::Result<NewLink<'_>> {
    let evidence = if j.evidence.is_empty() { None } else { Some(j.evidence.text()?) };
    Ok(NewLink {
        record_id: j.record_id,
        part: j.part,
        entity_id: j.entity.map(|e| e.to_string()).unwrap_or_default(),
        method: j.method.name(),
        weight: j.weight.map(f64::from),
        evidence,
        runner_up: j.runner_up.map(|e| e.to_string()),
        refused: j.refused.map(|refusal| refusal.name()),
    })
}

/// What the links that change were before. Before the first edition there was nothing, and that need not be said.
pub(super) fn former_links(
    joined: &[DecidedRecord],
    links: &[u32],
    dropped: &[(i64, u16)],
    before: &StoredLinks,
) -> Vec<FormerLink> {
    if before.is_empty() {
        return Vec::new();
    }
    let text = |key: &(i64, u16)| before.get(key).map(|entity| Box::<str>::from(entity.to_string()));
    // A link can be written again for its evidence alone.
    let moved = |j: &&DecidedRecord| before.get(&(j.record_id, j.part)) != j.entity.as_ref();
    let changed = links.iter().map(|at| &joined[*at as usize]).filter(moved).map(|j| (j.record_id, j.part));
    changed.chain(dropped.iter().copied()).map(|key| (key.0, key.1, text(&key))).collect()
}

/// Entities that are new, and those that have no record left.
pub(super) fn entity_changes(joined: &[DecidedRecord], before: &StoredLinks) -> (Vec<Box<str>>, Vec<Box<str>>) {
    let old: HashSet<EntityKey> = before.values().copied().collect();
    let new: HashSet<EntityKey> = joined.iter().filter_map(|j| j.entity).collect();
    let sorted = |keys: Vec<&EntityKey>| {
        let mut ids: Vec<Box<str>> = keys.into_iter().map(|key| key.to_string().into()).collect();
        ids.sort_unstable();
        ids
    };
    (sorted(new.difference(&old).collect()), sorted(old.difference(&new).collect()))
}
