//! A file kept beside the store: a cache and nothing else. What is missing, damaged or of another format costs time, no answer.
//!
//! In: bytes in the order of their making, and at the end an index (what the file rests on, where its parts stand). Out: the same
//! index and the bytes. It is written under another name and renamed once it is whole; it is not forced to the disk, for what a
//! power cut leaves half written fails its checksums. What the bytes mean, and whether the index still fits, is the caller's.
//!
//! The file: the bytes; the index in JSON; then 40 bytes: length of the index, its checksum, the checksum of the bytes before it,
//! the format, and a magic word. Checksums are xxh3, numbers little-endian.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// Bytes behind the index.
const TAIL: u64 = 40;

/// What tells one kind of kept file from another.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    pub magic: [u8; 8],
    /// Raised when the coding of the bytes or of the index changes.
    pub format: u64,
}

/// Why a file does not serve.
#[derive(Debug, thiserror::Error)]
pub enum KeptFileError {
    #[error("damaged")]
    Damaged,
    #[error("written by another version")]
    OtherFormat,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A file whose index is whole.
#[derive(Debug)]
pub struct KeptFile<I> {
    file: File,
    pub index: I,
    /// Length of the bytes before the index.
    pub len: u64,
    /// Checksum of these bytes, as the writer saw them; see [`KeptFile::verify`].
    pub checksum: u64,
}

impl<I: DeserializeOwned> KeptFile<I> {
    /// Opens a file and reads its index.
    ///
    /// # Errors
    /// `Io` of kind NotFound where there is none; `Damaged` where its end is not one of this kind or its index is not what was
    /// written; `OtherFormat` where another version wrote it. The bytes before the index are not read.
    pub fn open(path: &Path, kind: Kind) -> Result<KeptFile<I>, KeptFileError> {
        let file = File::open(path)?;
        let end = file.metadata()?.len().checked_sub(TAIL).ok_or(KeptFileError::Damaged)?;
        let mut tail = [0; TAIL as usize];
        file.read_exact_at(&mut tail, end)?;
        if tail[32..] != kind.magic {
            return Err(KeptFileError::Damaged);
        }
        let number = |at: usize| u64::from_le_bytes(tail[at..at + 8].try_into().expect("eight bytes"));
        let [json_len, json_checksum, checksum, format] = [number(0), number(8), number(16), number(24)];
        if format != kind.format {
            return Err(KeptFileError::OtherFormat);
        }
        let len = end.checked_sub(json_len).ok_or(KeptFileError::Damaged)?;
        let mut json = vec![0; usize::try_from(json_len).map_err(|_| KeptFileError::Damaged)?];
        file.read_exact_at(&mut json, len)?;
        if xxh3_64(&json) != json_checksum {
            return Err(KeptFileError::Damaged);
        }
        let index = serde_json::from_slice(&json).map_err(|_| KeptFileError::OtherFormat)?;
        Ok(KeptFile { file, index, len, checksum })
    }
}

impl<I> KeptFile<I> {
    /// Reads all bytes before the index and compares their checksum.
    ///
    /// # Errors
    /// `Damaged` where they are not what was written.
    pub fn verify(&mut self) -> Result<(), KeptFileError> {
        self.file.seek(SeekFrom::Start(0))?;
        let mut hasher = Xxh3::new();
        let mut buffer = vec![0; 1 << 18];
        let mut left = self.len;
        while left > 0 {
            let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let n = self.file.read(&mut buffer[..wanted])?;
            if n == 0 {
                return Err(KeptFileError::Damaged);
            }
            hasher.update(&buffer[..n]);
            left -= n as u64;
        }
        if hasher.digest() == self.checksum { Ok(()) } else { Err(KeptFileError::Damaged) }
    }

    /// `length` bytes from `offset` on.
    ///
    /// # Errors
    /// Those of reading; `UnexpectedEof` where they reach into the index.
    pub fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        if offset.checked_add(length as u64).is_none_or(|end| end > self.len) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, offset)?;
        Ok(bytes)
    }

    /// The file, to read from beside this.
    ///
    /// # Errors
    /// Too many files are open.
    pub fn reopened(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// The whole file in memory as the system maps it, for the caller to write to: a page is copied when it is written to, and the file
    /// stays as it is. The first `len` bytes are those before the index.
    ///
    /// # Errors
    /// Those of mapping.
    pub fn map_copy(&self) -> io::Result<memmap2::MmapMut> {
        // SAFETY: the file is replaced by renaming and never written again under this name; were it cut short all the same,
        // that would be another program's doing.
        unsafe { memmap2::MmapOptions::new().map_copy(&self.file) }
    }
}

