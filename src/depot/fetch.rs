//! The folder of editions is brought to what the pointer lists: what is missing or damaged is fetched, what is no longer listed goes.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::sync::PoisonError;

use futures_util::StreamExt;

use super::error::DepotError;
use super::place::{Depot, POINTER, Way};
use super::pointer::{Found, Listed};
use crate::edition::format::manifest::{FileDigest, Hashing};
use crate::edition::{EditionError, MANIFEST, Manifest, folder_name, numbers};

/// Which of the listed editions are wanted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The one in force: a command, or a node that starts.
    Newest,
    /// All of them, so that every node answers of earlier days.
    All,
}

impl Depot {
    /// Brings the folder to what the store lists; whether anything changed. An edition is put together under another name and renamed
    /// once every byte is what was written; killed in between, the next call goes on with the files that are there. `broken` names
    /// editions whose files in the folder are damaged: they are fetched anew.
    ///
    /// # Errors
    /// Store, Wrong, Foreign, or Edition where the folder cannot be written. What stood in the folder before stands there still, but for what is
    /// no longer listed.
    pub async fn fetch(&self, wanted: Wanted, broken: impl Fn(u32) -> bool) -> Result<bool, DepotError> {
        let outcome = self.bring(wanted, &broken).await;
        self.note(Way::Fetch, outcome)
    }

    async fn bring(&self, wanted: Wanted, broken: &impl Fn(u32) -> bool) -> Result<bool, DepotError> {
        let brought = self.brought.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let before = self.listed();
        let lacks = |e: &Listed| broken(e.number) || !self.root.join(folder_name(e.number)).exists();
        let damaged = before.editions.iter().any(lacks);
        let (pointer, tag) = match self.find_pointer(brought.filter(|_| !damaged)).await? {
            Found::Same => return Ok(false),
            Found::Nothing if before.editions.is_empty() => return Ok(false),
            Found::Nothing => return Err(self.wrong(POINTER, "it was there, and is there no more")),
            Found::Text(text, version) => (self.parse(&text)?, version.e_tag),
        };
        let _turn = self.turn().await?;
        let mut changed = false;
        for listed in pointer.editions.iter().rev() {
            let folder = self.root.join(folder_name(listed.number));
            let is_there = Manifest::read(&folder).is_ok_and(|m| m.seal == listed.seal);
            if !is_there || broken(listed.number) {
                self.fetch_edition(listed, folder.exists()).await?;
                tracing::info!(number = listed.number, "edition fetched from {}", self.place);
                changed = true;
            }
            if wanted == Wanted::Newest {
                break;
            }
        }
        // What this node has made and not shared yet was never listed.
        for gone in before.editions.iter().filter(|e| pointer.of(e.number).is_none()) {
            let folder = self.root.join(folder_name(gone.number));
            if Manifest::read(&folder).is_ok_and(|m| m.seal == gone.seal) {
                std::fs::remove_dir_all(&folder).map_err(|source| EditionError::Io { path: folder, source })?;
                changed = true;
            }
        }
        if pointer != before {
            self.keep_listed(&pointer)?;
        }
        // The newest alone is not all: the next call goes on.
        if wanted == Wanted::All {
            *self.brought.lock().unwrap_or_else(PoisonError::into_inner) = tag;
        }
        Ok(changed)
    }

