//! Writes one edition: to a temporary folder, every file synced, then renamed, so that a reader sees all of it or nothing.

pub(in crate::edition) mod changes;
pub(in crate::edition) mod following;
pub(in crate::edition) mod order;
pub(in crate::edition) mod segments;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::EditionError;
use super::files::details::{EVIDENCE_A_BLOCK, details, reasons_of};
use super::files::enterprises::enterprises;
use super::files::facets::{dims_columns, dims_of, write_facets};
use super::files::lookups::lookups;
use super::files::members::{MembersByRow, MembersToWrite, RecordsByRegistry, evidence_of};
use super::files::names::write_names;
use super::files::particulars::{PARTICULARS, PARTICULARS_A_BLOCK, ParticularsToWrite};
use super::files::unions::{UNION_PARTICULARS, union_columns, union_particulars};
use super::files::{cubes, ties};
use super::format::folder::{folder_name, sync_folder};
use super::format::manifest::{FORMAT, FORMAT_OF_PARTS, FileDigest, MANIFEST, Manifest, check_blocks, data_digest};
use super::format::row_hash;
use super::format::table::{write_blocks, write_bytes, write_made_blocks, write_packed, write_table};
use super::{EditionInput, Member};
use crate::model::enterprise::{Enterprise, TradeUnion};
use order::sort_rows;

/// Writes the edition into `root/NNNNNN` and returns its manifest.
///
/// Rows are numbered by falling priority score, equal scores by id, so the same facts give the same bytes. Files equal to
/// those of the edition before are linked to it where the file system allows.
///
/// # Errors
/// Io, where the number exists already or the disk refuses; BadInput, where two enterprises have one id.
pub fn write(root: &Path, input: EditionInput) -> Result<Manifest, EditionError> {
    let place = Place::new(root, input.number)?;
    let previous = super::format::folder::numbers(root)?.last().copied().map(|number| root.join(folder_name(number)));
    let header = Header::of(&input);
    let (counts, files, written) = write_files(&place.temporary, input, PartForm::Whole)?;
    let_go(written);
    let manifest = header.manifest(counts, Vec::new(), files)?;
    if let Some(previous) = previous {
        link_equal_files(&place.temporary, &manifest, &previous);
    }
    place.publish(manifest)
}

/// A city's rows are millions of texts: giving their memory back is nothing to wait for.
fn let_go(written: Written) {
    let _ = std::thread::Builder::new().spawn(move || drop(written));
}

/// Where an edition is written, and where it will lie.
struct Place {
    root: std::path::PathBuf,
    target: std::path::PathBuf,
    temporary: std::path::PathBuf,
}

impl Place {
    /// An empty temporary folder for an edition.
    fn new(root: &Path, number: u32) -> Result<Place, EditionError> {
        let name = folder_name(number);
        let place = Place { root: root.to_path_buf(), target: root.join(&name), temporary: root.join(format!(".{name}.part")) };
        if place.target.exists() {
            let source = std::io::Error::new(std::io::ErrorKind::AlreadyExists, "this number is taken");
            return Err(EditionError::Io { path: place.target, source });
        }
        place.emptied()
    }

    /// The same for a segment, which another process may write at the same time.
    fn of_segment(root: &Path, name: &str) -> Result<Place, EditionError> {
        let temporary = root.join(format!(".{name}-{}.part", std::process::id()));
        Place { root: root.to_path_buf(), target: root.join(name), temporary }.emptied()
    }

    fn emptied(self) -> Result<Place, EditionError> {
        std::fs::create_dir_all(&self.root).map_err(EditionError::io(&self.root))?;
        if self.temporary.exists() {
            std::fs::remove_dir_all(&self.temporary).map_err(EditionError::io(&self.temporary))?;
        }
        std::fs::create_dir(&self.temporary).map_err(EditionError::io(&self.temporary))?;
        Ok(self)
    }

