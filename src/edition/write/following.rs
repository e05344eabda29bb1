//! Writes the edition that follows another: what of it is said otherwise, or all where that is nearly all.
//!
//! In: the edition before and a whole new state. Out: changes, found row by row by what is said of it (`row_hash`).

use std::path::Path;

use hashbrown::{HashMap, HashSet};
use rayon::prelude::*;
use roaring::RoaringBitmap;

use super::changes::{BASE_OUTWEIGHS, EditionChanges, write_changes};
use super::{row_hashes, write};
use crate::edition::error::EditionError;
use crate::edition::files::members::MembersByRow;
use crate::edition::format::row_hash;
use crate::edition::open::Edition;
use crate::edition::{EditionInput, Manifest};

/// Writes the edition that follows `before` into `root/NNNNNN`; None where it would say the same of the same day, and nothing is
/// written.
///
/// # Errors
/// As [`super::write`].
pub fn write_following(root: &Path, before: &Edition, input: EditionInput) -> Result<Option<Manifest>, EditionError> {
    let Some(changes) = changes(before, &input)? else { return write(root, input).map(Some) };
    let nothing = changes.input.enterprises.is_empty()
        && changes.input.unions.is_empty()
        && changes.gone.is_empty()
        && changes.unions_gone.is_empty()
        && changes.records.is_empty();
    if nothing && before.manifest.as_of == input.as_of {
        return Ok(None);
    }
    match write_changes(root, before, changes) {
        // A part of an earlier program's.
        Err(EditionError::BadInput(_)) => write(root, input).map(Some),
        written => written.map(Some),
    }
}

/// The same of a state of which only a part is known: `changes` holds everything that may be said otherwise than in `before`, and what of
/// it is said as before is left out. None where nothing is left and the day is the same.
///
/// # Errors
/// As [`write_changes`].
pub fn write_candidates(root: &Path, before: &Edition, changes: EditionChanges) -> Result<Option<Manifest>, EditionError> {
    let EditionChanges { mut input, gone, unions_gone, records } = changes;
    let rows = std::mem::take(&mut input.enterprises);
    let row_of: HashMap<&str, u32> = (0..).zip(&rows).map(|(row, e)| (&*e.id, row)).collect();
    let by_row = MembersByRow::new(&input.members, &row_of, rows.len());
    let hashes = row_hashes(&rows, &input.members, &by_row, &input.ties, &input.registries, &row_of)?;
    let is_other = |(e, hash): (&crate::model::enterprise::Enterprise, &u64)| {
        let stood = before.row_of_id(&e.id).and_then(|row| {
            let (standing, own) = before.place(row);
            Some(standing.part.hashes.as_ref()?.value(own))
        });
        stood != Some(*hash)
    };
    let others: Vec<bool> = rows.par_iter().zip(&hashes).map(is_other).collect();
    let others: HashSet<Box<str>> = rows.iter().zip(others).filter(|(_, other)| *other).map(|(e, _)| e.id.clone()).collect();
    drop((row_of, by_row));
    input.enterprises = rows.into_iter().filter(|e| others.contains(&*e.id)).collect();
    input.members.retain(|m| others.contains(&*m.enterprise));
    input.ties.retain(|tie| tie.subject.as_ref().is_none_or(|id| others.contains(id)));
    input.unions.retain(|union| {
        let stood = before.union_of_id(&union.id).and_then(|at| {
            let (standing, own) = before.place_of_union(at);
            Some(standing.part.columns.unions.hash.as_ref()?.value(own))
        });
        stood != Some(row_hash::of_union(union))
    });
    let unstated = input.ties.iter().filter(|tie| tie.subject.is_none());
    let records = unstated_changes(before, &input.registries, unstated, Some(&records))?;
    input.ties.retain(|tie| tie.subject.is_some() || records.contains(&tie.record_id));
    let nothing = input.enterprises.is_empty()
        && input.unions.is_empty()
        && gone.is_empty()
        && unions_gone.is_empty()
        && records.is_empty();
    if nothing && before.manifest.as_of == input.as_of {
        return Ok(None);
    }
    write_changes(root, before, EditionChanges { input, gone, unions_gone, records }).map(Some)
}

