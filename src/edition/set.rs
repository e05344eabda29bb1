//! The editions of one hub: the current one, swapped without a pause, and the earlier ones, opened when asked for. Each is read
//! whole and compared with its manifest before it answers; one that is damaged is passed over.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, RwLock};

use chrono::{DateTime, NaiveDate, Utc};

use super::error::EditionError;
use super::format::folder::{folder_name, numbers};
use super::format::manifest::FileDigest;
use super::open::OpenParts;
use super::{Edition, Manifest};

/// Which state is asked for: the last of a day, the one in force at an instant, or one by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditionAsOf {
    /// The last edition whose day is not later.
    Day(NaiveDate),
    /// The last edition that was published by then.
    Instant(DateTime<Utc>),
    /// The edition of this number.
    Edition(u32),
}

impl FromStr for EditionAsOf {
    type Err = ();
    /// `2026-11-22`, `2026-11-22T04:30:00Z` (RFC 3339), `edition:12` or `12`.
    fn from_str(text: &str) -> Result<EditionAsOf, ()> {
        let text = text.trim();
        if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            return Ok(EditionAsOf::Day(day));
        }
        if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
            return Ok(EditionAsOf::Instant(instant.to_utc()));
        }
        let number = text.strip_prefix("edition:").unwrap_or(text);
        number.parse().ok().filter(|n| *n > 0).map(EditionAsOf::Edition).ok_or(())
    }
}

/// Earlier editions kept open besides the current one.
const KEPT_OPEN: usize = 4;

/// All editions under one root; shared by everybody who reads.
pub struct Editions {
    root: PathBuf,
    current: RwLock<Option<Arc<Edition>>>,
    /// Manifests by number; refreshed from the folder.
    known: RwLock<BTreeMap<u32, Arc<Manifest>>>,
    opened: Mutex<Vec<Arc<Edition>>>,
    /// What became of the editions that were looked at: each is read once, and again where its files have changed.
    checked: Mutex<BTreeMap<u32, Checked>>,
    /// Files that passed their check: those that editions share are read once.
    whole: Mutex<HashSet<WholeFile>>,
    parts: Mutex<OpenParts>,
}

/// Digest, place and time of a file that was compared with its digest.
type WholeFile = (String, u64, i128);

/// Size, time and place of an edition's files.
type Stamp = Vec<(OsString, u64, i128, u64)>;

struct Checked {
    stamp: Stamp,
    /// The file that is not what was written, and why; None: all are.
    broken: Option<(PathBuf, String)>,
}

/// An unreadable folder has no stamp that equals another.
fn stamp(folder: &Path) -> std::io::Result<Stamp> {
    use std::os::unix::fs::MetadataExt;
    let file = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry?;
        let meta = entry.metadata()?;
        Ok((entry.file_name(), meta.len(), i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec()), meta.ino()))
    };
    let mut files = std::fs::read_dir(folder)?.map(file).collect::<std::io::Result<Stamp>>()?;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            files.extend(std::fs::read_dir(entry.path())?.map(file).collect::<std::io::Result<Stamp>>()?);
        }
    }
    files.sort();
    Ok(files)
}

impl Editions {
    /// Opens the newest edition under `root`, if there is one.
    ///
    /// # Errors
    /// Io, where the root cannot be read. A broken edition is no error: the last good one answers.
    pub fn open(root: &Path) -> Result<Editions, EditionError> {
        let editions = Editions {
            root: root.to_path_buf(),
            current: RwLock::default(),
            known: RwLock::default(),
            opened: Mutex::default(),
            checked: Mutex::default(),
            whole: Mutex::default(),
            parts: Mutex::default(),
        };
        editions.refresh()?;
        Ok(editions)
    }

