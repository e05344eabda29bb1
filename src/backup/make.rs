//! Making a backup beside a server that answers and syncs.
//!
//! The store is read in one transaction; then the editions that it knows are copied, which never change, and what else the data folder
//! keeps. All of it lies under another name until it is whole and synced.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::copy::{Copies, Extent, make_folder, sync_folders};
use super::error::BackupError;
use super::manifest::{BackupManifest, DATA, MANIFEST, STORE, digest, kept};
use crate::edition::{Manifest, folder_name, numbers};
use crate::store::Store;
use crate::store::data_folder::{BEFORE, MARKER};
use crate::store::dump::private;

/// What is begun begins with this, and is removed by the next backup where a process was killed.
const PART: &str = ".part-";
/// Held while a backup is made into a folder.
const LOCK: &str = ".lock";
/// A file that went while it was copied: all of it is done again, so often.
const ATTEMPTS: usize = 3;
/// What can be made again, is under way, or belongs to this machine.
const LEFT_OUT: &[&str] =
    &["spool", "push", "replay", "rebuild", "exports", "ledger", "records.snapshot", "linker.state", "simulated", MARKER];

/// A backup that was made.
#[derive(Debug, Clone)]
pub struct MadeBackup {
    /// Its folder.
    pub folder: PathBuf,
    /// What it holds.
    pub manifest: BackupManifest,
    /// Names of the backups that were removed since newer ones are kept.
    pub removed: Vec<String>,
}

/// Backs up the store and the data folder into a new folder below `into`; of the backups there the `keep` newest stay, 0 keeps all.
///
/// # Errors
/// Nothing was added below `into`: another backup is being made there, the store cannot be read, or the files cannot be written.
pub async fn back_up(
    store: &Store,
    data: &Path,
    into: &Path,
    now: DateTime<Utc>,
    keep: usize,
) -> Result<MadeBackup, BackupError> {
    make_folder(into).map_err(BackupError::file(into))?;
    let (inside, whole) =
        (into.canonicalize().map_err(BackupError::file(into))?, data.canonicalize().map_err(BackupError::file(data))?);
    if inside.starts_with(&whole) {
        return Err(BackupError::said(
            "inside",
            format!("{} 在数据目录之内：与其同失；请给出另一块磁盘上的文件夹", into.display()),
            format!("{} is inside the data folder and would be lost with it; give a folder on another disk", into.display()),
        ));
    }
    let lock = into.join(LOCK);
    let lock = File::options().create(true).append(true).open(&lock).map_err(BackupError::file(&lock))?;
    if lock.try_lock().is_err() {
        return Err(BackupError::said(
            "busy",
            format!("正在向 {} 写另一份备份；请待其完成", into.display()),
            format!("another backup is being written into {}; wait for it to end", into.display()),
        ));
    }
    remove_parts(into).map_err(BackupError::file(into))?;
    let part = into.join(format!("{PART}{}", std::process::id()));
    let before = kept(into)?.pop();
    let mut attempt = 1;
    let manifest = loop {
        match write(store, data, &part, before.as_ref(), now).await {
            Ok(manifest) => break manifest,
            Err(error) => {
                let _ = std::fs::remove_dir_all(&part);
                match error {
                    Stopped::Vanished(path) if attempt < ATTEMPTS => {
                        tracing::info!(path = %path.display(), "a file went while it was copied; the backup begins again");
                        attempt += 1;
                    }
                    Stopped::Vanished(path) => return Err(BackupError::file(&path)(io::ErrorKind::NotFound.into())),
                    Stopped::For(error) => return Err(error),
                }
            }
        }
    };
    let folder = into.join(&manifest.name);
    let placed = std::fs::rename(&part, &folder).and_then(|()| File::open(into)?.sync_all());
    if let Err(error) = placed {
        let _ = std::fs::remove_dir_all(&part);
        return Err(BackupError::file(&folder)(error));
    }
    let removed = prune(into, keep)?;
    Ok(MadeBackup { folder, manifest, removed })
}

/// Why an attempt ended.
enum Stopped {
    Vanished(PathBuf),
    For(BackupError),
}

