//! What this node published is put into the store: files first, then the manifest, then one conditional put of the pointer.

use std::collections::{BTreeMap, HashSet};
use std::io::Read;
use std::path::Path;
use std::sync::PoisonError;

use object_store::ObjectStoreExt;

use super::error::DepotError;
use super::fetch::file_key;
use super::place::{Depot, PART, POINTER, Way};
use super::pointer::{self, Found, Listed, Pointer};
use crate::edition::format::manifest::FileDigest;
use crate::edition::{EditionError, MANIFEST, Manifest, folder_name};

/// So often the pointer is read again where somebody else wrote it meanwhile.
const TRIES: usize = 5;

/// What is to be shared.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sharing<'a> {
    /// The number of the last edition that the database has: later ones in the folder are under way.
    pub recorded: u32,
    /// Editions that are no longer kept.
    pub removed: &'a [u32],
    /// An edition that was made again, whose files may be others.
    pub restored: Option<u32>,
    /// It is looked whether the store has every file of the newest edition in its length; what it lost or cut is put there again.
    pub looks: bool,
    /// The database was brought back to an earlier state: what is listed beyond it goes too.
    pub only_recorded: bool,
}

impl Depot {
    /// Puts the recorded editions of the folder that the pointer lacks into the store, the newest first, and takes those that are removed
    /// off the pointer, with their files that no other edition has. Only whoever leads calls it.
    ///
    /// # Errors
    /// Store, Wrong, Foreign, Contended, or Edition where the folder cannot be read. What is listed is whole all the same; what was not
    /// shared is by the next call.
    pub async fn share(&self, what: Sharing<'_>) -> Result<(), DepotError> {
        let outcome = async {
            while self.share_one(what).await? {}
            Ok(())
        };
        let outcome = outcome.await;
        self.note(Way::Share, outcome)
    }

    /// Shares one edition; whether there are more.
    async fn share_one(&self, what: Sharing<'_>) -> Result<bool, DepotError> {
        let _turn = self.turn().await?;
        let own = self.manifests();
        let known = self.listed();
        let nothing = Pointer::new(&self.hub);
        for _ in 0..TRIES {
            let (before, version) = match self.find_pointer(None).await? {
                Found::Text(text, version) => (self.parse(&text)?, Some(version)),
                Found::Nothing | Found::Same => (Pointer::new(&self.hub), None),
            };
            // A store that was emptied has nothing of what it listed.
            let known = if version.is_some() { &known } else { &nothing };
            let mut pointer = before.clone();
            pointer.editions.retain(|e| !what.removed.contains(&e.number) && (!what.only_recorded || e.number <= what.recorded));
            let is_news = |number: u32, manifest: &Manifest| match pointer.of(number) {
                Some(listed) => what.restored == Some(number) && listed.seal != manifest.seal,
                // What was listed once and is no more was removed by another node.
                None => {
                    let was_listed = known.of(number).is_some_and(|k| k.seal == manifest.seal);
                    number <= what.recorded && !what.removed.contains(&number) && (!was_listed || what.restored == Some(number))
                }
            };
            let news: Vec<&Manifest> = own.iter().rev().filter(|(n, m)| is_news(**n, m)).map(|(_, m)| m).collect();
            let listed = || own.get(&pointer.editions.last().filter(|_| what.looks)?.number);
            let newest = news.first().copied().or_else(listed);
            if let Some(manifest) = newest {
                // What listed editions have is there.
                let shared = before.editions.iter().filter(|_| !what.looks).filter_map(|e| own.get(&e.number));
                let there: HashSet<&str> = shared.flat_map(|m| m.files.iter().map(|file| file.sha256.as_str())).collect();
                self.put_edition(manifest, &there).await?;
            }
            if let Some(manifest) = news.first() {
                pointer.put(Listed { number: manifest.number, seal: manifest.seal.clone() });
            }
            if pointer != before {
                let key = self.key(POINTER);
                match pointer::write(&*self.store, &key, &pointer, version).await.map_err(self.failed(POINTER))? {
                    Some(tag) => *self.brought.lock().unwrap_or_else(PoisonError::into_inner) = tag,
                    None => continue,
                }
            }
            self.keep_listed(&pointer)?;
            self.remove_files(&before, &pointer, &own).await;
            return Ok(news.len() > 1);
        }
        Err(DepotError::Contended { place: self.place.clone() })
    }

