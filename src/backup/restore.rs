//! The way back. A backup is read whole and compared before anything is touched; the new state is made beside the old one and takes
//! its place in one step: killed at any moment, the folder is the old one or the new one ([`crate::store::data_folder`]).

use std::path::{Path, PathBuf};

use super::copy::{Copies, Extent, make_folder, sync_folders};
use super::error::BackupError;
use super::manifest::{BackupManifest, DATA, STORE, kept, verify};
use crate::store::data_folder::{self, MARKER, STAGING};
use crate::store::load::{load_postgres, load_sqlite, others_on_postgres, restored_from, standing};
use crate::store::{SQLITE_FILE, Store};

/// Which backup of a folder, and over what it may go.
#[derive(Debug, Clone, Default)]
pub struct BackupChoice {
    /// The one that holds this landing as its last; None: the newest.
    pub landing: Option<i64>,
    /// The one of this name.
    pub name: Option<String>,
    /// It may take the place of a store.
    pub replace: bool,
    /// Also of one that has more than the backup, or of which that cannot be told: what came since is lost to the graph.
    pub lose_newer: bool,
}

/// Where to.
#[derive(Debug, Clone, Copy)]
pub struct RestoreTo<'a> {
    /// The data folder.
    pub data: &'a Path,
    /// PostgreSQL's address; None: a file in the data folder.
    pub store: Option<&'a str>,
}

/// What was restored.
#[derive(Debug, Clone)]
pub struct RestoredBackup {
    /// What the backup holds.
    pub manifest: BackupManifest,
    /// Where what was there before is kept; None where nothing was, or where it was in PostgreSQL and nothing lay beside it.
    pub before: Option<PathBuf>,
    /// Rows of the audit's chains that stayed because they are not in the backup.
    pub audit_chains_kept: usize,
}

/// Finds the backup that is asked for in a folder of backups, or takes the folder itself.
///
/// # Errors
/// There is none, or none of that landing or name: those that are kept are named.
pub fn choose(folder: &Path, choice: &BackupChoice) -> Result<PathBuf, BackupError> {
    let all = kept(folder)?;
    if all.is_empty() {
        return Err(BackupError::said(
            "no_backup",
            format!("{} 中没有备份；请给出 huitu backup 写入的文件夹", folder.display()),
            format!("there is no backup in {}; give the folder that `huitu backup` writes into", folder.display()),
        ));
    }
    let fits = |manifest: &BackupManifest| {
        choice.landing.is_none_or(|landing| manifest.store.landing.landing == landing)
            && choice.name.as_ref().is_none_or(|name| manifest.name == *name)
    };
    if let Some((path, _)) = all.iter().rev().find(|(_, manifest)| fits(manifest)) {
        return Ok(path.clone());
    }
    let landings: Vec<String> = all.iter().map(|(_, m)| m.store.landing.landing.to_string()).collect();
    let wanted = match (choice.landing, &choice.name) {
        (Some(landing), _) => landing.to_string(),
        (None, name) => name.clone().unwrap_or_default(),
    };
    Err(BackupError::said(
        "no_such_landing",
        format!(
            "没有以「{wanted}」为最后一次入库的备份；现有备份的入库序号：{}。两次备份之间的状态不能单独恢复",
            landings.join("、")
        ),
        format!(
            "no backup ends with {wanted}; those kept end with landings {}. A state between two backups cannot be restored",
            landings.join(", ")
        ),
    ))
}

