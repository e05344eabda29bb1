//! Keeping every row as it came.
//!
//! In: the rows of one pull, spooled to a local file while they arrived. Out: records in the store, rows in quarantine
//! with their reason, tombstones for what a complete pull no longer has, and a receipt. All of a batch lands in one
//! transaction together with the registry's cursor, so a killed process leaves either the whole batch or nothing.
//! Rows read = landed + quarantined, checked before the commit. Nothing is interpreted here beyond a row's key.

pub mod apply;
mod expand;
mod key_filter;
pub mod ledger;
mod ledger_builder;
pub(crate) mod reader;
pub mod receipt;
mod sort;
pub mod spool;

pub use expand::expand;

/// What the codes of rows begin with that are no records at all: totals, notes, a header repeated among the rows.
pub const NO_RECORD: &str = "no_record";

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
