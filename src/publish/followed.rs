//! Publishing what a delivery changed and nothing else: an edition that follows another, and the rows of the store that follow from it.

use std::path::Path;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::changed::newly_lacking;
use super::events::EntityHistory;
use super::inputs::{INPUTS, INPUTS_BUT_FINDINGS, LINKED_INPUTS, PublishError, row_of};
use super::links::{DecidedRecord, new_link};
use super::{changes, labels, relations};
use crate::edition::{self, Edition, EditionChanges, EditionError, EditionInput, Manifest, Member, write_candidates};
use crate::link::LinkedRelation;
use crate::model::enterprise::{Enterprise, People, TradeUnion};
use crate::model::tie::Tie;
use crate::store::Store;
use crate::store::entity::{self, QueuedPair};
use crate::store::history::{self, EditionBasis, FormerLink};

/// Everything that may be another than in the edition before.
pub struct PartPublication {
    /// Header of the edition to come; its rows are filled in here.
    pub header: EditionInput,
    pub previous: Arc<Edition>,
    /// The last edition that decided who lacks a union.
    pub decided_before: Option<Arc<Edition>>,
    /// Judged anew.
    pub enterprises: Vec<Enterprise>,
    /// Their records.
    pub joined: Vec<DecidedRecord>,
    /// What their records state, and what records state that belong to no enterprise.
    pub ties: Vec<Tie>,
    /// Enterprises that are judged as before and of which these people or ties are others now.
    pub others: HashMap<Box<str>, (Option<People>, Vec<Tie>)>,
    /// Ids of the enterprises that are no more.
    pub gone: Vec<Box<str>>,
    pub unions: Vec<TradeUnion>,
    pub unions_gone: Vec<Box<str>>,
    /// Records whose ties, where no enterprise states them, are no more or stand in `ties`.
    pub records: HashSet<i64>,
    pub events: EntityHistory,
    pub links: LinkChanges,
    pub review: ReviewChanges,
    /// Entities, and all that is said of them to others now.
    pub relations: (Vec<Box<str>>, Vec<LinkedRelation>),
    pub inputs: String,
    pub inputs_but_findings: String,
    pub basis: EditionBasis,
}

/// What changes among the links and the entities that they make.
#[derive(Debug, Default)]
pub struct LinkChanges {
    /// Positions in `joined` of links to write.
    pub put: Vec<u32>,
    pub dropped: Vec<(i64, u16)>,
    pub former: Vec<FormerLink>,
    pub appeared: Vec<Box<str>>,
    pub ended: Vec<Box<str>>,
}

/// What changes in the queue of pairs.
#[derive(Debug, Default)]
pub struct ReviewChanges {
    /// Taken out by id; those that are others now are put in again.
    pub out: Vec<Box<str>>,
    pub put: Vec<QueuedPair>,
    /// Pairs that are the same and would change something else: id, effect, rank.
    pub ranks: Vec<(String, String, f64)>,
}