    /// Puts an edition's files but those known to be `there`, and its manifest into the store, where they are not there in their length.
    /// Nobody knows of it yet.
    async fn put_edition(&self, manifest: &Manifest, there: &HashSet<&str>) -> Result<(), DepotError> {
        let folder = self.root.join(folder_name(manifest.number));
        for file in manifest.files.iter().filter(|file| !there.contains(file.sha256.as_str())) {
            let key = file_key(&file.sha256);
            match self.store.head(&self.key(&key)).await {
                Ok(there) if there.size == file.bytes => continue,
                Ok(_) | Err(object_store::Error::NotFound { .. }) => self.put_file(&key, file, &folder).await?,
                Err(error) => return Err(self.failed(&key)(error)),
            }
        }
        let key = Listed { number: manifest.number, seal: manifest.seal.clone() }.manifest_key();
        let path = folder.join(MANIFEST);
        let text = std::fs::read(&path).map_err(|source| EditionError::Io { path, source })?;
        match self.store.head(&self.key(&key)).await {
            Ok(there) if there.size == text.len() as u64 => return Ok(()),
            Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(self.failed(&key)(error)),
        }
        self.store.put(&self.key(&key), text.into()).await.map_err(self.failed(&key))?;
        Ok(())
    }

    /// Puts one file into the store, in parts where it is large: it is there as a whole or not at all.
    async fn put_file(&self, key: &str, file: &FileDigest, folder: &Path) -> Result<(), DepotError> {
        let path = folder.join(&file.name);
        // What a disk has damaged must not reach the others under the digest of what was written.
        if !file.is_whole(folder) {
            return Err(EditionError::Broken { path, reason: "its bytes are not those that were written".to_owned() }.into());
        }
        let io = |source| EditionError::Io { path: path.clone(), source };
        let mut opened = std::fs::File::open(&path).map_err(io)?;
        let mut next = || -> Result<Vec<u8>, EditionError> {
            let mut part = Vec::with_capacity(PART.min(file.bytes) as usize);
            (&mut opened).take(PART).read_to_end(&mut part).map_err(io)?;
            Ok(part)
        };
        if file.bytes <= PART {
            self.store.put(&self.key(key), next()?.into()).await.map_err(self.failed(key))?;
            return Ok(());
        }
        let mut upload = self.store.put_multipart(&self.key(key)).await.map_err(self.failed(key))?;
        loop {
            let part = next()?;
            if part.is_empty() {
                break;
            }
            if let Err(error) = upload.put_part(part.into()).await {
                let _ = upload.abort().await;
                return Err(self.failed(key)(error));
            }
        }
        upload.complete().await.map_err(self.failed(key))?;
        Ok(())
    }

    /// Removes manifests and files of editions that the pointer listed before and lists no more, as far as no listed one has them. What
    /// cannot be removed costs room, no answer.
    async fn remove_files(&self, before: &Pointer, now: &Pointer, own: &BTreeMap<u32, Manifest>) {
        let gone: Vec<&Listed> = before.editions.iter().filter(|e| !now.editions.contains(e)).collect();
        if gone.is_empty() {
            return;
        }
        let removed: Result<(), DepotError> = async {
            let mut kept = HashSet::new();
            for listed in &now.editions {
                kept.extend(self.files_of(listed, own).await?);
            }
            for listed in gone {
                let files = self.files_of(listed, own).await?;
                for file in files.into_iter().filter(|file| !kept.contains(file)) {
                    self.remove(&file_key(&file)).await?;
                }
                self.remove(&listed.manifest_key()).await?;
            }
            Ok(())
        }
        .await;
        if let Err(error) = removed {
            tracing::warn!(%error, "files of editions that are no longer listed stay in the store");
        }
    }

    /// Digests of the files of a listed edition, as its manifest says.
    async fn files_of(&self, listed: &Listed, own: &BTreeMap<u32, Manifest>) -> Result<Vec<String>, DepotError> {
        /// The only part of a manifest that is needed.
        #[derive(serde::Deserialize)]
        struct Files {
            files: Vec<FileDigest>,
        }
        let files = match own.get(&listed.number).filter(|m| m.seal == listed.seal) {
            Some(manifest) => manifest.files.clone(),
            None => {
                let key = listed.manifest_key();
                let Files { files } =
                    serde_json::from_slice(&self.whole(&key).await?).map_err(|e| self.wrong(&key, e.to_string()))?;
                files
            }
        };
        Ok(files.into_iter().map(|file| file.sha256).collect())
    }

    async fn remove(&self, within: &str) -> Result<(), DepotError> {
        match self.store.delete(&self.key(within)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed(within)(error)),
        }
    }
}
