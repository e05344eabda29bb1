//! Folders of editions: what they are called, which there are, and when one is safe on the disk.

use std::path::Path;

use crate::edition::error::EditionError;

/// The folder of an edition inside the editions' root.
pub fn folder_name(number: u32) -> String {
    format!("{number:06}")
}

pub(in crate::edition) fn sync_folder(folder: &Path) -> Result<(), EditionError> {
    std::fs::File::open(folder).and_then(|f| f.sync_all()).map_err(EditionError::io(folder))
}

/// Numbers of the published editions in `root`, ascending.
///
/// # Errors
/// Io, where the folder is there and cannot be read.
pub fn numbers(root: &Path) -> Result<Vec<u32>, EditionError> {
    let mut numbers = Vec::new();
    let entries = match std::fs::read_dir(root) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(numbers),
        Err(e) => return Err(EditionError::io(root)(e)),
    };
    for entry in entries {
        let entry = entry.map_err(EditionError::io(root))?;
        if let Some(number) = entry.file_name().to_str().filter(|n| n.len() >= 6).and_then(|n| n.parse().ok()) {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}
