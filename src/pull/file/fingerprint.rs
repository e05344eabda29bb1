//! What a set of files looked like, to know later whether it is still the same.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use crate::connector::Connector;
use crate::pull::PullError;
use crate::pull::context::PullContext;

/// What a set of files looked like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Fingerprint {
    connector: String,
    files: Vec<FileMark>,
}

/// One file of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct FileMark {
    pub(super) path: String,
    pub(super) size: u64,
    pub(super) modified_ms: i64,
    pub(super) hash: String,
}

pub(super) fn marks(connector: &Connector, paths: &[PathBuf]) -> Result<Vec<FileMark>, PullError> {
    let mut marks = Vec::with_capacity(paths.len());
    for path in paths {
        let meta = std::fs::metadata(path).map_err(|e| PullError::io(connector, &path.display().to_string(), &e))?;
        let modified = meta.modified().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
        marks.push(FileMark {
            path: path.display().to_string(),
            size: meta.len(),
            modified_ms: modified.map_or(0, |d| d.as_millis() as i64),
            hash: String::new(),
        });
    }
    Ok(marks)
}

/// The fingerprint, where the known one says that the files are the same. A file touched without being changed is read
/// for its hash only.
pub(super) fn unchanged(connector: &Connector, context: &PullContext, marks: &mut [FileMark]) -> Option<String> {
    let known: Fingerprint = serde_json::from_str(context.known.as_deref()?).ok()?;
    if known.connector != digest(connector) || known.files.len() != marks.len() {
        return None;
    }
    for (mark, known) in marks.iter_mut().zip(&known.files) {
        if mark.path != known.path || mark.size != known.size {
            return None;
        }
        if mark.modified_ms != known.modified_ms && file_hash(Path::new(&mark.path)).ok()? != known.hash {
            return None;
        }
    }
    for (mark, known) in marks.iter_mut().zip(&known.files) {
        mark.hash.clone_from(&known.hash);
    }
    Some(write_fingerprint(connector, marks.to_vec()))
}

fn digest(connector: &Connector) -> String {
    format!("{:016x}", connector.digest)
}

pub(super) fn write_fingerprint(connector: &Connector, files: Vec<FileMark>) -> String {
    serde_json::to_string(&Fingerprint { connector: digest(connector), files }).expect("plain data")
}

pub(in crate::pull) fn file_hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Xxh3::new();
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(format!("{:032x}", hash.digest128())),
            n => hash.update(&block[..n]),
        }
    }
}
