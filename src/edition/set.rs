//! The editions of one hub: the current one, swapped without a pause, and the earlier ones, opened when asked for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};

use chrono::NaiveDate;

use super::format::folder::{folder_name, numbers};
use super::{Edition, EditionError, Manifest};

/// Earlier editions kept open besides the current one.
const KEPT_OPEN: usize = 4;

pub struct Editions {
    root: PathBuf,
    current: RwLock<Option<Arc<Edition>>>,
    /// Manifests by number; refreshed from the folder.
    known: RwLock<BTreeMap<u32, Arc<Manifest>>>,
    opened: Mutex<Vec<Arc<Edition>>>,
}

impl Editions {
    /// Opens the newest edition under `root`, if there is one.
    pub fn open(root: &Path) -> Result<Editions, EditionError> {
        let editions =
            Editions { root: root.to_path_buf(), current: RwLock::default(), known: RwLock::default(), opened: Mutex::default() };
        editions.refresh()?;
        Ok(editions)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Looks for editions published or removed since, and swaps the newest one in. Returns it where it is another one than
    /// before. Requests under way finish on the edition they began with.
    pub fn refresh(&self) -> Result<Option<Arc<Edition>>, EditionError> {
        let mut numbers = numbers(&self.root)?;
        {
            let mut known = self.known.write().expect("no panic while holding the manifests");
            known.retain(|number, _| numbers.binary_search(number).is_ok());
            numbers.retain(|number| {
                if known.contains_key(number) {
                    return true;
                }
                match Manifest::read(&self.root.join(folder_name(*number))) {
                    Ok(manifest) => known.insert(*number, Arc::new(manifest)).is_none(),
                    // One that another version of the program wrote: the next sync publishes one that can be read.
                    Err(error) => {
                        tracing::warn!(%error, number, "an edition is passed over");
                        false
                    }
                }
            });
        }
        let newest = numbers.last().copied();
        let before = self.current.read().expect("no panic while holding the edition").as_ref().map(|e| e.number());
        if newest == before {
            return Ok(None);
        }
        let opened = match newest {
            Some(number) => Some(Arc::new(Edition::open(&self.root.join(folder_name(number)))?)),
            None => None,
        };
        *self.current.write().expect("no panic while holding the edition") = opened.clone();
        Ok(opened)
    }

    /// The newest edition.
    pub fn current(&self) -> Result<Arc<Edition>, EditionError> {
        self.current.read().expect("no panic while holding the edition").clone().ok_or(EditionError::None)
    }

    /// Manifests of all editions, newest first.
    pub fn list(&self) -> Vec<Arc<Manifest>> {
        self.known.read().expect("no panic while holding the manifests").values().rev().cloned().collect()
    }

    /// Whether somebody in this process holds an earlier edition right now.
    pub fn is_read(&self, number: u32) -> bool {
        let opened = self.opened.lock().expect("no panic while opening");
        opened.iter().any(|e| e.number() == number && Arc::strong_count(e) > 1)
    }

    pub fn manifest(&self, number: u32) -> Option<Arc<Manifest>> {
        self.known.read().expect("no panic while holding the manifests").get(&number).cloned()
    }

    /// An edition by number; Gone, with the nearest one, where it was removed.
    pub fn number(&self, number: u32) -> Result<Arc<Edition>, EditionError> {
        let current = self.current()?;
        if current.number() == number {
            return Ok(current);
        }
        if self.manifest(number).is_none() {
            let known = self.known.read().expect("no panic while holding the manifests");
            let nearest = known.keys().copied().min_by_key(|other| other.abs_diff(number));
            return Err(EditionError::Gone { number, nearest });
        }
        let mut opened = self.opened.lock().expect("no panic while opening");
        if let Some(at) = opened.iter().position(|e| e.number() == number) {
            let edition = opened.remove(at);
            opened.push(edition.clone());
            return Ok(edition);
        }
        let edition = Arc::new(Edition::open(&self.root.join(folder_name(number)))?);
        opened.push(edition.clone());
        if opened.len() > KEPT_OPEN {
            opened.remove(0);
        }
        Ok(edition)
    }

    /// The last edition whose day is not after `date`; Gone, with the earliest one, where all are later.
    pub fn as_of(&self, date: NaiveDate) -> Result<Arc<Edition>, EditionError> {
        let found = {
            let known = self.known.read().expect("no panic while holding the manifests");
            let found = known.values().rev().find(|m| m.as_of <= date).map(|m| m.number);
            found.ok_or_else(|| known.keys().next().copied())
        };
        match found {
            Ok(number) => self.number(number),
            Err(None) => Err(EditionError::None),
            Err(nearest) => Err(EditionError::Gone { number: 0, nearest }),
        }
    }
}
