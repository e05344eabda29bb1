//! Publishing: what linking and assessing decided becomes links, entities, review pairs and changes in the store, and
//! one immutable edition.
//!
//! In: decisions and verdicts. Out: an edition folder and the store's transaction that records it, committed after the
//! folder has its final name. It decides nothing.

mod changed;
mod changes;
mod counting;
mod events;
mod followed;
mod inputs;
mod labels;
mod links;
mod people;
mod relations;
mod review;

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use hashbrown::{HashMap, HashSet};

use crate::assess::Assessed;
use crate::edition::{self, CountingRules, Edition, EditionError, EditionInput, EditionSource, EnterpriseRow, Manifest, Member};
use crate::link::{EntityKey, Linking};
use crate::model::enterprise::Enterprise;
use crate::model::verdict::GapStatus;
use crate::store::Store;
use crate::store::entity;
use crate::store::history::{self, EditionBasis, FormerLink};

pub use changed::{Judged, publish_judged};
use changes::Before;
pub use counting::counting;
pub use events::EntityHistory;
pub use followed::{LinkChanges, PartPublication, ReviewChanges, publish_part};
pub use inputs::{INPUTS, INPUTS_BUT_FINDINGS, LINKED_INPUTS, PublishError, UNREADABLE};
pub use labels::labels;
pub use links::{DecidedRecord, StoredLinks};
use links::{entity_changes, former_links, link_changes, new_link};
pub use people::{CountedPeople, PeopleOfPart};
pub use relations::relation_rows;
pub use review::{Stake, ToldPair, contradictions, effect, is_contradiction, of_pair, open_pairs};

/// Everything one edition is made of.
pub struct Publication {
    pub number: u32,
    pub published_at: DateTime<Utc>,
    pub as_of: NaiveDate,
    pub zone: chrono_tz::Tz,
    pub sources: Vec<EditionSource>,
    /// What the verdicts need and no source brought.
    pub unmet: Vec<crate::model::verdict::Unmet>,
    pub joined: Vec<DecidedRecord>,
    /// Of linking's outcome its pairs stand in `review`.
    pub linking: Linking,
    pub review: Vec<ToldPair>,
    pub assessed: Assessed,
    /// Names of the registries.
    pub registries: Vec<Box<str>>,
    pub counting: CountingRules,
    pub links_before: Arc<StoredLinks>,
    pub previous: Option<Arc<Edition>>,
    /// The last edition that decided who lacks a union: the one before, or where that lacked what the verdicts need an earlier one.
    pub decided_before: Option<Arc<Edition>>,
    /// Digest of everything the edition rests on, and of that without the findings.
    pub inputs: String,
    pub inputs_but_findings: String,
    pub basis: EditionBasis,
    /// How many stored rows no connector of today can read.
    pub unreadable: usize,
}

/// Writes store and edition. Answers None where the data is the same as in the edition before: then only the inputs'
/// digest is noted and no edition appears.
///
/// # Errors
/// `Store`, where the transaction fails and nothing is kept; `Edition`, where the folder cannot be written.
pub async fn publish(store: &Store, root: &Path, p: Publication) -> Result<Option<Manifest>, PublishError> {
    let failed = |e| PublishError::Store(store.failed(e));
    let number = i64::from(p.number);
    let at = p.published_at.timestamp_millis();
    let compared = tokio::task::spawn_blocking(move || {
        let mut p = p;
        let review = std::mem::take(&mut p.review);
        let news = News::of(&p, review, number, at);
        (p, news)
    });
    let (p, news) = compared.await.expect("comparing does not panic");
    let News { merged, changes, pairs, relations, links, dropped, former, lacking, appeared, ended } = news;

    let (inputs, but_findings, basis, as_of) = (p.inputs.clone(), p.inputs_but_findings.clone(), p.basis.clone(), p.as_of);
    let before = p.previous.as_ref().map(|e| (e.manifest.digest.clone(), e.manifest.as_of));
    let mut tx = store.begin().await?;
    history::keep_links(&mut tx, number, &former).await.map_err(failed)?;
    entity::put_links(&mut tx, &p.joined, &links, new_link).await.map_err(failed)?;
    entity::drop_links(&mut tx, &dropped).await.map_err(failed)?;
    entity::put_entities(&mut tx, number, &appeared).await.map_err(failed)?;
    for id in &ended {
        entity::end_entity(&mut tx, id, number, merged.get(id).map(|m| &**m)).await.map_err(failed)?;
    }
    entity::replace_review(&mut tx, &pairs).await.map_err(failed)?;
    crate::store::relation::replace(&mut tx, &relations).await.map_err(failed)?;
    crate::store::edition::put_changes(&mut tx, &changes).await.map_err(failed)?;
    crate::store::set_meta(&mut tx, INPUTS, &inputs).await.map_err(failed)?;
    crate::store::set_meta(&mut tx, INPUTS_BUT_FINDINGS, &but_findings).await.map_err(failed)?;
    crate::store::set_meta(&mut tx, LINKED_INPUTS, &inputs).await.map_err(failed)?;
    crate::store::set_meta(&mut tx, UNREADABLE, &p.unreadable.to_string()).await.map_err(failed)?;

    drop(links);
    let root = root.to_path_buf();
    let written = tokio::task::spawn_blocking(move || {
        let previous = p.previous.clone();
        let input = edition_input(p);
        match previous {
            Some(previous) => edition::write_following(&root, &previous, input),
            None => edition::write(&root, input).map(Some),
        }
        .map(|manifest| (manifest, root))
    });
    let (manifest, root) = written.await.expect("writing an edition does not panic")?;
    let same = |manifest: &Manifest| before == Some((manifest.digest.clone(), manifest.as_of));
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
    let row = inputs::row_of(&manifest);
    crate::store::edition::put_edition(&mut tx, &row).await.map_err(failed)?;
    history::keep(&mut tx, number, &basis, &[], &lacking, as_of).await.map_err(failed)?;
    crate::store::held_edition::close(&mut tx, number).await.map_err(failed)?;
    tx.commit().await.map_err(failed)?;
    Ok(Some(manifest))
}