    /// The folder they lie in.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Looks for editions published or removed since, and swaps the newest one in that is whole. Returns it where it is another
    /// one than before. Requests under way finish on the edition they began with; until another one has passed its check
    /// (`Edition::open`) the last good one goes on answering, and where none passes it stays.
    ///
    /// # Errors
    /// Io, where the root cannot be read.
    pub fn refresh(&self) -> Result<Option<Arc<Edition>>, EditionError> {
        let numbers = numbers(&self.root)?;
        self.read_manifests(&numbers);
        let before = self.current.read().expect("no panic while holding the edition").as_ref().map(|e| e.number());
        let known: Vec<u32> = self.known.read().expect("no panic while holding the manifests").keys().rev().copied().collect();
        let mut newest = None;
        for number in known {
            if before == Some(number) {
                return Ok(None);
            }
            // What is wrong with one was said when it was found: an older one answers.
            if let Ok(edition) = self.open_whole(number) {
                newest = Some(Arc::new(edition));
                break;
            }
        }
        if newest.is_none() && before.is_none_or(|number| numbers.contains(&number)) {
            return Ok(None);
        }
        *self.current.write().expect("no panic while holding the edition") = newest.clone();
        Ok(newest)
    }

    fn read_manifests(&self, numbers: &[u32]) {
        let mut known = self.known.write().expect("no panic while holding the manifests");
        known.retain(|number, _| numbers.binary_search(number).is_ok());
        for number in numbers {
            if known.contains_key(number) {
                continue;
            }
            let folder = self.root.join(folder_name(*number));
            match Manifest::read(&folder) {
                Ok(manifest) => drop(known.insert(*number, Arc::new(manifest))),
                // One that another version of the program wrote, or that is damaged: the next sync publishes one that can be read.
                Err(error) => self.passed_over(*number, stamp(&folder).unwrap_or_default(), &error),
            }
        }
    }

    /// Opens an edition; it is checked where this process has not done so, or its files have changed since.
    fn open_whole(&self, number: u32) -> Result<Edition, EditionError> {
        let folder = self.root.join(folder_name(number));
        let stamp = stamp(&folder).map_err(EditionError::io(&folder))?;
        let whole = match self.checked.lock().expect("no panic while checking").get(&number).filter(|c| c.stamp == stamp) {
            Some(Checked { broken: Some((path, reason)), .. }) => {
                return Err(EditionError::Broken { path: path.clone(), reason: reason.clone() });
            }
            found => found.is_some(),
        };
        let opened = Manifest::read(&folder).and_then(|manifest| {
            if !whole {
                self.check(&folder, &manifest)?;
            }
            Edition::open_checked(&folder, manifest, &mut self.parts.lock().expect("no panic while opening"))
        });
        match &opened {
            Ok(_) => {
                let mut checked = self.checked.lock().expect("no panic while checking");
                checked.insert(number, Checked { stamp, broken: None });
            }
            Err(error) => self.passed_over(number, stamp, error),
        }
        opened
    }

