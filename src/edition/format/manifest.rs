//! `manifest.json`: what an edition is, what it rests on, and two digests of every file: SHA-256 for whoever compares editions or
//! keeps them elsewhere, and a faster one by which an edition is checked before it answers.

use data_encoding::HEXLOWER;
use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::edition::EditionSource;
use crate::edition::error::EditionError;

/// The manifest's file in the folder of an edition.
pub const MANIFEST: &str = "manifest.json";
/// Raised when a reader of the previous format could misread the files, or could not read them.
pub const FORMAT: u32 = 6;
/// Of editions that say what changed beside a base: a reader of [`FORMAT`] would take the base for all.
pub const FORMAT_OF_PARTS: u32 = 7;
/// Of the release before, without and with parts: files of one batch each, and no `particulars.arrow`.
const EARLIER: [u32; 2] = [4, 5];

/// What an edition is and rests on, with the digests of its files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Format of the files: [`FORMAT`], or [`FORMAT_OF_PARTS`] where it has parts; 4 or 5 of the release before.
    pub format: u32,
    /// Number of the edition.
    pub number: u32,
    /// When it was made.
    pub published_at: DateTime<Utc>,
    /// The day it stands for.
    pub as_of: NaiveDate,
    /// IANA name of the zone whose days `as_of` counts.
    pub zone: String,
    /// How many enterprises it has.
    pub enterprises: u32,
    /// How many unions it has.
    pub unions: u32,
    /// Records that belong to enterprises.
    pub members: u64,
    /// The same of what stands of each part, by registry. Empty in editions written before it was kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<std::collections::BTreeMap<String, u64>>,
    /// SHA-256 over the names and digests of the data files: equal files, equal digest, whatever number and time.
    pub digest: String,
    /// What its rows say, in 32 hexadecimal digits: equal data, equal content, whatever the parts. None in editions written before it
    /// was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// The registries it rests on, in the order of the bits of `EnterpriseRow::registries`.
    pub sources: Vec<EditionSource>,
    /// What the verdicts need and no source brought: whoever is in scope is UNDECIDED where scope, size or coverage lack it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmet: Vec<crate::model::verdict::Unmet>,
    /// The folders of its parts, the oldest first, each with the files of a whole edition; what of them is dead `replaced.arrow` says.
    /// None where all files lie beside the manifest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// Every file but the manifest.
    pub files: Vec<FileDigest>,
    /// SHA-256 of this manifest without its seal: what it says of numbers, days and sources is checked too.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub seal: String,
}

/// One file of an edition as it was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileDigest {
    /// Inside the folder.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Hex, lower case.
    pub sha256: String,
    /// XXH3-128 over the XXH3-64 of each block of 4 MiB. Not made against forgers, who could write a manifest of their own, but
    /// against disks and hands; ten times as fast as SHA-256, and made by as many cores as there are.
    pub blocks: String,
}

impl FileDigest {
    /// Whether the file within `folder` is what was written, by its size and its block digests; false too where it cannot be read.
    pub fn is_whole(&self, folder: &Path) -> bool {
        check_blocks(std::slice::from_ref(self), folder).is_ok()
    }
}

/// The files of one part, named within its folder, which is named within the edition's.
pub(in crate::edition) type PartFiles = (String, Vec<FileDigest>);

/// What one thread reads and hashes at a time.
const BLOCK: usize = 4 << 20;