    /// Seals it and gives it its name.
    fn publish(self, manifest: Manifest) -> Result<Manifest, EditionError> {
        write_bytes(&self.temporary, MANIFEST, &serde_json::to_vec_pretty(&manifest)?)?;
        sync_folder(&self.temporary)?;
        std::fs::rename(&self.temporary, &self.target).map_err(EditionError::io(&self.target))?;
        sync_folder(&self.root)?;
        Ok(manifest)
    }

    /// The same in the place of what stands there.
    fn replace(self, manifest: Manifest) -> Result<Manifest, EditionError> {
        if self.target.exists() {
            let old = self.temporary.with_extension("old");
            if old.exists() {
                std::fs::remove_dir_all(&old).map_err(EditionError::io(&old))?;
            }
            std::fs::rename(&self.target, &old).map_err(EditionError::io(&self.target))?;
            let manifest = self.publish(manifest)?;
            std::fs::remove_dir_all(&old).map_err(EditionError::io(&old))?;
            return Ok(manifest);
        }
        self.publish(manifest)
    }
}

/// What a manifest says besides counts and files.
struct Header {
    number: u32,
    published_at: chrono::DateTime<chrono::Utc>,
    as_of: chrono::NaiveDate,
    zone: chrono_tz::Tz,
    sources: Vec<super::EditionSource>,
    unmet: Vec<crate::model::verdict::Unmet>,
}

/// How many rows stand in the files.
#[derive(Debug, Clone, Default)]
struct Counts {
    enterprises: u32,
    unions: u32,
    /// Of every part.
    records: Vec<RecordsByRegistry>,
    /// Of all that is said.
    content: Content,
}

impl Header {
    fn of(input: &EditionInput) -> Header {
        let EditionInput { number, published_at, as_of, zone, .. } = *input;
        Header { number, published_at, as_of, zone, sources: input.sources.clone(), unmet: input.unmet.clone() }
    }

    fn manifest(self, counts: Counts, parts: Vec<String>, mut files: Vec<FileDigest>) -> Result<Manifest, EditionError> {
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Manifest {
            format: if parts.is_empty() { FORMAT } else { FORMAT_OF_PARTS },
            number: self.number,
            published_at: self.published_at,
            as_of: self.as_of,
            zone: self.zone.name().to_owned(),
            enterprises: counts.enterprises,
            unions: counts.unions,
            members: counts.records.iter().flat_map(|part| part.values()).sum(),
            records: counts.records,
            digest: data_digest(&files),
            content: Some(counts.content.to_string()),
            sources: self.sources,
            unmet: self.unmet,
            parts,
            files,
            seal: String::new(),
        }
        .sealed()
    }
}

/// What rows say, added up: in any order, and what is taken away can be taken off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Content(u64, u64);

impl Content {
    pub fn add(&mut self, hash: u64) {
        self.0 = self.0.wrapping_add(hash);
        // Another function of the same: two sums collide less than one.
        self.1 = self.1.wrapping_add((hash ^ hash >> 29).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    }
    pub fn add_all(&mut self, other: Content) {
        (self.0, self.1) = (self.0.wrapping_add(other.0), self.1.wrapping_add(other.1));
    }
}

impl std::fmt::Display for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}{:016x}", self.0, self.1)
    }
}

