//! Writes one edition: to a temporary folder, every file synced, then renamed, so that a reader sees all of it or nothing.

pub(in crate::edition) mod changes;
pub(in crate::edition) mod order;

use std::path::Path;

use super::error::EditionError;
use super::files::details::details;
use super::files::enterprises::enterprises;
use super::files::facets::{dims_columns, dims_of, write_facets};
use super::files::lookups::lookups;
use super::files::members::{MembersByRow, members_columns};
use super::files::names::write_names;
use super::files::unions::union_columns;
use super::files::{cubes, ties};
use super::format::folder::{folder_name, sync_folder};
use super::format::manifest::{FORMAT, FORMAT_OF_PARTS, FileDigest, MANIFEST, Manifest, check_blocks, data_digest};
use super::format::table::{write_bytes, write_table};
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
    let (counts, files, written) = write_files(&place.temporary, input, false)?;
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
    /// An empty temporary folder.
    fn new(root: &Path, number: u32) -> Result<Place, EditionError> {
        std::fs::create_dir_all(root).map_err(EditionError::io(root))?;
        let target = root.join(folder_name(number));
        if target.exists() {
            let source = std::io::Error::new(std::io::ErrorKind::AlreadyExists, "this number is taken");
            return Err(EditionError::Io { path: target, source });
        }
        let temporary = root.join(format!(".{}.part", folder_name(number)));
        if temporary.exists() {
            std::fs::remove_dir_all(&temporary).map_err(EditionError::io(&temporary))?;
        }
        std::fs::create_dir(&temporary).map_err(EditionError::io(&temporary))?;
        Ok(Place { root: root.to_path_buf(), target, temporary })
    }

    /// Seals it and gives it its name.
    fn publish(self, manifest: Manifest) -> Result<Manifest, EditionError> {
        write_bytes(&self.temporary, MANIFEST, &serde_json::to_vec_pretty(&manifest)?)?;
        sync_folder(&self.temporary)?;
        std::fs::rename(&self.temporary, &self.target).map_err(EditionError::io(&self.target))?;
        sync_folder(&self.root)?;
        Ok(manifest)
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
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    enterprises: u32,
    unions: u32,
    members: u64,
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
            members: counts.members,
            digest: data_digest(&files),
            sources: self.sources,
            unmet: self.unmet,
            parts,
            files,
            seal: String::new(),
        }
        .sealed()
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

/// Writes the files of one part. `by_id`: it says only what changed, and names enterprises of other parts by their ids.
fn write_files(folder: &Path, mut input: EditionInput, by_id: bool) -> Result<(Counts, Vec<FileDigest>, Written), EditionError> {
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

    let jobs: Vec<Box<dyn Fn() -> Result<FileDigest, EditionError> + Send + Sync + '_>> = vec![
        Box::new(|| write_table(folder, "details.arrow", details(&rows)?)),
        Box::new(|| write_table(folder, "members.arrow", members_columns(&input.members, &members)?)),
        Box::new(|| write_table(folder, "lookups.arrow", lookups(&rows, &unions, &input.members, &row_of))),
        Box::new(|| write_names(folder, &rows)),
        Box::new(|| write_table(folder, "enterprises.arrow", enterprises(&rows, &sources)?)),
        Box::new(|| write_facets(folder, &rows, &sources, &dims)),
        Box::new(|| write_table(folder, "dims.arrow", dims_columns(&dims))),
        Box::new(|| write_table(folder, cubes::CUBES, cubes::columns(&dims, &input.counting)?)),
        Box::new(|| write_table(folder, "people.arrow", super::files::people::people_columns(&rows))),
        Box::new(|| write_table(folder, ties::RELATIONS, ties::columns(&input.ties, &input.registries, &row_of, by_id)?)),
        Box::new(|| write_table(folder, "unions.arrow", union_columns(&unions, &row_of, by_id)?)),
        Box::new(|| {
            let labels = serde_json::json!({ "labels": input.labels, "dims": dims.values, "counting": input.counting });
            write_bytes(folder, "labels.json", &serde_json::to_vec(&labels)?)
        }),
    ];
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
    let files = done.into_inner().expect("no panic while pushing").into_iter().collect::<Result<Vec<_>, _>>()?;
    let counts = Counts { enterprises: rows.len() as u32, unions: unions.len() as u32, members: members.len() as u64 };
    drop(row_of);
    Ok((counts, files, (rows, unions, input.members)))
}