impl Manifest {
    /// Reads the manifest of the edition in `folder` and compares it with its seal; the files are not looked at.
    ///
    /// # Errors
    /// Io where there is none; Broken where it is of another format, no manifest, or does not fit its seal.
    pub fn read(folder: &Path) -> Result<Manifest, EditionError> {
        let path = folder.join(MANIFEST);
        let text = std::fs::read(&path).map_err(EditionError::io(&path))?;
        // The format first: another version may have other fields.
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let read = |e: serde_json::Error| EditionError::Broken { path: path.clone(), reason: e.to_string() };
        let Format { format } = serde_json::from_slice(&text).map_err(read)?;
        if ![FORMAT, FORMAT_OF_PARTS].contains(&format) && !EARLIER.contains(&format) {
            let [first, ..] = EARLIER;
            let reason = format!("format {format} is none of {first} to {FORMAT_OF_PARTS}, which this program reads");
            return Err(EditionError::Broken { path, reason });
        }
        let manifest: Manifest = serde_json::from_slice(&text).map_err(read)?;
        if manifest.seal != manifest.seal_of()? {
            return Err(EditionError::Broken { path, reason: "it does not fit its seal".to_owned() });
        }
        Ok(manifest)
    }

    /// The folder of every part, the oldest first, and its files as named there.
    pub(in crate::edition) fn files_of_parts(&self) -> Vec<PartFiles> {
        if self.parts.is_empty() {
            return vec![(String::new(), self.files.clone())];
        }
        let of = |part: &String| {
            let within = |file: &FileDigest| {
                let name = file.name.strip_prefix(part.as_str())?.strip_prefix('/')?.to_owned();
                Some(FileDigest { name, ..file.clone() })
            };
            (part.clone(), self.files.iter().filter_map(within).collect())
        };
        self.parts.iter().map(of).collect()
    }

    /// The same with its seal.
    pub(in crate::edition) fn sealed(self) -> Result<Manifest, EditionError> {
        Ok(Manifest { seal: self.seal_of()?, ..self })
    }

    fn seal_of(&self) -> Result<String, EditionError> {
        use sha2::{Digest, Sha256};
        let unsealed = Manifest { seal: String::new(), ..self.clone() };
        Ok(HEXLOWER.encode(&Sha256::digest(serde_json::to_vec(&unsealed)?)))
    }

    /// Reads every file and compares sizes and block digests: what an edition must pass before it answers. On all cores, a block
    /// at a time; as fast as the disk gives the bytes, or 3 to 4 GB a second on two cores where memory has them already.
    ///
    /// # Errors
    /// Broken, with the first file in the manifest's order that is not what was written.
    pub fn check(&self, folder: &Path) -> Result<(), EditionError> {
        self.check_but(folder, |_| false)
    }

    /// The same without the files of which `known` says that they passed before and have not changed since.
    pub(in crate::edition) fn check_but(&self, folder: &Path, known: impl Fn(&FileDigest) -> bool) -> Result<(), EditionError> {
        let files: Vec<FileDigest> = self.files.iter().filter(|file| !known(file)).cloned().collect();
        check_blocks(&files, folder)?;
        if data_digest(&self.files) != self.digest {
            let reason = "the data digest does not fit the file digests".to_owned();
            return Err(EditionError::Broken { path: folder.join(MANIFEST), reason });
        }
        Ok(())
    }