/// Restores one backup.
///
/// # Errors
/// What was there before is there still: the backup is not whole, a store stands there and may not be replaced, somebody uses it, or
/// the disk has no room.
pub async fn restore(backup: &Path, into: RestoreTo<'_>, choice: &BackupChoice) -> Result<RestoredBackup, BackupError> {
    let folder = backup.to_path_buf();
    let checked = tokio::task::spawn_blocking(move || verify(&folder));
    let manifest = checked.await.expect("checking does not panic")?;
    make_folder(into.data).map_err(BackupError::file(into.data))?;
    if into.data.join(MARKER).exists() {
        // A restore that was killed is ended first, one way or the other.
        Store::open(into.data, into.store).await?.close().await;
    }
    let alone = data_folder::alone(into.data)?;
    if let Some(url) = into.store
        && others_on_postgres(url).await? > 0
    {
        return Err(crate::store::StoreError::InUse { path: into.data.to_path_buf() }.into());
    }
    may_go_over(&manifest, into, choice).await?;
    let staging = into.data.join(STAGING);
    let done = put(backup, &manifest, into, &staging).await;
    if done.is_err() && !into.data.join(MARKER).exists() {
        // Nothing was agreed on.
        let _ = std::fs::remove_dir_all(&staging);
    }
    let (before, audit_chains_kept) = done?;
    drop(alone);
    Ok(RestoredBackup { manifest, before, audit_chains_kept })
}

async fn put(
    backup: &Path,
    manifest: &BackupManifest,
    into: RestoreTo<'_>,
    staging: &Path,
) -> Result<(Option<PathBuf>, usize), BackupError> {
    match std::fs::remove_dir_all(staging) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(BackupError::file(staging)(e)),
        _ => {}
    }
    let (from, of, to, data) = (backup.to_path_buf(), manifest.clone(), staging.to_path_buf(), into.data.to_path_buf());
    let staged = tokio::task::spawn_blocking(move || stage(&from, &of, &to, &data));
    let kept = staged.await.expect("copying does not panic")?;
    let tables = backup.join(STORE);
    match into.store {
        None => {
            load_sqlite(&tables, &manifest.store, &staging.join(SQLITE_FILE), &manifest.name).await?;
            sync_folders(staging).map_err(BackupError::file(staging))?;
        }
        Some(url) => {
            sync_folders(staging).map_err(BackupError::file(staging))?;
            data_folder::announce(into.data, &manifest.name)?;
            if let Err(error) = load_postgres(&tables, &manifest.store, url, &manifest.name).await {
                // A commit whose answer was lost is one all the same: the database says whether it took the rows in.
                return match restored_from(url).await {
                    Ok(Some(name)) if name == manifest.name => Ok((data_folder::agree(into.data, &manifest.name)?, kept)),
                    Ok(_) => {
                        data_folder::take_back(into.data)?;
                        Err(error.into())
                    }
                    // It cannot be asked now: whoever opens the store next asks it.
                    Err(_) => Err(error.into()),
                };
            }
        }
    }
    Ok((data_folder::agree(into.data, &manifest.name)?, kept))
}

/// Whether the backup may go where it is to go.
async fn may_go_over(manifest: &BackupManifest, into: RestoreTo<'_>, choice: &BackupChoice) -> Result<(), BackupError> {
    let place = into.store.map_or_else(|| into.data.display().to_string(), crate::store::masked);
    let there = standing(into.data, into.store).await;
    if let Ok(Some(there)) = &there {
        let unknown = there.unknown_steps();
        if !unknown.is_empty() {
            return Err(crate::store::StoreError::Newer { place, steps: unknown }.into());
        }
    }
    let has_editions = crate::edition::numbers(&into.data.join("editions")).is_ok_and(|numbers| !numbers.is_empty());
    if matches!(there, Ok(None)) && !has_editions {
        return Ok(());
    }
    if !choice.replace {
        return Err(BackupError::said(
            "store_there",
            format!("{place} 已有数据库；请恢复到空的 --data（或 --store），或用 --replace 取而代之。未作任何改动"),
            format!(
                "there is a store in {place} already; restore into an empty --data (or --store), or replace it with --replace. Nothing was changed"
            ),
        ));
    }
    if choice.lose_newer {
        return Ok(());
    }
    let lost = match &there {
        Ok(Some(there)) if there.id == manifest.store.id => {
            let more = |(table, rows): (&&'static str, &u64)| {
                let more = rows.saturating_sub(manifest.store.rows_of(table));
                (more > 0).then(|| format!("{table} +{more}"))
            };
            let more: Vec<String> = there.rows.iter().filter_map(more).collect();
            if more.is_empty() {
                return Ok(());
            }
            (
                format!("其中有备份之后的内容（{}）", more.join("，")),
                format!("it has what came after the backup ({})", more.join(", ")),
            )
        }
        Ok(Some(_)) => {
            ("它是另一个数据库，不是这份备份的来源".to_owned(), "it is another store than the one that was backed up".to_owned())
        }
        Ok(None) => ("其中有各期，但没有数据库".to_owned(), "there are editions without a store".to_owned()),
        Err(error) => (
            format!("它无法读取（{error}），其中有什么不得而知"),
            format!("it cannot be read ({error}), and what it has cannot be told"),
        ),
    };
    Err(BackupError::said(
        "store_newer",
        format!("{place} 的数据库比备份新，或无从比较：{}；确要舍弃请加 --lose-newer。未作任何改动", lost.0),
        format!(
            "the store in {place} is newer than the backup, or cannot be compared with it: {}; give --lose-newer to lose that. Nothing was changed",
            lost.1
        ),
    ))
}