/// Writes store and edition; None where the edition would say what the one before says.
///
/// # Errors
/// Nothing is published: the store or the disk refuses, or the edition before does not say all that must be written again
/// (`EditionError::BadInput`).
pub async fn publish_part(store: &Store, root: &Path, p: PartPublication) -> Result<Option<Manifest>, PublishError> {
    let failed = |e| PublishError::Store(store.failed(e));
    let (number, at) = (i64::from(p.header.number), p.header.published_at.timestamp_millis());
    let before = (p.previous.manifest.content.clone(), p.previous.manifest.as_of);
    let changed = changes::of_part(&p.previous, &p.enterprises, &p.gone, &p.events, number, at);
    let lacking = newly_lacking(&p.enterprises, p.decided_before.as_deref());
    let (inputs, but_findings, basis, as_of) = (p.inputs.clone(), p.inputs_but_findings.clone(), p.basis.clone(), p.header.as_of);

    tracing::debug!(changes = changed.len(), "changes found");
    let mut tx = store.begin().await?;
    history::keep_links(&mut tx, number, &p.links.former).await.map_err(failed)?;
    entity::put_links(&mut tx, &p.joined, &p.links.put, new_link).await.map_err(failed)?;
    entity::drop_links(&mut tx, &p.links.dropped).await.map_err(failed)?;
    entity::put_entities(&mut tx, number, &p.links.appeared).await.map_err(failed)?;
    for id in &p.links.ended {
        entity::end_entity(&mut tx, id, number, p.events.merged.get(id).map(|m| &**m)).await.map_err(failed)?;
    }
    tracing::debug!(put = p.links.put.len(), dropped = p.links.dropped.len(), "links kept");
    entity::change_review(&mut tx, &p.review.out, &p.review.put).await.map_err(failed)?;
    entity::rank_review(&mut tx, &p.review.ranks).await.map_err(failed)?;
    tracing::debug!(out = p.review.out.len(), put = p.review.put.len(), ranks = p.review.ranks.len(), "pairs kept");
    crate::store::relation::replace_of(&mut tx, &p.relations.0, &relations::relation_rows(&p.relations.1))
        .await
        .map_err(failed)?;
    crate::store::edition::put_changes(&mut tx, &changed).await.map_err(failed)?;
    for (key, digest) in [(INPUTS, &inputs), (INPUTS_BUT_FINDINGS, &but_findings), (LINKED_INPUTS, &inputs)] {
        crate::store::set_meta(&mut tx, key, digest).await.map_err(failed)?;
    }
    tracing::debug!("changes kept");
    let root = root.to_path_buf();
    let written = tokio::task::spawn_blocking(move || write(&root, p).map(|manifest| (manifest, root)));
    let (manifest, root) = written.await.expect("writing an edition does not panic")?;
    tracing::debug!("edition written");
    let same = |manifest: &Manifest| before == (manifest.content.clone(), manifest.as_of);
    let Some(manifest) = manifest.filter(|manifest| !same(manifest)) else {
        // The inputs moved but the graph did not: keep the links, publish nothing.
        let folder = root.join(edition::folder_name(number as u32));
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(|source| EditionError::Io { path: folder, source })?;
        }
        crate::store::held_edition::supersede(&mut tx).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        return Ok(None);
    };
    crate::store::edition::put_edition(&mut tx, &row_of(&manifest)).await.map_err(failed)?;
    history::keep(&mut tx, number, &basis, &[], &lacking, as_of).await.map_err(failed)?;
    crate::store::held_edition::close(&mut tx, number).await.map_err(failed)?;
    tx.commit().await.map_err(failed)?;
    tracing::debug!("committed");
    Ok(Some(manifest))
}

fn write(root: &Path, p: PartPublication) -> Result<Option<Manifest>, EditionError> {
    let PartPublication {
        mut header, previous, enterprises, joined, mut ties, others, gone, unions, unions_gone, records, ..
    } = p;
    header.labels = labels::with(&previous.labels, &enterprises);
    let ids: HashMap<Box<str>, Arc<str>> = enterprises.iter().map(|e| (e.id.clone(), Arc::from(&*e.id))).collect();
    let registries: Vec<Arc<str>> = header.registries.iter().map(|r| Arc::from(&**r)).collect();
    header.enterprises = enterprises;
    let member = |j: DecidedRecord| {
        let enterprise = ids.get(&*j.entity?.to_string())?.clone();
        let registry = registries[usize::from(j.registry)].clone();
        let (key, part, record_id) = (j.key, j.part, j.record_id);
        Some(Member { enterprise, registry, key, part, record_id, method: j.method, weight: j.weight, evidence: j.evidence })
    };
    header.members = joined.into_iter().filter_map(member).collect();
    for (id, (people, new_ties)) in others {
        let row = previous.enterprise_of_id(&id).ok_or_else(EditionError::cannot_follow)?;
        let mut e = row.written().ok_or_else(EditionError::cannot_follow)?;
        e.people = people.unwrap_or(e.people);
        header.enterprises.push(e);
        header.members.extend(row.written_members().ok_or_else(EditionError::cannot_follow)?);
        let mut stated = row.written_ties(&header.registries).ok_or_else(EditionError::cannot_follow)?;
        for tie in &mut stated {
            if let Some(new) =
                new_ties.iter().find(|new| new.record_id == tie.record_id && new.key == tie.key && new.kind == tie.kind)
            {
                tie.other = new.other.clone();
            }
        }
        ties.extend(stated);
    }
    header.ties = ties;
    header.unions = unions;
    write_candidates(root, &previous, EditionChanges { input: header, gone, unions_gone, records })
}