impl<E: Into<BackupError>> From<E> for Stopped {
    fn from(error: E) -> Stopped {
        Stopped::For(error.into())
    }
}

fn stopped(path: &Path) -> impl FnOnce(io::Error) -> Stopped + use<> {
    let path = path.to_path_buf();
    move |error| match error.kind() {
        io::ErrorKind::NotFound => Stopped::Vanished(path),
        _ => Stopped::For(BackupError::file(&path)(error)),
    }
}

async fn write(
    store: &Store,
    data: &Path,
    part: &Path,
    before: Option<&(PathBuf, BackupManifest)>,
    now: DateTime<Utc>,
) -> Result<BackupManifest, Stopped> {
    let tables = part.join(STORE);
    make_folder(&tables).map_err(BackupError::file(&tables))?;
    let dump = store.dump(&tables).await?;
    let name = format!("{:06}-{}", dump.landing.landing, now.format("%Y%m%dT%H%M%S%3fZ"));
    let mut manifest = BackupManifest::new(name, now, dump);
    let (data, part, before) = (data.to_path_buf(), part.to_path_buf(), before.cloned());
    let copied = tokio::task::spawn_blocking(move || {
        let mut copies = Copies::new(&part);
        for table in &manifest.store.tables {
            let path = format!("{STORE}/{}", table.file);
            let (bytes, sha256) = digest(&part.join(&path)).map_err(BackupError::file(&part.join(&path)))?;
            copies.files.push(super::BackedUpFile { path, bytes, sha256 });
        }
        editions(&data, &mut copies, before.as_ref(), &mut manifest)?;
        audit(&data, &mut copies)?;
        others(&data, &mut copies)?;
        manifest.files = copies.files;
        let path = part.join(MANIFEST);
        // Read again as whoever restores it reads it.
        let sealed = manifest.sealed();
        let mut file = private(&path)?;
        file.write_all(&sealed).and_then(|()| file.sync_all()).map_err(BackupError::file(&path))?;
        sync_folders(&part).map_err(BackupError::file(&part))?;
        Ok::<BackupManifest, Stopped>(BackupManifest::read(&part)?)
    });
    copied.await.expect("copying does not panic")
}