    /// Reads every file again and compares sizes and SHA-256. Takes about a second per gigabyte.
    ///
    /// # Errors
    /// Broken, with the first file in the manifest's order that is not what was written; Io where one cannot be read.
    pub fn verify(&self, folder: &Path) -> Result<(), EditionError> {
        for file in &self.files {
            let path = folder.join(&file.name);
            let found = hash_file(&path, &file.name)?;
            if found != *file {
                let reason = format!(
                    "{} bytes, SHA-256 {}; the manifest says {} and {}",
                    found.bytes, found.sha256, file.bytes, file.sha256
                );
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

/// Compares sizes and block digests of files; see [`Manifest::check`].
pub(in crate::edition) fn check_blocks(files: &[FileDigest], folder: &Path) -> Result<(), EditionError> {
    use rayon::prelude::*;
    use std::os::unix::fs::FileExt;
    let open = |file: &FileDigest| {
        let path = folder.join(&file.name);
        let opened = std::fs::File::open(&path).map_err(EditionError::io(&path))?;
        let bytes = opened.metadata().map_err(EditionError::io(&path))?.len();
        if bytes != file.bytes {
            let reason = format!("{bytes} bytes; the manifest says {}", file.bytes);
            return Err(EditionError::Broken { path, reason });
        }
        Ok((opened, path))
    };
    let opened = files.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let starts = files.iter().enumerate().flat_map(|(at, file)| (0..file.bytes).step_by(BLOCK).map(move |start| (at, start)));
    let starts: Vec<(usize, u64)> = starts.collect();
    let hash = |buffer: &mut Vec<u8>, (at, start): &(usize, u64)| {
        let (file, path) = &opened[*at];
        let length = (files[*at].bytes - start).min(BLOCK as u64) as usize;
        let block = &mut buffer[..length];
        file.read_exact_at(block, *start).map_err(EditionError::io(path))?;
        Ok((*at, xxhash_rust::xxh3::xxh3_64(block)))
    };
    let hashes = starts.par_iter().map_init(|| vec![0; BLOCK], hash).collect::<Result<Vec<_>, EditionError>>()?;
    for (at, file) in files.iter().enumerate() {
        let own = hashes.iter().filter(|(of, _)| *of == at).flat_map(|(_, hash)| hash.to_le_bytes());
        if of_blocks(&own.collect::<Vec<u8>>()) != file.blocks {
            let reason = "its bytes are not those that were written".to_owned();
            return Err(EditionError::Broken { path: opened[at].1.clone(), reason });
        }
    }
    Ok(())
}

/// Size and digests of a file as it is now.
fn hash_file(path: &Path, name: &str) -> Result<FileDigest, EditionError> {
    let file = std::fs::File::open(path).map_err(EditionError::io(path))?;
    let mut hash = Hashing::new(std::io::sink());
    std::io::copy(&mut std::io::BufReader::with_capacity(1 << 20, file), &mut hash).map_err(EditionError::io(path))?;
    Ok(hash.finish(name).1)
}

/// The digest of a file by those of its blocks, eight bytes each.
fn of_blocks(hashes: &[u8]) -> String {
    HEXLOWER.encode(&xxhash_rust::xxh3::xxh3_128(hashes).to_be_bytes())
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
    HEXLOWER.encode(&hash.finalize())
}

/// A writer that hashes and counts what passes through.
pub struct Hashing<W> {
    inner: W,
    hash: sha2::Sha256,
    bytes: u64,
    block: xxhash_rust::xxh3::Xxh3Default,
    /// Bytes of the block that is under way.
    filled: usize,
    /// Of the blocks before it.
    blocks: Vec<u8>,
}

impl<W: std::io::Write> Hashing<W> {
    /// Hashes what is written to `inner`.
    pub fn new(inner: W) -> Hashing<W> {
        use sha2::Digest;
        let block = xxhash_rust::xxh3::Xxh3Default::new();
        Hashing { inner, hash: sha2::Sha256::new(), bytes: 0, block, filled: 0, blocks: Vec::new() }
    }
    /// The inner writer, and what passed through as the file of this name.
    pub fn finish(mut self, name: &str) -> (W, FileDigest) {
        use sha2::Digest;
        if self.filled > 0 {
            self.end_block();
        }
        let (sha256, blocks) = (HEXLOWER.encode(&self.hash.finalize()), of_blocks(&self.blocks));
        (self.inner, FileDigest { name: name.to_owned(), bytes: self.bytes, sha256, blocks })
    }
    fn end_block(&mut self) {
        self.blocks.extend_from_slice(&self.block.digest().to_le_bytes());
        self.block.reset();
        self.filled = 0;
    }
    fn hash_blocks(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, rest) = bytes.split_at(bytes.len().min(BLOCK - self.filled));
            self.block.update(now);
            self.filled += now.len();
            if self.filled == BLOCK {
                self.end_block();
            }
            bytes = rest;
        }
    }
}

impl<W: std::io::Write> std::io::Write for Hashing<W> {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        use sha2::Digest;
        let n = self.inner.write(buf)?;
        self.hash.update(&buf[..n]);
        self.hash_blocks(&buf[..n]);
        self.bytes += n as u64;
        Ok(n)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}