/// A file that is being written; nothing is seen of it before [`WrittenFile::keep`].
pub struct KeptFileWriter {
    kind: Kind,
    out: BufWriter<File>,
    hasher: Xxh3,
    len: u64,
    names: WrittenFile,
}

impl KeptFileWriter {
    /// Begins a file that is to stand at `path`; the folder is made where it is missing.
    ///
    /// # Errors
    /// Those of making folder and file.
    pub fn create(path: PathBuf, kind: Kind) -> io::Result<KeptFileWriter> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let part = path.with_extension("part");
        let out = BufWriter::with_capacity(1 << 18, File::create(&part)?);
        Ok(KeptFileWriter { kind, out, hasher: Xxh3::new(), len: 0, names: WrittenFile { part, path } })
    }

    /// Bytes written so far.
    pub fn written(&self) -> u64 {
        self.len
    }

    /// Ends the file with its index.
    ///
    /// # Errors
    /// Those of writing; the part is then removed.
    pub fn finish<I: Serialize>(mut self, index: &I) -> io::Result<WrittenFile> {
        let ended = self.end(index);
        let names = self.names;
        match ended {
            Ok(()) => Ok(names),
            Err(e) => {
                names.discard();
                Err(e)
            }
        }
    }

    fn end<I: Serialize>(&mut self, index: &I) -> io::Result<()> {
        let json = serde_json::to_vec(index)?;
        self.out.write_all(&json)?;
        for number in [json.len() as u64, xxh3_64(&json), self.hasher.digest(), self.kind.format] {
            self.out.write_all(&number.to_le_bytes())?;
        }
        self.out.write_all(&self.kind.magic)?;
        self.out.flush()
    }

    /// Gives it up: what is kept stays as it is.
    pub fn discard(self) {
        self.names.discard();
    }
}

impl Write for KeptFileWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write_all(bytes)?;
        self.hasher.update(bytes);
        self.len += bytes.len() as u64;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A whole file that is not in force yet.
#[derive(Debug)]
pub struct WrittenFile {
    part: PathBuf,
    pub path: PathBuf,
}

impl WrittenFile {
    /// Puts it in force, in place of the one before.
    ///
    /// # Errors
    /// Those of renaming.
    pub fn keep(self) -> io::Result<()> {
        std::fs::rename(&self.part, &self.path)
    }

    /// Where it lies until then.
    pub fn lies_at(&self) -> &Path {
        &self.part
    }

    /// Throws it away: the one in force stays.
    pub fn discard(self) {
        // What cannot be removed is written over by the next one.
        let _ = std::fs::remove_file(&self.part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: Kind = Kind { magic: *b"huitutst", format: 3 };

    fn written(path: &Path) {
        let mut writer = KeptFileWriter::create(path.to_owned(), KIND).unwrap();
        writer.write_all(b"some bytes").unwrap();
        assert_eq!(writer.written(), 10);
        let file = writer.finish(&vec![1, 2, 3]).unwrap();
        assert!(!path.exists(), "nothing is seen before it is kept");
        file.keep().unwrap();
    }

    #[test]
    fn what_is_kept_comes_back_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/x");
        written(&path);
        let mut file: KeptFile<Vec<u32>> = KeptFile::open(&path, KIND).unwrap();
        assert_eq!((file.index.as_slice(), file.len), ([1, 2, 3].as_slice(), 10));
        file.verify().unwrap();
        assert_eq!(file.read(5, 5).unwrap(), b"bytes");
        assert!(file.read(6, 5).is_err(), "the index is not among the bytes");
        let mut map = file.map_copy().unwrap();
        assert_eq!(&map[..4], b"some");
        map[0] = b'S';
        assert_eq!(file.read(0, 4).unwrap(), b"some", "what is written to the copy stays there");
    }

    #[test]
    fn every_flipped_or_missing_byte_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        written(&path);
        let whole = std::fs::read(&path).unwrap();
        let serves = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            KeptFile::<Vec<u32>>::open(&path, KIND).and_then(|mut file| file.verify()).is_ok()
        };
        assert!(serves(&whole));
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            assert!(!serves(&damaged), "byte {at}");
            assert!(!serves(&whole[..at]), "cut at {at}");
        }
        std::fs::write(&path, &whole).unwrap();
        let other = Kind { format: 4, ..KIND };
        assert!(matches!(KeptFile::<Vec<u32>>::open(&path, other), Err(KeptFileError::OtherFormat)));
    }
}
