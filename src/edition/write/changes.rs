//! Writes an edition that says only what changed since another: the parts of that one are linked, not copied, and one more part
//! holds the enterprises that are new or others.
//!
//! Small parts are taken into the new one, so that there are few: as many as a logarithm of what changed. Where all parts beside the
//! base have grown to a share of it, the base is taken in too, and the edition is whole again.

use std::path::Path;

use hashbrown::HashSet;
use roaring::RoaringBitmap;

use super::{Content, Counts, Header, PartForm, Place, let_go, write_files};
use crate::edition::error::EditionError;
use crate::edition::files::members::RecordsByRegistry;
use crate::edition::files::replaced::{REPLACED, Replaced};
use crate::edition::format::folder::sync_folder;
use crate::edition::format::manifest::{FileDigest, check_blocks};
use crate::edition::format::row_hash;
use crate::edition::format::table::write_table;
use crate::edition::open::{Edition, Standing};
use crate::edition::query::rows::records_of;
use crate::edition::{EditionInput, EnterpriseRow, Manifest};

/// More parts than this are never kept beside the new one.
const MOST_PARTS: usize = 12;
/// Beside a base of so many times their rows the other parts stay apart from it.
pub(super) const BASE_OUTWEIGHS: u32 = 4;
/// The same where little is new.
const LITTLE_OUTWEIGHS: u32 = 2;
/// Below this many rows a base is written again: it costs less than looking through parts.
const SMALL_BASE: u32 = 4_096;

/// What changed between two editions. `input` holds the enterprises that are new or others, whole, with all of their records and ties,
/// the unions that are new or others, ties that no enterprise states and that are new or others, and the names of the whole edition.
#[derive(Debug, Clone)]
pub struct EditionChanges {
    /// What is new or another; see above.
    pub input: EditionInput,
    /// Ids of the enterprises that are no more.
    pub gone: Vec<Box<str>>,
    /// Ids of the unions that are no more.
    pub unions_gone: Vec<Box<str>>,
    /// Records whose ties, where no enterprise states them, are no more or stand in `input`.
    pub records: HashSet<i64>,
}

/// Writes the edition that `changes` make of `before` into `root/NNNNNN`.
///
/// # Errors
/// As [`super::write`]; BadInput too where `before` was written by a program that did not keep all that must be written again: such
/// an edition is followed by a whole one.
pub fn write_changes(root: &Path, before: &Edition, changes: EditionChanges) -> Result<Manifest, EditionError> {
    let EditionChanges { mut input, gone, unions_gone, records } = changes;
    let place = Place::new(root, input.number)?;
    let header = Header::of(&input);
    let mut ids: HashSet<Box<str>> = gone.into_iter().collect();
    let mut union_ids: HashSet<Box<str>> = unions_gone.into_iter().collect();
    ids.extend(input.enterprises.iter().map(|e| e.id.clone()));
    union_ids.extend(input.unions.iter().map(|u| u.id.clone()));

    let kept = kept(before, input.enterprises.len() as u32);
    for at in kept..before.parts.len() {
        take_in(before, at, &ids, &union_ids, &records, &mut input).ok_or_else(EditionError::cannot_follow)?;
    }
    if kept == 0 {
        let (counts, files, written) = write_files(&place.temporary, input, PartForm::Whole)?;
        let_go(written);
        let manifest = header.manifest(counts, Vec::new(), files)?;
        return place.publish(manifest);
    }
    let (mut parts, mut files) = (Vec::new(), Vec::new());
    let mut replaced = Vec::new();
    let mut counts = Counts::default();
    for (at, (standing, (within, of_part))) in before.parts[..kept].iter().zip(before.manifest.files_of_parts()).enumerate() {
        link_part(&before.folder.join(within), &place.temporary.join(at.to_string()), &of_part)?;
        let dead = replaced_of(standing, &ids, &union_ids, &records);
        counts.enterprises += standing.part.len - dead.rows.len() as u32;
        counts.unions += standing.part.unions - dead.unions.len() as u32;
        counts.records.push(records_left(before, at, &dead.rows));
        counts.content.add_all(content(before, at, &dead).ok_or_else(EditionError::cannot_follow)?);
        replaced.push(dead);
        files.extend(of_part.into_iter().map(|file| FileDigest { name: format!("{at}/{}", file.name), ..file }));
        parts.push(at.to_string());
    }
    let newest = place.temporary.join(kept.to_string());
    std::fs::create_dir(&newest).map_err(EditionError::io(&newest))?;
    let (own, of_part, written) = write_files(&newest, input, PartForm::Changes)?;
    let_go(written);
    sync_folder(&newest)?;
    files.extend(of_part.into_iter().map(|file| FileDigest { name: format!("{kept}/{}", file.name), ..file }));
    parts.push(kept.to_string());
    replaced.push(Replaced::default());
    files.push(write_table(&place.temporary, REPLACED, Replaced::columns(replaced)?)?);
    counts.enterprises += own.enterprises;
    counts.unions += own.unions;
    counts.records.extend(own.records);
    counts.content.add_all(own.content);
    let manifest = header.manifest(counts, parts, files)?;
    place.publish(manifest)
}