/// What a publication changes in the store.
struct News {
    /// Ended ids, and those that took them in.
    merged: std::collections::HashMap<Box<str>, Box<str>>,
    changes: Vec<crate::store::edition::ChangeRow>,
    pairs: Vec<crate::store::entity::QueuedPair>,
    relations: Vec<crate::store::relation::RelationRow>,
    /// Positions in `joined` of the links to write.
    links: Vec<u32>,
    dropped: Vec<(i64, u16)>,
    former: Vec<FormerLink>,
    /// Who lacks a union now and did not before.
    lacking: Vec<Box<str>>,
    appeared: Vec<Box<str>>,
    ended: Vec<Box<str>>,
}

impl News {
    fn of(p: &Publication, review: Vec<ToldPair>, number: i64, at: i64) -> News {
        let EntityHistory { merged, splits } = EntityHistory::of(&p.linking.events);
        let enterprises = &p.assessed.enterprises;
        let of_enterprises = || {
            let before = p.previous.as_deref().map(|edition| Before::new(edition, enterprises));
            let changes = changes::changes(before.as_ref(), enterprises, &merged, &splits, number, at);
            let other = p.decided_before.as_deref().filter(|e| Some(e.number()) != p.previous.as_deref().map(Edition::number));
            let lacking = match (other, &p.decided_before) {
                (Some(edition), _) => newly_lacking(enterprises, Some(&Before::new(edition, enterprises))),
                (None, Some(_)) => newly_lacking(enterprises, before.as_ref()),
                (None, None) => Vec::new(),
            };
            (changes, lacking)
        };
        let of_links = || {
            let (links, dropped) = link_changes(&p.joined, &p.links_before);
            let former = former_links(&p.joined, &links, &dropped, &p.links_before);
            (links, dropped, former, entity_changes(&p.joined, &p.links_before))
        };
        let ((changes, lacking), (links, dropped, former, (appeared, ended))) = rayon::join(of_enterprises, of_links);
        let (relations, pairs) =
            rayon::join(|| relations::relation_rows(&p.linking.relations), || review::queued(review, enterprises));
        News { merged, changes, pairs, relations, links, dropped, former, lacking, appeared, ended }
    }
}

/// What is written of a publication: the enterprises with their members, and the names of what they stand in.
pub fn edition_input(p: Publication) -> EditionInput {
    let assessed = &p.assessed.enterprises;
    let ids = || assessed.iter().filter_map(|e| e.id.parse().ok()).collect();
    let (labels, enterprises): (_, HashSet<EntityKey>) = rayon::join(|| labels::labels(assessed), ids);
    // Each id and each name once, however many records there are.
    let mut ids: HashMap<EntityKey, Arc<str>> = HashMap::with_capacity(enterprises.len());
    let registries: Vec<Arc<str>> = p.registries.iter().map(|r| Arc::from(&**r)).collect();
    let members = p
        .joined
        .into_iter()
        .filter_map(|j| {
            let entity = j.entity.filter(|id| enterprises.contains(id))?;
            let enterprise = ids.entry(entity).or_insert_with(|| entity.to_string().into()).clone();
            let registry = registries[j.registry as usize].clone();
            let (key, part, record_id) = (j.key, j.part, j.record_id);
            Some(Member { enterprise, registry, key, part, record_id, method: j.method, weight: j.weight, evidence: j.evidence })
        })
        .collect();
    drop((enterprises, ids));
    EditionInput {
        number: p.number,
        published_at: p.published_at,
        as_of: p.as_of,
        zone: p.zone,
        enterprises: p.assessed.enterprises,
        unions: p.assessed.unions,
        members,
        ties: p.assessed.ties,
        registries: p.registries,
        sources: p.sources,
        unmet: p.unmet,
        labels,
        counting: p.counting,
    }
}

/// Who lacks a union now and did not in the edition before; nobody where there is none before.
fn newly_lacking(enterprises: &[Enterprise], before: Option<&Before<'_>>) -> Vec<Box<str>> {
    let lacks = |gap: GapStatus| matches!(gap, GapStatus::Lacking | GapStatus::LackingIndependent);
    let Some(Before { edition, rows }) = before else { return Vec::new() };
    let lacked = |row: &Option<u32>| row.and_then(|row| EnterpriseRow { edition, row }.gap()).is_some_and(lacks);
    let now = enterprises.iter().zip(rows).filter(|(e, row)| lacks(e.verdicts.gap.status) && !lacked(row));
    now.map(|(e, _)| e.id.clone()).collect()
}
