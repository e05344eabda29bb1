//! `manifest.json`: what an edition is, what it rests on, and the digest of every file.

use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::edition::{EditionError, EditionSource};

pub const MANIFEST: &str = "manifest.json";
/// Raised when a reader of the previous format could misread the files.
pub const FORMAT: u32 = 4;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    pub number: u32,
    pub published_at: DateTime<Utc>,
    pub as_of: NaiveDate,
    /// IANA name of the zone whose days `as_of` counts.
    pub zone: String,
    pub enterprises: u32,
    pub unions: u32,
    pub members: u64,
    /// SHA-256 over the names and digests of the data files: equal data, equal digest, whatever number and time.
    pub digest: String,
    pub sources: Vec<EditionSource>,
    pub files: Vec<FileDigest>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileDigest {
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
}

impl Manifest {
    pub fn read(folder: &Path) -> Result<Manifest, EditionError> {
        let path = folder.join(MANIFEST);
        let text = std::fs::read(&path).map_err(EditionError::io(&path))?;
        let manifest: Manifest = serde_json::from_slice(&text)?;
        if manifest.format != FORMAT {
            let reason = format!("format {} is not {FORMAT}, which this program reads", manifest.format);
            return Err(EditionError::Broken { path, reason });
        }
        Ok(manifest)
    }

    /// Reads every file again and compares sizes and digests. Takes about a second per gigabyte.
    pub fn verify(&self, folder: &Path) -> Result<(), EditionError> {
        for file in &self.files {
            let path = folder.join(&file.name);
            let found = hash_file(&path)?;
            if found != (file.bytes, file.sha256.clone()) {
                let reason =
                    format!("{} bytes, SHA-256 {}; the manifest says {} and {}", found.0, found.1, file.bytes, file.sha256);
                return Err(EditionError::Broken { path, reason });
            }
        }
        if data_digest(&self.files) != self.digest {
            let reason = "the data digest does not fit the file digests".to_owned();
            return Err(EditionError::Broken { path: folder.join(MANIFEST), reason });
        }
        Ok(())
    }
}

/// Size and SHA-256 of a file.
fn hash_file(path: &Path) -> Result<(u64, String), EditionError> {
    let file = std::fs::File::open(path).map_err(EditionError::io(path))?;
    let mut hash = Hashing::new(std::io::sink());
    std::io::copy(&mut std::io::BufReader::with_capacity(1 << 20, file), &mut hash).map_err(EditionError::io(path))?;
    let (_, bytes, sha256) = hash.finish();
    Ok((bytes, sha256))
}

/// The digest of the data alone.
pub fn data_digest(files: &[FileDigest]) -> String {
    use sha2::{Digest, Sha256};
    let mut names: Vec<&FileDigest> = files.iter().collect();
    names.sort_by(|a, b| a.name.cmp(&b.name));
    let mut hash = Sha256::new();
    for file in names {
        hash.update(file.name.as_bytes());
        hash.update([0]);
        hash.update(file.sha256.as_bytes());
        hash.update([b'\n']);
    }
    hex(&hash.finalize())
}

pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, b| {
        let _ = write!(text, "{b:02x}"); // writing to a String cannot fail
        text
    })
}

/// A writer that hashes and counts what passes through.
pub struct Hashing<W> {
    inner: W,
    hash: sha2::Sha256,
    bytes: u64,
}

impl<W: std::io::Write> Hashing<W> {
    pub fn new(inner: W) -> Hashing<W> {
        use sha2::Digest;
        Hashing { inner, hash: sha2::Sha256::new(), bytes: 0 }
    }
    /// The inner writer, the bytes written, their SHA-256 in hex.
    pub fn finish(self) -> (W, u64, String) {
        use sha2::Digest;
        (self.inner, self.bytes, hex(&self.hash.finalize()))
    }
}

impl<W: std::io::Write> std::io::Write for Hashing<W> {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        use sha2::Digest;
        let n = self.inner.write(buf)?;
        self.hash.update(&buf[..n]);
        self.bytes += n as u64;
        Ok(n)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}