/// What is said of every row: of itself, by its records, and of others.
pub(super) fn row_hashes(
    rows: &[Enterprise],
    members: &[Member],
    by_row: &MembersByRow,
    ties: &[crate::model::tie::Tie],
    registries: &[Box<str>],
    row_of: &hashbrown::HashMap<&str, u32>,
) -> Result<Vec<u64>, EditionError> {
    use rayon::prelude::*;
    let own = |e: &Enterprise| Ok::<u64, EditionError>(row_hash::of_enterprise(e, reasons_of(e)?.as_bytes()));
    let mut hashes = rows.par_iter().map(own).collect::<Result<Vec<u64>, _>>()?;
    let of_member = |at: &u32| {
        let member = &members[*at as usize];
        Ok::<u64, EditionError>(row_hash::of_member(member, &evidence_of(member)?))
    };
    let of_members = by_row.positions().par_iter().map(of_member).collect::<Result<Vec<u64>, _>>()?;
    let mut at = 0;
    for (hash, length) in hashes.iter_mut().zip(by_row.lengths()) {
        *hash = of_members[at..at + length].iter().fold(*hash, |sum, hash| sum.wrapping_add(*hash));
        at += length;
    }
    add_ties(ties, registries, row_of, |row, hash| hashes[row] = hashes[row].wrapping_add(hash));
    Ok(hashes)
}

/// Shows the rows of which ties are stated, with the hashes of these.
fn add_ties(
    ties: &[crate::model::tie::Tie],
    registries: &[Box<str>],
    row_of: &hashbrown::HashMap<&str, u32>,
    mut add: impl FnMut(usize, u64),
) {
    for tie in ties {
        if let Some(row) = tie.subject.as_deref().and_then(|id| row_of.get(id)) {
            add(*row as usize, row_hash::of_tie(tie, &registries[usize::from(tie.registry)]));
        }
    }
}

/// Saves space only: a failure leaves the fresh copy in place. What is linked is read first: the earlier edition's manifest tells
/// what was written, not what the disk has made of it since.
fn link_equal_files(folder: &Path, manifest: &Manifest, previous: &Path) {
    let Ok(before) = Manifest::read(previous) else { return };
    for file in manifest.files.iter().filter(|file| before.files.contains(file)) {
        if check_blocks(std::slice::from_ref(file), previous).is_err() {
            continue;
        }
        let link = folder.join(format!("{}.link", file.name));
        if std::fs::hard_link(previous.join(&file.name), &link).is_ok()
            && std::fs::rename(&link, folder.join(&file.name)).is_err()
        {
            let _ = std::fs::remove_file(&link);
        }
    }
}

/// What was written, to be let go of.
type Written = (Vec<Enterprise>, Vec<TradeUnion>, Vec<Member>);

/// What a part is to its edition.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PartForm {
    /// All of it.
    Whole,
    /// What changed: small, and its counts are soon counted.
    Changes,
    /// All of some: a part as large as an edition.
    Segment,
}