    /// As [`Manifest::check`], without the files that an edition before had too and that have not changed since.
    fn check(&self, folder: &Path, manifest: &Manifest) -> Result<(), EditionError> {
        use std::os::unix::fs::MetadataExt;
        let key = |file: &FileDigest| -> Option<WholeFile> {
            let meta = std::fs::metadata(folder.join(&file.name)).ok().filter(|meta| meta.len() == file.bytes)?;
            Some((file.blocks.clone(), meta.ino(), i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec())))
        };
        let known = self.whole.lock().expect("no panic while checking").clone();
        manifest.check_but(folder, |file| key(file).is_some_and(|key| known.contains(&key)))?;
        let passed: Vec<WholeFile> = manifest.files.iter().filter_map(key).collect();
        self.whole.lock().expect("no panic while checking").extend(passed);
        Ok(())
    }

    /// Notes that an edition is broken and says so, once for each state of its files. Other errors may pass: it is tried again.
    fn passed_over(&self, number: u32, stamp: Stamp, error: &EditionError) {
        let broken = match error {
            EditionError::Broken { path, reason } => (path.clone(), reason.clone()),
            EditionError::Arrow(_) | EditionError::Json(_) => (self.root.join(folder_name(number)), error.to_string()),
            other => return tracing::warn!(error = %other, number, "an edition cannot be opened"),
        };
        let mut checked = self.checked.lock().expect("no panic while checking");
        if checked.get(&number).is_some_and(|c| c.stamp == stamp && c.broken.is_some()) {
            return;
        }
        checked.insert(number, Checked { stamp, broken: Some(broken) });
        tracing::error!(%error, number, "an edition is passed over; the last good one goes on answering");
    }

    /// Whether an edition was found to be broken, and its files are still those that were looked at: it answers nothing.
    pub fn is_broken(&self, number: u32) -> bool {
        let checked = self.checked.lock().expect("no panic while checking");
        let now = || stamp(&self.root.join(folder_name(number))).unwrap_or_default();
        checked.get(&number).is_some_and(|c| c.broken.is_some() && c.stamp == now())
    }

    /// The newest edition.
    ///
    /// # Errors
    /// None, where there is no edition yet.
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

    /// The manifest of an edition; None where there is none by that number.
    pub fn manifest(&self, number: u32) -> Option<Arc<Manifest>> {
        self.known.read().expect("no panic while holding the manifests").get(&number).cloned()
    }

    /// An edition by number; Gone, with the nearest one, where it was removed; Broken where its files are not what was written.
    ///
    /// # Errors
    /// Gone, Broken, or None where there is no edition at all.
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
        let edition = Arc::new(self.open_whole(number)?);
        opened.push(edition.clone());
        if opened.len() > KEPT_OPEN {
            opened.remove(0);
        }
        Ok(edition)
    }

    /// The edition that a day, an instant or a number names.
    ///
    /// # Errors
    /// As [`Editions::as_of`] and [`Editions::number`].
    pub fn at(&self, as_of: EditionAsOf) -> Result<Arc<Edition>, EditionError> {
        match as_of {
            EditionAsOf::Day(day) => self.as_of(day),
            EditionAsOf::Instant(instant) => self.last(|m| m.published_at <= instant),
            EditionAsOf::Edition(number) => self.number(number),
        }
    }

    /// The last whole edition whose day is not after `date`; BeforeFirst, with the earliest one, where all are later.
    ///
    /// # Errors
    /// BeforeFirst where all are later, Broken where those that are not later are all damaged, None where there is no edition.
    pub fn as_of(&self, date: NaiveDate) -> Result<Arc<Edition>, EditionError> {
        self.last(|m| m.as_of <= date)
    }

    fn last(&self, is: impl Fn(&Manifest) -> bool) -> Result<Arc<Edition>, EditionError> {
        let (found, earliest) = {
            let known = self.known.read().expect("no panic while holding the manifests");
            let found: Vec<u32> = known.values().rev().filter(|m| is(m)).map(|m| m.number).collect();
            (found, known.values().next().map(|m| (m.number, m.as_of)))
        };
        let mut broken = None;
        for number in found {
            match self.number(number) {
                Err(error @ EditionError::Broken { .. }) => broken = broken.or(Some(error)),
                other => return other,
            }
        }
        match (broken, earliest) {
            (Some(broken), _) => Err(broken),
            (None, None) => Err(EditionError::None),
            (None, Some((first, day))) => Err(EditionError::BeforeFirst { first, day }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_an_instant_and_a_number_are_told_apart() {
        let day: NaiveDate = "2026-11-22".parse().expect("a day");
        let instant: DateTime<Utc> = "2026-11-22T04:30:00Z".parse().expect("an instant");
        for (text, want) in [
            ("2026-11-22", Ok(EditionAsOf::Day(day))),
            ("2026-11-22T12:30:00+08:00", Ok(EditionAsOf::Instant(instant))),
            ("edition:12", Ok(EditionAsOf::Edition(12))),
            ("12", Ok(EditionAsOf::Edition(12))),
            ("edition:0", Err(())),
            ("2026-02-30", Err(())),
            ("yesterday", Err(())),
            ("", Err(())),
        ] {
            assert_eq!(text.parse::<EditionAsOf>(), want, "{text}");
        }
    }
}
