//! Who uses a data folder, and how a restored one takes the place of what was there.
//!
//! Whoever opens a store holds `restore.lock` shared for as long as it is open; a restore holds it alone. What is restored is made
//! in `.restoring/` and then put in place by two rounds of renaming, of which [`MARKER`] says how far they came: killed at any
//! moment, whoever opens the folder next goes on, or takes back what was never agreed on. Files only; what the rows say is not
//! looked at.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use thiserror::Error;

/// Name of the embedded store's file inside the data folder.
pub const SQLITE_FILE: &str = "huitu.sqlite";
/// Key in a store's `meta`: the backup that it came from last.
pub(super) const RESTORED: &str = "restored";
/// Held shared by every open store, alone by a restore.
pub(super) const LOCK: &str = "restore.lock";
/// Held by the one who settles what a database decided.
const SETTLING: &str = "settle.lock";
/// Where what is restored is made.
pub const STAGING: &str = ".restoring";
/// How far putting in place has come.
pub const MARKER: &str = "restore.json";
/// What was there before is kept under this and the backup's name.
pub const BEFORE: &str = "before-restore-";
/// A restore that is about to end is waited for so long.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What a store writes into its folder and a restore takes the place of.
const OURS: &[&str] = &[
    SQLITE_FILE,
    "huitu.sqlite-wal",
    "huitu.sqlite-shm",
    "huitu.sqlite-journal",
    "editions",
    "audit",
    "spool",
    "held",
    "push",
    "replay",
    "rebuild",
    "exports",
    "ledger",
    "records.snapshot",
    "linker.state",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    /// A database is to say whether it took the rows in.
    Asked,
    /// What was there goes.
    Out,
    /// What was restored comes.
    In,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Marker {
    step: Step,
    /// Name of the backup, as a store is marked with it.
    backup: String,
    /// Name of the folder that what was there goes to.
    before: String,
}

impl Marker {
    fn new(data: &Path, step: Step, backup: &str) -> Marker {
        let named = |n: u32| if n == 1 { format!("{BEFORE}{backup}") } else { format!("{BEFORE}{backup}-{n}") };
        let before = (1..).map(named).find(|name| !data.join(name).exists()).expect("there is a free number");
        Marker { step, backup: backup.to_owned(), before }
    }
}

/// Why a data folder is not to be used now.
#[derive(Debug, Error)]
pub enum FolderError {
    /// It cannot be made, read or written.
    #[error("{path}: {source}")]
    Unusable {
        /// The folder, or the file in it.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A restore holds it.
    #[error("{path} is being restored")]
    Restoring {
        /// The folder.
        path: PathBuf,
    },
    /// Somebody has its store open.
    #[error("{path} is in use")]
    InUse {
        /// The folder.
        path: PathBuf,
    },
}

/// The use of a data folder; dropping it lets go.
#[derive(Debug)]
pub struct InUse {
    #[allow(dead_code)]
    lock: File,
}

fn directory(path: &Path) -> impl FnOnce(std::io::Error) -> FolderError + use<> {
    let path = path.to_path_buf();
    move |source| FolderError::Unusable { path, source }
}

fn lock_file(data: &Path) -> Result<File, FolderError> {
    let path = data.join(LOCK);
    File::options().create(true).append(true).open(&path).map_err(directory(&path))
}

/// Uses a folder beside others; what a killed restore left is put right first, as far as files alone can say.
///
/// # Errors
/// Restoring, where a restore holds it for longer than half a minute; Unusable, where it cannot be used.
pub(super) async fn share(data: &Path) -> Result<InUse, FolderError> {
    let until = Instant::now() + PATIENCE;
    loop {
        let lock = lock_file(data)?;
        if data.join(MARKER).exists() {
            // Alone, so that two who open it do not both rename. The one that asks a database waits for `settle`.
            if lock.try_lock().is_ok() {
                finish(data)?;
            }
        }
        // From alone to shared, or shared at once.
        if lock.try_lock_shared().is_ok() {
            return Ok(InUse { lock });
        }
        if Instant::now() >= until {
            return Err(FolderError::Restoring { path: data.to_path_buf() });
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Uses a folder alone.
///
/// # Errors
/// InUse, where somebody has its store open; Unusable, where it cannot be used.
pub fn alone(data: &Path) -> Result<InUse, FolderError> {
    let lock = lock_file(data)?;
    match lock.try_lock() {
        Ok(()) => Ok(InUse { lock }),
        Err(_) => Err(FolderError::InUse { path: data.to_path_buf() }),
    }
}

fn write_marker(data: &Path, marker: &Marker) -> Result<(), FolderError> {
    let part = data.join(format!(".{MARKER}.part"));
    let written = (|| {
        let mut file = File::create(&part)?;
        file.write_all(&serde_json::to_vec(marker)?)?;
        file.sync_all()?;
        std::fs::rename(&part, data.join(MARKER))?;
        File::open(data)?.sync_all()
    })();
    written.map_err(directory(&data.join(MARKER)))
}

/// Announces that a database decides: until it has taken the rows of `backup` in, what is in the folder stays.
///
/// # Errors
/// Unusable: nothing was announced.
pub fn announce(data: &Path, backup: &str) -> Result<(), FolderError> {
    write_marker(data, &Marker::new(data, Step::Asked, backup))
}

/// Agrees that what was made in [`STAGING`] takes the place of what is in the folder, and puts it there. From the moment that this
/// writes its marker the restored state is the folder's, whoever finishes it. Answers where what was there is kept; None where nothing
/// was.
///
/// # Errors
/// Unusable: where the marker was written, the next who opens the folder goes on.
pub fn agree(data: &Path, backup: &str) -> Result<Option<PathBuf>, FolderError> {
    let marker = Marker::new(data, Step::Out, backup);
    write_marker(data, &marker)?;
    finish(data)?;
    Ok(Some(data.join(marker.before)).filter(|before| before.exists()))
}

/// For a folder beside a database: where a restore was announced and the process ended, the name that the database holds says which
/// it is. Whoever calls this has the folder in use.
///
/// # Errors
/// Unusable, where it cannot be put in place.
pub(super) fn settle(data: &Path, restored: Option<&str>) -> Result<(), FolderError> {
    if !data.join(MARKER).exists() {
        return Ok(());
    }
    // Nodes that share the folder and start together: one puts it in place, the others find it there.
    let gate = data.join(SETTLING);
    let gate = File::options().create(true).append(true).open(&gate).map_err(directory(&gate))?;
    gate.lock().map_err(directory(data))?;
    let Some(marker) = marker(data)? else { return Ok(()) };
    if marker.step == Step::Asked && restored == Some(&marker.backup) {
        return agree(data, &marker.backup).map(drop);
    }
    take_back(data)
}

/// Gives up what was made and never agreed on.
///
/// # Errors
/// Unusable, where the marker cannot be removed.
pub fn take_back(data: &Path) -> Result<(), FolderError> {
    let path = data.join(MARKER);
    match std::fs::remove_file(&path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(directory(&path)(e)),
        _ => {
            // What cannot be removed now is removed by the next restore.
            let _ = std::fs::remove_dir_all(data.join(STAGING));
            Ok(())
        }
    }
}

fn marker(data: &Path) -> Result<Option<Marker>, FolderError> {
    let path = data.join(MARKER);
    match std::fs::read(&path) {
        Ok(text) => match serde_json::from_slice(&text) {
            Ok(marker) => Ok(Some(marker)),
            Err(e) => Err(directory(&path)(std::io::Error::other(e))),
        },
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(directory(&path)(e)),
    }
}

/// Goes on where putting in place stopped. Each round can be run again from its beginning: the first moves only what was there, the
/// second only what was restored.
fn finish(data: &Path) -> Result<(), FolderError> {
    let Some(marker) = marker(data)? else { return Ok(()) };
    let staging = data.join(STAGING);
    let round = |result: std::io::Result<()>| result.map_err(directory(data));
    if marker.step == Step::Asked {
        return Ok(());
    }
    if marker.step == Step::Out {
        round(move_out(data, &staging, &data.join(&marker.before)))?;
        write_marker(data, &Marker { step: Step::In, ..marker })?;
    }
    round(move_in(data, &staging))?;
    // Before the marker: an end between the two leaves no folder that nobody looks for.
    round(removed(&staging))?;
    take_back(data)
}

/// Removes a folder that may be gone already.
fn removed(folder: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn move_out(data: &Path, staging: &Path, before: &Path) -> std::io::Result<()> {
    let mut names: Vec<PathBuf> = OURS.iter().map(PathBuf::from).collect();
    for entry in std::fs::read_dir(staging)? {
        names.push(entry?.file_name().into());
    }
    names.sort();
    names.dedup();
    for name in names {
        let there = data.join(&name);
        if there.symlink_metadata().is_err() {
            continue;
        }
        std::fs::create_dir_all(before)?;
        private_folder(before)?;
        std::fs::rename(there, before.join(name))?;
    }
    if before.exists() {
        File::open(before)?.sync_all()?;
    }
    File::open(data)?.sync_all()
}

fn move_in(data: &Path, staging: &Path) -> std::io::Result<()> {
    let entries = match std::fs::read_dir(staging) {
        Ok(entries) => entries,
        // All is in its place, and the folder is gone: only the marker was left.
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
    };
    for entry in entries {
        let entry = entry?;
        std::fs::rename(entry.path(), data.join(entry.file_name()))?;
    }
    File::open(data)?.sync_all()
}

fn private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(data: &Path) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(data).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            match entry.file_type().unwrap().is_dir() {
                true => found.extend(tree(&entry.path()).into_iter().map(|(n, text)| (format!("{name}/{n}"), text))),
                false => found.push((name, std::fs::read_to_string(entry.path()).unwrap())),
            }
        }
        found.retain(|(name, _)| ![LOCK, SETTLING].contains(&name.as_str()));
        found.sort();
        found
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("huitu.sqlite", "old"),
            ("editions/000001/manifest.json", "old"),
            ("ledger/tax", "old"),
            ("huitu.toml", "a person's"),
            (".restoring/huitu.sqlite", "new"),
            (".restoring/editions/000002/manifest.json", "new"),
        ] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    /// What a kill between any two renamings leaves is, when it is opened next, what an undisturbed restore leaves.
    #[test]
    fn putting_in_place_goes_on_from_wherever_it_was_killed() {
        let calm = folder();
        agree(calm.path(), "b1").unwrap();
        let want = tree(calm.path());
        let named = |name: &str| want.iter().find(|(n, _)| n == name).map(|(_, text)| text.as_str());
        assert_eq!(named("huitu.sqlite"), Some("new"));
        assert_eq!(named("huitu.toml"), Some("a person's"), "what is not a store's stays");
        assert_eq!(named("before-restore-b1/huitu.sqlite"), Some("old"));
        assert_eq!(named("before-restore-b1/ledger/tax"), Some("old"));
        assert_eq!(want.len(), 6, "{want:?}");

        let before = "before-restore-b1";
        let out = ["editions", "huitu.sqlite", "ledger"];
        for done in 0..=out.len() {
            let killed = folder();
            let data = killed.path();
            write_marker(data, &Marker::new(data, Step::Out, "b1")).unwrap();
            std::fs::create_dir(data.join(before)).unwrap();
            out[..done].iter().for_each(|name| std::fs::rename(data.join(name), data.join(before).join(name)).unwrap());
            finish(data).unwrap();
            assert_eq!(tree(data), want, "{done} went");
        }
        let come = ["editions", "huitu.sqlite"];
        for done in 0..=come.len() {
            let killed = folder();
            let data = killed.path();
            std::fs::create_dir(data.join(before)).unwrap();
            out.iter().for_each(|name| std::fs::rename(data.join(name), data.join(before).join(name)).unwrap());
            write_marker(data, &Marker { step: Step::In, backup: "b1".into(), before: before.into() }).unwrap();
            come[..done].iter().for_each(|name| std::fs::rename(data.join(STAGING).join(name), data.join(name)).unwrap());
            if done == come.len() {
                std::fs::remove_dir(data.join(STAGING)).unwrap();
            }
            finish(data).unwrap();
            assert_eq!(tree(data), want, "{done} came");
        }
    }

    #[test]
    fn what_the_database_never_took_in_is_given_up_and_what_it_did_is_put_in_place() {
        for (restored, is_new) in [(None, false), (Some("another"), false), (Some("b1"), true)] {
            let folder = folder();
            let data = folder.path();
            announce(data, "b1").unwrap();
            finish(data).unwrap();
            assert!(data.join(MARKER).exists(), "files alone do not decide");
            settle(data, restored).unwrap();
            let text = std::fs::read_to_string(data.join("huitu.sqlite")).unwrap();
            assert_eq!(text, if is_new { "new" } else { "old" }, "{restored:?}");
            assert!(!data.join(MARKER).exists() && !data.join(STAGING).exists());
        }
    }
}
