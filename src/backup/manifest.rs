//! `backup.json`: what a backup holds and the digest of every file, sealed; and the check that it still is what was written.

use std::io::Read;
use std::path::{Component, Path, PathBuf};

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::BackupError;
use crate::store::dump::StoreDump;

/// The manifest's file in the folder of a backup.
pub const MANIFEST: &str = "backup.json";
/// Raised when a reader of the previous format could misread the files.
const FORMAT: u32 = 1;
/// Folder of the tables' files.
pub(super) const STORE: &str = "store";
/// Folder of what the data folder keeps beside the store.
pub(super) const DATA: &str = "data";
/// So many faults are named; how many more there are is said.
const NAMED: usize = 20;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupManifest {
    /// Format of the folder.
    pub format: u32,
    /// Its name, unique: landing and time.
    pub name: String,
    /// Version of the program that made it.
    pub program: String,
    /// When its store was read.
    pub made_at: DateTime<Utc>,
    /// The store: its tables, its last landing, its newest edition.
    pub store: StoreDump,
    /// Numbers of the editions in it, ascending.
    pub editions: Vec<u32>,
    /// Editions that were damaged when it was made and are not in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<u32>,
    /// Every file but the manifest, by its path in the folder.
    pub files: Vec<BackedUpFile>,
    /// SHA-256 of this manifest without its seal.
    pub seal: String,
}

/// One file as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackedUpFile {
    /// Inside the folder, its parts separated by `/`.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Hex, lower case.
    pub sha256: String,
}

impl BackupManifest {
    pub(super) fn new(name: String, made_at: DateTime<Utc>, store: StoreDump) -> BackupManifest {
        BackupManifest {
            format: FORMAT,
            name,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            made_at,
            store,
            editions: Vec::new(),
            damaged: Vec::new(),
            files: Vec::new(),
            seal: String::new(),
        }
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    fn seal_of(&self) -> String {
        let unsealed = BackupManifest { seal: String::new(), ..self.clone() };
        HEXLOWER.encode(&Sha256::digest(serde_json::to_vec(&unsealed).expect("texts and numbers")))
    }

    pub(super) fn sealed(mut self) -> Vec<u8> {
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        self.seal = self.seal_of();
        serde_json::to_vec_pretty(&self).expect("texts and numbers")
    }

    /// Reads the manifest of a backup and compares it with its seal; the files are not looked at.
    ///
    /// # Errors
    /// It is missing, altered, or of another format.
    pub fn read(folder: &Path) -> Result<BackupManifest, BackupError> {
        let path = folder.join(MANIFEST);
        let shown = path.display();
        let text = std::fs::read(&path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => BackupError::said(
                "no_backup",
                format!("{} 中没有备份（缺少 {MANIFEST}）；请给出 huitu backup 写成的文件夹", folder.display()),
                format!(
                    "there is no backup in {} ({MANIFEST} is missing); give a folder that `huitu backup` wrote",
                    folder.display()
                ),
            ),
            _ => BackupError::file(&path)(e),
        })?;
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let altered = |reason: String| {
            BackupError::said(
                "altered",
                format!("{shown} 不是当初写下的内容：{reason}；请用另一份备份，未作任何改动"),
                format!("{shown} is not what was written: {reason}; use another backup: nothing was changed"),
            )
        };
        let Format { format } = serde_json::from_slice(&text).map_err(|e| altered(e.to_string()))?;
        if format != FORMAT {
            return Err(BackupError::said(
                "newer_program",
                format!("{shown} 的格式是 {format}，本版本只读 {FORMAT}；请用写它的版本恢复"),
                format!("{shown} is of format {format}, this program reads {FORMAT}; restore it with the version that wrote it"),
            ));
        }
        let manifest: BackupManifest = serde_json::from_slice(&text).map_err(|e| altered(e.to_string()))?;
        if manifest.seal != manifest.seal_of() {
            return Err(altered("it does not fit its seal".to_owned()));
        }
        if let Some(file) = manifest.files.iter().find(|file| !is_inside(&file.path)) {
            return Err(altered(format!("{:?} leads out of the folder", file.path)));
        }
        Ok(manifest)
    }
}

