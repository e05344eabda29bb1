//! Texts put out of memory into a file without a name, which is gone with the process.
//!
//! In: texts, from any thread. Out: what stands for each of them ([`SpilledText`]). Where the disk takes no more, texts stay in memory.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::spilled::{Spill, SpilledText};

/// Bytes that are written at once.
const AT_ONCE: usize = 1 << 20;
/// Texts of fewer bytes stay in memory, where they take no more room than the note of where they lie.
const SHORT: usize = 24;

/// See the module.
#[derive(Debug)]
pub struct SpillFile {
    /// None: the folder takes none.
    file: Option<File>,
    /// What waits to be written.
    waiting: Mutex<Waiting>,
    /// Bytes that stand in the file.
    written: AtomicU64,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// The disk took no more: what waits stays, and nothing is added.
    full: bool,
}

impl SpillFile {
    /// An empty one in a folder. Where none can be made there, which the log tells, texts stay in memory.
    pub fn new(folder: &Path) -> Arc<SpillFile> {
        let no_file = |e: &io::Error| tracing::warn!("{}: texts stay in memory, as no file takes them: {e}", folder.display());
        SpillFile::of(tempfile::tempfile_in(folder).inspect_err(no_file).ok())
    }

    fn of(file: Option<File>) -> Arc<SpillFile> {
        let waiting = Mutex::new(Waiting { bytes: Vec::new(), full: file.is_none() });
        Arc::new(SpillFile { file, waiting, written: AtomicU64::new(0) })
    }

    /// Puts a text into the file; it stays in memory where it is short or the disk does not take it.
    pub fn put(self: &Arc<SpillFile>, text: Box<str>) -> SpilledText {
        if text.len() < SHORT {
            return text.into();
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.full {
            return text.into();
        }
        let at = self.written.load(Ordering::Relaxed) + waiting.bytes.len() as u64;
        let Some(there) = SpilledText::there(self.clone(), at, text.len()) else { return text.into() };
        waiting.bytes.extend_from_slice(text.as_bytes());
        if waiting.bytes.len() >= AT_ONCE {
            match self.file().and_then(|file| file.write_all_at(&waiting.bytes, self.written.load(Ordering::Relaxed))) {
                Ok(()) => {
                    self.written.fetch_add(waiting.bytes.len() as u64, Ordering::Release);
                    waiting.bytes.clear();
                }
                Err(e) => {
                    tracing::warn!("texts stay in memory, as no file takes them: {e}");
                    waiting.full = true;
                }
            }
        }
        there
    }

    fn file(&self) -> io::Result<&File> {
        self.file.as_ref().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Spill for SpillFile {
    fn text(&self, at: u64, len: usize) -> io::Result<String> {
        let mut bytes = vec![0; len];
        let is_written = || at + len as u64 <= self.written.load(Ordering::Acquire);
        if !is_written() {
            let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            // While one waited for the lock it may have been written.
            if !is_written() {
                let from = (at - self.written.load(Ordering::Relaxed)) as usize;
                bytes.copy_from_slice(waiting.bytes.get(from..from + len).ok_or(io::ErrorKind::UnexpectedEof)?);
                return String::from_utf8(bytes).map_err(|_| io::ErrorKind::InvalidData.into());
            }
        }
        self.file()?.read_exact_at(&mut bytes, at)?;
        String::from_utf8(bytes).map_err(|_| io::ErrorKind::InvalidData.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_whether_it_was_written_yet_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let spill = SpillFile::new(folder.path());
        let said = |n: usize| format!("第 {n} 条：{}", "依据".repeat(n % 211)).into_boxed_str();
        let put: Vec<SpilledText> = std::thread::scope(|scope| {
            let half = |from: usize| (from..20_000).step_by(2).map(|n| spill.put(said(n))).collect::<Vec<_>>();
            let odd = scope.spawn(move || half(1));
            let even = half(0);
            even.into_iter().zip(odd.join().unwrap()).flat_map(|(even, odd)| [even, odd]).collect()
        });
        assert!(spill.written.load(Ordering::Relaxed) > AT_ONCE as u64);
        assert!(matches!(put[0], SpilledText::Here(_)) && matches!(put[19_999], SpilledText::There { .. }));
        for (n, text) in put.iter().enumerate() {
            assert_eq!(text.text().unwrap(), &*said(n));
            assert!(!text.is_empty());
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the file has no name");
    }

    #[test]
    fn where_the_disk_takes_no_more_texts_stay_in_memory() {
        // Everything written to this device fails as on a full disk.
        let file = File::options().read(true).write(true).open("/dev/full").unwrap();
        let spill = SpillFile::of(Some(file));
        let long: Box<str> = "一".repeat(100_000).into();
        let put: Vec<SpilledText> = (0..10).map(|_| spill.put(long.clone())).collect();
        assert!(matches!(put[9], SpilledText::Here(_)));
        put.iter().for_each(|text| assert_eq!(text.text().unwrap(), &*long));
        let nowhere = SpillFile::new(Path::new("/nowhere/at/all"));
        assert_eq!(nowhere.put(long.clone()), SpilledText::Here(long));
    }
}