/// Writes the files of one part.
fn write_files(
    folder: &Path,
    mut input: EditionInput,
    form: PartForm,
) -> Result<(Counts, Vec<FileDigest>, Written), EditionError> {
    let mut rows = std::mem::take(&mut input.enterprises);
    sort_rows(&mut rows);
    let row_of: hashbrown::HashMap<&str, u32> = rows.iter().enumerate().map(|(row, e)| (&*e.id, row as u32)).collect();
    if row_of.len() != rows.len() {
        return Err(EditionError::bad_input("两家企业的编号相同", "two enterprises have the same id"));
    }
    let mut unions = std::mem::take(&mut input.unions);
    unions.sort_by(|a, b| b.members.cmp(&a.members).then_with(|| a.id.cmp(&b.id)));
    let members = MembersByRow::new(&input.members, &row_of, rows.len());
    let sources: Vec<&str> = input.registries.iter().map(|name| &**name).collect();
    let dims = dims_of(&rows);
    // What every row says is added up while it is written: it may have to be fetched for it.
    let hashes: Vec<AtomicU64> = (0..rows.len()).map(|_| AtomicU64::new(0)).collect();
    let add = |row: usize, hash: u64| {
        hashes[row].fetch_add(hash, Ordering::Relaxed);
    };
    add_ties(&input.ties, &input.registries, &row_of, add);

    // Enterprises of other parts are named by their ids.
    let by_id = form != PartForm::Whole;
    // What is seldom read is packed, by block.
    let a_block = |usual: usize| if form == PartForm::Changes { rows.len() } else { usual };
    let member_blocks = MembersToWrite::new(&input.members, &members)?;
    let particular_blocks = ParticularsToWrite::new(&rows)?;
    let mut jobs: Vec<Box<dyn Fn() -> Result<FileDigest, EditionError> + Send + Sync + '_>> = vec![
        Box::new(|| {
            write_made_blocks(folder, "details.arrow", rows.len(), a_block(EVIDENCE_A_BLOCK), |of| {
                let own = |row: usize, reasons: &str| {
                    let row = of.start + row;
                    add(row, row_hash::of_enterprise(&rows[row], reasons.as_bytes()));
                };
                details(&rows[of.clone()], own)
            })
        }),
        Box::new(|| {
            write_made_blocks(folder, "members.arrow", rows.len(), a_block(EVIDENCE_A_BLOCK), |of| member_blocks.columns(of, add))
        }),
        Box::new(|| write_table(folder, "lookups.arrow", lookups(&rows, &unions, &input.members, &row_of))),
        Box::new(|| write_names(folder, &rows)),
        Box::new(|| write_table(folder, "enterprises.arrow", enterprises(&rows, &sources)?)),
        Box::new(|| write_facets(folder, &rows, &sources, &dims)),
        Box::new(|| {
            write_made_blocks(folder, PARTICULARS, rows.len(), a_block(PARTICULARS_A_BLOCK), |of| particular_blocks.columns(of))
        }),
        Box::new(|| write_packed(folder, "people.arrow", super::files::people::people_columns(&rows))),
        Box::new(|| write_table(folder, ties::RELATIONS, ties::columns(&input.ties, &input.registries, &row_of, by_id)?)),
        Box::new(|| write_table(folder, "unions.arrow", union_columns(&unions, &row_of, by_id)?)),
        Box::new(|| match form == PartForm::Changes {
            true => write_packed(folder, UNION_PARTICULARS, union_particulars(&unions)?),
            false => write_blocks(folder, UNION_PARTICULARS, union_particulars(&unions)?, PARTICULARS_A_BLOCK),
        }),
        Box::new(|| {
            let labels = serde_json::json!({ "labels": input.labels, "dims": dims.values, "counting": input.counting });
            write_bytes(folder, "labels.json", &serde_json::to_vec(&labels)?)
        }),
    ];
    if form != PartForm::Changes {
        jobs.push(Box::new(|| write_table(folder, cubes::CUBES, cubes::columns(&dims, &input.counting)?)));
    }
    // One after the other by whoever is free, the longest first.
    let done = std::sync::Mutex::new(Vec::with_capacity(jobs.len()));
    rayon::scope_fifo(|scope| {
        for job in &jobs {
            scope.spawn_fifo(|_| {
                let file = job();
                done.lock().expect("no panic while pushing").push(file);
            });
        }
    });
    drop(jobs);
    drop((member_blocks, particular_blocks));
    let mut files = done.into_inner().expect("no panic while pushing").into_iter().collect::<Result<Vec<_>, _>>()?;
    let hashes: Vec<u64> = hashes.into_iter().map(AtomicU64::into_inner).collect();
    files.push(write_table(folder, "dims.arrow", dims_columns(&dims, &hashes))?);
    let mut content = Content::default();
    hashes.iter().for_each(|hash| content.add(*hash));
    unions.iter().for_each(|union| content.add(row_hash::of_union(union)));
    let unstated = input.ties.iter().filter(|tie| tie.subject.as_deref().is_none_or(|id| !row_of.contains_key(id)));
    unstated.for_each(|tie| content.add(row_hash::of_tie(tie, &input.registries[usize::from(tie.registry)])));
    let records = vec![members.by_registry(&input.members)];
    let counts = Counts { enterprises: rows.len() as u32, unions: unions.len() as u32, records, content };
    drop(row_of);
    Ok((counts, files, (rows, unions, input.members)))
}