/// How many parts, the oldest first, stay as they are beside a new one of so many rows.
fn kept(before: &Edition, new: u32) -> usize {
    let rows = |p: &Standing| p.part.len - p.dead.len() as u32;
    let base = rows(&before.parts[0]);
    let beside: u32 = before.parts[1..].iter().map(rows).sum::<u32>() + new;
    // Whoever records a finding does not wait for a base to be written again: the next delivery does that, where there is one.
    let is_little = u64::from(new) * 100 <= u64::from(base);
    let outweighs = if is_little { LITTLE_OUTWEIGHS } else { BASE_OUTWEIGHS };
    if base <= SMALL_BASE || beside.saturating_mul(outweighs) > base {
        return 0;
    }
    let mut kept = before.parts.len();
    let mut size = new;
    while kept > 1 && (rows(&before.parts[kept - 1]) <= size || kept >= MOST_PARTS) {
        kept -= 1;
        size += rows(&before.parts[kept]);
    }
    kept
}

/// Reads what stands of a part back, to be written again with what changed.
fn take_in(
    before: &Edition,
    at: usize,
    ids: &HashSet<Box<str>>,
    union_ids: &HashSet<Box<str>>,
    records: &HashSet<i64>,
    input: &mut EditionInput,
) -> Option<()> {
    use rayon::prelude::*;
    let standing = &before.parts[at];
    let own: Vec<u32> = (0..standing.part.len).filter(|row| !standing.dead.contains(*row)).collect();
    let rows: Vec<EnterpriseRow<'_>> = own.into_iter().map(|row| before.enterprise(standing.start + row)).collect();
    let rows: Vec<EnterpriseRow<'_>> = rows.into_iter().filter(|row| !ids.contains(row.id())).collect();
    let read = rows.par_iter().map(|row| {
        let ties = before.every_tie_of(row.row).into_iter().map(|tie| tie.written(before, &input.registries));
        Some((row.written()?, row.written_members()?, ties.collect::<Option<Vec<_>>>()?))
    });
    for (enterprise, members, ties) in read.collect::<Option<Vec<_>>>()? {
        input.enterprises.push(enterprise);
        input.members.extend(members);
        input.ties.extend(ties);
    }
    for own in (0..standing.part.unions).filter(|own| !standing.dead_unions.contains(*own)) {
        let union = before.union_at(standing.first_union + own);
        if !union_ids.contains(union.id()) {
            input.unions.push(union.written()?);
        }
    }
    let unstated = before.unstated_ties(at).into_iter().filter(|tie| !records.contains(&tie.record_id()));
    input.ties.extend(unstated.map(|tie| tie.written(before, &input.registries)).collect::<Option<Vec<_>>>()?);
    Some(())
}

/// What of a part is dead from now on.
fn replaced_of(standing: &Standing, ids: &HashSet<Box<str>>, union_ids: &HashSet<Box<str>>, records: &HashSet<i64>) -> Replaced {
    use crate::edition::files::lookups::lookup_hash;
    use arrow_array::Array;
    let part = &standing.part;
    let of = |kind: &str, ids: &HashSet<Box<str>>| -> RoaringBitmap {
        ids.iter().flat_map(|id| part.hashed(lookup_hash(kind, &[id]))).collect()
    };
    let mut ties = standing.dead_ties.clone();
    if let Some(relations) = part.relations.as_ref().filter(|_| !records.is_empty()) {
        let from = relations.subject.len() - relations.subject.null_count();
        ties.extend(
            (from..relations.subject.len()).filter(|at| records.contains(&relations.record_id.value(*at))).map(|at| at as u32),
        );
    }
    Replaced { rows: &standing.dead | of("id", ids), unions: &standing.dead_unions | of("union", union_ids), ties }
}

/// What still stands of a part says. None where it was written before that was kept.
fn content(before: &Edition, at: usize, dead: &Replaced) -> Option<Content> {
    let part = &before.parts[at].part;
    let (rows, unions) = (part.hashes.as_ref()?.values(), part.columns.unions.hash.as_ref()?.values());
    let mut content = Content::default();
    (0..).zip(rows).filter(|(row, _)| !dead.rows.contains(*row)).for_each(|(_, hash)| content.add(*hash));
    (0..).zip(unions).filter(|(row, _)| !dead.unions.contains(*row)).for_each(|(_, hash)| content.add(*hash));
    let registries: Vec<Box<str>> = before.manifest.sources.iter().map(|s| s.name.as_str().into()).collect();
    for tie in before.unstated_ties(at).into_iter().filter(|tie| !dead.ties.contains(tie.position())) {
        content.add(row_hash::of_tie(&tie.written(before, &registries)?, tie.registry()));
    }
    Some(content)
}

/// Records of a part's enterprises that stand, by registry: those that stood before without those of the enterprises that no longer do.
fn records_left(before: &Edition, at: usize, dead: &RoaringBitmap) -> RecordsByRegistry {
    let standing = &before.parts[at];
    let mut left = before.records_of(at).into_owned();
    for (registry, count) in records_of(&standing.part, &(dead - &standing.dead)) {
        let left = left.entry(registry).or_default();
        *left = left.saturating_sub(count);
    }
    left
}

/// The files of a part, in another folder too: the same bytes where the file system can, and copied after they were compared with
/// their digests where it cannot.
pub(super) fn link_part(from: &Path, to: &Path, files: &[FileDigest]) -> Result<(), EditionError> {
    std::fs::create_dir(to).map_err(EditionError::io(to))?;
    for file in files {
        let (source, target) = (from.join(&file.name), to.join(&file.name));
        if std::fs::hard_link(&source, &target).is_err() {
            check_blocks(std::slice::from_ref(file), from)?;
            std::fs::copy(&source, &target).map_err(EditionError::io(&target))?;
            std::fs::File::open(&target).and_then(|f| f.sync_all()).map_err(EditionError::io(&target))?;
        }
    }
    sync_folder(to)
}
