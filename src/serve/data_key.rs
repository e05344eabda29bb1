//! A secret of the data folder: made once, the same for every server that has the folder.
//!
//! In: a folder and a name. Out: its bytes. It does not know what they are for.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::problem::Problem;

/// Bytes of a key.
pub const KEY: usize = 32;

/// A key in a file that its owner alone reads.
pub struct DataKey {
    place: PathBuf,
    what: &'static str,
    key: OnceLock<[u8; KEY]>,
}

impl DataKey {
    /// `what` completes "the key …" in the log.
    pub fn new(data: &Path, file: &str, what: &'static str) -> DataKey {
        DataKey { place: data.join(file), what, key: OnceLock::new() }
    }

    /// The key; made where there is none. Two that make it at once agree on the one that was there first.
    ///
    /// # Errors
    /// It can neither be read nor made, which the log says.
    pub fn get(&self) -> Result<&[u8; KEY], Problem> {
        if let Some(key) = self.key.get() {
            return Ok(key);
        }
        let failed = |error: std::io::Error| {
            tracing::error!(%error, place = %self.place.display(), "the key {} cannot be read or made", self.what);
            Problem::internal()
        };
        // Written whole under another name and linked: nobody reads half a key.
        let part = self.place.with_extension(format!("{:016x}.part", rand::random::<u64>()));
        if !self.place.exists() {
            let mut file = std::fs::File::options().write(true).create_new(true).mode(0o600).open(&part).map_err(failed)?;
            let key = rand::random::<[u8; KEY]>();
            let made = file.write_all(&key).and_then(|()| file.sync_all()).and_then(|()| std::fs::hard_link(&part, &self.place));
            std::fs::remove_file(&part).map_err(failed)?;
            made.or_else(|e| if e.kind() == std::io::ErrorKind::AlreadyExists { Ok(()) } else { Err(e) }).map_err(failed)?;
        }
        let key = std::fs::read(&self.place).map_err(failed)?;
        let key = key
            .try_into()
            .map_err(|_| failed(std::io::Error::other("it is not the key that was written; remove it, and another is made")))?;
        Ok(self.key.get_or_init(|| key))
    }
}