fn is_inside(path: &str) -> bool {
    let path = Path::new(path);
    path.components().count() > 1 && path.components().all(|part| matches!(part, Component::Normal(_)))
}

/// Size and digest of a file, read once.
pub(super) fn digest(path: &Path) -> std::io::Result<(u64, String)> {
    let mut file = std::fs::File::open(path)?;
    let (mut hasher, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok((bytes, HEXLOWER.encode(&hasher.finalize())));
        }
        hasher.update(&buffer[..n]);
        bytes += n as u64;
    }
}

/// Reads a backup whole and compares every file with its digest.
///
/// # Errors
/// Every file that is missing, torn or altered, by name.
pub fn verify(folder: &Path) -> Result<BackupManifest, BackupError> {
    let manifest = BackupManifest::read(folder)?;
    let mut faults: Vec<(String, String)> = Vec::new();
    for file in &manifest.files {
        let path = folder.join(&file.path);
        let said = match digest(&path) {
            Ok((bytes, sha256)) if bytes == file.bytes && sha256 == file.sha256 => continue,
            Ok((bytes, _)) if bytes != file.bytes => (
                format!("{}：应有 {} 字节，实有 {bytes} 字节", file.path, file.bytes),
                format!("{}: {bytes} of {} bytes", file.path, file.bytes),
            ),
            Ok(_) => (format!("{}：内容被改动", file.path), format!("{}: altered", file.path)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                (format!("{}：不见了", file.path), format!("{}: missing", file.path))
            }
            Err(e) => (format!("{}：{e}", file.path), format!("{}: {e}", file.path)),
        };
        faults.push(said);
    }
    if faults.is_empty() {
        return Ok(manifest);
    }
    let more = faults.len().saturating_sub(NAMED);
    let (zh, en): (Vec<String>, Vec<String>) = faults.into_iter().take(NAMED).unzip();
    let (more_zh, more_en) = match more {
        0 => (String::new(), String::new()),
        n => (format!("；另有 {n} 个文件"), format!("; and {n} more")),
    };
    Err(BackupError::said(
        "altered",
        format!("备份 {} 不完整：{}{more_zh}；请用另一份备份，未作任何改动", folder.display(), zh.join("；")),
        format!("the backup {} is not whole: {}{more_en}; use another one: nothing was changed", folder.display(), en.join("; ")),
    ))
}

/// The backups in a folder, oldest first; where the folder is one itself, that one. Folders whose manifest cannot be read are passed
/// over: what they lack is said when one of them is named.
///
/// # Errors
/// The folder cannot be read.
pub fn kept(folder: &Path) -> Result<Vec<(PathBuf, BackupManifest)>, BackupError> {
    if folder.join(MANIFEST).exists() {
        return Ok(vec![(folder.to_path_buf(), BackupManifest::read(folder)?)]);
    }
    let mut found = Vec::new();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        Err(e) => return Err(BackupError::file(folder)(e)),
    };
    for entry in entries {
        let path = entry.map_err(BackupError::file(folder))?.path();
        let is_hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if is_hidden || !path.join(MANIFEST).exists() {
            continue;
        }
        match BackupManifest::read(&path) {
            Ok(manifest) => found.push((path, manifest)),
            Err(error) => tracing::warn!(%error, "a backup is passed over"),
        }
    }
    found.sort_by(|a, b| (a.1.made_at, &a.1.name).cmp(&(b.1.made_at, &b.1.name)));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::is_inside;

    #[test]
    fn a_path_that_leads_out_of_the_backup_is_none() {
        for (path, inside) in [
            ("store/meta.arrows", true),
            ("data/audit/1/key", true),
            ("/etc/passwd", false),
            ("data/../../x", false),
            ("backup.json", false),
        ] {
            assert_eq!(is_inside(path), inside, "{path}");
        }
    }
}