    /// Fetches one edition into the folder, in the place of what stands there under its number.
    async fn fetch_edition(&self, listed: &Listed, is_damaged: bool) -> Result<(), DepotError> {
        let key = listed.manifest_key();
        let temporary = self.root.join(format!(".fetching-{}", folder_name(listed.number)));
        let io = |path: &Path| {
            let path = path.to_path_buf();
            move |source| DepotError::from(EditionError::Io { path, source })
        };
        let text = self.whole(&key).await?;
        let manifest = temporary.join(MANIFEST);
        // Files of another edition of that number are no use.
        if temporary.exists() && std::fs::read(&manifest).ok().as_ref() != Some(&text) {
            std::fs::remove_dir_all(&temporary).map_err(io(&temporary))?;
        }
        std::fs::create_dir_all(&temporary).map_err(io(&temporary))?;
        std::fs::write(&manifest, &text).map_err(io(&manifest))?;
        let manifest = match Manifest::read(&temporary) {
            Ok(read) if read.seal == listed.seal && read.number == listed.number => read,
            Ok(_) => return Err(self.wrong(&key, "it is the manifest of another edition")),
            Err(EditionError::Broken { reason, .. }) => return Err(self.wrong(&key, reason)),
            Err(other) => return Err(other.into()),
        };
        let here = self.files_here();
        for file in &manifest.files {
            if !is_within(&file.name) {
                return Err(self.wrong(&key, format!("the file name {:?} leads out of the edition", file.name)));
            }
            let path = temporary.join(&file.name);
            if path.exists() {
                continue;
            }
            let folder = path.parent().unwrap_or(&temporary);
            std::fs::create_dir_all(folder).map_err(io(folder))?;
            let linked = here.get(&file.sha256).is_some_and(|own| std::fs::hard_link(own, &path).is_ok());
            // One of the files here is damaged, and it may be this one.
            if linked && (!is_damaged || file.is_whole(&temporary)) {
                continue;
            }
            if linked {
                std::fs::remove_file(&path).map_err(io(&path))?;
            }
            self.fetch_file(file, &path).await?;
        }
        for folder in std::iter::once(temporary.clone()).chain(manifest.parts.iter().map(|part| temporary.join(part))) {
            std::fs::File::open(&folder).and_then(|f| f.sync_all()).map_err(io(&folder))?;
        }
        let place = self.root.join(folder_name(listed.number));
        if place.exists() {
            let away = self.root.join(format!(".replaced-{}", folder_name(listed.number)));
            let _ = std::fs::remove_dir_all(&away);
            std::fs::rename(&place, &away).map_err(io(&place))?;
            std::fs::rename(&temporary, &place).map_err(io(&temporary))?;
            std::fs::remove_dir_all(&away).map_err(io(&away))?;
        } else {
            std::fs::rename(&temporary, &place).map_err(io(&temporary))?;
        }
        std::fs::File::open(&self.root).and_then(|f| f.sync_all()).map_err(io(&self.root))?;
        Ok(())
    }

    /// Fetches one file; it has its name once size and digests are those of the manifest.
    async fn fetch_file(&self, file: &FileDigest, path: &Path) -> Result<(), DepotError> {
        let key = file_key(&file.sha256);
        let part = path.with_extension("part");
        let io = |source| DepotError::from(EditionError::Io { path: part.clone(), source });
        let mut written = Hashing::new(std::fs::File::create(&part).map_err(io)?);
        let mut parts = std::pin::pin!(self.parts(&key, file.bytes));
        while let Some(bytes) = parts.next().await {
            written.write_all(&bytes?).map_err(io)?;
        }
        let (opened, found) = written.finish(&file.name);
        if found != *file {
            let _ = std::fs::remove_file(&part);
            let reason = format!("{} bytes, SHA-256 {}; the manifest says {}", found.bytes, found.sha256, file.bytes);
            return Err(self.wrong(&key, reason));
        }
        opened.sync_all().and_then(|()| std::fs::rename(&part, path)).map_err(io)?;
        Ok(())
    }

    /// Files of the editions in the folder by their digests: what editions share is fetched once.
    fn files_here(&self) -> HashMap<String, PathBuf> {
        let mut found = HashMap::new();
        for (number, manifest) in self.manifests() {
            let folder = self.root.join(folder_name(number));
            found.extend(manifest.files.into_iter().map(|file| (file.sha256, folder.join(file.name))));
        }
        found
    }

    /// The manifests in the folder that can be read, by number.
    pub(super) fn manifests(&self) -> BTreeMap<u32, Manifest> {
        let found = numbers(&self.root).unwrap_or_default().into_iter();
        found.filter_map(|number| Some((number, Manifest::read(&self.root.join(folder_name(number))).ok()?))).collect()
    }
}

/// Where a file of editions is, within the store.
pub(super) fn file_key(sha256: &str) -> String {
    format!("files/{sha256}")
}

/// Whether a name of a manifest stays in the edition's folder.
fn is_within(name: &str) -> bool {
    !name.is_empty() && Path::new(name).components().all(|c| matches!(c, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_elsewhere_is_none() {
        assert!(is_within("facets.arrow") && is_within("base/facets.arrow"));
        for name in ["", "/etc/passwd", "../000001/facets.arrow", "base/../../x"] {
            assert!(!is_within(name), "{name}");
        }
    }
}