/// None where a whole edition is the better one: nearly all is said otherwise, or the edition before does not tell.
fn changes(before: &Edition, input: &EditionInput) -> Result<Option<EditionChanges>, EditionError> {
    // Ties of earlier programs do not tell the other side's code, which those who follow a delivery look for.
    let same_registries = before.manifest.sources.iter().map(|s| &*s.name).eq(input.sources.iter().map(|s| &*s.name));
    if !same_registries || !before.tells_all() || before.counting != input.counting {
        return Ok(None);
    }
    let rows = &input.enterprises;
    let row_of: HashMap<&str, u32> = (0..).zip(rows).map(|(row, e)| (&*e.id, row)).collect();
    if row_of.len() != rows.len() {
        return Ok(None); // `write` says what is wrong
    }
    let by_row = MembersByRow::new(&input.members, &row_of, rows.len());
    let hashes = row_hashes(rows, &input.members, &by_row, &input.ties, &input.registries, &row_of)?;
    let stood: Vec<Option<(u32, bool)>> = rows
        .par_iter()
        .zip(&hashes)
        .map(|(e, hash)| {
            let row = before.row_of_id(&e.id)?;
            let (standing, own) = before.place(row);
            Some((row, standing.part.hashes.as_ref()?.value(own) == *hash))
        })
        .collect();
    let other: Vec<u32> =
        (0..).zip(&stood).filter(|(_, stood)| !stood.is_some_and(|(_, same)| same)).map(|(row, _)| row).collect();
    if other.len() as u32 > before.len() / BASE_OUTWEIGHS {
        return Ok(None);
    }
    let kept: RoaringBitmap = stood.iter().flatten().map(|(row, _)| *row).collect();
    let gone = (&*before.all() - kept).iter().map(|row| before.enterprise(row).id().into()).collect();

    let mut kept_unions = HashSet::new();
    let mut unions = Vec::new();
    for union in &input.unions {
        let at = before.union_of_id(&union.id);
        kept_unions.extend(at);
        let stood = at.and_then(|at| {
            let (standing, own) = before.place_of_union(at);
            Some(standing.part.columns.unions.hash.as_ref()?.value(own))
        });
        if stood != Some(row_hash::of_union(union)) {
            unions.push(union.clone());
        }
    }
    let unions_gone = before.unions().filter(|at| !kept_unions.contains(at)).map(|at| before.union_at(at).id().into()).collect();

    let is_other: HashSet<&str> = other.iter().map(|row| &*rows[*row as usize].id).collect();
    let is_stated = |id: &Option<Box<str>>| id.as_deref().is_some_and(|id| row_of.contains_key(id));
    let unstated = input.ties.iter().filter(|tie| !is_stated(&tie.subject));
    let records = unstated_changes(before, &input.registries, unstated.clone(), None)?;
    let mut ties: Vec<_> =
        input.ties.iter().filter(|tie| tie.subject.as_deref().is_some_and(|id| is_other.contains(id))).cloned().collect();
    ties.extend(unstated.filter(|tie| records.contains(&tie.record_id)).cloned());
    let members = other_members(input, &by_row, &other);
    let enterprises = other.iter().map(|row| rows[*row as usize].clone()).collect();
    let input = EditionInput { enterprises, members, unions, ties, ..header(input) };
    Ok(Some(EditionChanges { input, gone, unions_gone, records }))
}

/// Everything but the rows.
fn header(input: &EditionInput) -> EditionInput {
    EditionInput {
        enterprises: Vec::new(),
        unions: Vec::new(),
        members: Vec::new(),
        ties: Vec::new(),
        registries: input.registries.clone(),
        sources: input.sources.clone(),
        unmet: input.unmet.clone(),
        labels: input.labels.clone(),
        counting: input.counting.clone(),
        ..*input
    }
}

fn other_members(input: &EditionInput, by_row: &MembersByRow, other: &[u32]) -> Vec<crate::edition::Member> {
    let mut ends = Vec::with_capacity(input.enterprises.len() + 1);
    ends.push(0);
    for length in by_row.lengths() {
        ends.push(ends[ends.len() - 1] + length);
    }
    let of = |row: &u32| &by_row.positions()[ends[*row as usize]..ends[*row as usize + 1]];
    other.iter().flat_map(of).map(|at| input.members[*at as usize].clone()).collect()
}

/// Records, of all or `among` these, whose ties, stated by no enterprise, are others now.
fn unstated_changes<'a>(
    before: &Edition,
    registries: &[Box<str>],
    now: impl Iterator<Item = &'a crate::model::tie::Tie>,
    among: Option<&HashSet<i64>>,
) -> Result<HashSet<i64>, EditionError> {
    let mut sums: HashMap<i64, u64> = HashMap::new();
    for tie in now {
        let sum = sums.entry(tie.record_id).or_default();
        *sum = sum.wrapping_add(row_hash::of_tie(tie, &registries[usize::from(tie.registry)]));
    }
    for at in 0..before.parts.len() {
        for tie in before.unstated_ties(at).into_iter().filter(|tie| among.is_none_or(|ids| ids.contains(&tie.record_id()))) {
            let was = tie.written(before, registries).ok_or_else(EditionError::cannot_follow)?;
            let sum = sums.entry(was.record_id).or_default();
            *sum = sum.wrapping_sub(row_hash::of_tie(&was, tie.registry()));
        }
    }
    Ok(sums.into_iter().filter(|(_, sum)| *sum != 0).map(|(record, _)| record).collect())
}
