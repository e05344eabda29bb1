//! What can go wrong while a batch lands.

use thiserror::Error;

use crate::store::StoreError;

#[derive(Debug, Error)]
pub enum LandError {
    #[error("spool {path}: {source}; the data directory must be writable and have room")]
    Spool { path: std::path::PathBuf, source: std::io::Error },
    #[error("spool {path} is damaged at line {line}; it was set aside and the registry will be pulled again")]
    Damaged { path: std::path::PathBuf, line: u64 },
    #[error("the rows of this pull refer to an earlier state of the registry; it will be pulled again")]
    Outdated,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "registry {registry}, batch {batch}: {read} rows read, but {landed} landed and {quarantined} quarantined; nothing was kept, please report this"
    )]
    Unbalanced { registry: String, batch: i64, read: i64, landed: i64, quarantined: i64 },
}