/// Copies every edition that the store knew at that moment; one that is damaged is named and left out, one that was pruned meanwhile
/// is no longer there and asked for by nobody.
fn editions(
    data: &Path,
    copies: &mut Copies,
    before: Option<&(PathBuf, BackupManifest)>,
    manifest: &mut BackupManifest,
) -> Result<(), Stopped> {
    let root = data.join("editions");
    let known = manifest.store.edition.unwrap_or(0);
    let there = numbers(&root).map_err(|e| BackupError::said("editions", format!("无法读取各期：{e}"), e.to_string()))?;
    for number in there.into_iter().filter(|number| i64::from(*number) <= known) {
        let (folder, path) = (root.join(folder_name(number)), format!("{DATA}/editions/{}", folder_name(number)));
        if before.is_some_and(|before| linked(before, &folder, &path, copies)) {
            manifest.editions.push(number);
            continue;
        }
        let to = copies.root.join(&path);
        match copies.folder(&folder, &path) {
            Ok(()) => {
                let whole = Manifest::read(&to).and_then(|edition| edition.check(&to));
                match whole {
                    Ok(_) => manifest.editions.push(number),
                    Err(error) => {
                        tracing::warn!(%error, number, "an edition is damaged and left out of the backup");
                        copies.forget(&path).map_err(BackupError::file(&to))?;
                        manifest.damaged.push(number);
                    }
                }
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => copies.forget(&path).map_err(BackupError::file(&to))?,
            Err(e) => return Err(BackupError::file(&to)(e).into()),
        }
    }
    Ok(())
}

/// Links an edition from the backup before, where it has the same one and still holds it whole: its manifest says the digest of
/// every file. False where it must be copied.
fn linked(before: &(PathBuf, BackupManifest), folder: &Path, path: &str, copies: &mut Copies) -> bool {
    let (backup, known) = before;
    let file = folder.join(crate::edition::MANIFEST);
    let theirs = backup.join(path).join(crate::edition::MANIFEST);
    let is_same = matches!((std::fs::read(file), std::fs::read(theirs)), (Ok(ours), Ok(theirs)) if ours == theirs);
    let below = format!("{path}/");
    let files: Vec<_> = known.files.iter().filter(|file| file.path.starts_with(&below)).collect();
    let is_whole = |file: &&&super::BackedUpFile| {
        digest(&backup.join(&file.path)).is_ok_and(|(bytes, sha256)| bytes == file.bytes && sha256 == file.sha256)
    };
    if !is_same || files.is_empty() || files.iter().filter(is_whole).count() < files.len() {
        return false;
    }
    let done = files.iter().try_for_each(|file| copies.link(&backup.join(&file.path), file));
    if done.is_err() {
        // Another disk, or one that knows no links.
        let _ = copies.forget(path);
    }
    done.is_ok()
}

/// Copies the audit while others write it: the signed head before the rows, so that no row is missing that it speaks of.
fn audit(data: &Path, copies: &mut Copies) -> Result<(), Stopped> {
    let root = data.join("audit");
    let chains = match std::fs::read_dir(&root) {
        Ok(chains) => chains,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(BackupError::file(&root)(e).into()),
    };
    for chain in chains {
        let chain = chain.map_err(BackupError::file(&root))?;
        let (folder, Ok(name)) = (chain.path(), chain.file_name().into_string()) else { continue };
        if !folder.is_dir() {
            continue;
        }
        let mut days = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(BackupError::file(&folder))? {
            let entry = entry.map_err(BackupError::file(&folder))?.file_name().into_string().unwrap_or_default();
            if entry.ends_with(".jsonl") {
                days.push(entry);
            }
        }
        days.sort();
        for file in ["key", "begin", "head"] {
            match copies.file(&folder.join(file), &format!("{DATA}/audit/{name}/{file}"), Extent::Whole) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(stopped(&folder.join(file))(e)),
                _ => {}
            }
        }
        for day in days {
            let file = folder.join(&day);
            copies.file(&file, &format!("{DATA}/audit/{name}/{day}"), Extent::Lines).map_err(stopped(&file))?;
        }
    }
    Ok(())
}

/// Copies what else the folder keeps: held batches, keys, outlines, weights, letters, whatever a later version puts there.
fn others(data: &Path, copies: &mut Copies) -> Result<(), Stopped> {
    let entries = std::fs::read_dir(data).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(BackupError::file(data))?;
    for entry in entries {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let is_store = name.starts_with(crate::store::SQLITE_FILE) || name == "editions" || name == "audit";
        let is_passing = name.starts_with('.') || [".lock", ".part", ".tmp"].iter().any(|end| name.ends_with(end));
        let is_ours = name.starts_with(BEFORE) || name.starts_with("bench-") || LEFT_OUT.contains(&name.as_str());
        if is_store || is_passing || is_ours {
            continue;
        }
        let (from, path) = (entry.path(), format!("{DATA}/{name}"));
        // A folder may stand on another disk: at the top its link is followed.
        let Ok(meta) = std::fs::metadata(&from) else { continue };
        if meta.is_dir() {
            copies.folder(&from, &path).map_err(stopped(&from))?;
        } else if meta.is_file() {
            copies.file(&from, &path, Extent::Whole).map_err(stopped(&from))?;
        }
    }
    Ok(())
}

fn remove_parts(into: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(into)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PART) {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// Removes all but the `keep` newest; renamed first, so that none that is half gone is taken for one.
fn prune(into: &Path, keep: usize) -> Result<Vec<String>, BackupError> {
    let mut all = kept(into)?;
    if keep == 0 || all.len() <= keep {
        return Ok(Vec::new());
    }
    all.truncate(all.len() - keep);
    let mut removed = Vec::new();
    for (folder, manifest) in all {
        let part = into.join(format!("{PART}{}", manifest.name));
        std::fs::rename(&folder, &part).and_then(|()| std::fs::remove_dir_all(&part)).map_err(BackupError::file(&folder))?;
        removed.push(manifest.name);
    }
    Ok(removed)
}