/// Copies what the data folder is to hold, comparing every digest once more. An audit is never taken back: chains that stand in the
/// folder stay as they are, and the backup's come beside them where they are others. Answers how many stayed.
fn stage(backup: &Path, manifest: &BackupManifest, staging: &Path, data: &Path) -> Result<usize, BackupError> {
    make_folder(staging).map_err(BackupError::file(staging))?;
    let mut copies = Copies::new(staging);
    let chains = standing_chains(data).map_err(BackupError::file(&data.join("audit")))?;
    let mut next = chains.iter().map(|chain| chain.number).max().unwrap_or(0);
    let mut numbers: Vec<(String, Option<String>)> = Vec::new();
    for chain in &chains {
        let path = format!("audit/{}", chain.number);
        copies.folder(&chain.folder, &path).map_err(BackupError::file(&chain.folder))?;
    }
    for file in &manifest.files {
        let Some(path) = file.path.strip_prefix(&format!("{DATA}/")) else { continue };
        let mut to = path.to_owned();
        if let Some((chain, rest)) = path.strip_prefix("audit/").and_then(|rest| rest.split_once('/')) {
            let known = numbers.iter().find(|(name, _)| name == chain).map(|(_, number)| number.clone());
            let number = known.unwrap_or_else(|| {
                let key = std::fs::read(backup.join(DATA).join("audit").join(chain).join("key")).ok();
                let stands = key.is_some() && chains.iter().any(|there| there.key == key);
                let taken = chains.iter().any(|there| there.number.to_string() == chain);
                let number = match (stands, taken) {
                    (true, _) => None,
                    (false, false) => Some(chain.to_owned()),
                    (false, true) => {
                        next += 1;
                        Some(next.to_string())
                    }
                };
                numbers.push((chain.to_owned(), number.clone()));
                number
            });
            match number {
                Some(number) => to = format!("audit/{number}/{rest}"),
                None => continue,
            }
        }
        let from = backup.join(&file.path);
        copies.file(&from, &to, Extent::Whole).map_err(BackupError::file(&staging.join(&to)))?;
        let copied = copies.files.last().expect("copied a moment ago");
        if (copied.bytes, &copied.sha256) != (file.bytes, &file.sha256) {
            return Err(BackupError::said(
                "altered",
                format!("{} 在恢复期间被改动；未作任何改动", from.display()),
                format!("{} changed while it was restored; nothing was changed", from.display()),
            ));
        }
    }
    Ok(chains.len())
}

/// A chain of the audit that stands in the data folder.
struct Chain {
    number: u32,
    folder: PathBuf,
    key: Option<Vec<u8>>,
}

fn standing_chains(data: &Path) -> std::io::Result<Vec<Chain>> {
    let root = data.join("audit");
    let mut chains = Vec::new();
    let entries = match std::fs::read_dir(&root) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(chains),
        Err(e) => return Err(e),
    };
    for entry in entries {
        let entry = entry?;
        if let Some(number) = entry.file_name().to_str().and_then(|name| name.parse().ok()) {
            let folder = entry.path();
            let key = std::fs::read(folder.join("key")).ok();
            chains.push(Chain { number, folder, key });
        }
    }
    chains.sort_by_key(|chain| chain.number);
    Ok(chains)
}
