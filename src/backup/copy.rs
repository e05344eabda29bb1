//! Files copied with their digests: private to us, synced, and linked where they were linked.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::manifest::BackedUpFile;

/// How much of a file belongs to the copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Whole,
    /// Others append to it: up to the last whole line.
    Lines,
}

/// Copies into one folder, and what was copied.
pub(super) struct Copies {
    pub(super) root: PathBuf,
    /// By device and inode: a file that stands in several places is one file there too.
    linked: HashMap<(u64, u64), (PathBuf, u64, String)>,
    pub(super) files: Vec<BackedUpFile>,
}

/// A folder that nobody else on the machine reads, with those above it.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Forces names in a folder and those below it to the disk.
pub(super) fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    File::open(folder)?.sync_all()
}

impl Copies {
    pub(super) fn new(root: &Path) -> Copies {
        Copies { root: root.to_path_buf(), linked: HashMap::new(), files: Vec::new() }
    }

    /// Copies a file to `path` below the root.
    pub(super) fn file(&mut self, from: &Path, path: &str, extent: Extent) -> io::Result<()> {
        let to = self.root.join(path);
        let mut source = File::open(from)?;
        let meta = source.metadata()?;
        if let Some(folder) = to.parent() {
            make_folder(folder)?;
        }
        let place = (meta.dev(), meta.ino());
        if meta.nlink() > 1
            && let Some((there, bytes, sha256)) = self.linked.get(&place)
            && std::fs::hard_link(there, &to).is_ok()
        {
            self.files.push(BackedUpFile { path: path.to_owned(), bytes: *bytes, sha256: sha256.clone() });
            return Ok(());
        }
        let length = match extent {
            Extent::Whole => u64::MAX,
            Extent::Lines => whole_lines(from)?,
        };
        let mut out = File::options().write(true).create_new(true).mode(0o600).open(&to)?;
        let (mut hasher, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 20]);
        while bytes < length {
            let wanted = buffer.len().min(usize::try_from(length - bytes).unwrap_or(usize::MAX));
            let n = source.read(&mut buffer[..wanted])?;
            if n == 0 {
                break;
            }
            out.write_all(&buffer[..n])?;
            hasher.update(&buffer[..n]);
            bytes += n as u64;
        }
        out.sync_all()?;
        let sha256 = HEXLOWER.encode(&hasher.finalize());
        if extent == Extent::Whole {
            self.linked.insert(place, (to, bytes, sha256.clone()));
        }
        self.files.push(BackedUpFile { path: path.to_owned(), bytes, sha256 });
        Ok(())
    }

    /// Copies a folder with all below it; links to elsewhere are left out.
    pub(super) fn folder(&mut self, from: &Path, path: &str) -> io::Result<()> {
        make_folder(&self.root.join(path))?;
        let mut entries = std::fs::read_dir(from)?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let (kind, to) = (entry.file_type()?, format!("{path}/{name}"));
            if kind.is_dir() {
                self.folder(&entry.path(), &to)?;
            } else if kind.is_file() {
                self.file(&entry.path(), &to, Extent::Whole)?;
            }
        }
        Ok(())
    }

    /// Puts a file of another backup here too, as one file in both.
    pub(super) fn link(&mut self, from: &Path, known: &BackedUpFile) -> io::Result<()> {
        let to = self.root.join(&known.path);
        if let Some(folder) = to.parent() {
            make_folder(folder)?;
        }
        std::fs::hard_link(from, &to)?;
        self.files.push(known.clone());
        Ok(())
    }

    /// Takes back what was copied below `path`.
    pub(super) fn forget(&mut self, path: &str) -> io::Result<()> {
        let below = format!("{path}/");
        self.files.retain(|file| !file.path.starts_with(&below));
        let folder = self.root.join(path);
        self.linked.retain(|_, (there, _, _)| !there.starts_with(&folder));
        match std::fs::remove_dir_all(&folder) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }
}

/// Bytes up to the end of the last whole line.
fn whole_lines(path: &Path) -> io::Result<u64> {
    let bytes = std::fs::read(path)?;
    Ok(bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at as u64 + 1))
}
