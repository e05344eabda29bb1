//! Publishing what changed and nothing else: an edition that follows another, and the rows of the store that follow from it. Links,
//! entities, relations and the pairs that wait stay as they are.

use std::path::Path;
use std::sync::Arc;

use hashbrown::HashMap;

use super::inputs::{INPUTS, INPUTS_BUT_FINDINGS, PublishError, row_of};
use super::{changes, labels, review};
use crate::edition::{Edition, EditionChanges, EditionError, EditionInput, EnterpriseRow, Manifest, write_changes};
use crate::model::enterprise::Enterprise;
use crate::model::verdict::GapStatus;
use crate::store::entity;
use crate::store::history::{self, EditionBasis};
use crate::store::{Store, StoreError};

/// Enterprises that are judged otherwise than in the edition before, their records and ties the same.
pub struct Judged {
    /// Header of the edition to come; enterprises, members and ties are filled in here.
    pub header: EditionInput,
    /// Whole, as they are now.
    pub enterprises: Vec<Enterprise>,
    pub previous: Arc<Edition>,
    /// The last edition that decided who lacks a union.
    pub decided_before: Option<Arc<Edition>>,
    /// Registries that are rolls of unions.
    pub union_rolls: Vec<Box<str>>,
    pub inputs: String,
    pub inputs_but_findings: String,
    pub basis: EditionBasis,
}

/// Writes store and edition.
///
/// # Errors
/// Nothing is published: the store or the disk refuses, or the edition before does not say all that must be written again
/// (`EditionError::BadInput`).
pub async fn publish_judged(store: &Store, root: &Path, p: Judged) -> Result<Manifest, PublishError> {
    let failed = |e| PublishError::Store(store.failed(e));
    let (number, at) = (i64::from(p.header.number), p.header.published_at.timestamp_millis());
    let pairs = of_pairs(store, &p).await?;
    let rows: Vec<Option<u32>> = p.enterprises.iter().map(|e| p.previous.row_of_id(&e.id)).collect();
    let changed = changes::watched(&p.previous, &p.enterprises, &rows, number, at);
    let lacking = newly_lacking(&p.enterprises, p.decided_before.as_deref());
    let (inputs, but_findings, basis, as_of) = (p.inputs.clone(), p.inputs_but_findings.clone(), p.basis.clone(), p.header.as_of);

    let mut tx = store.begin().await?;
    crate::store::edition::put_changes(&mut tx, &changed).await.map_err(failed)?;
    entity::rank_review(&mut tx, &pairs).await.map_err(failed)?;
    crate::store::set_meta(&mut tx, INPUTS, &inputs).await.map_err(failed)?;
    crate::store::set_meta(&mut tx, INPUTS_BUT_FINDINGS, &but_findings).await.map_err(failed)?;
    let root = root.to_path_buf();
    let written = tokio::task::spawn_blocking(move || write(&root, p));
    let manifest = written.await.expect("writing an edition does not panic")?;
    let row = row_of(&manifest);
    crate::store::edition::put_edition(&mut tx, &row).await.map_err(failed)?;
    history::keep(&mut tx, number, &basis, &[], &lacking, as_of).await.map_err(failed)?;
    crate::store::held_edition::close(&mut tx, number).await.map_err(failed)?;
    tx.commit().await.map_err(failed)?;
    Ok(manifest)
}

fn write(root: &Path, p: Judged) -> Result<Manifest, EditionError> {
    let Judged { mut header, enterprises, previous, .. } = p;
    for row in enterprises.iter().filter_map(|e| previous.enterprise_of_id(&e.id)) {
        header.members.extend(row.written_members().ok_or_else(EditionError::cannot_follow)?);
        header.ties.extend(row.written_ties(&header.registries).ok_or_else(EditionError::cannot_follow)?);
    }
    header.labels = labels::with(&previous.labels, &enterprises);
    header.enterprises = enterprises;
    let changes = EditionChanges { input: header, gone: Vec::new(), unions_gone: Vec::new(), records: Default::default() };
    write_changes(root, &previous, changes)
}

/// The pairs of these enterprises, ranked anew by what a decision would change now.
async fn of_pairs(store: &Store, p: &Judged) -> Result<Vec<(String, String, f64)>, StoreError> {
    let by_id: HashMap<&str, &Enterprise> = p.enterprises.iter().map(|e| (&*e.id, e)).collect();
    let ids: Vec<&str> = by_id.keys().copied().collect();
    let mut found = Vec::new();
    for pair in store.review_pairs_of(&ids).await? {
        let of_union = p.union_rolls.contains(&pair.left.registry);
        if let Some((effect, rank)) = review::effect_again(&pair, of_union, &by_id) {
            found.push((pair.id, effect.to_owned(), rank));
        }
    }
    Ok(found)
}

/// Who lacks a union now and did not in the last edition that decided it.
pub(super) fn newly_lacking(enterprises: &[Enterprise], before: Option<&Edition>) -> Vec<Box<str>> {
    let lacks = |gap: GapStatus| matches!(gap, GapStatus::Lacking | GapStatus::LackingIndependent);
    let Some(before) = before else { return Vec::new() };
    let lacked = |id: &str| before.enterprise_of_id(id).and_then(|row: EnterpriseRow<'_>| row.gap()).is_some_and(lacks);
    let now = enterprises.iter().filter(|e| lacks(e.verdicts.gap.status) && !lacked(&e.id));
    now.map(|e| e.id.clone()).collect()
}
